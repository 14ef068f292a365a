/**
 * The environment, turned once into a frozen, checked Config. Nobody else reads the environment.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deepFreeze } from './deepFreeze.ts';
import { findMisspelled } from './misspelled.ts';
import { withProxyNames, type ProxySettings } from './proxy.ts';
import { readQueueSettings, type QueueSettings } from './queueSettings.ts';
import { readRedis, readRedisKeyPrefix, readSharedRedis, type RedisSettings } from './redis.ts';
import { isLoopback } from './rules.ts';
import { readTextFile, type ReadFile } from './secretFile.ts';
import { readServiceSettings, settingPrefix, type ConfigurableService, type ServiceSettings } from './serviceConfig.ts';
import { SettingFaults } from './settingFaults.ts';
import { processSettings, readGroup, serviceSettings, type Environment, type GroupValues } from './settings.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface Config {
  readonly environment: 'development' | 'test' | 'production';
  readonly host: string;
  /** 0: the system picks. */
  readonly port: number;
  readonly managementPort: number | undefined;
  readonly version: string;
  readonly logLevel: LogLevel;
  readonly dataDirectory: string;
  readonly queue: QueueSettings;
  readonly sandboxPort: number;
  /** Absent: open access, which only a loopback `host` outside production may have. */
  readonly apiKeysFile: string | undefined;
  readonly drainDelayMs: number;
  /** The way to the services, where it leads through a proxy. */
  readonly proxy: ProxySettings;
  /** Absent: one process alone, on embedded parts. */
  readonly redis: RedisSettings | undefined;
  /** What replicas share and may lose; the Redis of the queue unless there is another. Absent: each replica acts alone. */
  readonly sharedRedis: RedisSettings | undefined;
  /** What every key of ours in Redis begins with. */
  readonly redisKeyPrefix: string;
  /** By the service's name; one for each that was asked for. */
  readonly services: Readonly<Record<string, ServiceSettings>>;
  /** What is odd but no fault; for the log at the start. */
  readonly warnings: readonly string[];
  /** Twelve hexadecimal digits: equal for equal settings, secrets left out. */
  readonly hash: string;
}

type RawEnvironment = Readonly<Record<string, string | undefined>>;
type ProcessValues = GroupValues<typeof processSettings>;

/** Milliseconds: a load balancer's readiness period times its threshold, in the manifests of `k8s/`. */
const PRODUCTION_DRAIN_DELAY_MS = 5000;

const readFromDisk: ReadFile = (path) => readFileSync(path, 'utf8');

/** How files that settings name are read and checked. */
export interface ConfigFiles {
  readonly readFile?: ReadFile;
  /** Throws an error that names what is wrong with the file of API keys, and never quotes it. */
  readonly checkApiKeys?: (text: string) => unknown;
}

/**
 * Reads every setting.
 *
 * @throws {InvalidSettingsError} naming every variable at fault at once; start-up stops on it.
 */
export const readConfig = (env: RawEnvironment, services: readonly ConfigurableService[], files: ConfigFiles = {}): Config => {
  const { readFile = readFromDisk, checkApiKeys = () => undefined } = files;
  const environment = withProxyNames(withoutEmpty(env));
  const faults = new SettingFaults();
  const values = readGroup(processSettings, environment, faults);
  const surroundings = { production: values.NODE_ENV === 'production', sandbox: values.SANDBOX, readFile };
  const ofServices = services.map((service) => readServiceSettings(service, environment, surroundings, faults));
  const redis = readRedis(environment, readFile, faults);
  const sharedRedis = readSharedRedis(environment, readFile, faults, redis);
  const redisKeyPrefix = readRedisKeyPrefix(environment, faults);
  const queue = readQueueSettings(values, environment, readFile, faults);
  if (!queue.drain && redis === undefined) faults.add('QUEUE_DRAIN', 'must be on without Redis: no other process could make the writes');
  checkAccess(values, faults, { readFile, checkApiKeys });
  checkSandboxAndPorts(values, ofServices, faults);
  faults.throwIfAny();
  const settings = { ...fromProcess(values), redis, sharedRedis, redisKeyPrefix, queue, services: Object.fromEntries(ofServices.map((each) => [each.name, each])) };
  return deepFreeze({ ...settings, warnings: findWarnings(environment, services, values), hash: hashOf(settings) });
};

