import type { Operation, OperationRequest } from './operation.ts';

/**
 * Whether a write whose outcome is unknown may be sent again: a repeat ends in the same state, or the service refuses the
 * double and we know its refusal.
 */
export const repeatIsSafe = ({ idempotency, queue }: Operation<unknown>, request: OperationRequest): boolean => {
  if (idempotency !== 'never') return true;
  return queue?.alreadyDone !== undefined && (queue.tellsDoubles?.(request) ?? true);
};
