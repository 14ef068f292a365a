import { DAY_MS } from '../time/clock.ts';

/** The three forms of an HTTP date all name a day and a time. `Date.parse` alone would find one in "in 5 minutes". */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .+\d{2}:\d{2}:\d{2}/u;

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

/** Wall-clock ms, or `NaN`. HTTP dates are GMT, even the old form that does not say so. */
const httpDate = (text: string): number => {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  return Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
};