const withoutEmpty = (env: RawEnvironment): Environment =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''));

const fromProcess = (values: ProcessValues) => {
  const production = values.NODE_ENV === 'production';
  return {
    environment: values.NODE_ENV,
    host: hostOf(values),
    port: values.PORT,
    managementPort: values.MANAGEMENT_PORT,
    version: values.APP_VERSION,
    logLevel: values.LOG_LEVEL,
    dataDirectory: values.DATA_DIR,
    sandboxPort: values.SANDBOX_PORT,
    apiKeysFile: values.API_KEYS_FILE,
    drainDelayMs: values.DRAIN_DELAY_MS ?? (production ? PRODUCTION_DRAIN_DELAY_MS : 0),
    proxy: { https: values.HTTPS_PROXY, http: values.HTTP_PROXY, except: values.NO_PROXY },
  };
};

const hostOf = (values: ProcessValues): string => values.HOST ?? (values.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');

const checkAccess = (values: ProcessValues, faults: SettingFaults, files: Required<ConfigFiles>): void => {
  if (values.API_KEYS_FILE !== undefined) {
    checkKeys(values.API_KEYS_FILE, faults, files);
  } else if (values.NODE_ENV === 'production') {
    faults.add('API_KEYS_FILE', 'is required in production, where nobody may call without a key: set it to the file of keys');
  } else if (!isLoopback(hostOf(values))) {
    faults.add('HOST', 'must be a loopback address while there are no API keys: unset it, or set API_KEYS_FILE');
  }
};

const checkKeys = (path: string, faults: SettingFaults, { readFile, checkApiKeys }: Required<ConfigFiles>): void => {
  const text = readTextFile('API_KEYS_FILE', path, readFile, faults);
  if (text === undefined) return;
  try {
    checkApiKeys(text);
  } catch (error) {
    faults.add('API_KEYS_FILE', `must name a file of API keys: ${error instanceof Error ? error.message : 'change the file'}`);
  }
};

const checkSandboxAndPorts = (values: ProcessValues, services: readonly ServiceSettings[], faults: SettingFaults): void => {
  const { PORT, MANAGEMENT_PORT, SANDBOX_PORT } = values;
  if (values.NODE_ENV === 'production' && values.SANDBOX === 'on') {
    faults.add('SANDBOX', 'must not be on in production: unset it');
  }
  const taken = new Set([PORT]);
  const claim = (variable: string, wanted: number): void => {
    if (wanted !== 0 && taken.has(wanted)) faults.add(variable, "must differ from the gateway's other ports: change it");
    taken.add(wanted);
  };
  if (MANAGEMENT_PORT !== undefined) claim('MANAGEMENT_PORT', MANAGEMENT_PORT);
  if (services.some((service) => service.useSandbox)) claim('SANDBOX_PORT', SANDBOX_PORT);
};

const findWarnings = (environment: Environment, services: readonly ConfigurableService[], values: ProcessValues): readonly string[] => {
  const prefixes = services.map((service) => settingPrefix(service.name));
  const misspelled = findMisspelled(Object.keys(environment), prefixes, Object.keys(serviceSettings));
  if (values.SANDBOX !== 'on') return misspelled;
  const moved = prefixes.map((prefix) => `${prefix}BASE_URL`).filter((variable) => variable in environment);
  return [...misspelled, ...moved.map((variable) => `${variable} has no effect while SANDBOX is on`)];
};

const hashOf = (settings: object): string => createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 12);
