/**
 * Every setting, with its rule and its meaning. `docs/configuration.md` and `.env.example` are written from here.
 */
import { z, type ZodType } from 'zod';
import { queueKeys } from './queueSettings.ts';
import { baseUrl, credential, hostList, line, milliseconds, oneOf, percentage, port, proxyUrl, rateLimit, wholeNumber } from './rules.ts';
import type { SettingFaults } from './settingFaults.ts';

const MINUTE_MS = 60_000;

/** What people are told about a setting. */
export interface SettingDescription {
  readonly meaning: string;
  /** What holds while it is unset, in words or as a value. */
  readonly unset: string;
  readonly example: string;
}

/** The environment without empty values: an empty setting is an unset one. */
export type Environment = Readonly<Record<string, string>>;

/** Each setting passes without a value: unset, it is its default or `undefined`. */
export type SettingGroup = Readonly<Record<string, ZodType>>;

export type GroupValues<Group extends SettingGroup> = { readonly [Name in keyof Group]: z.output<Group[Name]> };

const told = <Rule extends ZodType>(rule: Rule, meaning: string, unset: string, example: string): Rule =>
  rule.meta({ meaning, unset, example } satisfies SettingDescription);

export const processSettings = {
  NODE_ENV: told(
    oneOf('development', 'test', 'production').default('development'),
    'Production requires every credential and API keys, and refuses the sandbox.',
    'development',
    'production',
  ),
  PORT: told(port().default(3000), 'Port of the API. 0 picks a free one.', '3000', '3000'),
  HOST: told(
    line().optional(),
    'Address to listen on. Without API_KEYS_FILE only a loopback address is allowed.',
    '127.0.0.1; 0.0.0.0 in production',
    '0.0.0.0',
  ),
  MANAGEMENT_PORT: told(
    port().optional(),
    'Port of their own for /metrics, /health/detailed and /admin. 0 picks a free one.',
    'PORT',
    '3001',
  ),
  APP_VERSION: told(
    z
      .string()
      .regex(/^[\w.+-]{1,100}$/, 'must be letters, digits and . _ + - only, up to 100 characters')
      .default('dev'),
    'Release or commit, for /health, logs and metrics.',
    'dev',
    '1.4.0',
  ),
  LOG_LEVEL: told(oneOf('debug', 'info', 'warn', 'error', 'silent').default('info'), 'Least severe level that is logged.', 'info', 'debug'),
  DATA_DIR: told(line().default('data'), 'Directory of the embedded write queue. One process alone may use it.', 'data', 'data'),
  QUEUE_KEYS: told(
    queueKeys().optional(),
    'Encryption keys of the queue, as id:base64 of 32 bytes, separated by commas. The first encrypts, all decrypt.',
    'made in DATA_DIR; no start in production',
    'key-1:QmFzZTY0IG9mIDMyIHJhbmRvbSBieXRlcyBvZiB5b3U=',
  ),
  QUEUE_KEYS_FILE: told(line().optional(), 'Instead of QUEUE_KEYS: a file with them.', 'QUEUE_KEYS is used', '/run/secrets/queue-keys'),
  QUEUE_CLEAR_TEXT: told(
    oneOf('refused', 'allowed').default('refused'),
    'allowed: without keys, the queue stores clear text, personal data included.',
    'refused',
    'allowed',
  ),
  QUEUE_JOB_EXPIRES_MS: told(
    wholeNumber(MINUTE_MS, 7 * 24 * 60 * MINUTE_MS, ' of milliseconds').default(24 * 60 * MINUTE_MS),
    'Milliseconds after which a queued write expires, up to a week.',
    '86400000, a day',
    '86400000',
  ),
  QUEUE_DRAIN: told(
    oneOf('on', 'off').default('on'),
    'Whether this process executes queued writes. With off, another process on the same Redis must.',
    'on',
    'off',
  ),
  SANDBOX: told(
    oneOf('auto', 'on', 'off').default('auto'),
    'Outside production: auto simulates services without credential and base URL, on all, off none.',
    'auto; none in production',
    'on',
  ),
  SANDBOX_PORT: told(port().default(4010), 'Port of the sandbox. 0 picks a free one.', '4010', '4010'),
  API_KEYS_FILE: told(
    line().optional(),
    'File with the API keys of callers.',
    'open on this machine; no start in production',
    '/run/secrets/api-keys.json',
  ),
  DRAIN_DELAY_MS: told(
    milliseconds(0).optional(),
    'Milliseconds between not ready and closing the port at a stop.',
    '0; 5000 in production',
    '5000',
  ),
  HTTPS_PROXY: told(
    proxyUrl().optional(),
    'Proxy for https services, by CONNECT. Also as https_proxy, which comes first.',
    'no proxy',
    'http://user:password@proxy.internal:3128',
  ),
  HTTP_PROXY: told(
    proxyUrl().optional(),
    'Proxy for http services, except the embedded sandbox. Also as http_proxy.',
    'no proxy',
    'http://proxy.internal:3128',
  ),
  NO_PROXY: told(
    hostList().default([]),
    'Called without a proxy, separated by commas: host, .domain, host:port, address, 10.0.0.0/8, or * for all. Also as no_proxy.',
    'nothing',
    '127.0.0.1,localhost,.internal',
  ),
} satisfies SettingGroup;

