/**
 * Policies as data: the shape, its invariants, and how overrides meet a template. Checked before the first request.
 */
import { z } from 'zod';
import { DAY_MS } from '../time/clock.ts';

const error = 'must be a number of milliseconds above 0 and below 24 h';
const durationMs = z
  .number({ error })
  .positive(error)
  .max(DAY_MS - 1, error);
const percent = z.number({ error: 'must be a number above 0, up to 100' }).gt(0, 'must be above 0').max(100, 'must be at most 100');
const whole = (least: number, most: number) =>
  z
    .int({ error: 'must be a whole number' })
    .min(least, `must be at least ${String(least)}`)
    .max(most, `must be at most ${String(most)}`);
const count = whole(1, 100_000);

export const detectionSchema = z.discriminatedUnion('strategy', [
  z.strictObject({
    strategy: z.literal('rate'),
    windowMs: durationMs,
    minimumCalls: count,
    failureRatePercent: percent,
    slowRatePercent: percent,
  }),
  z.strictObject({ strategy: z.literal('consecutive'), failures: count }),
  z.strictObject({
    strategy: z.literal('cusum'),
    /** Evidence at which to open, in natural logarithms of odds; below 4 one failure could open. */
    threshold: z.number({ error: 'must be a number from 4 to 50' }).min(4, 'must be at least 4').max(50, 'must be at most 50'),
  }),
]);

export const circuitPolicySchema = z
  .strictObject({
    detection: detectionSchema,
    /** Open time of the first opening, ms; doubles with each further one, up to the cap, then is jittered. */
    openForMs: durationMs,
    openForCapMs: durationMs,
    /** How often to look, while open, whether the service is back, ms; `off`: callers alone find out. */
    recoveryProbeMs: z.union([durationMs, z.literal('off')], { error: `${error}, or "off"` }),
  })
  .refine((circuit) => circuit.openForMs <= circuit.openForCapMs, {
    path: ['openForMs'],
    error: 'must not exceed openForCapMs: the cap is the longest open time',
  });

const bulkheadPolicySchema = z
  .strictObject({
    /** Calls at once to begin with; what the service bears is found out from there. */
    startConcurrent: count,
    /** Never fewer, whatever goes wrong: some calls have to show that it is well again. */
    minConcurrent: count,
    /** Never more, however well it goes. */
    maxConcurrent: count,
    /** Calls waiting for a place; while there are signs of trouble, at most as many as the limit. */
    maxQueued: whole(0, 100_000),
    /** The longest wait for a place while there are signs of trouble, ms; else the call's deadline bounds it. */
    maxWaitMs: durationMs,
  })
  .refine(({ minConcurrent, startConcurrent, maxConcurrent }) => minConcurrent <= startConcurrent && startConcurrent <= maxConcurrent, {
    path: ['startConcurrent'],
    error: 'must lie between minConcurrent and maxConcurrent',
  });

export const policySchema = z
  .strictObject({
    /** Patience for one attempt, the whole body included, ms. */
    attemptTimeoutMs: durationMs,
    /** Patience for the whole call, retries included, ms. */
    deadlineMs: durationMs,
    retry: z.strictObject({
      /** Attempts in all; 1 means no retry. */
      maxAttempts: whole(1, 10),
      baseDelayMs: durationMs,
      maxDelayMs: durationMs,
      /** Retries may be at most this share of first attempts (plus one a second). */
      budgetPercent: percent,
    }),
    circuit: circuitPolicySchema,
    bulkhead: bulkheadPolicySchema,
  })
  .refine((policy) => policy.attemptTimeoutMs <= policy.deadlineMs, {
    path: ['attemptTimeoutMs'],
    error: 'must not exceed deadlineMs: an attempt longer than the whole call could never end by itself',
  });

export type ResiliencePolicy = z.infer<typeof policySchema>;
export type CircuitPolicy = z.infer<typeof circuitPolicySchema>;

/** What a service or the environment may change in a template: any part, to any depth. */
export interface PolicyOverrides {
  readonly attemptTimeoutMs?: number;
  readonly deadlineMs?: number;
  readonly retry?: Partial<ResiliencePolicy['retry']>;
  readonly circuit?: Partial<CircuitPolicy>;
  readonly bulkhead?: Partial<ResiliencePolicy['bulkhead']>;
}

/**
 * Lays overrides over a template, and checks the whole.
 *
 * @throws {Error} naming the service, every field at fault and its rule; start-up stops on it.
 */
export const resolvePolicy = (service: string, template: ResiliencePolicy, overrides: PolicyOverrides = {}): ResiliencePolicy => {
  const parsed = policySchema.safeParse({
    ...template,
    ...overrides,
    retry: { ...template.retry, ...overrides.retry },
    circuit: { ...template.circuit, ...overrides.circuit },
    bulkhead: { ...narrowed(template.bulkhead, overrides.bulkhead?.maxConcurrent), ...overrides.bulkhead },
  });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap(faultsOf);
  throw new Error(`The policy of "${service}" is impossible: ${faults.join('; ')}`);
};

/** Who says only that there may be fewer at once does not want an error about where to start. */
const narrowed = (bulkhead: ResiliencePolicy['bulkhead'], most: number | undefined): ResiliencePolicy['bulkhead'] => {
  // What is no possible maximum is told by its own rule.
  if (most === undefined || !(most >= 1)) return bulkhead;
  const { startConcurrent, minConcurrent } = bulkhead;
  return { ...bulkhead, startConcurrent: Math.min(startConcurrent, most), minConcurrent: Math.min(minConcurrent, most) };
};

const faultsOf = (issue: z.core.$ZodIssue): readonly string[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => `${[...issue.path, key].join('.')} is not part of a policy`)
    : [`${issue.path.join('.')} ${issue.message}`];
