/**
 * The command line of the drill.
 */
import { parseArgs } from 'node:util';
import { faultNames, type FaultName } from '../../sandbox/server/faults.ts';

/** `ok` is no outage; a scenario is a state of the account, not an outage of the service. */
type OutageFault = Exclude<FaultName, 'ok' | 'scenario'>;

/** After an outage by `error` all is healthy again but the operation that the gateway's health checks ask. */
export const healthFaults = {
  'health-403': { fault: 'error', status: 403 },
  'health-404': { fault: 'error', status: 404 },
  'health-500': { fault: 'error', status: 500 },
  'health-hang': { fault: 'hang' },
  'health-shape': { fault: 'garbage' },
  'health-slow': { fault: 'slow', ms: 2500 },
} as const satisfies Readonly<Record<string, { readonly fault: OutageFault; readonly status?: number; readonly ms?: number }>>;
export type HealthFault = keyof typeof healthFaults;

/** The service fails by `error` for ever, and after the outage its address leads to another one that is healthy. */
export type DrillFault = OutageFault | HealthFault | 'moved';
export const drillFaults: readonly DrillFault[] = [
  ...faultNames.filter((name) => name !== 'ok' && name !== 'scenario'),
  'moved',
  ...(Object.keys(healthFaults) as HealthFault[]),
];

export const isHealthFault = (fault: DrillFault): fault is HealthFault => fault in healthFaults;

/** Faults that answer with a status of one's choice. */
const withStatus: readonly DrillFault[] = ['error', 'flap', 'partial'];

export interface DrillArguments {
  readonly service: string;
  readonly fault: DrillFault;
  /** Calls per second. */
  readonly rate: number;
  /** Length of the outage. */
  readonly seconds: number;
  readonly status: number | undefined;
  readonly json: boolean;
  /** The service's own rate limits hold, at its own speed; else they are too wide to matter. */
  readonly realLimits: boolean;
  /** Origins of a gateway and a sandbox that already run; absent: both are started. */
  readonly running: { readonly target: string; readonly sandbox: string } | undefined;
}

/** A command line that cannot be obeyed; the message says what to change. */
export class UsageError extends Error {}

export const usage = (services: readonly string[]): string =>
  [
    'Usage: npm run drill -- <service> <fault> [--rate 20] [--seconds 40] [--status 503] [--real-limits] [--json] [--target URL --sandbox URL]',
    '       npm run drill -- --short     three drills that are held to their bounds, as in CI',
    `  services: ${services.join(', ')}`,
    `  faults:   ${drillFaults.join(', ')}`,
  ].join('\n');

const oneOf = <Name extends string>(what: string, value: string | undefined, names: readonly Name[]): Name => {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw new UsageError(value === undefined ? `A ${what} is missing` : `There is no ${what} "${value}"`);
};

const numberIn = (name: string, value: string, [minimum, maximum]: readonly [number, number]): number => {
  const number = Number(value);
  if (/^\d+(\.\d+)?$/u.test(value) && number >= minimum && number <= maximum) return number;
  throw new UsageError(`--${name} must be a number from ${String(minimum)} to ${String(maximum)}`);
};

/** A drill breaks things on purpose: it never does that to anything but this machine. */
const loopbackOrigin = (name: string, value: string): string => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:') throw new UsageError(`--${name} must be a URL such as http://127.0.0.1:3000`);
  if (!/^(localhost|127(\.\d+){3}|\[::1\])$/u.test(url.hostname)) {
    throw new UsageError(`--${name} must be on this machine (localhost, 127.0.0.1 or [::1]): a drill makes outages`);
  }
  return url.origin;
};

const runningFrom = ({ target, sandbox }: { readonly target?: string; readonly sandbox?: string }): DrillArguments['running'] => {
  if (target === undefined && sandbox === undefined) return undefined;
  if (target === undefined || sandbox === undefined) {
    throw new UsageError('--target and --sandbox belong together: the gateway, and the sandbox that it calls');
  }
  return { target: loopbackOrigin('target', target), sandbox: loopbackOrigin('sandbox', sandbox) };
};

const statusFrom = (value: string | undefined, fault: DrillFault): number | undefined => {
  if (value === undefined) return undefined;
  if (!withStatus.includes(fault)) throw new UsageError(`--status goes with ${withStatus.join(', ')}, not with ${fault}`);
  const status = numberIn('status', value, [400, 599]);
  if (!Number.isInteger(status)) throw new UsageError('--status must be a whole number from 400 to 599');
  return status;
};

const parsed = (args: readonly string[]) => {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rate: text,
        seconds: text,
        status: text,
        target: text,
        sandbox: text,
        json: { type: 'boolean' },
        'real-limits': { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

/** Whether the drills of CI are asked for, which take no arguments. */
export const asksForShort = (args: readonly string[]): boolean => args.length === 1 && args[0] === '--short';

/** @throws {UsageError} naming the first thing that is wrong. */
export const readDrillArguments = (args: readonly string[], services: readonly string[]): DrillArguments => {
  const { values, positionals } = parsed(args);
  const [service, fault, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`"${rest.join(' ')}" is too much: a drill has one service and one fault`);
  const serviceName = oneOf('service', service, services);
  const faultName = oneOf('fault', fault, drillFaults);
  const running = runningFrom(values);
  if (running !== undefined && faultName === 'moved')
    throw new UsageError('moved goes without --target and --sandbox: it needs two sandboxes of its own');
  return {
    service: serviceName,
    fault: faultName,
    rate: numberIn('rate', values.rate ?? '20', [0.01, 1000]),
    seconds: numberIn('seconds', values.seconds ?? '40', [1, 600]),
    status: statusFrom(values.status, faultName),
    json: values.json ?? false,
    realLimits: values['real-limits'] ?? false,
    running,
  };
};
