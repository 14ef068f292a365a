/**
 * Reads JSON bodies: of bounded size, depth and number of values, and nothing that only looks like JSON. All of them together
 * are bounded as well. What is too much is refused as it arrives.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { JsonMeter, MAX_MEMBERS, parseJson, type JsonExcess } from '../config/boundedJson.ts';
import { withExactIntegers } from '../config/exactJson.ts';
import { joined, utf8Bytes } from '../config/utf8.ts';
import { InvalidRequestError, OverloadedError, PayloadTooLargeError, UnsupportedMediaTypeError } from '../errors/requestErrors.ts';
import { turnFor } from '../time/nextTurn.ts';
import { contextOf } from './requestContext.ts';

/** Bytes. More than any single record; lists of records are limited by their schemas. */
export const MAX_BODY_BYTES = 100_000;

/** JSON values in one body. */
export const MAX_BODY_VALUES = 10_000;

/** Levels of lists and objects. Recursive code, ours or a library's, must never run out of stack on a body. */
export const MAX_BODY_DEPTH = 32;

export interface BodyLimits {
  readonly maxBodyBytes?: number | undefined;
  readonly maxBodyValues?: number | undefined;
}

/**
 * Bytes of all bodies whose requests are being answered; a body takes some five times as much while it is worked on. Long ones
 * leave room for short ones.
 */
export class BodyBudget {
  readonly #total: number;
  #held = 0;

  constructor(total = 24_000_000) {
    this.#total = total;
  }

  get held(): number {
    return this.#held;
  }

  /** @returns whether there is room for so many more bytes of a body that will have `length` in all. */
  take(bytes: number, length: number): boolean {
    const room = length > MAX_BODY_BYTES ? this.#total * 0.9 : this.#total;
    if (this.#held + bytes > room) return false;
    this.#held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}

const isJson = (contentType: string): boolean => /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/iu.test(contentType);

/** Another charset than the one JSON has. */
const isOtherCharset = (contentType: string): boolean => {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/iu.exec(contentType)?.[1];
  return charset !== undefined && !/^(?:utf-?8|us-ascii)$/iu.test(charset);
};

const hasBody = (headers: IncomingMessage['headers']): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

const excesses = (values: number): Readonly<Record<JsonExcess, string>> => ({
  depth: `must not nest deeper than ${String(MAX_BODY_DEPTH)} levels`,
  values: `must hold at most ${String(values)} JSON values`,
  members: `must have at most ${String(MAX_MEMBERS)} members in one object`,
});

const tooMuch = (message: string): Error => new InvalidRequestError('the body is too much to read', [{ at: 'body', message }]);

/** What the headers alone say against a body. */
const refusalOf = ({ headers }: IncomingMessage, limit: number): Error | undefined => {
  const type = headers['content-type'] ?? '';
  if (!isJson(type)) return new UnsupportedMediaTypeError('the body must be JSON: send Content-Type: application/json');
  if (isOtherCharset(type)) return new UnsupportedMediaTypeError('the body must be JSON in UTF-8');
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    return new UnsupportedMediaTypeError('the body must not be compressed: send it without Content-Encoding');
  }
  return Number(headers['content-length'] ?? 0) > limit ? tooLarge(limit) : undefined;
};

const tooLarge = (limit: number): Error => new PayloadTooLargeError(`the body must not exceed ${String(limit)} bytes`);

/**
 * Collects the bytes of a body.
 *
 * @param judge What is wrong with the next bytes.
 */
const bytesOf = (req: IncomingMessage, judge: (chunk: Buffer) => Error | undefined): Promise<readonly Buffer[]> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const take = (chunk: Buffer): void => {
      const fault = judge(chunk);
      if (fault === undefined) chunks.push(chunk);
      else
        leave(() => {
          reject(fault);
        });
    };
    const end = (): void => {
      leave(() => {
        resolve(chunks);
      });
    };
    const lost = (): void => {
      leave(() => {
        reject(new InvalidRequestError('the body ended before its announced length'));
      });
    };
    // Whatever else comes is read and forgotten, so that the answer finds its way out.
    const leave = (settle: () => void): void => {
      req.off('data', take).off('end', end).off('close', lost).resume();
      settle();
    };
    req.on('data', take).on('end', end).on('close', lost).on('error', lost);
  });

