/**
 * The queue in the place of the service: when a write is kept for later, and what its caller is told.
 */
import { GatewayError, type ErrorCode } from '../../errors/gatewayError.ts';
import { QueueUnavailableError } from '../../errors/queueErrors.ts';
import { PayloadTooLargeError } from '../../errors/requestErrors.ts';
import type { Answer, Call, CallContext, CallOptions, Queued } from '../../contract/call.ts';
import { mayBeOneRow } from '../../circuit/verdict.ts';
import type { ResilienceEvents } from '../../contract/events.ts';
import type { Operation, OperationRequest } from '../../contract/operation.ts';
import { repeatIsSafe } from '../../contract/repeatIsSafe.ts';
import type { WriteQueue } from '../../contract/writeQueue.ts';

export interface QueuedWriteParts {
  readonly queue?: WriteQueue | undefined;
  readonly events: Required<ResilienceEvents>;
}

/** Errors that time may mend. A refusal of our input is final, and a hang-up wants nothing done any more. */
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

/** No attempt of the call is without an answer; or it may have been carried out, and carrying it out again does no harm. */
const maySendLater = (operation: Operation<unknown>, request: OperationRequest, { progress }: CallContext): boolean =>
  !progress.unsettled || repeatIsSafe(operation, request);

/**
 * Whether this call may be queued at all. A strict caller wants an error instead; headers of the caller's own would be
 * lost on the way.
 */
const isQueueable = (operation: Operation<unknown>, { strict, headers }: CallOptions): boolean =>
  operation.queue !== undefined && strict !== true && headers === undefined;

/** Of several attempts an earlier one may have been without an answer; only what may be repeated goes on after that. */
const mayHaveHappened = ({ idempotency }: Operation<unknown>, { unsettled, attempts }: CallContext['progress']): boolean =>
  unsettled || (idempotency !== 'never' && attempts > 1);

const accept = async (
  queue: WriteQueue,
  operation: Operation<unknown>,
  request: OperationRequest,
  { site, progress }: CallContext,
  wish: CallOptions['queue'],
): Promise<Answer<Queued>> => {
  const value = await queue.accept({
    ...site,
    request,
    entity: operation.queue?.entity?.(request),
    owner: wish?.owner ?? 'process',
    jobId: wish?.jobId,
    requestId: wish?.requestId,
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
export const orQueued =
  ({ queue, events }: QueuedWriteParts, operation: Operation<unknown>, request: OperationRequest, options: CallOptions) =>
  <T>(call: Call<T>): Call<T | Queued> => {
    if (queue === undefined || !isQueueable(operation, options)) return call;
    const keep = (context: CallContext): Promise<Answer<Queued>> => accept(queue, operation, request, context, options.queue);
    const make: Call<T | Queued> = async (context) => {
      try {
        return await call({ ...context, mayWait: true });
      } catch (error) {
        if (!waitingHelps(error) || context.callerSignal?.aborted === true) throw error;
        if (context.isDivisible === true && mayBeOneRow(error)) throw error;
        if (!maySendLater(operation, request, context)) throw error;
        const answer = await keep(context).catch((second: unknown) => {
          throw notKept(error, second, context);
        });
        events.fallbackUsed(context.site.service);
        return answer;
      }
    };
    return options.queue?.atOnce === true ? atOnce(keep, make) : make;
  };

/** What is too large to wait is made now: the wish is a preference, no condition. */
const atOnce =
  <T>(keep: (context: CallContext) => Promise<Answer<Queued>>, make: Call<T | Queued>): Call<T | Queued> =>
  async (context) => {
    if (context.callerSignal?.aborted === true) return make(context);
    try {
      return await keep(context);
    } catch (error) {
      if (error instanceof PayloadTooLargeError) return make(context);
      throw error;
    }
  };
