/**
 * Members of a request's body, whatever they turn out to be, and the made-up values of answers.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/u;

export const isEmail = (value: unknown): value is string => typeof value === 'string' && EMAIL.test(value);

/**
 * Whether a text is these parts in their order, with anything between them. In linear time, which a pattern of several `.*`
 * would not be.
 */
export const consistsOf = (text: string, [first = '', ...others]: readonly string[]): boolean => {
  const last = others.pop();
  if (last === undefined) return text === first;
  let from = text.startsWith(first) ? first.length : text.length + 1;
  for (const part of others) {
    const at = text.indexOf(part, from);
    from = at === -1 ? text.length + 1 : at + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
};

/** The text under a name; empty where it is none. */
export const textIn = (record: Fields, name: string): string => {
  const value = record[name];
  return typeof value === 'string' ? value : '';
};

/** The list under a name; empty where it is none. */
export const listIn = (record: Fields, name: string): readonly unknown[] => {
  const value = record[name];
  return Array.isArray(value) ? value : [];
};

/** The texts in the list under a name; what is none is left out. */
export const textsIn = (record: Fields, name: string): readonly string[] =>
  listIn(record, name).filter((value): value is string => typeof value === 'string');

/** The parts of a list separated by commas, such as `ids=1,2`; empty ones are left out. */
export const commaSeparated = (text: string | null): readonly string[] => (text ?? '').split(',').filter((part) => part !== '');

export const mapBy = <Key extends string, Row extends Readonly<Record<Key, string | number>>>(
  rows: readonly Row[],
  key: Key,
): Map<Row[Key], Row> => new Map(rows.map((row) => [row[key], row]));

/** The data in a JSON file beside a module, a fresh copy at each call: what a simulator changes must not outlive it. */
export const seedsIn = (file: string, moduleUrl: string): (() => unknown) => {
  const text = readFileSync(new URL(file, moduleUrl), 'utf8');
  return () => JSON.parse(text) as unknown;
};

export const digest = (algorithm: 'md5' | 'sha1' | 'sha256', text: string, encoding: 'hex' | 'base64url' = 'hex'): string =>
  createHash(algorithm).update(text).digest(encoding);

export const HEX = '0123456789abcdef';
export const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A text of that many letters, by seeded chance. */
export const drawn = (random: () => number, letters: string, length: number): string =>
  Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('');

/** In the form of a UUID. */
export const drawnUuid = (random: () => number): string => [8, 4, 4, 4, 12].map((length) => drawn(random, HEX, length)).join('-');
