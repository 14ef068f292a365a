/**
 * One job: opened, sent by its service's client, and judged; the rules of what becomes of it after an error are pure.
 */
import type { CallOptions } from '../contract/call.ts';
import type { NextStep, Operation, OperationRequest } from '../contract/operation.ts';
import { repeatIsSafe } from '../contract/repeatIsSafe.ts';
import { GatewayError, type ErrorCode } from '../errors/gatewayError.ts';
import { CircuitOpenError, UpstreamRejectedError } from '../errors/upstreamErrors.ts';
import type { Logger } from '../logging/logger.ts';
import { rowCount, sendInParts } from '../pipeline/bulkParts.ts';
import type { HttpClient } from '../pipeline/httpClient.ts';
import { fullJitterMs } from '../time/backoff.ts';
import { minutes, seconds } from '../time/clock.ts';
import { type ClaimedJob, JOB_VERSION, type JobOutcome } from './durableQueue.ts';
import { readPayload, writeResult, type JobPayload } from './jobPayload.ts';
import { UnopenableError, type Sealer } from './sealer.ts';

/** Executions that may have reached the service; a job that ends none of them well is a poison job. */
export const MAX_ATTEMPTS = 8;
const BACKOFF = { baseDelayMs: seconds(1), maxDelayMs: minutes(1) };
/** Never at once: a job that fails fast must not spin. */
const LEAST_PAUSE_MS = 250;
/** Whatever a service asks for: it may be back sooner. */
const LONGEST_PAUSE_MS = minutes(15);
/** Where nobody said how long. */
const PAUSE_MS = seconds(15);
/** Until our own doors open again; the circuit itself says when, so this only keeps the job from spinning. */
const OWN_REFUSAL_PAUSE_MS = 500;
/** Short: a service that stays away opens its circuit, and then nobody asks until it is back. */
const AWAY_PAUSE_MS = seconds(2);
const QUOTA_PAUSE_MS = minutes(5);
const CREDENTIAL_PAUSE_MS = minutes(1);

/** Errors after which nothing was done and the job is not to blame, by how long it waits unless the error says so, ms. */
const PAUSES: Partial<Readonly<Record<ErrorCode, number>>> = {
  circuit_open: OWN_REFUSAL_PAUSE_MS,
  bulkhead_full: OWN_REFUSAL_PAUSE_MS,
  deadline_exceeded: PAUSE_MS,
  quota_wait_too_long: PAUSE_MS,
  upstream_rate_limited: PAUSE_MS,
  upstream_unavailable: AWAY_PAUSE_MS,
  upstream_quota_exhausted: QUOTA_PAUSE_MS,
  upstream_unauthorized: CREDENTIAL_PAUSE_MS,
};

/** What put off one job of a service puts off the next one too, for as long as it lasts; looked at again after this, ms. */
const ABOUT_ALL_JOBS: ReadonlySet<string> = new Set<ErrorCode>([
  'upstream_rate_limited',
  'upstream_quota_exhausted',
  'upstream_unauthorized',
]);
const LONGEST_REST_MS = seconds(10);
const ABOUT_ONE_JOB: ReadonlySet<string> = new Set(['newer_version', 'operation_circuit_open']);

/** Our own refusals say when the circuit is tried again; but it may close before, and the consumer looks at that. */
const OWN_REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['circuit_open', 'bulkhead_full']);

export interface FailedExecution {
  readonly error: unknown;
  readonly operation: Operation<unknown>;
  readonly request: OperationRequest;
  /** Executions before this one. */
  readonly attempts: number;
  /** An execution before this one may have been carried out. */
  readonly mayHaveHappened: boolean;
  /** Source of [0, 1). */
  readonly random: () => number;
}

/** Jobs that were refused together must not come back together. */
const jitteredMs = (ms: number, random: () => number): number =>
  Math.min(LONGEST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, ms)) * (1 + random() / 4);

const postponed = (error: GatewayError, usualMs: number, random: () => number): JobOutcome => {
  // Its operation alone is stopped: the other jobs of its service go on.
  if (error instanceof CircuitOpenError && error.circuit !== error.service) {
    return { kind: 'postponed', reason: 'operation_circuit_open', afterMs: jitteredMs(error.retryAfterMs ?? PAUSE_MS, random) };
  }
  const afterMs = OWN_REFUSALS.has(error.code) ? usualMs : jitteredMs(error.retryAfterMs ?? usualMs, random);
  return { kind: 'postponed', reason: error.code, afterMs };
};

/** The service, or we, refused it: nothing was done. */
const refused = (error: GatewayError, random: () => number): JobOutcome => {
  const usualMs = PAUSES[error.code];
  return usualMs === undefined ? { kind: 'failed', reason: error.code } : postponed(error, usualMs, random);
};

/** It may have been done. */
const unknown = (reason: string, { operation, request, attempts, random }: FailedExecution): JobOutcome => {
  if (!repeatIsSafe(operation, request)) return { kind: 'uncertain', reason };
  if (attempts + 1 >= MAX_ATTEMPTS) return { kind: 'failed', reason };
  return { kind: 'retry', reason, afterMs: Math.max(LEAST_PAUSE_MS, fullJitterMs(attempts + 1, BACKOFF, random)) };
};

