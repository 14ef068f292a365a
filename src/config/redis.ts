/**
 * Redis as data. Nothing connects yet: the fleet will, by these settings, and their names and rules are fixed now.
 */
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
export const readRedis = (environment: Environment, faults: SettingFaults): RedisSettings | undefined => {
  const { REDIS_URL, REDIS_HOST, ...besideHost } = redisSettings;
  const where = readGroup({ REDIS_URL, REDIS_HOST }, environment, faults);
  if (where.REDIS_URL !== undefined) {
    if (where.REDIS_HOST !== undefined) faults.add('REDIS_HOST', 'must not be set beside REDIS_URL: keep one of the two');
    return fromUrl(where.REDIS_URL, faults);
  }
  if (where.REDIS_HOST === undefined) return undefined;
  // Only now: beside a Service named redis, Kubernetes sets a REDIS_PORT that is no number of ours.
  const settings = readGroup(besideHost, environment, faults);
  return {
    host: where.REDIS_HOST,
    port: settings.REDIS_PORT ?? DEFAULT_PORT,
    username: undefined,
    password: settings.REDIS_PASSWORD,
    database: 0,
    tls: false,
  };
};

const fromUrl = (text: string, faults: SettingFaults): RedisSettings | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isRedisUrl(url)) {
    faults.add('REDIS_URL', 'must be redis:// or rediss://, a host, and at most a port and a database number: change it');
    return undefined;
  }
  return {
    host: url.hostname,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : new Secret(decodeURIComponent(url.password)),
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
  isDecodable(url.username + url.password);

const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
};
