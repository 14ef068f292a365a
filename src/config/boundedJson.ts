/**
 * JSON texts within bounds: what is in them is counted before anything is built from it, and long ones are read in slices,
 * between which the event loop goes on.
 */
import { nextTurn } from '../time/nextTurn.ts';

/** What is read between two turns of the event loop, in characters: a millisecond or two. */
const SLICE = 65_536;

/** Up to here a text is parsed in one go, in characters: it takes a few milliseconds. */
export const IN_ONE_GO = 262_144;

/** Members of one object: its names are sorted, or checked one by one, in one go. */
export const MAX_MEMBERS = 10_000;

export interface JsonBounds {
  /** Values in all: those in lists and objects, and these themselves. */
  readonly values: number;
  /** Levels of lists and objects. */
  readonly depth: number;
}

export type JsonExcess = 'values' | 'depth' | 'members';

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Counts by brackets and commas outside of strings, so an empty list or object counts as two values. Of a text that is not
 * JSON it says something; the parser says the rest.
 */
export class JsonMeter {
  readonly #bounds: JsonBounds;
  /** Of each open level, the members of an object so far; far below zero for a list. */
  readonly #members: number[] = [];
  #values = 1;
  #inString = false;
  #isEscaped = false;

  constructor(bounds: JsonBounds) {
    this.#bounds = bounds;
  }

  /** @returns what there is too much of in these bytes and those before them. */
  add(bytes: Uint8Array): JsonExcess | undefined {
    for (let at = this.#inString ? this.#endOfString(bytes, 0) : 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) at = this.#endOfString(bytes, at + 1) - 1;
      else if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) {
        const excess = this.#value(byte);
        if (excess !== undefined) return excess;
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) this.#members.pop();
    }
    return undefined;
  }

  /** The place after the string that goes on here. A loop without calls: most bytes of long texts are in strings. */
  #endOfString(bytes: Uint8Array, start: number): number {
    let at = this.#isEscaped ? start + 1 : start;
    while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    this.#inString = at >= bytes.length;
    this.#isEscaped = at > bytes.length;
    return at + 1;
  }

  #value(mark: number): JsonExcess | undefined {
    const open = this.#members;
    this.#values += 1;
    if (this.#values > this.#bounds.values) return 'values';
    if (mark !== COMMA) {
      open.push(mark === OPEN_OBJECT ? 1 : -Infinity);
      return open.length > this.#bounds.depth ? 'depth' : undefined;
    }
    const members = (open.pop() ?? -Infinity) + 1;
    open.push(members);
    return members > MAX_MEMBERS ? 'members' : undefined;
  }
}

const bytesOf = (text: string | Buffer, from = 0, to = text.length): Buffer =>
  typeof text === 'string' ? Buffer.from(text.slice(from, to)) : text.subarray(from, to);

/** What a whole text, or its bytes, has too much of. */
export const excessIn = async (text: string | Buffer, bounds: JsonBounds): Promise<JsonExcess | undefined> => {
  // A value takes a character, and a level two brackets.
  if (text.length <= Math.min(bounds.values, 2 * bounds.depth, MAX_MEMBERS)) return undefined;
  const meter = new JsonMeter(bounds);
  for (let from = 0; from < text.length; from += IN_ONE_GO) {
    if (from > 0) await nextTurn();
    const excess = meter.add(bytesOf(text, from, from + IN_ONE_GO));
    if (excess !== undefined) return excess;
  }
  return undefined;
};

/**
 * As `JSON.parse`, but a long text holds the event loop for no more than a slice, or one string, at a time. Long ones are better given
 * as their bytes: the whole of them is then never made a text.
 *
 * @param text If bytes, then UTF-8.
 * @param prepared Each part of the text before it is parsed; it is whole members of a list or an object, or all of the text.
 * @param slice Bytes; for tests.
 * @throws {SyntaxError} for what is not JSON.
 */
export const parseJson = async (
  text: string | Buffer,
  prepared: (json: string) => string = (json) => json,
  slice = SLICE,
): Promise<unknown> => {
  const parse = (json: string): unknown => JSON.parse(prepared(json));
  if (text.length <= Math.min(IN_ONE_GO, 4 * slice)) return parse(String(text));
  return new SlicedParser(bytesOf(text), slice, parse).run().catch((error: unknown) => {
    // Where a part is broken says nothing of the whole text.
    throw error instanceof SyntaxError ? new SyntaxError('the text is not JSON', { cause: error }) : error;
  });
};

const MARKS: ReadonlySet<number> = new Set([QUOTE, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT]);

/** A string of so many slices is read by itself. */
const LONG_STRING = 8;

/** A list or object that is being read. */
interface Level {
  readonly isList: boolean;
  readonly start: number;
  /** From here on its text is not in `value` yet. */
  from: number;
  /** Where its last member begins: behind a comma or the bracket. */
  member: number;
  /** What was read of it; absent while all of it is text. */
  value: unknown[] | Record<string, unknown> | undefined;
  /** Whether its last member was read by itself: then a comma or the end must follow. */
  isMemberRead: boolean;
}

const broken = (): never => {
  throw new SyntaxError('the text is not JSON');
};

const isBlank = (text: string): boolean => /^[\t\n\r ]*$/u.test(text);

