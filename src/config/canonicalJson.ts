/**
 * One text for one JSON value: equal values have equal texts, in whatever order and with whatever spaces they were sent.
 */
import { createHash } from 'node:crypto';
import { nextTurn } from '../time/nextTurn.ts';

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

const textOf = (value: unknown): string => (value === undefined ? 'null' : JSON.stringify(value));

const membersOf = (value: object): readonly (readonly [string, unknown])[] =>
  Array.isArray(value)
    ? value.map((member: unknown) => ['', member])
    : Object.entries(value)
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

/** @param value What a JSON parser gave, of bounded depth; `undefined` counts as `null`. */
export const canonicalJson = (value: unknown): string => [...canonicalPieces(value)].join('');

/** Bytes hashed between two turns of the event loop: a millisecond or two. */
const SLICE = 262_144;

/** SHA-256 of the canonical text, in base64url. A large value does not hold the event loop. */
export const canonicalDigest = async (value: unknown): Promise<string> => {
  const hash = createHash('sha256');
  let sincePause = 0;
  for (const piece of canonicalPieces(value)) {
    const bytes = Buffer.from(piece);
    for (let from = 0; from < bytes.length; from += SLICE) {
      const slice = bytes.subarray(from, from + SLICE);
      hash.update(slice);
      sincePause += slice.length;
      if (sincePause < SLICE) continue;
      await nextTurn();
      sincePause = 0;
    }
  }
  return hash.digest('base64url');
};
