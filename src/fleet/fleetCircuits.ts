import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson } from '../config/canonicalJson.ts';
import type { Clock } from '../time/clock.ts';
import type { CircuitBreaker } from '../circuit/circuitBreaker.ts';
import type { BreakerPolicy } from '../circuit/circuitBreakerFactory.ts';
import { FleetCircuit } from './fleetCircuit.ts';
import type { FleetLooks } from '../circuit/fleetHooks.ts';
import type { FleetCircuitId, FleetOverride, FleetStore } from '../contract/fleetStore.ts';
import type { SeenView } from './selfSuspicion.ts';

export interface FleetCircuitsParts {
  readonly store: FleetStore;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface Joining {
  readonly breaker: CircuitBreaker;
  readonly policy: BreakerPolicy;
  /** A digest of the credential, never itself. */
  readonly account: string;
}

/** The last moment of a replica must not wait long for a store, ms. */
const LEAVE_MS = 500;

/** The circuits of this process that decide together with those of other replicas. A part of the life of the process. */
export class FleetCircuits {
  readonly name = 'fleet circuits';
  readonly #parts: FleetCircuitsParts;
  readonly #circuits = new Map<string, FleetCircuit>();
  readonly #ids: FleetCircuitId[] = [];
  readonly #instance = randomUUID();
  #leases = 0;
  #phase: 'made' | 'started' | 'stopped' = 'made';

  constructor(parts: FleetCircuitsParts) {
    this.#parts = parts;
  }

  /**
   * Makes a circuit part of the fleet; once each. Those of one name, one policy and one account decide together.
   *
   * @returns whose turn it is to look whether the service is back.
   */
  join({ breaker, policy, account }: Joining): FleetLooks {
    const { openForMs, openForCapMs } = policy.circuit;
    const id = { name: breaker.name, fingerprint: fingerprintOf(policy, account), openForMs, openForCapMs };
    const circuit = new FleetCircuit({ ...this.#parts, breaker, id, newLeaseId: this.#newLeaseId.bind(this) });
    this.#ids.push(id);
    this.#circuits.set(breaker.name, circuit);
    if (this.#phase === 'started') circuit.start();
    return circuit;
  }

  start(): void {
    this.#phase = 'started';
    this.#parts.store.listen({
      changed: (name) => {
        this.#circuits.get(name)?.hint();
      },
      returned: () => {
        for (const circuit of this.#circuits.values()) circuit.returned();
      },
    });
    for (const circuit of this.#circuits.values()) circuit.start();
  }

  /** Each circuit goes on alone; the fleet is told that this replica has left, if it can be told at once. Never rejects. */
  async stop(): Promise<void> {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    for (const circuit of this.#circuits.values()) circuit.stop();
    await this.#leave();
  }

  views(): readonly SeenView[] {
    return [...this.#circuits].map(([circuit, { view, seenAgoMs }]) => ({ circuit, view, seenAgoMs }));
  }

  /** @throws {SharedStateUnavailableError} where the store cannot be had: then nothing was imposed anywhere. */
  async impose(name: string, override: FleetOverride): Promise<void> {
    await this.#of(name).link.impose(override);
  }

  /** @throws {SharedStateUnavailableError} */
  async release(name: string): Promise<void> {
    await this.#of(name).link.release();
  }

  /** @throws {SharedStateUnavailableError} */
  async reset(name: string): Promise<void> {
    await this.#of(name).link.reset();
  }

  #of(name: string): FleetCircuit {
    const circuit = this.#circuits.get(name);
    if (circuit === undefined) throw new Error(`No circuit "${name}" is part of the fleet`);
    return circuit;
  }

  #newLeaseId(): string {
    this.#leases += 1;
    return `${this.#instance}-${String(this.#leases)}`;
  }

  #leave(): Promise<void> {
    const { store, clock } = this.#parts;
    const left = (async () => store.leave(this.#ids))().catch(() => undefined);
    return new Promise((resolve) => {
      const cancel = clock.after(LEAVE_MS, resolve);
      void left.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

/** Equal for equal policies and accounts, on every replica. */
const fingerprintOf = ({ circuit, attemptTimeoutMs }: BreakerPolicy, account: string): string =>
  createHash('sha256').update(canonicalJson({ circuit, attemptTimeoutMs, account })).digest('hex').slice(0, 16);
