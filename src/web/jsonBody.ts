/**
 * Reads JSON bodies: of bounded size and depth, and nothing that only looks like JSON.
 */
import express, { type RequestHandler } from 'express';
import { InvalidRequestError, UnsupportedMediaTypeError } from '../errors/requestErrors.ts';

/** Bytes. More than any single record; lists of records are limited by their schemas. */
export const MAX_BODY_BYTES = 100_000;

/** Levels of lists and objects. Recursive code, ours or a library's, must never run out of stack on a body. */
export const MAX_BODY_DEPTH = 32;

const isJson = (contentType: string): boolean => /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/iu.test(contentType);

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

const refuseDepth = (_req: unknown, _res: unknown, text: Buffer): void => {
  if (nestingOf(text) <= MAX_BODY_DEPTH) return;
  const message = `must not nest deeper than ${String(MAX_BODY_DEPTH)} levels`;
  throw new InvalidRequestError('the body is nested too deep', [{ at: 'body', message }]);
};

const parser = (limit: number): RequestHandler => express.json({ limit, inflate: false, strict: false, type: () => true, verify: refuseDepth });

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
    if (isJson(req.headers['content-type'] ?? '')) parse(req, res, next);
    else next(new UnsupportedMediaTypeError('the body must be JSON: send Content-Type: application/json'));
  };
};
