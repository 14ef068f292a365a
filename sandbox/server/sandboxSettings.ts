/**
 * What `npm run sandbox` reads from the environment and its command line.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';

export interface SandboxSettings {
  /** 0 picks a free one. */
  readonly port: number;
  /** The ports that services have for themselves, by service; 0 or absent picks a free one. */
  readonly ports: Readonly<Record<string, number>>;
  /** Absent: a fresh one, printed, so that a run can be repeated. */
  readonly seed: number | undefined;
  /** How fast the simulators' time goes. */
  readonly speed: number;
  /** A file with recorded seeds to begin with. */
  readonly seedsFile: string | undefined;
  /** Hosts besides this machine to which webhooks may go. */
  readonly webhookHosts: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

const wholeNumber = (maximum: number) => {
  const error = `must be a whole number from 0 to ${String(maximum)}`;
  return z
    .string()
    .regex(/^\d{1,10}$/u, error)
    .transform(Number)
    .pipe(z.number().max(maximum, error));
};
const portNumber = wholeNumber(65_535);
const speedRule = 'must be a number above 0, up to 10000';
const hostsRule = 'must be host names, separated by commas';

const fixed = {
  SANDBOX_PORT: portNumber.default(4010),
  SANDBOX_SEED: wholeNumber(2 ** 32 - 1).optional(),
  SANDBOX_SPEED: z
    .string()
    .regex(/^\d{1,5}(\.\d+)?$/u, speedRule)
    .transform(Number)
    .pipe(z.number().gt(0, speedRule).max(10_000, speedRule))
    .default(1),
  SANDBOX_SEEDS: z.string().optional(),
  SANDBOX_WEBHOOK_HOSTS: z
    .string()
    .regex(/^[\w.-]+(,[\w.-]+)*$/u, hostsRule)
    .transform((hosts) => hosts.toLowerCase().split(','))
    .default([]),
};

const PORT_OF = 'SANDBOX_PORT_';

const portSetting = (service: string): string => `${PORT_OF}${service.toUpperCase()}`;

/**
 * Reads the settings; empty variables count as absent.
 *
 * @throws {Error} naming every variable at fault and its rule, never its value.
 */
export const readSandboxSettings = (env: Variables, services: readonly string[]): SandboxSettings => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const own = z.object(fixed).safeParse(given);
  const ports = z.object(Object.fromEntries(services.map((name) => [portSetting(name), portNumber.default(0)]))).safeParse(given);
  // A port setting of a service that is not here is a mistake that nobody would notice.
  const known = new Set(services.map(portSetting));
  const strange = Object.keys(given).filter((name) => name.startsWith(PORT_OF) && !known.has(name));
  if (!own.success || !ports.success || strange.length > 0) {
    const issues = [...(own.error?.issues ?? []), ...(ports.error?.issues ?? [])].map(
      ({ path, message }) => `${path.join('.')} ${message}`,
    );
    const strangers = strange.map((name) => `${name} is the port of no service; there are ${services.join(', ')}`);
    throw new Error([...issues, ...strangers].join('; '));
  }
  const {
    SANDBOX_PORT: port,
    SANDBOX_SEED: seed,
    SANDBOX_SPEED: speed,
    SANDBOX_SEEDS: seedsFile,
    SANDBOX_WEBHOOK_HOSTS: webhookHosts,
  } = own.data;
  const byService = Object.fromEntries(services.map((name) => [name, ports.data[portSetting(name)] ?? 0]));
  return { port, ports: byService, seed, speed, seedsFile, webhookHosts };
};

const options = {
  port: { type: 'string' },
  ports: { type: 'string' },
  seed: { type: 'string' },
  speed: { type: 'string' },
  seeds: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** `hubspot=4011,kit=4012` as settings. */
const portsIn = (list: string): readonly (readonly [string, string])[] =>
  list.split(',').map((pair) => {
    const [service = '', port = ''] = pair.split('=');
    // An empty variable would count as absent, and be a mistake that nobody notices.
    return [portSetting(service), port === '' ? 'none' : port];
  });

/**
 * The command line: settings in place of variables, and whether to print for programs.
 *
 * @throws {TypeError} naming an argument that is unknown.
 */
export const readSandboxArguments = (args: readonly string[]): { readonly settings: Variables; readonly json: boolean } => {
  const { json, ports, ...named } = parseArgs({ args: [...args], options }).values;
  const settings = Object.entries(named).map(([name, value]) => [`SANDBOX_${name.toUpperCase()}`, value] as const);
  return { settings: Object.fromEntries([...settings, ...(ports === undefined ? [] : portsIn(ports))]), json };
};
