/**
 * What SendGrid's headers say about the quota. Every endpoint has a limit of its own and all name it by the same headers, so
 * that only with the operation beside them do they tell which one they mean.
 */
import type { CallSite } from '../../errors/upstreamErrors.ts';
import { headerNumber, quotaFrom, type QuotaReading } from '../../http/quota.ts';

const names = { limit: 'x-ratelimit-limit', remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' };

type Headers = Readonly<Record<string, string>>;

/**
 * @param site Whose answer it is; its operation names the window. Without it nothing is read: the figures of two endpoints
 *   under one name would look like one quota that jumps, and forecasts would warn of nothing.
 */
export const readSendgridQuota = (headers: Headers, site?: Pick<CallSite, 'operation'>): readonly QuotaReading[] =>
  site === undefined ? [] : quotaFrom(headers, site.operation, names);

/** Wall-clock ms at which the endpoint's window starts anew, if the answer tells. */
export const resetAt = (headers: Headers): number | undefined => {
  const seconds = headerNumber(headers, names.reset);
  return seconds === undefined ? undefined : seconds * 1000;
};
