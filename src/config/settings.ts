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
    'Kind of installation. In production every credential is required, the sandbox is refused and API keys are demanded.',
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
    'Moves /metrics, /health/detailed, /dashboard and /admin to a port of their own. 0 picks a free one.',
    'they are on PORT',
    '3001',
  ),
  APP_VERSION: told(
    z
      .string()
      .regex(/^[\w.+-]{1,100}$/, 'must be letters, digits and . _ + - only, up to 100 characters')
      .default('dev'),
    'What is running, for /health, logs and metrics: a release or a commit.',
    'dev',
    '1.4.0',
  ),
  LOG_LEVEL: told(
    oneOf('debug', 'info', 'warn', 'error', 'silent').default('info'),
    'The least important log lines that are written.',
    'info',
    'debug',
  ),
  DATA_DIR: told(
    line().default('data'),
    'Directory of what has to survive a restart: the write queue. One process alone may use it.',
    'data',
    'data',
  ),
  QUEUE_KEYS: told(
    queueKeys().optional(),
    'Keys that seal what waits in the queue, as id:base64 of 32 bytes, separated by commas. The first seals, all of them open.',
    'a key made in DATA_DIR; no start in production',
    'key-1:QmFzZTY0IG9mIDMyIHJhbmRvbSBieXRlcyBvZiB5b3U=',
  ),
  QUEUE_KEYS_FILE: told(
    line().optional(),
    'Instead of QUEUE_KEYS: a file that holds them, such as a mounted secret.',
    'QUEUE_KEYS is used',
    '/run/secrets/queue-keys',
  ),
  QUEUE_CLEAR_TEXT: told(
    oneOf('refused', 'allowed').default('refused'),
    'Whether the queue may hold clear text: names, addresses and all. Without keys new writes are kept so.',
    'refused',
    'allowed',
  ),
  QUEUE_JOB_EXPIRES_MS: told(
    wholeNumber(MINUTE_MS, 7 * 24 * 60 * MINUTE_MS, ' of milliseconds').default(24 * 60 * MINUTE_MS),
    'Milliseconds after which a queued write that could not begin is given up, up to a week.',
    '86400000, a day',
    '86400000',
  ),
  QUEUE_DRAIN: told(
    oneOf('on', 'off').default('on'),
    'Whether this process makes the writes that wait. With off it only takes them in: another process on the same Redis must make them.',
    'on',
    'off',
  ),
  SANDBOX: told(
    oneOf('auto', 'on', 'off').default('auto'),
    'Outside production: auto simulates the services that have neither credential nor base URL, on simulates all, off none.',
    'auto; none in production',
    'on',
  ),
  SANDBOX_PORT: told(port().default(4010), 'Port of the sandbox. 0 picks a free one.', '4010', '4010'),
  API_KEYS_FILE: told(
    line().optional(),
    'File with the keys of those who may call. Required in production.',
    'open to everybody on this machine; no start in production',
    '/run/secrets/api-keys.json',
  ),
  DRAIN_DELAY_MS: told(
    milliseconds(0).optional(),
    'Milliseconds between becoming unready and closing the port at a stop, so that load balancers notice.',
    '0; 5000 in production',
    '5000',
  ),
  HTTPS_PROXY: told(
    proxyUrl().optional(),
    'HTTP proxy through which services at https addresses are called, by a CONNECT tunnel. Also as https_proxy, which comes first.',
    'they are called directly',
    'http://user:password@proxy.internal:3128',
  ),
  HTTP_PROXY: told(
    proxyUrl().optional(),
    'The same for http addresses, to this machine too; never for the embedded sandbox. Also as http_proxy.',
    'they are called directly',
    'http://proxy.internal:3128',
  ),
  NO_PROXY: told(
    hostList().default([]),
    'What is called without a proxy, separated by commas: host, .domain, host:port, address, 10.0.0.0/8, or * for all. Also as no_proxy.',
    'nothing is left out',
    '127.0.0.1,localhost,.internal',
  ),
} satisfies SettingGroup;

export const redisSettings = {
  REDIS_URL: told(
    z.string().optional(),
    'Redis that holds the queue for all replicas, as redis:// or rediss://user:password@host:port/database.',
    'one process alone',
    'redis://127.0.0.1:6379',
  ),
  REDIS_HOST: told(line().optional(), 'Instead of REDIS_URL: the host.', 'one process alone', '127.0.0.1'),
  REDIS_PORT: told(wholeNumber(1, 65_535).optional(), 'With REDIS_HOST: the port.', '6379', '6379'),
  REDIS_PASSWORD: told(credential().optional(), 'With REDIS_HOST: the password.', 'no password', 'change-me'),
  REDIS_KEY_PREFIX: told(
    z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'must be letters, digits and . _ - only, up to 64 characters')
      .default('sales-auto-api'),
    'With Redis: what our keys begin with. Two deployments on one Redis need one each.',
    'sales-auto-api',
    'sales-auto-api-staging',
  ),
  REDIS_PASSWORD_FILE: told(
    line().optional(),
    'Instead of REDIS_PASSWORD: a file that holds it, such as a mounted secret.',
    'REDIS_PASSWORD is used',
    '/run/secrets/redis-password',
  ),
  REDIS_CACHE_URL: told(
    z.string().optional(),
    'Redis for what replicas share and may lose: circuits, quotas, cached answers. As REDIS_URL.',
    'the Redis of the queue, where there is one',
    'redis://127.0.0.1:6380',
  ),
  REDIS_CACHE_PASSWORD_FILE: told(
    line().optional(),
    'Instead of a password in REDIS_CACHE_URL: a file that holds it, such as a mounted secret.',
    'the password in REDIS_CACHE_URL, or none',
    '/run/secrets/redis-cache-password',
  ),
} satisfies SettingGroup;

/** Per service: the name is preceded by the service's own, as in `HUBSPOT_API_KEY`. */
export const serviceSettings = {
  API_KEY: told(credential().optional(), 'The credential that the service gave us.', 'the sandbox; no start in production', 'change-me'),
  API_KEY_FILE: told(
    line().optional(),
    'Instead of API_KEY: a file that holds it, such as a mounted secret.',
    'API_KEY is used',
    '/run/secrets/api-key',
  ),
  BASE_URL: told(
    baseUrl().optional(),
    'Moves the whole service, for tests and proxies. In production https only, or http to this machine.',
    "the service's own address",
    'http://127.0.0.1:4010/service',
  ),
  CIRCUIT_TIMEOUT: told(milliseconds().optional(), 'Patience for one attempt, ms.', "the service's policy", '4000'),
  CIRCUIT_RESET_TIMEOUT: told(milliseconds().optional(), 'Open time of a first opening, ms.', "the service's policy", '5000'),
  CIRCUIT_ERROR_THRESHOLD_PERCENTAGE: told(
    percentage().optional(),
    'Share of failures in the window that opens the circuit, in percent. Selects the strategy `rate`.',
    "the service's policy",
    '50',
  ),
  CIRCUIT_VOLUME_THRESHOLD: told(
    wholeNumber(1, 100_000).optional(),
    'Calls in the window below which the circuit stays closed. Selects the strategy `rate`.',
    "the service's policy",
    '10',
  ),
  DEADLINE_MS: told(milliseconds().optional(), 'Patience for a whole call, retries included, ms.', "the service's policy", '10000'),
  RATE_LIMIT: told(
    rateLimit().optional(),
    'What the service may be asked, as requests per seconds, or rows where it counts those. What its headers state may lower it, never raise it. Processes with one Redis share it; others have to divide it.',
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