const mustBeBlank = (text: string): void => {
  if (!isBlank(text)) broken();
};

/** An assignment to `__proto__` would set the prototype. */
const setMember = (object: Record<string, unknown>, name: string, value: unknown): void => {
  if (name === '__proto__') Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
};

/**
 * Leaves as much as it can to `JSON.parse`: of a list or an object, as many whole members as make a slice. A member that was
 * read so itself is put into the level above when it ends.
 */
class SlicedParser {
  readonly #bytes: Buffer;
  readonly #slice: number;
  readonly #parse: (json: string) => unknown;
  readonly #levels: Level[] = [];
  #root: { readonly value: unknown; readonly end: number } | undefined;

  constructor(bytes: Buffer, slice: number, parse: (json: string) => unknown) {
    this.#bytes = bytes;
    this.#slice = slice;
    this.#parse = parse;
  }

  async run(): Promise<unknown> {
    const bytes = this.#bytes;
    let pausedAt = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (!MARKS.has(byte)) continue;
      if (at - pausedAt >= this.#slice) {
        await nextTurn();
        pausedAt = at;
      }
      if (byte === QUOTE) {
        const end = this.#endOfString(at);
        if (end - at >= LONG_STRING * this.#slice) await this.#readString(at, end);
        at = end - 1;
      } else this.#mark(byte, at);
    }
    if (this.#levels.length > 0) broken();
    const rest = this.#piece(this.#root?.end ?? 0, bytes.length);
    await nextTurn();
    if (this.#root === undefined) return this.#parse(rest);
    mustBeBlank(rest);
    return this.#root.value;
  }

  #piece(from: number, to: number): string {
    return this.#bytes.toString('utf8', from, to);
  }

  #endOfString(start: number): number {
    const bytes = this.#bytes;
    let at = start + 1;
    while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    return at < bytes.length ? at + 1 : broken();
  }

  /** A long string that is a member: decoding and parsing it take a turn each. One that is a name is left for its object. */
  async #readString(start: number, end: number): Promise<void> {
    const level = this.#levels.at(-1);
    if (level === undefined || (!level.isList && !this.#piece(level.member, start).trimEnd().endsWith(':'))) return;
    await nextTurn();
    const text = this.#piece(start, end);
    await nextTurn();
    this.#put(level, { start, value: JSON.parse(text) as unknown }, end);
    await nextTurn();
  }

  #mark(mark: number, at: number): void {
    if (mark === COMMA) this.#comma(at);
    else if (mark === CLOSE_LIST || mark === CLOSE_OBJECT) this.#close(mark, at);
    else this.#open(mark, at);
  }

  #open(mark: number, at: number): void {
    if (this.#levels.length === 0) {
      if (this.#root !== undefined) broken();
      mustBeBlank(this.#piece(0, at));
    }
    this.#levels.push({ isList: mark === OPEN_LIST, start: at, from: at + 1, member: at + 1, value: undefined, isMemberRead: false });
  }

  #comma(at: number): void {
    const level = this.#levels.at(-1) ?? broken();
    if (level.isMemberRead) {
      mustBeBlank(this.#piece(level.from, at));
      level.from = at + 1;
      level.isMemberRead = false;
    } else if (at - level.from >= this.#slice) {
      this.#read(level, at);
      level.from = at + 1;
    }
    level.member = at + 1;
  }

  #close(mark: number, at: number): void {
    const level = this.#levels.pop() ?? broken();
    if (level.isList !== (mark === CLOSE_LIST)) broken();
    const above = this.#levels.at(-1);
    if (level.value === undefined && above !== undefined) return;
    if (level.value === undefined) level.value = this.#parse(this.#piece(level.start, at + 1)) as unknown[];
    else if (level.isMemberRead) mustBeBlank(this.#piece(level.from, at));
    else this.#read(level, at);
    if (above === undefined) this.#root = { value: level.value, end: at + 1 };
    else this.#put(above, level, at + 1);
  }

  /** The whole members from where reading ended: at least one, for a comma stands before it. */
  #read(level: Level, end: number): void {
    const members = this.#piece(level.from, end);
    if (isBlank(members)) broken();
    if (level.isList) {
      const list = (level.value ??= []) as unknown[];
      for (const member of this.#parse(`[${members}]`) as unknown[]) list.push(member);
    } else {
      const object = (level.value ??= {}) as Record<string, unknown>;
      for (const [name, member] of Object.entries(this.#parse(`{${members}}`) as object)) setMember(object, name, member);
    }
  }

  /** The members before it first, so that all keep their order. */
  #put(level: Level, { start, value }: Pick<Level, 'start'> & { readonly value: unknown }, end: number): void {
    if (level.isMemberRead) broken();
    if (level.member > level.from) this.#read(level, level.member - 1);
    const before = this.#piece(level.member, start);
    if (level.isList) {
      mustBeBlank(before);
      ((level.value ??= []) as unknown[]).push(value);
    } else {
      const colon = before.lastIndexOf(':');
      mustBeBlank(before.slice(colon + 1));
      const name: unknown = JSON.parse(before.slice(0, colon));
      setMember((level.value ??= {}) as Record<string, unknown>, typeof name === 'string' ? name : broken(), value);
    }
    level.from = end;
    level.isMemberRead = true;
  }
}
