import { excessIn, IN_ONE_GO, parseJson, type JsonExcess } from '../config/boundedJson.ts';
import { withExactIntegers } from '../config/exactJson.ts';
import { turnFor } from '../time/nextTurn.ts';
import type { ReceivedAnswer } from '../contract/classification.ts';
import type { HttpResponse } from '../wire/transport.ts';

/** JSON values in the answer of an operation that names no number. */
export const MAX_ANSWER_VALUES = 20_000;

/** Deeper than any real answer; walking it, ours or the caller's JSON library would run out of stack. */
const MAX_DEPTH = 500;

/** An answer within bounds, whose JSON is parsed once, on first asking; what is no JSON is `undefined`. */
export const receivedAnswer = ({ status, headers, body }: HttpResponse, known?: { readonly json: unknown }): ReceivedAnswer => {
  let parsed = known;
  let text: string | undefined;
  return {
    status,
    headers,
    get body() {
      return (text ??= String(body));
    },
    json: () => (parsed ??= { json: parse(String(body)) }).json,
  };
};

const parse = (body: string): unknown => {
  try {
    return JSON.parse(withExactIntegers(body)) as unknown;
  } catch {
    return undefined;
  }
};

/** Whether it is held against its schema in one go. */
export const isShort = (body: string | Buffer): boolean => body.length <= IN_ONE_GO;

/** The JSON of a long answer is parsed in slices; that of one with too much in it is not read at all. */
export const boundedAnswer = async (
  response: HttpResponse,
  values = MAX_ANSWER_VALUES,
): Promise<{ readonly answer: ReceivedAnswer; readonly excess?: JsonExcess }> => {
  await turnFor(response.body.length);
  const excess = await excessIn(response.body, { values, depth: MAX_DEPTH });
  if (excess !== undefined) return { answer: receivedAnswer(response, { json: undefined }), excess };
  const turn = turnFor(response.body.length);
  if (turn === undefined) return { answer: receivedAnswer(response) };
  await turn;
  const json = await parseJson(response.body, withExactIntegers).catch(() => undefined);
  await turnFor(response.body.length);
  return { answer: receivedAnswer(response, { json }) };
};

/** What an operation's schema is shown: the JSON; else the text as a string; `undefined` for an empty body. */
export const contentOf = (answer: ReceivedAnswer): unknown => {
  const json = answer.json();
  if (json !== undefined) return json;
  return answer.body === '' ? undefined : answer.body;
};
