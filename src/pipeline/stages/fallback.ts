import type { ResponseCache } from '../../cache/responseCache.ts';
import { GatewayError, type ErrorCode } from '../../errors/gatewayError.ts';
import type { Clock } from '../../time/clock.ts';
import type { Answer, Call, CallContext } from '../../contract/call.ts';
import type { ResilienceEvents } from '../../contract/events.ts';

export interface FallbackParts {
  readonly cache: ResponseCache;
  readonly clock: Clock;
  readonly events: Required<ResilienceEvents>;
}

/** Errors that mean "no answer to be had now". A refusal of our input is an answer, and a hang-up wants none. */
const ANSWERABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_contract_broken',
  'upstream_rate_limited',
  'upstream_quota_exhausted',
  'upstream_unauthorized',
  'circuit_open',
  'bulkhead_full',
  'quota_wait_too_long',
  'deadline_exceeded',
  'outcome_unknown',
]);

/** Whether an error may be answered by a fallback. */
export const isAnswerable = (error: unknown): boolean => error instanceof GatewayError && ANSWERABLE.has(error.code);

/**
 * Another answer where the service has none: a stale one from the cache, else the operation's answer of last resort,
 * always marked as such. Outermost, so that it also answers a deadline (docs/decisions/0002). A strict caller gets the
 * error.
 */
export const fallback =
  <L>(parts: FallbackParts, lastResort: L | undefined) =>
  <T>(next: Call<T>): Call<T | L> =>
  async (context) => {
    try {
      return await next(context);
    } catch (error) {
      const answer = context.strict || !isAnswerable(error) ? undefined : (stale<T>(parts, context) ?? fixed(lastResort));
      if (answer === undefined) throw error;
      parts.events.fallbackUsed(context.site.service);
      return answer;
    }
  };

const stale = <T>({ cache, clock, events }: FallbackParts, { cacheKey, site }: CallContext): Answer<T> | undefined => {
  const kept = cacheKey === undefined ? undefined : cache.get(cacheKey);
  if (kept === undefined) return undefined;
  const now = clock.now();
  events.cacheAsked(site.service, 'stale');
  // The key holds the operation, so only answers of that operation's own shape are found under it.
  return { value: kept.value as T, source: 'stale', ageMs: now - kept.storedAt, freshForMs: kept.freshUntil - now };
};

const fixed = <L>(lastResort: L | undefined): Answer<L> | undefined =>
  lastResort === undefined ? undefined : { value: lastResort, source: 'static', ageMs: 0 };
