import { DeadlineExceededError } from '../../errors/upstreamErrors.ts';
import type { CircuitBreaker } from '../../circuit/circuitBreaker.ts';
import type { Call } from '../../contract/call.ts';
import type { Operation } from '../../contract/operation.ts';
import type { Clock } from '../../time/clock.ts';
import type { Cuttable } from '../../time/attemptTimeout.ts';
import { ANSWER_MARGIN_MS, type AttemptPatience } from '../attemptPatience.ts';
import { recordsOf } from '../recordOf.ts';

export interface CircuitStageParts {
  readonly breaker: CircuitBreaker;
  readonly patience: AttemptPatience;
  readonly clock: Clock;
}

/**
 * Admits or refuses each attempt, and judges what comes back; the circuit of the service and that of the operation.
 *
 * @throws {CircuitOpenError} if one of them refuses.
 * @throws {DeadlineExceededError} with nothing sent, if an answer would most likely come too late: the circuit is not asked for that.
 */
export const circuit = ({ breaker, patience, clock }: CircuitStageParts, operation: Operation<unknown>) => {
  const isRepeatable = operation.idempotency !== 'never';
  const isCuttable = operation.abandonable ?? isRepeatable;
  const isUnsafe = !isRepeatable && !isCuttable;
  return (next: Call<unknown>): Call<unknown> =>
    async (context) => {
      const { site, request, deadlineAt, callers, records = () => recordsOf(operation, request) } = context;
      const leftMs = deadlineAt - clock.now();
      const isTooLate = leftMs <= ANSWER_MARGIN_MS || patience.isTooLate(site.operation, leftMs);
      if (isTooLate) throw new DeadlineExceededError(site, Math.max(0, leftMs), 'not_sent');
      const cuttable: Cuttable | undefined = isCuttable ? {} : undefined;
      const attempt = next.bind(undefined, { ...context, cuttable });
      return breaker.callOperation(attempt, site, cuttable, { isUnsafe, records, callers });
    };
};
