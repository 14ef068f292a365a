/**
 * The one Redis of a simulated fleet: what it holds is the in-memory twin's; that it does one command after the other, and what each
 * takes, is added here. Times are those of the faked globals.
 */
import type { FleetCircuitId, FleetView } from '../../../src/contract/fleetStore.ts';
import { systemClock } from '../../../src/time/clock.ts';
import type { SharedCircuit } from '../../../test/support/memoryFleetCircuit.ts';
import { MemoryFleet, type MemoryFleetStore } from '../../../test/support/memoryFleetStore.ts';
import type { CommandCosts } from '../redisPace.ts';

export type Command = 'report' | 'view' | 'lease' | 'settle' | 'scout' | 'scouted';

/** There, or back, ms. */
export const ONE_WAY_MS = 0.5;
const MICROS = 1000;

/** What settles answers with a view as well, and changes little: it costs what a lease does. */
const costOf = (command: Command, costs: CommandCosts, ill: number): number => {
  if (command === 'scout') return costs.scout;
  const own = command === 'report' || command === 'view' ? costs[command] : costs.lease;
  return own + ill * costs.eachIll;
};

/** The twin without the copies that a failover would need: nobody fails over here, and of a thousand replicas they would take an hour. */
class LeanFleet extends MemoryFleet {
  readonly #known = new Set<string>();

  override write<T>(id: FleetCircuitId, change: (circuit: SharedCircuit) => T): T {
    if (this.#known.has(id.name)) return this.read(id, change);
    this.#known.add(id.name);
    return super.write(id, change);
  }
}

export class SimulatedRedis {
  readonly #fleet: MemoryFleet;
  readonly #costs: CommandCosts;
  readonly #sent = new Map<Command, number>();
  readonly #perSecond = new Map<number, number>();
  /** Replicas that have something against the service. */
  readonly #ill = new Set<string>();
  #freeAt = 0;
  #busyMs = 0;
  #late = 0;

  /** @param random Jitters the open times. */
  constructor(costs: CommandCosts, random: () => number) {
    this.#fleet = new LeanFleet(systemClock, random);
    this.#costs = costs;
  }

  /** Commands by name. */
  get sent(): ReadonlyMap<Command, number> {
    return this.#sent;
  }

  /** Commands by the whole second of their sending. */
  get perSecond(): ReadonlyMap<number, number> {
    return this.#perSecond;
  }

  /** Commands that were not answered in time. */
  get late(): number {
    return this.#late;
  }

  /** What all of them took, ms. */
  get busyMs(): number {
    return this.#busyMs;
  }

  twin(replica: string): MemoryFleetStore {
    return this.#fleet.store(replica);
  }

  /** In its turn. Resolves when the answer has come back. */
  run<T>(command: Command, work: () => Promise<T>): Promise<T> {
    const now = systemClock.now();
    this.#count(command, now);
    const costMs = costOf(command, this.#costs, this.#ill.size) / MICROS;
    const doneAt = Math.max(now + ONE_WAY_MS, this.#freeAt) + costMs;
    this.#freeAt = doneAt;
    this.#busyMs += costMs;
    return new Promise((resolve) => {
      setTimeout(() => {
        setTimeout(resolve, ONE_WAY_MS, work());
      }, doneAt - now);
    });
  }

  reported(replica: string, score: number, view: FleetView): void {
    if (score > 0) this.#ill.add(replica);
    else this.#ill.delete(replica);
    // What opens forgets all scores.
    if (view.state !== 'closed') this.#ill.clear();
  }

  missed(): void {
    this.#late += 1;
  }

  #count(command: Command, now: number): void {
    this.#sent.set(command, (this.#sent.get(command) ?? 0) + 1);
    const second = Math.floor(now / 1000);
    this.#perSecond.set(second, (this.#perSecond.get(second) ?? 0) + 1);
  }
}
