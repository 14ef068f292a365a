/**
 * The environment, turned once into a frozen, checked Config. Nobody else reads the environment.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deepFreeze } from './deepFreeze.ts';
import { exampleIn } from './exampleValues.ts';
import { findMisspelled } from './misspelled.ts';
import { withProxyNames, type ProxySettings } from './proxy.ts';
import { readQueueSettings, type QueueSettings } from './queueSettings.ts';
import { readRedis, readRedisKeyPrefix, readSharedRedis, type RedisSettings } from './redis.ts';
import { isLoopback } from './rules.ts';
import { SettingFiles, type ReadFile, type SettingFile } from './secretFile.ts';
import { readServiceSettings, settingPrefix, type ConfigurableService, type ServiceSettings } from './serviceConfig.ts';
import { SettingFaults } from './settingFaults.ts';
import { processSettings, readGroup, redisSettings, serviceSettings, type Environment, type GroupValues } from './settings.ts';

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
  readonly apiKeysFile: SettingFile | undefined;
  /** All files that settings name; their contents may change while the process runs. */
  readonly files: readonly SettingFile[];
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

type CountKeys = (text: string) => number;

/** How files that settings name are read and checked. */
export interface ConfigFiles {
  readonly readFile?: ReadFile;
  /** Of the file of API keys: how many somebody could come with. @throws {Error} that says what the text must be. */
  readonly usableKeysIn?: CountKeys;
}

/**
 * Reads every setting.
 *
 * @throws {InvalidSettingsError} naming every variable at fault at once; start-up stops on it.
 */
export const readConfig = (env: RawEnvironment, services: readonly ConfigurableService[], files: ConfigFiles = {}): Config => {
  const { readFile = readFromDisk, usableKeysIn = () => 1 } = files;
  const environment = withProxyNames(withoutEmpty(env));
  const faults = new SettingFaults();
  const values = readGroup(processSettings, environment, faults);
  const production = values.NODE_ENV === 'production';
  const read = new SettingFiles(readFile, production);
  const surroundings = { production, sandbox: values.SANDBOX, files: read };
  const ofServices = services.map((service) => readServiceSettings(service, environment, surroundings, faults));
  const redis = readRedis(environment, read, faults);
  const sharedRedis = readSharedRedis(environment, read, faults, redis);
  const redisKeyPrefix = readRedisKeyPrefix(environment, faults);
  const queue = readQueueSettings(values, environment, read, faults);
  if (!queue.drain && redis === undefined) faults.add('QUEUE_DRAIN', 'must be on without Redis: no other process could make the writes');
  const apiKeysFile = readApiKeysFile(values, faults, read, usableKeysIn);
  checkExposure(environment, production, { services: ofServices, redis, sharedRedis }, faults);
  checkSandboxAndPorts(values, ofServices, faults);
  faults.throwIfAny();
  const settings = {
    ...fromProcess(values),
    apiKeysFile,
    redis,
    sharedRedis,
    redisKeyPrefix,
    queue,
    services: Object.fromEntries(ofServices.map((each) => [each.name, each])),
  };
  return deepFreeze({
    ...settings,
    files: read.found,
    warnings: findWarnings(environment, services, values, { ...settings, files: read }),
    hash: hashOf(settings),
  });
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
    drainDelayMs: values.DRAIN_DELAY_MS ?? (production ? PRODUCTION_DRAIN_DELAY_MS : 0),
    proxy: { https: values.HTTPS_PROXY, http: values.HTTP_PROXY, except: values.NO_PROXY },
  };
};

