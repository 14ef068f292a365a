/**
 * Replicas of one process on virtual time, each with real circuits, that share one fleet in memory. After each test it makes
 * sure that nothing is left behind.
 */
import { expect } from 'chai';
import type { CircuitBreaker } from '../../src/circuit/circuitBreaker.ts';
import { CircuitBreakerFactory, type BreakerPolicy } from '../../src/circuit/circuitBreakerFactory.ts';
import type { CircuitState } from '../../src/contract/circuitState.ts';
import { guarded, type CircuitChanged, type OverrideChanged, type ResilienceEvents } from '../../src/contract/events.ts';
import { FleetCircuits } from '../../src/fleet/fleetCircuits.ts';
import type { FleetLooks } from '../../src/circuit/fleetHooks.ts';
import type { FleetStore, FleetView } from '../../src/contract/fleetStore.ts';
import { RecoveryProber } from '../../src/circuit/recovery/recoveryProber.ts';
import { systemClock } from '../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, failWith, OPEN_MS, site, succeed } from './breakerHouse.ts';
import { MemoryFleet, type MemoryFleetStore } from './memoryFleetStore.ts';
import { PausableClock } from './pausableClock.ts';
import { VirtualTime } from './virtualTime.ts';

export const fleetPolicy: BreakerPolicy = {
  attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
  circuit: {
    detection: { strategy: 'cusum', threshold: 10 },
    openForMs: 2 * OPEN_MS,
    openForCapMs: 16 * OPEN_MS,
    recoveryProbeMs: 'off',
  },
};

export interface ReplicaOptions {
  readonly policy?: BreakerPolicy;
  readonly account?: string;
  /** In the place of its way to the fleet in memory. */
  readonly wrap?: (store: MemoryFleetStore) => FleetStore;
  /** The service as the looks of this replica find it; absent: it does not look. */
  readonly look?: () => Promise<unknown>;
}

/** How often replicas look that do, ms. */
export const LOOK_MS = 2500;

export class Replica {
  readonly name: string;
  readonly clock = new PausableClock(systemClock);
  readonly store: MemoryFleetStore;
  readonly circuits: FleetCircuits;
  readonly breaker: CircuitBreaker;
  readonly looks: FleetLooks;
  readonly changes: CircuitChanged[] = [];
  /** Each change, with the epoch of the fleet's that was known at that moment. */
  readonly moves: { readonly reason: string; readonly epoch: number }[] = [];
  readonly overrides: OverrideChanged[] = [];
  readonly #factory: CircuitBreakerFactory;
  readonly #prober: RecoveryProber | undefined;

  constructor(house: VirtualFleet, name: string, { policy = fleetPolicy, account = 'account', wrap = same, look }: ReplicaOptions) {
    const { clock } = this;
    const random = (): number => house.chance;
    this.name = name;
    this.store = house.fleet.store(name);
    this.#factory = new CircuitBreakerFactory({ clock, random, events: guarded(this.#listeners, fail), onListenerError: fail });
    this.breaker = this.#factory.breaker('hubspot', policy);
    this.circuits = new FleetCircuits({ store: wrap(this.store), clock, random });
    this.looks = this.circuits.join({ breaker: this.breaker, policy, account });
    this.#prober = look && new RecoveryProber({ breaker: this.breaker, everyMs: LOOK_MS, attempt: look, fleet: this.looks, clock, random });
    this.circuits.start();
  }

  get state(): CircuitState {
    return this.breaker.state;
  }

  get factory(): CircuitBreakerFactory {
    return this.#factory;
  }

  get view(): FleetView | undefined {
    return this.circuits.views()[0]?.view;
  }

  get reasons(): readonly string[] {
    return this.changes.map(({ to, reason }) => `${to}: ${reason}`);
  }

  async call(attempt: () => Promise<unknown> = succeed): Promise<unknown> {
    return this.breaker.call(attempt, site).catch((error: unknown) => error);
  }

  async calls(times: number, attempt?: () => Promise<unknown>): Promise<void> {
    for (let made = 0; made < times; made += 1) await this.call(attempt);
  }

  /** Calls that fail until it is open, by its own evidence or the fleet's. */
  async trip(): Promise<void> {
    for (let made = 0; made < 10 && this.state === 'closed'; made += 1) await this.call(failWith(down()));
  }

  async stop(): Promise<void> {
    this.#prober?.stop();
    await this.circuits.stop();
    this.#factory.shutdown();
  }

  get #listeners(): readonly ResilienceEvents[] {
    return [
      {
        circuitChanged: (event) => {
          this.changes.push(event);
          this.moves.push({ reason: event.reason, epoch: this.view?.epoch ?? 0 });
          this.#prober?.circuitChanged(event);
        },
        circuitCalled: (circuit, result) => this.#prober?.circuitCalled(circuit, result),
        overrideChanged: (event) => {
          this.overrides.push(event);
        },
      },
    ];
  }
}

export class VirtualFleet {
  readonly time = new VirtualTime();
  /** What `random` answers on every replica: half-way leaves intervals as they are. */
  chance = 0.5;
  replicas: Replica[] = [];
  #fleet: MemoryFleet | undefined;

  start(): void {
    this.time.start();
    this.chance = 0.5;
    this.replicas = [];
    // Takes half off the open times, as the other house does.
    this.#fleet = new MemoryFleet(systemClock, () => 0);
  }

  /** @throws if a timer outlives the replicas. */
  async stop(): Promise<void> {
    try {
      const stopped = Promise.all(this.replicas.map((replica) => replica.stop()));
      // No stop waits longer, whatever the store does.
      await this.time.advance(500);
      await stopped;
      expect(this.time.pendingTimers, 'timers left behind').to.equal(0);
    } finally {
      this.time.restore();
    }
  }

  get fleet(): MemoryFleet {
    if (this.#fleet === undefined) throw new Error('The fleet lives within a test only');
    return this.#fleet;
  }

  replica(options: ReplicaOptions = {}): Replica {
    const replica = new Replica(this, `replica ${String(this.replicas.length)}`, options);
    this.replicas.push(replica);
    return replica;
  }

  /** So many replicas that know of each other. */
  async of(count: number, options?: ReplicaOptions): Promise<readonly Replica[]> {
    const replicas = Array.from({ length: count }, () => this.replica(options));
    await this.time.advance(10);
    return replicas;
  }

  /** Lets the replicas tell what they have to tell, and hear of it. */
  async hear(): Promise<void> {
    await this.time.advance(150);
  }

  /** Opens the circuit of the fleet. */
  async open(replicas: readonly Replica[]): Promise<void> {
    for (const replica of replicas) await replica.trip();
    await this.hear();
    for (const { state, view } of replicas) expect([state, view?.state]).to.deep.equal(['open', 'open']);
  }

  get states(): readonly CircuitState[] {
    return this.replicas.map(({ state }) => state);
  }
}

/** A house for every test of the `describe` it is called in. */
export const useVirtualFleet = (): VirtualFleet => {
  const house = new VirtualFleet();
  beforeEach(() => {
    house.start();
  });
  afterEach(() => house.stop());
  return house;
};

const same = (store: MemoryFleetStore): FleetStore => store;
const fail = (error: unknown): never => {
  throw error;
};
