/**
 * Redis as data: where it is and as whom we come. `redis/redisConnection.ts` makes connections of it.
 */
import { percentDecoded } from './percentEncoding.ts';
import type { SettingFiles } from './secretFile.ts';
import { readGroup, redisSettings, type Environment } from './settings.ts';
import type { SettingFaults } from './settingFaults.ts';
import { Secret } from './secret.ts';

export interface RedisSettings {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly database: number;
  readonly tls: boolean;
}

const DEFAULT_PORT = 6379;

/** `undefined` without REDIS_URL and REDIS_HOST: everything works in one process. */
export const readRedis = (environment: Environment, files: SettingFiles, faults: SettingFaults): RedisSettings | undefined => {
  const { REDIS_URL, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD, REDIS_PASSWORD_FILE } = redisSettings;
  const where = readGroup({ REDIS_URL, REDIS_HOST }, environment, faults);
  if (where.REDIS_URL !== undefined) {
    if (where.REDIS_HOST !== undefined) faults.add('REDIS_HOST', 'must not be set beside REDIS_URL: keep one of the two');
    return fromUrl('REDIS_URL', where.REDIS_URL, faults);
  }
  if (where.REDIS_HOST === undefined) return undefined;
  // Only now: beside a Service named redis, Kubernetes sets a REDIS_PORT that is no number of ours.
  const settings = readGroup({ REDIS_PORT, REDIS_PASSWORD, REDIS_PASSWORD_FILE }, environment, faults);
  return {
    host: where.REDIS_HOST,
    port: settings.REDIS_PORT ?? DEFAULT_PORT,
    username: undefined,
    password: passwordFrom(settings, files, faults),
    database: 0,
    tls: false,
  };
};

/**
 * Where replicas keep what they share and may lose. By default the Redis of the queue; `undefined` without either: each
 * replica acts alone.
 */
export const readSharedRedis = (
  environment: Environment,
  files: SettingFiles,
  faults: SettingFaults,
  queueRedis: RedisSettings | undefined,
): RedisSettings | undefined => {
  const { REDIS_CACHE_URL, REDIS_CACHE_PASSWORD_FILE } = redisSettings;
  const where = readGroup({ REDIS_CACHE_URL, REDIS_CACHE_PASSWORD_FILE }, environment, faults);
  const file = where.REDIS_CACHE_PASSWORD_FILE;
  if (where.REDIS_CACHE_URL === undefined) {
    if (file !== undefined) faults.add('REDIS_CACHE_PASSWORD_FILE', 'must not be set without REDIS_CACHE_URL: set that too, or unset this');
    return queueRedis;
  }
  const settings = fromUrl('REDIS_CACHE_URL', where.REDIS_CACHE_URL, faults);
  if (settings === undefined || file === undefined) return settings;
  if (settings.password !== undefined)
    faults.add('REDIS_CACHE_PASSWORD_FILE', 'must not be set beside a password in REDIS_CACHE_URL: keep one of the two');
  return { ...settings, password: files.secret('REDIS_CACHE_PASSWORD_FILE', file, faults) };
};

/** Also without a Redis: a bad value should not wait for the day there is one. */
export const readRedisKeyPrefix = (environment: Environment, faults: SettingFaults): string =>
  readGroup({ REDIS_KEY_PREFIX: redisSettings.REDIS_KEY_PREFIX }, environment, faults).REDIS_KEY_PREFIX;

const passwordFrom = (
  {
    REDIS_PASSWORD,
    REDIS_PASSWORD_FILE,
  }: { readonly REDIS_PASSWORD: Secret | undefined; readonly REDIS_PASSWORD_FILE: string | undefined },
  files: SettingFiles,
  faults: SettingFaults,
): Secret | undefined => {
  if (REDIS_PASSWORD_FILE === undefined) return REDIS_PASSWORD;
  if (REDIS_PASSWORD !== undefined) faults.add('REDIS_PASSWORD_FILE', 'must not be set beside REDIS_PASSWORD: keep one of the two');
  return files.secret('REDIS_PASSWORD_FILE', REDIS_PASSWORD_FILE, faults);
};

const fromUrl = (setting: 'REDIS_URL' | 'REDIS_CACHE_URL', text: string, faults: SettingFaults): RedisSettings | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isRedisUrl(url)) {
    faults.add(setting, 'must be redis:// or rediss://, a host, and at most a port and a database number: change it');
    return undefined;
  }
  return {
    host: url.hostname,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    username: url.username === '' ? undefined : percentDecoded(url.username),
    password: url.password === '' ? undefined : new Secret(percentDecoded(url.password) ?? ''),
    database: Number(url.pathname.slice(1)),
    tls: url.protocol === 'rediss:',
  };
};

const isRedisUrl = (url: URL): boolean =>
  /^rediss?:$/.test(url.protocol) &&
  url.hostname !== '' &&
  url.search === '' &&
  url.hash === '' &&
  /^(\/\d{0,3})?$/.test(url.pathname) &&
  percentDecoded(url.username + url.password) !== undefined;
