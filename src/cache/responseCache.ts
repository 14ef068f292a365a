/**
 * The port of the response cache. Answers are handed out as they were put in, not cloned: they are frozen.
 */
export interface CachedAnswer {
  readonly value: unknown;
  /** Monotonic ms. */
  readonly storedAt: number;
  /** Until then it answers instead of the service; monotonic ms. */
  readonly freshUntil: number;
  /** Until then it may stand in for an error; monotonic ms, never before `freshUntil`. */
  readonly staleUntil: number;
}

export interface ResponseCache {
  /** What is kept under the key, fresh or stale; past `staleUntil` it is gone. */
  get(key: string): CachedAnswer | undefined;
  /** Keeps it until `staleUntil`, or until room is needed. Never throws: a cache that is full evicts. */
  set(key: string, answer: CachedAnswer): void;
  readonly size: number;
  clear(): void;
}
