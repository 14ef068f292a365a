/**
 * One text for one JSON value: equal values have equal texts, in whatever order and with whatever spaces they were sent.
 */
import { createHash } from 'node:crypto';
import { turnsOf } from '../time/nextTurn.ts';

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

const textOf = (value: unknown): string => (value === undefined ? 'null' : JSON.stringify(value));

const membersOf = (value: object): readonly (readonly [string, unknown])[] =>
  Array.isArray(value)
    ? value.map((member: unknown) => ['', member])
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, member]) => [`${JSON.stringify(name)}:`, member]);

/** The text in pieces that end where a list or an object begins or ends. */
function* canonicalPieces(value: unknown): Generator<string> {
  if (!isContainer(value)) {
    yield textOf(value);
    return;
  }
  const [opening, closing] = Array.isArray(value) ? '[]' : '{}';
  let piece = opening ?? '';
  for (const [index, [name, member]] of membersOf(value).entries()) {
    piece += (index === 0 ? '' : ',') + name;
    if (isContainer(member)) {
      yield piece;
      yield* canonicalPieces(member);
      piece = '';
    } else piece += textOf(member);
  }
  yield piece + (closing ?? '');
}

/** @param value What a JSON parser gave, of bounded depth; `undefined` counts as `null`, or as no member of an object. */
export const canonicalJson = (value: unknown): string => [...canonicalPieces(value)].join('');

/** Bytes hashed at once: a fraction of a millisecond. */
const SLICE = 262_144;
/** Worked in one turn of the event loop, ms. */
const SLICE_MS = 5;

/** SHA-256 of the canonical text, in base64url. A large value does not hold the event loop. */
export const canonicalDigest = async (value: unknown): Promise<string> => {
  const hash = createHash('sha256');
  const pause = turnsOf(SLICE_MS);
  for (const piece of canonicalPieces(value)) {
    const bytes = Buffer.from(piece);
    for (let from = 0; from < bytes.length; from += SLICE) {
      hash.update(bytes.subarray(from, from + SLICE));
      await pause();
    }
  }
  return hash.digest('base64url');
};
