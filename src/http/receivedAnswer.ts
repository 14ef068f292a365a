import { withExactIntegers } from '../config/exactJson.ts';
import type { ReceivedAnswer } from './classification.ts';
import type { HttpResponse } from './transport.ts';

const NOTHING = Symbol('not parsed yet');

/** An answer whose JSON is parsed once, on first asking. */
export const receivedAnswer = ({ status, headers, body }: HttpResponse): ReceivedAnswer => {
  let parsed: unknown = NOTHING;
  return {
    status,
    headers,
    body,
    json: () => (parsed === NOTHING ? (parsed = parse(body)) : parsed),
  };
};

/** What an operation's schema is shown: the JSON; else the text as a string; `undefined` for an empty body. */
export const contentOf = (answer: ReceivedAnswer): unknown => {
  if (answer.body === '') return undefined;
  return answer.json() ?? (answer.body.trim() === 'null' ? null : answer.body);
};

/** Deeper than any real answer; walking it, ours or the caller's JSON library would run out of stack. */
const MAX_DEPTH = 500;

const parse = (body: string): unknown => {
  try {
    const json = JSON.parse(withExactIntegers(body)) as unknown;
    // A level takes two brackets: a short body, which most are, need not be walked.
    return body.length > 2 * MAX_DEPTH && isDeeperThan(MAX_DEPTH, json) ? undefined : json;
  } catch {
    return undefined;
  }
};

const isDeeperThan = (levels: number, json: unknown): boolean => {
  if (typeof json !== 'object' || json === null) return false;
  return levels === 0 || Object.values(json).some((part) => isDeeperThan(levels - 1, part));
};
