import { GatewayError, type ErrorCode } from '../../errors/gatewayError.ts';
import { UpstreamUnavailableError } from '../../errors/upstreamErrors.ts';
import type { Answer, Call, CallContext } from '../../contract/call.ts';
import { DEFAULT_QUOTA, type Operation, type OperationRequest } from '../../contract/operation.ts';
import type { Lane, Permit, PermitUse, PermitWish, QuotaGate } from '../../contract/quotaGate.ts';
import { ANSWER_MARGIN_MS } from '../attemptPatience.ts';

/** What a call of an operation takes of the service's quota. */
export const permitWish = (operation: Operation<unknown>, request: OperationRequest, lane: Lane): PermitWish => ({
  quota: operation.quota ?? DEFAULT_QUOTA,
  weight: request.weight ?? operation.weight ?? 1,
  lane,
});

/**
 * A permit of the quota for each attempt; one that no attempt came to use is given back. Outside the bulkhead: a call that waits for its
 * permit is no work for the service (docs/decisions/0015). An open circuit is asked without one: it refuses at once, and nobody
 * should have waited for that.
 *
 * @throws {QuotaWaitTooLongError} if the permit would come too late.
 */
export const quota =
  (gate: QuotaGate, isOpen: () => boolean, operation: Operation<unknown>) =>
  (next: Call<unknown>): Call<unknown> =>
  (context) => {
    if (isOpen()) return next(context);
    const { site, request, signal, deadlineAt, lane } = context;
    const permit = gate.permit(permitWish(operation, request, lane), { site, signal, latestAt: deadlineAt - ANSWER_MARGIN_MS });
    return permit instanceof Promise ? permit.then((late) => withPermit(late, next, context)) : withPermit(permit, next, context);
  };

const withPermit = (permit: Permit, next: Call<unknown>, context: CallContext): Promise<Answer<unknown>> => {
  const { attempts } = context.progress;
  // Not a `finally`: that costs every call four more promises.
  return next(context).then(
    (answer) => {
      permit.end('answered');
      return answer;
    },
    (error: unknown) => {
      permit.end(context.progress.attempts > attempts ? useOf(error) : 'unsent');
      throw error;
    },
  );
};

const ABANDONED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['upstream_timeout', 'deadline_exceeded', 'call_cancelled', 'circuit_open']);

/** What a failed attempt did with its permit: one whose connection never stood used none, one that was given up may use it still. */
export const useOf = (error: unknown): PermitUse => {
  if (!(error instanceof GatewayError)) return 'abandoned';
  if (error instanceof UpstreamUnavailableError && error.kind !== 'http_5xx')
    return error.execution === 'not_sent' ? 'unsent' : 'abandoned';
  return ABANDONED.has(error.code) ? 'abandoned' : 'answered';
};