/**
 * A refusal of a double means success only if an earlier execution may have done the work; else somebody else did
 * something like it, and what this job says was not written.
 */
const rejected = (error: UpstreamRejectedError, { operation, mayHaveHappened }: FailedExecution): JobOutcome =>
  mayHaveHappened && operation.queue?.alreadyDone?.(error) === true ? { kind: 'succeeded' } : { kind: 'failed', reason: error.reason };

export const outcomeOfError = (execution: FailedExecution): JobOutcome => {
  const { error, random } = execution;
  if (error instanceof UpstreamRejectedError) return rejected(error, execution);
  if (!(error instanceof GatewayError)) return unknown('internal_error', execution);
  return error.execution === 'unknown' ? unknown(error.code, execution) : refused(error, random);
};

/** How long no other job of the service should begin, ms. */
export const restAfter = (outcome: JobOutcome): number => {
  if (outcome.kind !== 'postponed' || ABOUT_ONE_JOB.has(outcome.reason)) return 0;
  return ABOUT_ALL_JOBS.has(outcome.reason) ? Math.min(outcome.afterMs, LONGEST_REST_MS) : OWN_REFUSAL_PAUSE_MS;
};

/** A job of a later release waits until that is back, ms; its expiry bounds how long. */
const NEWER_VERSION_PAUSE_MS = minutes(1);
/** The longest chain of steps there is: update, create, update. */
const MAX_STEPS = 3;

export interface ExecutionParts {
  readonly http: Pick<HttpClient, 'send' | 'startDeadline'>;
  /** Of the service, by name. */
  readonly operations: ReadonlyMap<string, Operation<unknown>>;
  readonly sealer: Sealer;
  readonly random: () => number;
  readonly logger: Logger;
}

/**
 * Never rejects: whatever happens, a job has an outcome.
 *
 * @param lost Aborts when the claim is lost: somebody else executes it then, and this outcome is void.
 */
export const executeJob = async (parts: ExecutionParts, job: ClaimedJob, lost: AbortSignal): Promise<JobOutcome> => {
  const prepared = prepare(parts, job);
  if ('kind' in prepared) return prepared;
  const { operation, request } = prepared;
  const isInDoubt = job.interrupted || prepared.mayHaveHappened;
  if (isInDoubt && !repeatIsSafe(operation, request)) return { kind: 'uncertain', reason: 'interrupted' };
  try {
    // Strict: a stand-in for an answer would pass for a write.
    const options: CallOptions = { strict: true, lane: 'drain', signal: lost, caller: job.owner };
    const result = writeResult(await sendSteps(parts.http, { operation, request }, options, MAX_STEPS));
    return { kind: 'succeeded', ...(result !== undefined && { result: parts.sealer.seal(result, job.id) }) };
  } catch (error) {
    const { attempts } = job;
    const mayHaveHappened = isInDoubt || attempts > 0;
    return outcomeOfError({ error, operation, request, attempts, mayHaveHappened, random: parts.random });
  }
};

interface Prepared extends JobPayload {
  readonly operation: Operation<unknown>;
}

/** @returns an outcome where something stands against executing it at all. */
const prepare = ({ operations, sealer, logger }: ExecutionParts, job: ClaimedJob): Prepared | JobOutcome => {
  if (job.version > JOB_VERSION) return { kind: 'postponed', reason: 'newer_version', afterMs: NEWER_VERSION_PAUSE_MS };
  const operation = operations.get(job.operation);
  if (operation?.queue === undefined) return { kind: 'failed', reason: 'unknown_operation' };
  try {
    return { operation, ...readPayload(sealer.open(job.payload, job.id)) };
  } catch (error) {
    logger.error({ error, jobId: job.id, service: job.service, operation: job.operation }, 'a job cannot be read');
    return { kind: 'failed', reason: error instanceof UnopenableError ? error.reason : 'damaged' };
  }
};

/** One step, and those that its refusals lead to. */
const sendSteps = async (
  http: ExecutionParts['http'],
  { operation, request }: NextStep,
  options: CallOptions,
  stepsLeft: number,
): Promise<unknown> => {
  try {
    return await sendRows(http, { operation, request }, options);
  } catch (error) {
    const next = error instanceof UpstreamRejectedError && stepsLeft > 1 ? operation.queue?.orElse?.(error, request) : undefined;
    if (next === undefined) throw error;
    return sendSteps(http, next, options, stepsLeft - 1);
  }
};

/**
 * What the service answers; of several parts a list of what it answers to each.
 *
 * @throws {GatewayError} if it failed at a row, though it may have made the others: a repeat of all does no harm.
 */
const sendRows = async (http: ExecutionParts['http'], { operation, request }: NextStep, options: CallOptions): Promise<unknown> => {
  if (rowCount(operation, request) < 2) return http.send(operation, request, options);
  const { answered, failed } = await sendInParts(http, operation, request, options);
  const [failure] = failed;
  if (failure !== undefined) throw failure.error;
  return answered.length === 1 ? answered[0]?.answer : answered.map(({ answer }) => answer);
};
