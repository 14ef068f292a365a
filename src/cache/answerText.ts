/**
 * Answers as text, for a store outside the process: JSON, compressed where that pays. Only values that come back as they were.
 */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { bytesOf, LARGEST_ANSWER } from './answerBytes.ts';

/** Characters of JSON; below it compression saves less than it costs. */
const COMPRESS_FROM = 1024;
/** More JSON than that was never made here: what {@link LARGEST_ANSWER} allows, each character written as six. */
const LARGEST_JSON = 3 * LARGEST_ANSWER;

/** The fastest setting: 20 µs for 3 kB, 60 µs for 12 kB, a fifth of the size. Handing it to another thread costs more than that. */
const QUICKLY = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** `undefined` for what JSON would change, and for what no cache keeps for its size. */
export const textOf = (value: unknown): string | undefined => {
  if (bytesOf(value, LARGEST_ANSWER) > LARGEST_ANSWER || !isPlain(value)) return undefined;
  const json = JSON.stringify(value);
  return json.length < COMPRESS_FROM ? `j${json}` : `b${brotliCompressSync(json, QUICKLY).toString('base64')}`;
};

/** @throws {Error} for what `textOf` has not made. */
export const valueOf = (text: string): unknown => {
  const content = text.slice(1);
  if (text.startsWith('j')) return JSON.parse(content) as unknown;
  const bytes = brotliDecompressSync(Buffer.from(content, 'base64'), { maxOutputLength: LARGEST_JSON });
  return JSON.parse(bytes.toString('utf8')) as unknown;
};

/** Whether JSON gives it back as it was; a member that is `undefined` may go. What would pass for a prototype somewhere may not. */
const isPlain = (value: unknown): boolean => {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  if (!isRecord(value)) return false;
  return Object.entries(value).every(([name, part]) => name !== '__proto__' && (part === undefined || isPlain(part)));
};

const isRecord = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};
