/**
 * The port of the response cache. Answers are handed out as they were put in, not cloned: they are frozen.
 */
import type { Ask } from './asks.ts';

export interface CachedAnswer {
  readonly value: unknown;
  /** When the service gave it; monotonic ms. */
  readonly storedAt: number;
  /** Until then it answers instead of the service; monotonic ms. */
  readonly freshUntil: number;
  /** Until then it may stand in for an error; monotonic ms, never before `freshUntil`. */
  readonly staleUntil: number;
}

export interface ResponseCache {
  /** What is kept under the key, fresh or stale; past `staleUntil` it is gone. */
  get(key: string): CachedAnswer | undefined;
  /**
   * Keeps it until `staleUntil`, or until room is needed. Never throws: a cache that is full evicts.
   *
   * @param labels What it may be purged by (`labels.ts`).
   */
  set(key: string, answer: CachedAnswer, labels?: readonly string[]): void;
  /** Before a question is put: tells, once the answer is there, whether a purge came in between. */
  ask(labels: readonly string[]): Ask;
  /** The labels of tags that stand beside the label, or on what is kept under the key: other names of the same records. */
  tagsBeside(label: string, key: string | undefined): readonly string[];
  /** Forgets whatever bears the label. @returns how many answers that were. */
  purge(label: string): number;
  /** Nothing is fresh any more: news may have been missed. It may still stand in for an error. */
  outdate(): void;
  readonly size: number;
  clear(): void;
}
