import type { GatewayError } from '../errors/gatewayError.ts';
import {
  UpstreamContractBrokenError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnauthorizedError,
  UpstreamUnavailableError,
} from '../errors/upstreamErrors.ts';
import type { ClassificationContext, ReceivedAnswer } from './classification.ts';
import { retryAfterMs } from './retryAfter.ts';

/** 4xx statuses by which a service says that it, not we, is in trouble: timed out, or not ready (resilience E1). */
const FAILING_4XX: ReadonlySet<number> = new Set([408, 425]);

/**
 * What a status means where the service has no rule of its own (resilience E1, design §4). A 503 says that the
 * request was not handled; after any other 5xx a write may have happened. Retry-After counts on 429 and 503 only.
 *
 * @returns `undefined` for a success.
 */
export const classifyStatus = (
  { status, headers }: Pick<ReceivedAnswer, 'status' | 'headers'>,
  { site, wallTime }: ClassificationContext,
): GatewayError | undefined => {
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403) return new UpstreamUnauthorizedError(site, status);
  if (status === 429) return new UpstreamRateLimitedError(site, retryAfterMs(headers['retry-after'], wallTime));
  if (status === 503) return new UpstreamUnavailableError(site, 'http_5xx', 'refused', retryAfterMs(headers['retry-after'], wallTime));
  if (status >= 500 || FAILING_4XX.has(status)) return new UpstreamUnavailableError(site, 'http_5xx', 'unknown');
  if (status >= 400) return new UpstreamRejectedError(site, status);
  return new UpstreamContractBrokenError(site, `answered ${String(status)}; redirects are not followed`);
};
