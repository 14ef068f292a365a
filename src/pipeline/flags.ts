import type { Answer, AnswerSource } from '../contract/call.ts';
import type { Flagged } from './httpClient.ts';

/** The plan's flags by source: `_cached` for what the cache knew, `_fallback` for what stands in for the service. */
const FLAGS: Readonly<Record<AnswerSource, { readonly _cached?: true; readonly _fallback?: true }>> = {
  upstream: {},
  coalesced: {},
  cache: { _cached: true },
  stale: { _cached: true, _fallback: true },
  static: { _fallback: true },
  // Its own `queued: true` says it.
  queued: {},
};

/** The answer's value with its flags. Only objects can carry them: lists and texts are told apart by the headers. */
export const flagged = <T>({ value, source }: Answer<T>): Flagged<T> => {
  if (source === 'upstream' || source === 'coalesced') return value as Flagged<T>;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value as Flagged<T>;
  return { ...value, ...FLAGS[source] };
};
