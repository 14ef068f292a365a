/**
 * What a service's headers say about the quota that is left.
 */
import { headerValues, hintMs, retryAfterMs } from '../wire/retryAfter.ts';

export interface QuotaReading {
  /** Such as `ten_seconds`, `day`, `minute`; a metric label. */
  readonly window: string;
  readonly limit?: number;
  readonly remaining?: number;
  /** When the window starts anew; wall-clock ms of ours. */
  readonly resetAt?: number;
}

type Headers = Readonly<Record<string, string>>;

/** Which answer the headers are of. */
export interface ReadingContext {
  /** Some limits are of one operation: then its name tells which. */
  readonly operation: string;
  /** Wall-clock ms. */
  readonly wallTime: number;
}

/** Reads the headers of any answer of the service, errors included. */
export type QuotaReader = (headers: Headers, context: ReadingContext) => readonly QuotaReading[];

const NUMBER = /^"?(-?\d{1,12})(?:\.\d+)?"?$/u;

/** A header as a whole number ≥ 0, or `undefined`; of several the smallest, which promises least. */
const headerNumber = (header: string | undefined): number | undefined => {
  const numbers = headerValues(header ?? '').flatMap((value) => NUMBER.exec(value)?.[1] ?? []);
  return numbers.length === 0 ? undefined : Math.max(0, Math.min(...numbers.map(Number)));
};

/** One reading from a pair of headers; empty if neither is there. */
export const quotaFrom = (
  headers: Headers,
  window: string,
  names: { readonly limit: string; readonly remaining: string },
): readonly QuotaReading[] => readingOf(window, headerNumber(headers[names.limit]), headerNumber(headers[names.remaining]));

/** One reading from `X-RateLimit-*`, or from the `RateLimit` fields of the IETF's drafts, with its reset where the header has one. */
export const usualQuota = (headers: Headers, window: string, wallTime: number): readonly QuotaReading[] => {
  const { limit, remaining, reset } = usualHeaders(headers);
  const resetMs = hintMs(reset, headers, wallTime);
  return readingOf(window, headerNumber(limit), headerNumber(remaining), resetMs === undefined ? undefined : wallTime + resetMs);
};

/**
 * For how long a service that refused a call as one too many wants to be left alone, ms: until the later of what it asks for and
 * its reset, unless it says that something of the quota is left.
 */
export const pauseAskedMs = (headers: Headers, wallTime: number): number | undefined => {
  const { remaining, reset } = usualHeaders(headers);
  const asked = retryAfterMs(headers, wallTime);
  const resetMs = (headerNumber(remaining) ?? 0) > 0 ? undefined : hintMs(reset, headers, wallTime);
  return asked === undefined || resetMs === undefined ? (asked ?? resetMs) : Math.max(asked, resetMs);
};

const readingOf = (window: string, limit?: number, remaining?: number, resetAt?: number): readonly QuotaReading[] => {
  if (limit === undefined && remaining === undefined) return [];
  return [
    {
      window,
      ...(limit === undefined ? {} : { limit }),
      ...(remaining === undefined ? {} : { remaining }),
      ...(resetAt === undefined ? {} : { resetAt }),
    },
  ];
};

/** The drafts had three headers, then `limit=100, remaining=50, reset=5`, and have `"default";r=50;t=5` beside a policy of `"default";q=100`. */
const usualHeaders = (
  headers: Headers,
): { readonly limit?: string | undefined; readonly remaining?: string | undefined; readonly reset?: string | undefined } => {
  const { ratelimit: draft = '', 'ratelimit-policy': policy = '' } = headers;
  const header = (name: string): string | undefined => headers[`x-ratelimit-${name}`] ?? headers[`ratelimit-${name}`];
  return {
    limit: header('limit') ?? parameters(draft, /\blimit=(\d+)/gu) ?? parameters(policy, /;\s*q=(\d+)/gu),
    remaining: header('remaining') ?? parameters(draft, /\b(?:r|remaining)=(\d+)/gu),
    reset: header('reset') ?? parameters(draft, /\b(?:t|reset)=(\d+)/gu),
  };
};

/** Of each policy that one header tells of, as if each had had a header of its own. */
const parameters = (header: string, pattern: RegExp): string | undefined =>
  Array.from(header.matchAll(pattern), ([, value]) => value).join(', ') || undefined;
