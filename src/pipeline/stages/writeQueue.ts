/**
 * The queue in the place of the service: when a write is kept for later, and what its caller is told.
 */
import { GatewayError, type ErrorCode } from '../../errors/gatewayError.ts';
import { QueueUnavailableError } from '../../errors/queueErrors.ts';
import { PayloadTooLargeError } from '../../errors/requestErrors.ts';
import type { Answer, Call, CallContext, Queued, QueueWish } from '../../contract/call.ts';
import { mayBeOneRow } from '../../circuit/verdict.ts';
import type { ResilienceEvents } from '../../contract/events.ts';
import type { Operation } from '../../contract/operation.ts';
import { repeatIsSafe } from '../../contract/repeatIsSafe.ts';
import type { WriteQueue } from '../../contract/writeQueue.ts';

/** Errors that may pass with time. A refusal of our input is final, and a caller that hung up wants nothing done any more. */
const WAITING_HELPS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'circuit_open',
  'bulkhead_full',
  'quota_wait_too_long',
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_rate_limited',
  'upstream_quota_exhausted',
  'deadline_exceeded',
]);

/** Whose credential, plan or wish stands in the way is not helped by waiting. */
const waitingHelps = (error: unknown): boolean => error instanceof GatewayError && WAITING_HELPS.has(error.code);

/**
 * Its caller is there still; it is not to be sent by parts instead; and no attempt of it is without an answer, or it may have been carried
 * out, and carrying it out again does no harm.
 */
const maySendLater = (
  operation: Operation<unknown>,
  { request, callerSignal, isDivisible, progress }: CallContext,
  error: unknown,
): boolean => {
  if (callerSignal?.aborted === true || (isDivisible === true && mayBeOneRow(error))) return false;
  return !progress.unsettled || repeatIsSafe(operation, request);
};

/** Of several attempts an earlier one may have been without an answer; only what may be repeated goes on after that. */
const mayHaveHappened = ({ idempotency }: Operation<unknown>, { unsettled, attempts }: CallContext['progress']): boolean =>
  unsettled || (idempotency !== 'never' && attempts > 1);

const accept = async (
  queue: WriteQueue,
  operation: Operation<unknown>,
  { site, request, progress }: CallContext,
  { owner, jobId, requestId }: QueueWish,
): Promise<Answer<Queued>> => {
  const value = await queue.accept({
    ...site,
    request,
    entity: operation.queue?.entity?.(request),
    owner,
    jobId,
    requestId,
    mayHaveHappened: mayHaveHappened(operation, progress),
  });
  return { value, source: 'queued', ageMs: 0 };
};

/**
 * What the caller is told when the write was neither made nor kept. If it certainly was not sent: that the queue is
 * down, with the first error as the cause; it promises that nothing happened and says when to repeat. If it may have
 * been sent, that promise would be a lie; and one too large to wait may still be made later. Then the first error stands.
 */
const notKept = (first: unknown, second: unknown, { progress }: CallContext): unknown =>
  second instanceof QueueUnavailableError && !progress.unsettled
    ? new QueueUnavailableError('its store does not answer', { cause: first })
    : first;

/**
 * Around a whole call, fallback included: queues it at once where the caller asks for that, or where it could not be
 * made and may be made later.
 *
 * @throws {QueueUnavailableError} if it could neither be made nor kept.
 */
export const writeQueue =
  (queue: WriteQueue, events: Required<ResilienceEvents>, operation: Operation<unknown>) =>
  (next: Call<unknown>): Call<unknown> =>
  async (context) => {
    const { queueWish: wish, callerSignal, site } = context;
    if (wish === undefined) return next(context);
    if (wish.atOnce === true && callerSignal?.aborted !== true) {
      const kept = await acceptAtOnce(queue, operation, context, wish);
      if (kept !== undefined) return kept;
    }
    try {
      return await next({ ...context, mayWait: true });
    } catch (error) {
      if (!waitingHelps(error) || !maySendLater(operation, context, error)) throw error;
      const answer = await accept(queue, operation, context, wish).catch((second: unknown) => {
        throw notKept(error, second, context);
      });
      events.fallbackUsed(site.service);
      return answer;
    }
  };

/** `undefined`: it is too large to wait, and is made now; the wish is a preference, no condition. */
const acceptAtOnce = async (...[queue, operation, context, wish]: Parameters<typeof accept>): Promise<Answer<Queued> | undefined> => {
  try {
    return await accept(queue, operation, context, wish);
  } catch (error) {
    if (error instanceof PayloadTooLargeError) return undefined;
    throw error;
  }
};
