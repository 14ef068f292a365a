/**
 * The faults a service of the sandbox can be given: their names and settings, and what a setting means for one
 * request. Pure: time and chance come in as arguments.
 */
import { z } from 'zod';

export const faultNames = [
  'ok',
  'hang',
  'error',
  'reset',
  'refuse',
  'slow',
  'drip',
  'throttle',
  'flap',
  'garbage',
  'partial',
  'scenario',
] as const;
export type FaultName = (typeof faultNames)[number];

const numberIn = (minimum: number, maximum: number, what: string) => {
  const error = `must be ${what} from ${String(minimum)} to ${String(maximum)}`;
  return z.number({ error }).min(minimum, error).max(maximum, error);
};
const milliseconds = numberIn(1, 600_000, 'a number of milliseconds');
const status = numberIn(400, 599, 'a whole status').int('must be a whole status from 400 to 599');
const rate = numberIn(0, 1, 'a share of the requests');
const operation = z
  .string({ error: 'must be a string such as "GET /path"' })
  .regex(/^(GET|POST|PUT|PATCH|DELETE) \/\S*$/u, 'must read like "GET /path": a method, one blank, the start of a path below the service');

/** Which requests meet the fault: by default all. */
const reach = { operation: operation.optional(), rate: rate.default(1) };

const fault = <Name extends FaultName, Fields extends z.ZodRawShape>(name: Name, fields: Fields) => {
  const known = Object.keys(fields);
  return z.strictObject(
    { fault: z.literal(name), ...fields },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `${name} does not take ${issue.keys.join(', ')}; it takes ${known.length === 0 ? 'nothing else' : known.join(', ')}`
          : undefined,
    },
  );
};

/** The body of `PUT /_faults/<service>`, defaults filled in. */
export const faultSchema = z.discriminatedUnion(
  'fault',
  [
    fault('ok', {}),
    fault('hang', reach),
    fault('error', { ...reach, status: status.default(503) }),
    fault('reset', reach),
    fault('refuse', reach),
    fault('slow', { ...reach, ms: milliseconds.default(1000) }),
    fault('drip', { ...reach, ms: milliseconds.default(1000) }),
    fault('throttle', reach),
    fault('flap', { ...reach, status: status.default(503), periodMs: milliseconds.default(5000) }),
    fault('garbage', reach),
    fault('partial', { operation: reach.operation, rate: rate.default(0.5), status: status.default(503) }),
    fault('scenario', { scenario: z.string({ error: 'must name a scenario of the service' }) }),
  ],
  {
    error: (issue) =>
      typeof issue.input === 'object' && issue.input !== null
        ? `must be one of ${faultNames.join(', ')}`
        : 'must be an object such as {"fault": "hang"}',
  },
);
export type FaultSetting = z.infer<typeof faultSchema>;

export const noFault: FaultSetting = { fault: 'ok' };

/** What one request meets. */
export type Behaviour =
  | { readonly kind: 'ok' | 'hang' | 'reset' | 'refuse' | 'throttle' | 'garbage' }
  | { readonly kind: 'error'; readonly status: number }
  | { readonly kind: 'slow' | 'drip'; readonly ms: number };

/** The part of a request that a fault may depend on; `path` lies below the service's prefix. */
export interface FaultTarget {
  readonly method: string;
  readonly path: string;
}

const healthy: Behaviour = { kind: 'ok' };

const reaches = (operation: string | undefined, target: FaultTarget): boolean =>
  operation === undefined || `${target.method} ${target.path}`.startsWith(operation);

/** Chance is asked only where it decides, so that a run is replayed by its seed whatever certain faults came between. */
const meets = (share: number, random: () => number): boolean => share >= 1 || (share > 0 && random() < share);

const behaviourInForce = (setting: Exclude<FaultSetting, { fault: 'ok' | 'scenario' }>, elapsedMs: number): Behaviour => {
  switch (setting.fault) {
    case 'error':
    case 'partial':
      return { kind: 'error', status: setting.status };
    case 'flap': {
      // The first period fails: whoever sets the fault sees it at once.
      const failing = Math.floor(elapsedMs / setting.periodMs) % 2 === 0;
      return failing ? { kind: 'error', status: setting.status } : healthy;
    }
    case 'slow':
    case 'drip':
      return { kind: setting.fault, ms: setting.ms };
    default:
      return { kind: setting.fault };
  }
};

/**
 * Decides what one request meets.
 *
 * @param elapsedMs Milliseconds since the fault was set.
 * @param random Source of [0, 1).
 */
export const behaviourFor = (setting: FaultSetting, target: FaultTarget, elapsedMs: number, random: () => number): Behaviour => {
  if (setting.fault === 'ok' || setting.fault === 'scenario') return healthy;
  if (!reaches(setting.operation, target) || !meets(setting.rate, random)) return healthy;
  return behaviourInForce(setting, elapsedMs);
};

/** Whether connections themselves are to be refused. A refusal of some requests only can't be: those are cut instead. */
export const refusesAll = (setting: FaultSetting): boolean =>
  setting.fault === 'refuse' && setting.operation === undefined && setting.rate === 1;
