/**
 * What the headers of a request ask of the calls behind it.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Fault } from '../errors/requestErrors.ts';
import type { CallOptions } from '../resilience/call.ts';
import type { AnswerNote } from './answerNote.ts';

/** Seconds. Longer than any service's own deadline, which caps it anyway. */
const MAX_TIMEOUT_SECONDS = 120;
const DECIMAL = /^\d{1,4}(?:\.\d{1,6})?$/u;

const STRICT = /(?:^|,)\s*handling\s*=\s*"?strict"?\s*(?:[;,]|$)/iu;
const REFRESH = /(?:^|,)\s*(?:no-cache|no-store|max-age\s*=\s*"?0"?)\s*(?:,|$)/iu;

/** The caller's patience in ms; a malformed value is a fault, since a caller who names a limit relies on it. */
const requestTimeout = (value: string, faults: Fault[]): number | undefined => {
  const seconds = DECIMAL.test(value) ? Number(value) : 0;
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds * 1000;
  faults.push({ at: 'header x-request-timeout', message: `must be seconds above 0, up to ${String(MAX_TIMEOUT_SECONDS)}, such as 2.5` });
  return undefined;
};

const one = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' || value === undefined ? value : value.join(', ');

/** `Prefer: handling=strict` (RFC 7240): an error rather than a stale or static answer. */
export const prefersStrict = (headers: IncomingHttpHeaders): boolean => {
  const prefer = one(headers['prefer']);
  return prefer !== undefined && STRICT.test(prefer);
};

/** `Cache-Control: no-cache`, or what amounts to it: ask the service even if a fresh answer is at hand. */
export const wantsRefresh = (headers: IncomingHttpHeaders): boolean => {
  const control = headers['cache-control'];
  return control !== undefined && REFRESH.test(control);
};

export interface CallOptionsSource {
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the caller hangs up. */
  readonly signal: AbortSignal;
  readonly note: AnswerNote;
  /** Malformed headers are added here. */
  readonly faults: Fault[];
}

export const callOptions = ({ headers, signal, note, faults }: CallOptionsSource): CallOptions => {
  const timeout = one(headers['x-request-timeout']);
  const deadlineMs = timeout === undefined ? undefined : requestTimeout(timeout, faults);
  return {
    signal,
    strict: prefersStrict(headers),
    refresh: wantsRefresh(headers),
    onAnswer: (answer) => {
      note.note(answer);
    },
    ...(deadlineMs !== undefined && { deadlineMs }),
  };
};
