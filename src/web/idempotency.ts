/**
 * The port of what is remembered of Idempotency-Keys (draft-ietf-httpapi-idempotency-key-header). Kept beside the queue,
 * so that it survives a restart. Keys come as digests of caller, route and key; answers come sealed.
 */

import type { Queued } from '../resilience/call.ts';

/** What is known of a key. */
export type KeyState =
  /** Nobody used it: the request is to be answered, and its end to be told. */
  | { readonly kind: 'first' }
  /** Its first request is being answered. */
  | { readonly kind: 'running' }
  /** It was used for another request. */
  | { readonly kind: 'reused' }
  /** Its first request never came to an end that we know. */
  | { readonly kind: 'interrupted' }
  /** Its first request was answered so. */
  | { readonly kind: 'answered'; readonly answer: string };

export interface KeyUse {
  /** Digest of caller, route and key. */
  readonly key: string;
  /** Digest of the request: method, path, query and body. */
  readonly fingerprint: string;
  /** After this the first request counts as interrupted; wall-clock ms. */
  readonly leaseUntil: number;
  /** After this the key is forgotten; wall-clock ms. */
  readonly keepUntil: number;
}

/** Every method rejects with {@link QueueUnavailableError} within a second if the store does not answer. */
export interface IdempotencyStore {
  /** Atomic: of two equal requests at once, one is the first. Synced before it resolves. */
  begin(use: KeyUse, now: number): Promise<KeyState>;
  /** Remembers a terminal answer, sealed. */
  finish(key: string, answer: string): Promise<void>;
  /** The request came to no terminal answer: the next one may try again. */
  forget(key: string): Promise<void>;
}

/** Keeps answers from being read where they are stored. The context is bound to the text: opened under another one, it fails. */
export interface AnswerSealer {
  seal(text: string, context: string): string;
  /** @throws {Error} if it was not sealed so, or its key is not known any more. */
  open(sealed: string, context: string): string;
}

/** The queue, as far as an interrupted request is looked for in it. */
export interface QueuedWrites {
  /** The write as its caller was to be told of it, whatever became of it since. @throws {QueueUnavailableError} */
  find(jobId: string): Promise<Queued | undefined>;
}

/** How a request with a known key fared: `replayed` got the answer of the first, the others an error. */
export type RepeatResult = 'replayed' | 'in_progress' | 'reused' | 'interrupted';
