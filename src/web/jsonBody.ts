/**
 * Reads JSON bodies: of bounded size and depth, in UTF-8, with no number that could not be kept, and nothing that only looks like JSON.
 */
import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { withExactIntegers } from '../config/exactJson.ts';
import { InvalidRequestError, UnsupportedMediaTypeError } from '../errors/requestErrors.ts';

/** Bytes. More than any single record; lists of records are limited by their schemas. */
export const MAX_BODY_BYTES = 100_000;

/** Levels of lists and objects. Recursive code, ours or a library's, must never run out of stack on a body. */
export const MAX_BODY_DEPTH = 32;

const isJson = (contentType: string): boolean => /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/iu.test(contentType);

/** JSON is UTF-8 wherever it crosses a network (RFC 8259). */
const isUtf8Named = (contentType: string): boolean => {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/iu.exec(contentType)?.[1];
  return charset === undefined || /^(?:utf-?8|us-ascii)$/iu.test(charset);
};

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** The deepest nesting of a JSON text, brackets in strings left out; meaningless for other texts. */
export const nestingOf = (text: Uint8Array): number => {
  let [depth, deepest, inString] = [0, 0, false];
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index] ?? 0;
    if (inString && byte === BACKSLASH) index += 1;
    else if (byte === QUOTE) inString = !inString;
    else if (!inString && OPENING.has(byte)) deepest = Math.max(deepest, (depth += 1));
    else if (!inString && CLOSING.has(byte)) depth -= 1;
  }
  return deepest;
};

const refuseDepth = (text: Buffer): void => {
  if (nestingOf(text) <= MAX_BODY_DEPTH) return;
  const message = `must not nest deeper than ${String(MAX_BODY_DEPTH)} levels`;
  throw new InvalidRequestError('the body is nested too deep', [{ at: 'body', message }]);
};

/** What could only be taken with a character or a digit replaced is not taken. */
const refuseInexact = (text: Buffer): void => {
  if (!isUtf8(text)) throw new InvalidRequestError('the body is not UTF-8', [{ at: 'body', message: 'must be UTF-8' }]);
  const json = text.toString('latin1');
  if (withExactIntegers(json) === json) return;
  const message = 'must not hold whole numbers beyond 2^53: send them as strings';
  throw new InvalidRequestError('the body holds a number that cannot be kept exactly', [{ at: 'body', message }]);
};

const verify = (_req: unknown, _res: unknown, text: Buffer): void => {
  refuseDepth(text);
  refuseInexact(text);
};

const parser = (limit: number): RequestHandler => express.json({ limit, inflate: false, strict: false, type: () => true, verify });

const hasBody = (headers: Readonly<Record<string, unknown>>): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

/**
 * Parses the body into `req.body`; leaves it `undefined` where there is none.
 *
 * @param maxBytes For routes that take long lists.
 * @throws {UnsupportedMediaTypeError} by `next`, for a body that does not say that it is JSON.
 */
export const jsonBody = (maxBytes = MAX_BODY_BYTES): RequestHandler => {
  const parse = parser(maxBytes);
  return (req, res, next) => {
    if (!hasBody(req.headers)) {
      next();
      return;
    }
    const contentType = req.headers['content-type'] ?? '';
    if (!isJson(contentType)) next(new UnsupportedMediaTypeError('the body must be JSON: send Content-Type: application/json'));
    else if (!isUtf8Named(contentType)) next(new UnsupportedMediaTypeError('the body must be UTF-8: send it without a charset'));
    else parse(req, res, next);
  };
};
