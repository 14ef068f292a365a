/**
 * What the headers of a request ask of the calls behind it.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Fault } from '../errors/requestErrors.ts';
import type { CallOptions } from '../contract/call.ts';
import type { AnswerNote } from './answerNote.ts';
import { patienceMs } from './callerPatience.ts';
import { preferencesIn } from './prefer.ts';
import { queueWish, type WriteRequest } from './queueWish.ts';

const REFRESH = /(?:^|,)\s*(?:no-cache|no-store|max-age\s*=\s*"?0"?)\s*(?:,|$)/iu;

/** `Cache-Control: no-cache`, or what amounts to it: ask the service even if a fresh answer is at hand. */
export const wantsRefresh = (headers: IncomingHttpHeaders): boolean => {
  const control = headers['cache-control'];
  return control !== undefined && REFRESH.test(control);
};

export interface CallOptionsSource {
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the caller hangs up; absent for work that goes on without it. */
  readonly signal: AbortSignal | undefined;
  readonly note: AnswerNote;
  /** The id of its API key. */
  readonly caller: string;
  /** Malformed headers are added here. */
  readonly faults: Fault[];
  /** For routes that write: on whose behalf. */
  readonly write?: WriteRequest | undefined;
}

export const callOptions = ({ headers, signal, note, caller, faults, write }: CallOptionsSource): CallOptions => {
  const deadlineMs = patienceMs(headers, faults);
  const { strict, respondAsync } = preferencesIn(headers);
  return {
    caller,
    strict,
    refresh: wantsRefresh(headers),
    onAnswer: (answer) => {
      note.note(answer);
    },
    ...(signal !== undefined && { signal }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(write !== undefined && { queue: queueWish(write, respondAsync, note) }),
  };
};
