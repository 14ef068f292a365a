/**
 * When a replica reports next.
 */

/** Until it is told that a share was lowered: others may wait for it, ms. */
export const CONFIRM_MS = 25;
/** Between two reports of somebody who uses nothing, ms; well below the lease. */
const IDLE_PAUSE_MS = 4000;
/** Spreads reports of many replicas, as a part of the pause, and at most so many ms. */
const JITTER = { part: 0.1, mostMs: 50 };

/** @param reportInMs As the store would have it, or `CONFIRM_MS`. */
export const pauseBefore = (reportInMs: number, isIdle: boolean, random: () => number): number => {
  const pauseMs = isIdle && reportInMs !== CONFIRM_MS ? IDLE_PAUSE_MS : reportInMs;
  return pauseMs + random() * Math.min(JITTER.mostMs, pauseMs * JITTER.part);
};
