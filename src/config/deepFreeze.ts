import { SLICE_MS, turnsOf } from '../time/nextTurn.ts';

/** Freezes so many of the parts that wait, and lets what is in them wait. */
const freeze = (waiting: unknown[], most: number): void => {
  for (let count = 0; count < most && waiting.length > 0; count += 1) {
    const part = waiting.pop();
    if (typeof part !== 'object' || part === null || Object.isFrozen(part)) continue;
    Object.freeze(part);
    for (const inner of Object.values(part)) if (typeof inner === 'object') waiting.push(inner);
  }
};

/** Freezes plain data to its depth, in place: what many callers share, none may change. Returns it. */
export const deepFreeze = <T>(value: T): T => {
  freeze([value], Infinity);
  return value;
};

/** Objects that are frozen in one go. */
const AT_ONCE = 50;

const freezeRest = async (waiting: unknown[]): Promise<void> => {
  const pause = turnsOf(SLICE_MS);
  while (waiting.length > 0) {
    await pause();
    freeze(waiting, AT_ONCE);
  }
};

/** As `deepFreeze`, for answers of any size. `undefined`: it is frozen already, as a small one is at once. */
export const deepFreezeInTurns = (value: unknown): Promise<void> | undefined => {
  const waiting = [value];
  freeze(waiting, AT_ONCE);
  return waiting.length === 0 ? undefined : freezeRest(waiting);
};
