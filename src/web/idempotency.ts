/**
 * The port of what is remembered of Idempotency-Keys (draft-ietf-httpapi-idempotency-key-header). Kept beside the queue,
 * so that it survives a restart. Keys come as digests of caller, route and key; answers come sealed.
 */

import type { Queued } from '../contract/call.ts';

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
  /** More are remembered than there is room for: the request is not to be made, for its repeat would not be known. */
  | { readonly kind: 'full' }
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

/** The name of all records: when it is gone, so was everything else. */
export const EVERY_NAME = '*';

/** A record by the digest of a name, and when its service said that it is not there; wall-clock ms. */
export type GoneName = readonly [name: string, at: number];

/** What a store keeps at most, so that a flood of requests costs no more than so much memory or disk. */
export interface KeptLimits {
  /** Keys that were answered within the last {@link KEPT_HOURS}. */
  readonly keys: number;
  /** Of answers and of results of jobs of that time, sealed. */
  readonly bytes: number;
  /** Names of records that are gone; a store may hold some thousand more for a while. */
  readonly goneNames: number;
}

export const KEPT_LIMITS: KeptLimits = { keys: 1_000_000, bytes: 128 * 1024 * 1024, goneNames: 200_000 };

/** What is counted against the limits: as long as answers and results are kept, and until they are dropped. */
export const KEPT_HOURS = 26;

/** Every method rejects with {@link QueueUnavailableError} within a second if the store does not answer. */
export interface IdempotencyStore {
  /** Atomic: of two equal requests at once, one is the first. Synced before it resolves. */
  begin(use: KeyUse, now: number): Promise<KeyState>;
  /** Remembers a terminal answer, sealed. @param brief What is kept instead where there is no room for it. */
  finish(key: string, answer: string, brief?: string): Promise<void>;
  /** The request came to no terminal answer: the next one may try again. */
  forget(key: string): Promise<void>;
  /** Remembers it for longer than anything else that is kept here. Of too many, {@link EVERY_NAME} stands for the earliest. */
  noteGone(gone: readonly GoneName[]): Promise<void>;
  /** When the latest of these names was gone, wall-clock ms; 0: none is known to be. */
  goneAt(names: readonly string[]): Promise<number>;
}

/** Keeps answers from being read where they are stored. The context is bound to the text: opened under another one, it fails. */
export interface AnswerSealer {
  seal(text: string, context: string): string;
  /** @throws {Error} if it was not sealed so, or its key is not known any more. */
  open(sealed: string, context: string): string;
}

/** Tells answers of records that are gone since. */
export interface GoneAnswers {
  /** @param at When the content was written, wall-clock ms. @throws {QueueUnavailableError} */
  isAnyGone(service: string, content: unknown, at: number): Promise<boolean>;
}

/** The queue, as far as an interrupted request is looked for in it. */
export interface QueuedWrites {
  /** The write as its caller was to be told of it, whatever became of it since. @throws {QueueUnavailableError} */
  find(jobId: string): Promise<Queued | undefined>;
}

/** How a request with a known key fared: `replayed` got the answer of the first, the others an error. */
export type RepeatResult = 'replayed' | 'in_progress' | 'reused' | 'interrupted';
