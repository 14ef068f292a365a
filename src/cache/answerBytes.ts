/**
 * What an answer takes in memory, from above: an estimate that holds for values as JSON makes them, many tiny ones too.
 */

/** Bytes; a string's characters may be of two each. */
const STRING = 24;
const CHARACTER = 2;
const PRIMITIVE = 16;
const OBJECT = 72;
const SLOT = 16;
/** A name that no other object has is a string of its own, in a table of its own. */
const NAME = 104;

/** Larger answers, in bytes of that, are kept nowhere: some 64,000 characters of text. */
export const LARGEST_ANSWER = 128 * 1024;

/** Of a string with all that hangs on it. */
export const bytesOfText = (text: string): number => STRING + CHARACTER * text.length;

/** @returns more than `limit` as soon as it is clear that it is more: no answer takes long to weigh. */
export const bytesOf = (value: unknown, limit: number): number => {
  const parts: unknown[] = [value];
  let bytes = 0;
  while (parts.length > 0 && bytes <= limit) {
    const part = parts.pop();
    if (typeof part === 'string') bytes += bytesOfText(part);
    else if (typeof part !== 'object' || part === null) bytes += PRIMITIVE;
    else bytes += OBJECT + addPartsOf(part, parts, limit);
  }
  return bytes;
};

const addPartsOf = (part: object, parts: unknown[], limit: number): number => {
  if (Array.isArray(part)) {
    const bytes = SLOT * part.length;
    if (bytes <= limit) for (const each of part) parts.push(each);
    return bytes;
  }
  let bytes = 0;
  for (const [name, each] of Object.entries(part)) {
    bytes += NAME + CHARACTER * name.length;
    if (bytes > limit) break;
    parts.push(each);
  }
  return bytes;
};
