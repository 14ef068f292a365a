/**
 * The one place that writes JSON to callers, errors included.
 */
import type { ServerResponse } from 'node:http';
import { nextTurn, SLICE_MS, turnFor, turnsOf } from '../time/nextTurn.ts';
import { contextOf } from './requestContext.ts';
import { apiSecurityHeaders } from './securityHeaders.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';

export interface OutgoingAnswer {
  readonly status: number;
  /** Names and values in turn, as `writeHead` takes them. */
  readonly headers?: readonly string[];
  /** Serialised already; absent: no content. */
  readonly body?: string | Buffer;
  readonly contentType?: string;
}

/**
 * `no-store`: answers hold people's data, and a caller's own cache could not know of a write through another caller.
 * The cache is ours, and `Age` and `Cache-Status` tell about it.
 */
const alwaysSent = [...apiSecurityHeaders, 'Cache-Control', 'no-store'];

const contentHeaders = (body: string | Buffer | undefined, contentType: string): readonly string[] =>
  body === undefined ? [] : ['Content-Type', contentType, 'Content-Length', String(Buffer.byteLength(body))];

/** An answer whose body may be bytes: those are sent as they are, and not copied for each caller. */
export type SentAnswer = Omit<OutgoingAnswer, 'body'> & { readonly body?: string | Buffer | undefined };

/** Rows of a list that are written as JSON in one go: a few milliseconds where they are large. */
const ROWS_AT_ONCE = 20;

const isLong = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > ROWS_AT_ONCE;

const addList = async (pieces: string[], rows: readonly unknown[], pause: () => Promise<void>): Promise<void> => {
  pieces.push('[');
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await pause();
    pieces.push(from === 0 ? '' : ',', JSON.stringify(rows.slice(from, from + ROWS_AT_ONCE)).slice(1, -1));
  }
  pieces.push(']');
};

/** As `JSON.stringify`, of plain data; between the rows of a long list, of the body or in it, the event loop goes on. */
export const jsonText = async (body: unknown): Promise<string> => {
  const parts = typeof body === 'object' && body !== null ? Object.entries(body as Readonly<Record<string, unknown>>) : [];
  if (!isLong(body) && !parts.some(([, part]) => isLong(part))) return JSON.stringify(body);
  const pause = turnsOf(SLICE_MS);
  const pieces: string[] = [];
  if (isLong(body)) await addList(pieces, body, pause);
  for (const [name, part] of isLong(body) ? [] : parts) {
    if (part === undefined) continue;
    pieces.push(pieces.length === 0 ? '{' : ',', JSON.stringify(name), ':');
    if (isLong(part)) await addList(pieces, part, pause);
    else pieces.push(JSON.stringify(part));
  }
  if (!isLong(body)) pieces.push('}');
  await pause();
  return pieces.join('');
};

/** Bytes that are handed to the socket in one go: copying them to the kernel takes some milliseconds. */
const SENT_AT_ONCE = 524_288;

const endWith = async (res: ServerResponse, bytes: Buffer): Promise<void> => {
  for (let from = 0; from < bytes.length && !res.closed; from += SENT_AT_ONCE) {
    if (from > 0) await nextTurn();
    res.write(bytes.subarray(from, from + SENT_AT_ONCE));
  }
  res.end();
};

/** A long text as bytes, made in a turn of its own: the next copies them to the socket. */
export const encoded = async (body: string | Buffer | undefined): Promise<string | Buffer | undefined> => {
  const turn = typeof body === 'string' ? turnFor(body.length) : undefined;
  if (typeof body !== 'string' || turn === undefined) return body;
  await turn;
  const bytes = Buffer.from(body);
  await turnFor(bytes.length);
  return bytes;
};

/** Sends one answer, unless the caller has left. All headers go out in one list: Node is fastest so. */
export const sendAnswer = (res: ServerResponse, { status, headers = [], body, contentType = JSON_TYPE }: SentAnswer): void => {
  if (res.closed || res.headersSent) return;
  const context = contextOf(res);
  const list = [...alwaysSent, 'X-Request-Id', context.id, ...contentHeaders(body, contentType), ...headers];
  // A body that was never asked for may still come, and would be taken for the next request.
  if (context.isDraining || context.awaitsContinue) list.push('Connection', 'close');
  res.writeHead(status, list);
  if (typeof body === 'object' && body.length > SENT_AT_ONCE) void endWith(res, body);
  else res.end(body);
};
