/**
 * Replicas that keep answers together: each with a memory and a cache stage of its own, all over one store.
 */
import { MemoryCache } from '../../src/cache/memoryCache.ts';
import type { SharedAnswers } from '../../src/cache/sharedAnswers.ts';
import { SharedCache, type SharedCacheParts } from '../../src/cache/sharedCache.ts';
import { silentLogger } from '../../src/logging/logger.ts';
import { createSealer } from '../../src/queue/sealer.ts';
import type { Answer, Call, CallContext } from '../../src/contract/call.ts';
import { guarded } from '../../src/contract/events.ts';
import { CacheStage } from '../../src/pipeline/stages/cache.ts';
import { systemClock } from '../../src/time/clock.ts';
import { contextOf } from './callContexts.ts';

export const ORIGIN = 'https://api.acme.test';

/** The first key seals, all of them open. */
export const sealerOf = (...ids: readonly string[]) =>
  createSealer({ keys: ids.map((id) => ({ id, key: Buffer.alloc(32, id) })), clearText: false });

export interface CacheReplica {
  readonly memory: MemoryCache;
  readonly shared: SharedCache;
  /** What metrics were told: `cacheAsked`, and `sharedCacheAsked` in brackets. */
  readonly told: readonly string[];
  /** Reads through the stage: key `key`, fresh for a second, stale for five more. */
  read(service: Call<unknown>, wishes?: Partial<CallContext>): Promise<Answer<unknown>>;
  close(): void;
}

let tokens = 0;

export const cacheReplica = (store: SharedAnswers, parts: Partial<SharedCacheParts> & { readonly origin?: string } = {}): CacheReplica => {
  const told: string[] = [];
  const memory = new MemoryCache(systemClock);
  const shared = new SharedCache({
    store,
    cache: memory,
    sealer: sealerOf('fleet'),
    clock: systemClock,
    logger: silentLogger,
    events: { sharedCacheAsked: (_service, result) => void told.push(`(${result})`) },
    newToken: () => `token-${String((tokens += 1))}`,
    maker: '1.0.0',
    ...parts,
  });
  const events = guarded([{ cacheAsked: (_service, result) => void told.push(result) }], () => undefined);
  const stage = new CacheStage({ cache: memory, clock: systemClock, events, fleet: { cache: shared, origin: parts.origin ?? ORIGIN } });
  return {
    memory,
    shared,
    told,
    read: (service, wishes = {}) => stage.stage(service)(contextOf({ cacheKey: 'key', cacheForMs: 1000, staleForMs: 5000, ...wishes })),
    close: () => {
      shared.stop();
      memory.close();
    },
  };
};
