/**
 * The settings of one upstream service: where it is, with which credential, and what differs from its policy.
 */
import { isLoopback } from './rules.ts';
import type { Secret } from './secret.ts';
import type { SettingFiles } from './secretFile.ts';
import type { SettingFaults } from './settingFaults.ts';
import { readGroup, serviceSettings, type Environment, type GroupValues } from './settings.ts';

/** What the settings need to know of a service. */
export interface ConfigurableService {
  /** Lower case; in capitals it is the prefix of the service's settings. */
  readonly name: string;
  /** What holds unless settings say otherwise, ms; to check the two against each other. */
  readonly attemptTimeoutMs: number;
  readonly deadlineMs: number;
}

/** What the environment changes in the service's policy. Absent: its own value stands. */
export interface ServiceLimits {
  readonly attemptTimeoutMs: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly openForMs: number | undefined;
  readonly failureRatePercent: number | undefined;
  readonly minimumCalls: number | undefined;
  readonly rateLimit: { readonly requests: number; readonly windowMs: number } | undefined;
}

export interface ServiceSettings {
  readonly name: string;
  /** Without a slash at its end; absent: the service's own. */
  readonly baseUrl: string | undefined;
  /** Absent only where the sandbox's credential does: on the embedded sandbox, or at a `baseUrl` on this machine. */
  readonly secret: Secret | undefined;
  /** Whether the embedded sandbox stands in for the service. */
  readonly useSandbox: boolean;
  readonly limits: ServiceLimits;
}

export interface ServiceSurroundings {
  readonly production: boolean;
  readonly sandbox: 'auto' | 'on' | 'off';
  readonly files: SettingFiles;
}

type Values = GroupValues<typeof serviceSettings>;

export const settingPrefix = (service: string): string => `${service.toUpperCase()}_`;

export const readServiceSettings = (
  service: ConfigurableService,
  environment: Environment,
  surroundings: ServiceSurroundings,
  faults: SettingFaults,
): ServiceSettings => {
  const prefix = settingPrefix(service.name);
  const values = readGroup(serviceSettings, environment, faults, prefix);
  const limits = limitsFrom(values);
  checkPatience(service, limits, prefix, faults);
  const baseUrl = values.BASE_URL;
  if (surroundings.production && baseUrl !== undefined) checkSafeOrigin(baseUrl, prefix, faults);
  if (!surroundings.production && surroundings.sandbox === 'on') {
    return { name: service.name, baseUrl: undefined, secret: undefined, useSandbox: true, limits };
  }
  const secret = readCredential(values, environment, prefix, surroundings.files, faults);
  const hasCredential = `${prefix}API_KEY` in environment || `${prefix}API_KEY_FILE` in environment;
  if (!hasCredential) checkMayLackCredential(baseUrl, prefix, surroundings, faults);
  return { name: service.name, baseUrl, secret, useSandbox: !hasCredential && baseUrl === undefined, limits };
};

const limitsFrom = (values: Values): ServiceLimits => ({
  attemptTimeoutMs: values.CIRCUIT_TIMEOUT,
  deadlineMs: values.DEADLINE_MS,
  openForMs: values.CIRCUIT_RESET_TIMEOUT,
  failureRatePercent: values.CIRCUIT_ERROR_THRESHOLD_PERCENTAGE,
  minimumCalls: values.CIRCUIT_VOLUME_THRESHOLD,
  rateLimit: values.RATE_LIMIT,
});

const checkPatience = (service: ConfigurableService, limits: ServiceLimits, prefix: string, faults: SettingFaults): void => {
  const attemptTimeoutMs = limits.attemptTimeoutMs ?? service.attemptTimeoutMs;
  const deadlineMs = limits.deadlineMs ?? service.deadlineMs;
  if (attemptTimeoutMs <= deadlineMs) return;
  if (limits.attemptTimeoutMs === undefined) {
    faults.add(`${prefix}DEADLINE_MS`, `must not be below the patience for one attempt: raise it, or lower ${prefix}CIRCUIT_TIMEOUT`);
  } else {
    faults.add(`${prefix}CIRCUIT_TIMEOUT`, `must not exceed the deadline of the whole call: lower it, or raise ${prefix}DEADLINE_MS`);
  }
};

const checkSafeOrigin = (baseUrl: string, prefix: string, faults: SettingFaults): void => {
  const { protocol, hostname } = new URL(baseUrl);
  if (protocol === 'https:' || isLoopback(hostname)) return;
  faults.add(`${prefix}BASE_URL`, 'must be https in production, or http to this machine: our credential travels there');
};

const readCredential = (
  values: Values,
  environment: Environment,
  prefix: string,
  files: SettingFiles,
  faults: SettingFaults,
): Secret | undefined => {
  if (values.API_KEY_FILE === undefined) return values.API_KEY;
  if (`${prefix}API_KEY` in environment)
    faults.add(`${prefix}API_KEY_FILE`, `must not be set beside ${prefix}API_KEY: keep one of the two`);
  return files.secret(`${prefix}API_KEY_FILE`, values.API_KEY_FILE, faults);
};

const checkMayLackCredential = (
  baseUrl: string | undefined,
  prefix: string,
  { production, sandbox }: ServiceSurroundings,
  faults: SettingFaults,
): void => {
  const remedy = `set it, or ${prefix}API_KEY_FILE to a file that holds it`;
  if (production) faults.add(`${prefix}API_KEY`, `is required in production: ${remedy}`);
  else if (sandbox === 'off') faults.add(`${prefix}API_KEY`, `is required while SANDBOX is off: ${remedy}`);
  else if (baseUrl !== undefined && !isLoopback(new URL(baseUrl).hostname)) {
    faults.add(`${prefix}API_KEY`, `is required because ${prefix}BASE_URL is not on this machine: ${remedy}`);
  }
};