const hostOf = (values: ProcessValues): string => values.HOST ?? (values.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');

const readApiKeysFile = (
  values: ProcessValues,
  faults: SettingFaults,
  files: SettingFiles,
  usableKeysIn: CountKeys,
): SettingFile | undefined => {
  if (values.API_KEYS_FILE !== undefined) {
    const file = files.read(
      'API_KEYS_FILE',
      values.API_KEYS_FILE,
      (text) => {
        checkKeys(text, usableKeysIn);
      },
      faults,
    );
    // At the start only: later, whoever disables the last key means it.
    if (values.NODE_ENV === 'production' && file !== undefined && usableKeysIn(file.text) === 0) {
      faults.add(
        'API_KEYS_FILE',
        'must name a file with a key of your own: each of its keys is disabled or the example of the documents, so nobody could call',
      );
    }
    return file;
  }
  if (values.NODE_ENV === 'production') {
    faults.add('API_KEYS_FILE', 'is required in production, where nobody may call without a key: set it to the file of keys');
  } else if (!isLoopback(hostOf(values))) {
    faults.add('HOST', 'must be a loopback address while there are no API keys: unset it, or set API_KEYS_FILE');
  }
  return undefined;
};

const checkKeys = (text: string, usableKeysIn: CountKeys): void => {
  try {
    usableKeysIn(text);
  } catch (error) {
    throw new Error(`of API keys: ${error instanceof Error ? error.message : 'it is none'}`, { cause: error });
  }
};

interface Guarded {
  readonly services: readonly ServiceSettings[];
  readonly redis: RedisSettings | undefined;
  readonly sharedRedis: RedisSettings | undefined;
}

/** In production: credentials that everybody knows, and connections whose other end nobody checks. */
const checkExposure = (
  environment: Environment,
  production: boolean,
  { services, redis, sharedRedis }: Guarded,
  faults: SettingFaults,
): void => {
  if (!production) return;
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    faults.add(
      'NODE_TLS_REJECT_UNAUTHORIZED',
      'must not be 0 in production, where it lets anybody read our credentials: unset it, and name your authority in NODE_EXTRA_CA_CERTS',
    );
  }
  const secrets = [
    ...services.map(({ name, secret }) => ({ variable: `${settingPrefix(name)}API_KEY`, secret })),
    { variable: 'REDIS_URL' in environment ? 'REDIS_URL' : 'REDIS_PASSWORD', secret: redis?.password },
    { variable: 'REDIS_CACHE_URL', secret: sharedRedis === redis ? undefined : sharedRedis?.password },
  ];
  for (const { variable, secret } of secrets) {
    // Of a file it was checked as it was read.
    const example = secret === undefined || secret.file !== undefined ? undefined : exampleIn(secret.reveal());
    if (example !== undefined) faults.add(variable, `must hold a credential of your own, not ${example}: change it`);
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

interface Warned {
  readonly redis: RedisSettings | undefined;
  readonly sharedRedis: RedisSettings | undefined;
  readonly files: SettingFiles;
}

const findWarnings = (
  environment: Environment,
  services: readonly ConfigurableService[],
  values: ProcessValues,
  warned: Warned,
): readonly string[] => {
  const prefixes = services.map((service) => settingPrefix(service.name));
  const ofServices = prefixes.flatMap((prefix) => Object.keys(serviceSettings).map((name) => prefix + name));
  const settings = [...Object.keys(processSettings), ...Object.keys(redisSettings), ...ofServices];
  const moved = values.SANDBOX === 'on' ? prefixes.map((prefix) => `${prefix}BASE_URL`).filter((variable) => variable in environment) : [];
  return [
    ...findMisspelled(Object.keys(environment), settings),
    ...moved.map((variable) => `${variable} has no effect while SANDBOX is on`),
    ...warned.files.warnings,
    ...(values.NODE_ENV === 'production' ? productionWarnings(values, warned) : []),
  ];
};

const productionWarnings = ({ MANAGEMENT_PORT }: ProcessValues, { redis, sharedRedis }: Warned): readonly string[] => {
  // A name without a dot is of a network of one's own, such as a Service beside us in Kubernetes.
  const isBare = (settings: RedisSettings | undefined): boolean =>
    settings?.password !== undefined && !settings.tls && !isLoopback(settings.host) && settings.host.includes('.');
  return [
    ...(MANAGEMENT_PORT === undefined
      ? ['MANAGEMENT_PORT is not set: whoever reaches PORT reaches /metrics, /health/detailed and /admin as well']
      : []),
    ...(isBare(redis) || isBare(sharedRedis)
      ? ['the password of Redis goes over the network in clear: name Redis as rediss://, or keep that network closed']
      : []),
  ];
};

const hashOf = (settings: object): string => createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 12);
