/**
 * Where each service starts. A service overrides fields, never the shape.
 * `docs/policies.md` is generated from here.
 */
import { seconds } from '../time/clock.ts';
import type { ResiliencePolicy } from './policy.ts';

/** The evidence of four failures in a row, at the lowest baseline; its false-alarm rate is said in `cusum.ts`. */
const detection = { strategy: 'cusum', threshold: 10 } as const;

/**
 * For who prefers a share of failures in a window (`X_CIRCUIT_ERROR_THRESHOLD_PERCENTAGE`): short, for a quick verdict;
 * ten calls keep one bad second of a quiet service from opening it.
 */
export const rateDetection = {
  strategy: 'rate',
  windowMs: seconds(10),
  minimumCalls: 10,
  failureRatePercent: 50,
  slowRatePercent: 50,
} as const;

/** Half as long as callers may be kept waiting for a service that is back; a cheap call each. */
const recoveryProbeMs = 2500;

/** Two retries at most: beyond them the deadline is usually over, and the service has enough to bear. */
const retry = { maxAttempts: 3, baseDelayMs: 100, maxDelayMs: seconds(5), budgetPercent: 20 };

/** Two, so that one call that hangs does not keep all others out. */
const minConcurrent = 2;

export const policyTemplates = {
  hubspot: {
    attemptTimeoutMs: seconds(4),
    deadlineMs: seconds(10),
    retry,
    circuit: { detection, openForMs: seconds(5), openForCapMs: seconds(30), recoveryProbeMs },
    bulkhead: { startConcurrent: 10, minConcurrent, maxConcurrent: 100, maxQueued: 100, maxWaitMs: 100 },
  },
  lemlist: {
    attemptTimeoutMs: seconds(6),
    deadlineMs: seconds(15),
    retry,
    circuit: { detection, openForMs: seconds(5), openForCapMs: seconds(30), recoveryProbeMs },
    bulkhead: { startConcurrent: 10, minConcurrent, maxConcurrent: 20, maxQueued: 40, maxWaitMs: 100 },
  },
  explorium: {
    attemptTimeoutMs: seconds(12),
    deadlineMs: seconds(30),
    retry,
    circuit: { detection, openForMs: seconds(5), openForCapMs: seconds(60), recoveryProbeMs },
    bulkhead: { startConcurrent: 10, minConcurrent, maxConcurrent: 50, maxQueued: 50, maxWaitMs: 100 },
  },
  kit: {
    attemptTimeoutMs: seconds(5),
    deadlineMs: seconds(15),
    retry,
    circuit: { detection, openForMs: seconds(5), openForCapMs: seconds(30), recoveryProbeMs },
    bulkhead: { startConcurrent: 10, minConcurrent, maxConcurrent: 50, maxQueued: 50, maxWaitMs: 100 },
  },
  mailchimp: {
    attemptTimeoutMs: seconds(10),
    deadlineMs: seconds(30),
    retry,
    circuit: { detection, openForMs: seconds(5), openForCapMs: seconds(30), recoveryProbeMs },
    /** Ten connections per user is the provider's hard limit, shared with everything else of that user. */
    bulkhead: { startConcurrent: 6, minConcurrent, maxConcurrent: 8, maxQueued: 40, maxWaitMs: 100 },
  },
  sendgrid: {
    attemptTimeoutMs: seconds(5),
    deadlineMs: seconds(15),
    retry,
    circuit: { detection, openForMs: seconds(5), openForCapMs: seconds(30), recoveryProbeMs },
    bulkhead: { startConcurrent: 10, minConcurrent, maxConcurrent: 100, maxQueued: 100, maxWaitMs: 100 },
  },
} as const satisfies Record<string, ResiliencePolicy>;

export type TemplateName = keyof typeof policyTemplates;

/** Where a service starts that has no row in the table: careful with a service that nobody has measured yet. */
const generalTemplate: ResiliencePolicy = {
  attemptTimeoutMs: seconds(5),
  deadlineMs: seconds(15),
  retry,
  circuit: { detection, openForMs: seconds(5), openForCapMs: seconds(30), recoveryProbeMs },
  bulkhead: { startConcurrent: 10, minConcurrent, maxConcurrent: 20, maxQueued: 40, maxWaitMs: 100 },
};

const byService: Readonly<Record<string, ResiliencePolicy>> = policyTemplates;

export const templateFor = (service: string): ResiliencePolicy =>
  (Object.hasOwn(byService, service) ? byService[service] : undefined) ?? generalTemplate;
