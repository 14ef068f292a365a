import { GatewayError, type ErrorCode } from '../../errors/gatewayError.ts';
import { DeadlineExceededError, UpstreamTimeoutError } from '../../errors/upstreamErrors.ts';
import { withAttemptTimeout, type AttemptLimits } from '../../time/attemptTimeout.ts';
import type { Answer, Call, CallContext } from '../../contract/call.ts';
import type { Operation } from '../../contract/operation.ts';
import { makeAttempt, type AttemptParts } from '../attempt.ts';
import { ANSWER_MARGIN_MS, type AttemptPatience } from '../attemptPatience.ts';

export interface AttemptStageParts extends AttemptParts {
  readonly patience: AttemptPatience;
  /** Half-way to opening: what is sent now is sent more carefully. An open circuit has rules of its own. */
  readonly isSuspect: () => boolean;
  /** Told what an attempt showed of how much the service bears. */
  readonly onAttemptEnded: (operation: string, durationMs: number, error: unknown) => void;
}

/** The innermost stage: one attempt over the wire, under a signal of its own that ends it and no other, the whole body included. */
export const attemptTimeout =
  (parts: AttemptStageParts, operation: Operation<unknown>): Call<unknown> =>
  async (context) => {
    const { clock } = parts;
    const { site, progress, signal, cuttable } = context;
    const startedAt = clock.now();
    progress.attempts += 1;
    progress.unsettled = true;
    const isSuspect = parts.isSuspect();
    const limits = { ...timeLimit(parts, context, startedAt, isSuspect && cuttable !== undefined), signal, cuttable };
    // What answers badly may be what the kept connections lead to, and no more.
    const wire = isSuspect || progress.attempts > 1 ? { ...context.wire, newConnection: true } : context.wire;
    try {
      const value = await withAttemptTimeout(makeAttempt.bind(undefined, parts, operation, wire, site), limits, clock);
      progress.unsettled = false;
      attemptEnded(parts, context, startedAt, undefined);
      return { value, source: 'upstream', ageMs: 0 } satisfies Answer<unknown>;
    } catch (error) {
      progress.unsettled = isUnsettled(error);
      attemptEnded(parts, context, startedAt, error);
      throw error;
    }
  };

/**
 * What the policy and the caller allow; of a suspect service less, where nothing is lost by giving up (docs/policies.md);
 * and never more than leaves time to answer within the deadline.
 */
const timeLimit = (
  { patience }: AttemptStageParts,
  { site, attemptTimeoutMs, deadlineAt, livesUntil = deadlineAt }: CallContext,
  now: number,
  givesUpSooner: boolean,
): Pick<AttemptLimits, 'timeoutMs' | 'onTimeout'> => {
  const allowedMs = givesUpSooner ? patience.suspectTimeoutMs(site.operation, attemptTimeoutMs) : attemptTimeoutMs;
  const leftMs = livesUntil - now;
  if (leftMs - ANSWER_MARGIN_MS < allowedMs) {
    return { timeoutMs: Math.max(1, leftMs - ANSWER_MARGIN_MS), onTimeout: () => new DeadlineExceededError(site, leftMs) };
  }
  return { timeoutMs: allowedMs, onTimeout: () => new UpstreamTimeoutError(site, allowedMs, allowedMs < attemptTimeoutMs) };
};

/** What a health check met says nothing of how much calls may be made at once. */
const attemptEnded = (parts: AttemptStageParts, { site, wire, progress }: CallContext, startedAt: number, error: unknown): void => {
  const { service, operation } = site;
  const durationMs = parts.clock.now() - startedAt;
  if (wire.fresh !== true) {
    parts.onAttemptEnded(operation, durationMs, error);
    if (error === undefined) parts.patience.learn(operation, durationMs);
  }
  const attempt = progress.attempts === 1 ? 'first' : 'retry';
  parts.events.attemptEnded({ service, operation, attempt, outcome: error === undefined ? 'success' : codeOf(error), durationMs });
};

const codeOf = (error: unknown): ErrorCode => (error instanceof GatewayError ? error.code : 'internal_error');

/** An open circuit ends only an attempt that is under way, by cutting it off: what became of it nobody knows. */
const isUnsettled = (error: unknown): boolean =>
  !(error instanceof GatewayError) || error.execution === 'unknown' || error.code === 'circuit_open';
