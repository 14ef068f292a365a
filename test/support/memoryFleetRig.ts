/** A fleet in memory as its contract suite wants it. */
import type { FleetRig } from '../contract/fleetRig.ts';
import { HandDrivenClock } from './handDrivenClock.ts';
import { MemoryFleet, type MemoryFleetStore } from './memoryFleetStore.ts';

/** @param random Of [0, 1]: jitters the open times. */
export const memoryFleetRig = (random: () => number): FleetRig => {
  const clock = new HandDrivenClock();
  const fleet = new MemoryFleet(clock, random);
  const stores = new Map<string, MemoryFleetStore>();
  const nothing = () => Promise.resolve();
  return {
    join: (replica) => {
      const store = stores.get(replica) ?? fleet.store(replica);
      stores.set(replica, store);
      return store;
    },
    pass: async (ms) => {
      clock.advance(ms);
      await nothing();
    },
    flush: async () => {
      fleet.flush();
      // The real one's time never stands: it is a moment later that something is decided again.
      clock.advance(1);
      await nothing();
    },
    down: async () => {
      fleet.down();
      await nothing();
    },
    up: async () => {
      fleet.up();
      await nothing();
    },
    heard: nothing,
    close: nothing,
  };
};
