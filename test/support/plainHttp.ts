/**
 * A bare HTTP client: one connection per request, no retries, nothing between the test and the socket.
 */
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface PlainRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string as it is. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface PlainResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Resolves as soon as the headers are there; the body is still to come. */
export const openHttp = (url: string, { method = 'GET', headers = {}, body, signal }: PlainRequest = {}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: { ...headers }, agent: false, ...(signal === undefined ? {} : { signal }) }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });

/** Resolves with the whole answer; rejects with the socket's error. */
export const plainHttp = async (url: string, options: PlainRequest = {}): Promise<PlainResponse> => {
  const incoming = await openHttp(url, options);
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text: Buffer.concat(chunks).toString('utf8') };
};

/** The code of the error with which a promise fails, such as `ECONNREFUSED`. */
export const failureCode = async (promise: Promise<unknown>): Promise<string | undefined> => {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  }
  return undefined;
};
