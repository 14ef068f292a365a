import type { QuotaSharesRig } from '../contract/quotaSharesRig.ts';
import { HandDrivenClock } from './handDrivenClock.ts';
import { MemoryQuotaStore, type MemoryQuotaShares } from './memoryQuotaShares.ts';

/** Shares of quotas in memory, as their contract suite wants them. */
export const memoryQuotaRig = (): Promise<QuotaSharesRig> => {
  const clock = new HandDrivenClock();
  // Not at 0: a moment is never nothing.
  clock.advance(1000);
  const store = new MemoryQuotaStore(clock);
  const replicas = new Map<string, MemoryQuotaShares>();
  return Promise.resolve({
    join: (replica) => {
      const shares = replicas.get(replica) ?? store.as(replica);
      replicas.set(replica, shares);
      return shares;
    },
    pass: async (ms) => {
      clock.advance(ms);
    },
    slackMs: 0,
    flush: async () => {
      store.forget();
    },
    down: async () => {
      store.isDown = true;
    },
    up: async () => {
      store.isDown = false;
    },
    heard: async () => undefined,
    close: async () => undefined,
  });
};
