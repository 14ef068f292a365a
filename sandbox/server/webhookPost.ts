/**
 * One POST to a webhook's receiver: no redirect is followed, no answer is kept.
 */
import { request as httpRequest, type ClientRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { SignedDelivery } from '../simulation/simulatedWebhooks.ts';
import type { Clock } from '../../src/time/clock.ts';

/** What became of it: a status, or why there is none, such as `ECONNREFUSED` or `timeout`. */
export type PostOutcome = { readonly status: number } | { readonly failure: string };

export interface PostResult {
  readonly outcome: PostOutcome;
  /** The receiver's Retry-After as it came. */
  readonly retryAfter: string | undefined;
}

export interface PostParts {
  readonly clock: Clock;
  /** For the whole answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const opened = (url: string, { body, headers }: SignedDelivery, signal: AbortSignal): ClientRequest => {
  const open = url.startsWith('https:') ? httpsRequest : httpRequest;
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  return open(url, { method: 'POST', headers: { ...headers, ...length }, agent: false, signal });
};

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : 'failed');

/** Never rejects; resolves when the socket is gone. */
export const post = (url: string, delivery: SignedDelivery, { clock, timeoutMs, signal }: PostParts): Promise<PostResult> =>
  new Promise((resolve) => {
    let status: number | undefined;
    let retryAfter: string | undefined;
    let failure: string | undefined;
    const outgoing = opened(url, delivery, signal);
    const cancel = clock.after(timeoutMs, () => {
      failure = 'timeout';
      outgoing.destroy();
    });
    outgoing.on('response', (incoming) => {
      status = incoming.statusCode;
      retryAfter = incoming.headers['retry-after'];
      incoming.on('error', () => undefined).resume();
    });
    outgoing.on('error', (error) => {
      failure ??= codeOf(error);
    });
    outgoing.on('close', () => {
      cancel();
      const outcome = failure === undefined && status !== undefined ? { status } : { failure: failure ?? 'ECONNRESET' };
      resolve({ outcome, retryAfter });
    });
    outgoing.end(delivery.body);
  });
