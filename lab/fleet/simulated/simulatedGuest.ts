/**
 * One replica's way to the simulated Redis: as impatient as the real one, and as quick to leave it alone.
 */
import { SharedStateUnavailableError } from '../../../src/errors/sharedStateErrors.ts';
import { GuestPatience } from '../../../src/redis/guestPatience.ts';
import type { FleetStore } from '../../../src/contract/fleetStore.ts';
import { systemClock } from '../../../src/time/clock.ts';
import type { MemoryFleetStore } from '../../../test/support/memoryFleetStore.ts';
import { ONE_WAY_MS, type Command, type SimulatedRedis } from './simulatedRedis.ts';

type Listener = Parameters<FleetStore['listen']>[0];

/** As long as a guest waits for an answer, ms. */
const PATIENCE_MS = 50;

/** What the store of one replica is. */
export const simulatedStore = (redis: SimulatedRedis, replica: string, random: () => number): FleetStore => {
  const twin = redis.twin(replica);
  const guest = new SimulatedGuest(redis, twin, random);
  return {
    get isUp() {
      return guest.isUp;
    },
    report: (id, evidence) =>
      guest.ask('report', async () => {
        const view = await twin.report(id, evidence);
        redis.reported(replica, evidence.score, view);
        return view;
      }),
    view: (...parameters) => guest.ask('view', () => twin.view(...parameters)),
    lease: (...parameters) => guest.ask('lease', () => twin.lease(...parameters)),
    settle: (...parameters) => guest.ask('settle', () => twin.settle(...parameters)),
    scout: (...parameters) => guest.ask('scout', () => twin.scout(...parameters)),
    scouted: (...parameters) => guest.ask('scouted', () => twin.scouted(...parameters)),
    impose: (...parameters) => twin.impose(...parameters),
    release: (...parameters) => twin.release(...parameters),
    reset: (...parameters) => twin.reset(...parameters),
    leave: (...parameters) => twin.leave(...parameters),
    listen: (listener) => {
      guest.listen(listener);
    },
  };
};

class SimulatedGuest {
  readonly #redis: SimulatedRedis;
  readonly #twin: MemoryFleetStore;
  readonly #patience: GuestPatience;
  #listener: Listener | undefined;
  #isUp = true;

  constructor(redis: SimulatedRedis, twin: MemoryFleetStore, random: () => number) {
    this.#redis = redis;
    this.#twin = twin;
    this.#patience = new GuestPatience(systemClock, random);
    this.#patience.trusted();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  listen(listener: Listener): void {
    this.#listener = listener;
    this.#twin.listen({
      returned: () => undefined,
      changed: (name) => {
        if (this.#isUp)
          setTimeout(() => {
            listener.changed(name);
          }, ONE_WAY_MS);
      },
    });
  }

  ask<T>(command: Command, work: () => Promise<T>): Promise<T> {
    if (!this.#isUp) return Promise.reject(new SharedStateUnavailableError('down'));
    const begunAt = systemClock.now();
    const answered = this.#redis.run(command, work);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#missed(begunAt);
        reject(new SharedStateUnavailableError('no_answer'));
      }, PATIENCE_MS);
      void answered.then((value) => {
        if (systemClock.now() - begunAt > PATIENCE_MS) return;
        clearTimeout(timer);
        this.#patience.worked();
        resolve(value);
      });
    });
  }

  #missed(begunAt: number): void {
    this.#redis.missed();
    if (!this.#patience.failed(begunAt) || !this.#isUp) return;
    this.#isUp = false;
    setTimeout(() => {
      this.#isUp = true;
      this.#patience.trusted();
      this.#listener?.returned();
    }, this.#patience.nextPauseMs());
  }
}
