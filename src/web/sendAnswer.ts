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

/** Sends one answer, unless the caller has left. All headers go out in one list: Node is fastest so. */
export const sendAnswer = (res: ServerResponse, { status, headers = [], body, contentType = JSON_TYPE }: OutgoingAnswer): void => {
  if (res.closed || res.headersSent) return;
  const context = contextOf(res);
  const list = [...alwaysSent, 'X-Request-Id', context.id, ...contentHeaders(body, contentType), ...headers];
  if (context.isDraining) list.push('Connection', 'close');
  res.writeHead(status, list);
  res.end(body);
};