export const redisSettings = {
  REDIS_URL: told(
    z.string().optional(),
    'Redis of the queue, as redis:// or rediss://user:password@host:port/database.',
    'no Redis',
    'redis://127.0.0.1:6379',
  ),
  REDIS_HOST: told(line().optional(), 'Instead of REDIS_URL: the host.', 'no Redis', '127.0.0.1'),
  REDIS_PORT: told(wholeNumber(1, 65_535).optional(), 'With REDIS_HOST: the port.', '6379', '6379'),
  REDIS_PASSWORD: told(credential().optional(), 'With REDIS_HOST: the password.', 'no password', 'change-me'),
  REDIS_KEY_PREFIX: told(
    z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'must be letters, digits and . _ - only, up to 64 characters')
      .default('sales-auto-api'),
    'Prefix of our keys. Two deployments on one Redis need one each.',
    'sales-auto-api',
    'sales-auto-api-staging',
  ),
  REDIS_PASSWORD_FILE: told(
    line().optional(),
    'Instead of REDIS_PASSWORD: a file with it.',
    'REDIS_PASSWORD is used',
    '/run/secrets/redis-password',
  ),
  REDIS_CACHE_URL: told(
    z.string().optional(),
    'Redis of shared circuits, quotas and cached answers. As REDIS_URL.',
    'the Redis of the queue',
    'redis://127.0.0.1:6380',
  ),
  REDIS_CACHE_PASSWORD_FILE: told(
    line().optional(),
    'Instead of a password in REDIS_CACHE_URL: a file with it.',
    'that of REDIS_CACHE_URL',
    '/run/secrets/redis-cache-password',
  ),
} satisfies SettingGroup;

/** Per service: the name is preceded by the service's own, as in `HUBSPOT_API_KEY`. */
export const serviceSettings = {
  API_KEY: told(credential().optional(), 'Credential of the service.', 'the sandbox; no start in production', 'change-me'),
  API_KEY_FILE: told(line().optional(), 'Instead of API_KEY: a file with it.', 'API_KEY is used', '/run/secrets/api-key'),
  BASE_URL: told(
    baseUrl().optional(),
    'Other address of the service. In production https, or http to this machine.',
    "the service's own address",
    'http://127.0.0.1:4010/service',
  ),
  CIRCUIT_TIMEOUT: told(milliseconds().optional(), 'Attempt timeout, ms.', "the service's policy", '4000'),
  CIRCUIT_RESET_TIMEOUT: told(milliseconds().optional(), 'Open time of the first trip, ms.', "the service's policy", '5000'),
  CIRCUIT_ERROR_THRESHOLD_PERCENTAGE: told(
    percentage().optional(),
    'Failure percentage that opens the circuit. Selects the strategy `rate`.',
    "the service's policy",
    '50',
  ),
  CIRCUIT_VOLUME_THRESHOLD: told(
    wholeNumber(1, 100_000).optional(),
    'Least calls in the window. Selects the strategy `rate`.',
    "the service's policy",
    '10',
  ),
  DEADLINE_MS: told(milliseconds().optional(), 'Deadline of a call, retries included, ms.', "the service's policy", '10000'),
  RATE_LIMIT: told(
    rateLimit().optional(),
    'Requests (Explorium: rows) per seconds. Headers may lower it, never raise it. Replicas without Redis must divide it.',
    "the service's own limit",
    '100/10s',
  ),
} satisfies SettingGroup;

export const describeSetting = (rule: ZodType): SettingDescription => rule.meta() as unknown as SettingDescription;

/**
 * Reads a group. A setting at fault is reported and counts as unset from there on, so that all the other rules are
 * still tried.
 */
export const readGroup = <Group extends SettingGroup>(
  group: Group,
  environment: Environment,
  faults: SettingFaults,
  prefix = '',
): GroupValues<Group> => {
  const values = Object.entries(group).map(([name, rule]): [string, unknown] => {
    const parsed = rule.safeParse(environment[prefix + name]);
    if (parsed.success) return [name, parsed.data];
    faults.add(prefix + name, `${parsed.error.issues[0]?.message ?? 'is not valid'}: change or unset it`);
    return [name, rule.parse(undefined)];
  });
  return Object.fromEntries(values) as GroupValues<Group>;
};
