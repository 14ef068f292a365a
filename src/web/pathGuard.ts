/**
 * Paths that no route should have to think about, refused before routing: what they decode to is either nothing or
 * an attempt to be somewhere else.
 */
import type { RequestHandler } from 'express';
import { percentDecoded } from '../config/percentEncoding.ts';
import { InvalidRequestError, type Fault } from '../errors/requestErrors.ts';

/** Longer than any id or address, and short enough for every upstream service. */
const MAX_SEGMENT_LENGTH = 512;

const BROKEN_ESCAPE = /%(?![\da-f]{2})/iu;
const ESCAPED_SEPARATOR = /%(?:2f|5c)/iu;
const ESCAPED_CONTROL = /%(?:[01][\da-f]|7f)/iu;
const STEP = /^(?:\.|%2e){1,2}$/iu;

const escapeFault = (path: string): string | undefined => {
  if (!path.includes('%')) return undefined;
  if (BROKEN_ESCAPE.test(path)) return 'holds a % that is not followed by two hexadecimal digits; write %25 for a percent sign';
  if (ESCAPED_SEPARATOR.test(path)) return 'holds an escaped slash or backslash (%2F, %5C), which no id may contain';
  if (ESCAPED_CONTROL.test(path)) return 'holds an escaped control character such as %00';
  return percentDecoded(path) !== undefined ? undefined : 'holds percent escapes that are not UTF-8';
};

const segmentFault = (path: string): string | undefined => {
  const segments = path.split('/');
  if (segments.some((segment) => STEP.test(segment))) return 'holds a . or .. step; write the path without it';
  const tooLong = segments.some((segment) => segment.length > MAX_SEGMENT_LENGTH);
  return tooLong ? `has a segment of more than ${String(MAX_SEGMENT_LENGTH)} characters` : undefined;
};

/** What is wrong with a raw path, the query not included; `undefined` for a good one. */
export const pathFault = (path: string): Fault | undefined => {
  const message = escapeFault(path) ?? segmentFault(path);
  return message === undefined ? undefined : { at: 'path', message };
};

/** Of two hosts, a proxy before us may have gone by the other one (RFC 9112, section 3.2). */
const hasTwoHosts = (rawHeaders: readonly string[]): boolean =>
  rawHeaders.filter((text, index) => index % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host').length > 1;

/** Refuses bad paths, and two hosts. `req.path` is raw: nothing has decoded it yet. */
export const pathGuard: RequestHandler = (req, _res, next) => {
  const fault = pathFault(req.path);
  if (fault !== undefined) next(new InvalidRequestError('the path is malformed', [fault]));
  else if (hasTwoHosts(req.rawHeaders))
    next(new InvalidRequestError('there must be one Host header', [{ at: 'header host', message: 'must be sent once' }]));
  else next();
};
