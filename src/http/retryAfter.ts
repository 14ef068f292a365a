import { DAY_MS } from '../time/clock.ts';
import { httpDate } from './httpDate.ts';

/**
 * `Retry-After` in either form, seconds or an HTTP date, as milliseconds from now; never negative.
 *
 * @param wallTime Wall-clock ms, to measure a date against.
 * @returns `undefined` for an absent or unreadable header, and for more than a day: that is no plan, but a mistake.
 */
export const retryAfterMs = (header: string | undefined, wallTime: number): number | undefined => {
  if (header === undefined) return undefined;
  const text = header.trim();
  const waitMs = /^\d+(\.\d+)?$/u.test(text) ? Number(text) * 1000 : httpDate(text) - wallTime;
  return Number.isFinite(waitMs) && waitMs <= DAY_MS ? Math.max(0, waitMs) : undefined;
};
