/**
 * What became of each question to the cache that a fleet shares, as data, for metrics.
 *
 * `hit`: a fresh answer. `awaited`: the fresh answer of another replica that was asking. `stale`: one that may stand in for an
 * error; the service was asked. `miss`: none. `unavailable`: the store could not be had. `unreadable`: what was kept cannot be opened.
 */
export type SharedCacheResult = 'hit' | 'awaited' | 'stale' | 'miss' | 'unavailable' | 'unreadable';

export interface SharedCacheEvents {
  /** Must not throw. */
  sharedCacheAsked(service: string, result: SharedCacheResult): void;
}
