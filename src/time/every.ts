import type { Clock } from './clock.ts';

/**
 * Does something at once, and again so many ms after it has ended, until told to stop. What it is doing then ends by itself.
 *
 * @param work Must not reject.
 * @returns Stops it.
 */
export const every = (clock: Clock, ms: number, work: () => Promise<void>): (() => void) => {
  let stopped = false;
  let cancelTimer: () => void = () => undefined;
  const turn = async (): Promise<void> => {
    await work();
    if (!stopped) cancelTimer = clock.after(ms, () => void turn());
  };
  void turn();
  return () => {
    stopped = true;
    cancelTimer();
  };
};
