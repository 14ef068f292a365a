import { isQueued, type Queued } from '../../src/contract/call.ts';

/** The answer of a write that was made; fails where it was queued instead. */
export const made = async <T>(answer: Promise<T | Queued>): Promise<T> => {
  const settled = await answer;
  if (isQueued(settled)) throw new Error('the write was queued, not made');
  return settled;
};
