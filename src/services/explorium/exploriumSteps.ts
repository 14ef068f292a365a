/**
 * Several calls of Explorium, reported to the caller as one answer: the least fresh of them counts.
 */
import type { Answer, AnswerSource, CallOptions } from '../../contract/call.ts';
import type { CallSite } from '../../errors/upstreamErrors.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';

/** The flags of an answer made of several: cached if all were, a fallback if any was. */
export interface Flags {
  readonly _cached?: true;
  readonly _fallback?: true;
}

const flagsOf = (sources: readonly AnswerSource[]): Flags => {
  const isCached = sources.length > 0 && sources.every((source) => source === 'cache' || source === 'stale');
  return { ...(isCached && { _cached: true }), ...(sources.includes('stale') && { _fallback: true }) };
};

const leastFresh = (sources: readonly AnswerSource[]): AnswerSource =>
  (['stale', 'upstream', 'coalesced'] as const).find((source) => sources.includes(source)) ?? 'cache';

/** Makes the calls of `steps` under one deadline. */
export const asOneAnswer = async <T extends object>(
  http: Pick<HttpClient, 'startDeadline'>,
  options: CallOptions,
  steps: (call: CallOptions) => Promise<T>,
): Promise<T & Flags> => {
  const answers: Answer<unknown>[] = [];
  let last: CallSite | undefined;
  const onAnswer = (answer: Answer<unknown>, site: CallSite): void => {
    answers.push(answer);
    last = site;
  };
  const made = await steps({ ...http.startDeadline(options), onAnswer });
  const sources = answers.map(({ source }) => source);
  const value = { ...made, ...flagsOf(sources) };
  const fresh = answers.flatMap(({ freshForMs }) => freshForMs ?? []);
  const ageMs = Math.max(...answers.map((answer) => answer.ageMs));
  const whole = { value, source: leastFresh(sources), ageMs, ...(fresh.length > 0 && { freshForMs: Math.min(...fresh) }) };
  if (last !== undefined) options.onAnswer?.(whole, last);
  return value;
};