/** Where V8 stopped reading, if it says so: the place is safe to repeat, the words around it are not. */
const placeIn = ({ message }: Error): string => {
  if (/unexpected end/iu.test(message)) return ': it ends too early';
  const position = /at position (\d+)/u.exec(message)?.[1];
  return position === undefined ? '' : `: see character ${position}`;
};

const refuseSyntax = (error: unknown): never => {
  if (error instanceof InvalidRequestError) throw error;
  const place = error instanceof Error ? placeIn(error) : '';
  throw new InvalidRequestError('the body is not valid JSON', [{ at: 'body', message: `is not valid JSON${place}` }]);
};

/** A number that could only be kept with a digit replaced is refused. */
const refuseInexact = (json: string): string => {
  if (withExactIntegers(json) === json) return json;
  const message = 'must not hold whole numbers beyond 2^53: send them as strings';
  throw new InvalidRequestError('the body holds a number that cannot be kept exactly', [{ at: 'body', message }]);
};

/** The caller may be waiting to be told that its body is wanted (`Expect: 100-continue`). */
const goOn = (res: ServerResponse): void => {
  const context = contextOf(res);
  if (context.awaitsContinue) res.writeContinue();
  context.awaitsContinue = false;
};

const textOf = (bytes: Buffer): Buffer => {
  const text = utf8Bytes(bytes);
  if (text === undefined) throw new InvalidRequestError('the body is not UTF-8', [{ at: 'body', message: 'must be UTF-8' }]);
  return text;
};

/** The bytes are held until the request is over: so long the body, or what became of it, may be in memory. */
const judgeOf = (
  res: ServerResponse,
  budget: BodyBudget,
  limit: number,
  values: number,
  announced: number,
): ((chunk: Buffer) => Error | undefined) => {
  const meter = new JsonMeter({ values, depth: MAX_BODY_DEPTH });
  let held = 0;
  res.once('close', () => {
    budget.release(held);
  });
  return (chunk) => {
    if (held + chunk.length > limit) return tooLarge(limit);
    if (!budget.take(chunk.length, Math.max(announced, held + chunk.length)))
      return new OverloadedError('too many bytes of other requests are being worked on');
    held += chunk.length;
    const excess = meter.add(chunk);
    return excess && tooMuch(excesses(values)[excess]);
  };
};

/**
 * Parses the body into `req.body`; leaves it `undefined` where there is none. One who waits with it (`Expect: 100-continue`)
 * gets `100 Continue` only when nothing speaks against it.
 *
 * @throws {UnsupportedMediaTypeError | PayloadTooLargeError | InvalidRequestError | OverloadedError} by `next`.
 */
export const jsonBody = (
  budget: BodyBudget,
  { maxBodyBytes = MAX_BODY_BYTES, maxBodyValues = MAX_BODY_VALUES }: BodyLimits = {},
): RequestHandler => {
  const read = async (req: IncomingMessage, res: ServerResponse): Promise<unknown> => {
    const refusal = refusalOf(req, maxBodyBytes);
    if (refusal !== undefined) throw refusal;
    goOn(res);
    const announced = Number(req.headers['content-length'] ?? 0);
    const chunks = await bytesOf(req, judgeOf(res, budget, maxBodyBytes, maxBodyValues, announced));
    const bytes = await joined(chunks);
    await turnFor(bytes.length);
    const text = textOf(bytes);
    if (text.length === 0) return undefined;
    const body = await parseJson(text, refuseInexact).catch(refuseSyntax);
    await turnFor(text.length);
    return body;
  };
  return (req, res, next) => {
    if (!hasBody(req.headers)) {
      next();
      return;
    }
    read(req, res).then((body) => {
      req.body = body;
      next();
    }, next);
  };
};
