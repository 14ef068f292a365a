import type { KeptLimits } from '../../../src/web/idempotency.ts';
import { HandDrivenClock } from '../../support/handDrivenClock.ts';
import { MemoryIdempotencyStore } from '../../support/memoryIdempotencyStore.ts';
import { idempotencyStoreContract, type KeysRig } from '../../contract/idempotencyStoreContract.ts';

const openRig = async (limits?: KeptLimits): Promise<KeysRig> => {
  const keys = new MemoryIdempotencyStore(limits);
  const clock = new HandDrivenClock();
  return {
    keys,
    now: () => clock.wallTime(),
    tick: async () => {
      clock.advance(10);
    },
    // What it remembers is what a real one would find again.
    crash: async () => undefined,
    close: async () => {
      keys.down = true;
    },
  };
};

idempotencyStoreContract('the memory of the tests', openRig);
