/**
 * The one place that writes JSON to callers, errors included.
 */
import type { ServerResponse } from 'node:http';
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

/** Sends one answer, unless the caller has left. All headers go out in one list: Node is fastest so. */
export const sendAnswer = (res: ServerResponse, { status, headers = [], body, contentType = JSON_TYPE }: SentAnswer): void => {
  if (res.closed || res.headersSent) return;
  const context = contextOf(res);
  const list = [...alwaysSent, 'X-Request-Id', context.id, ...contentHeaders(body, contentType), ...headers];
  // A body that was never asked for may still come, and would be taken for the next request.
  if (context.isDraining || context.awaitsContinue) list.push('Connection', 'close');
  res.writeHead(status, list);
  res.end(body);
};
