import { minutes, type Clock } from '../time/clock.ts';
import type { OperationCircuit } from './operationCircuit.ts';

/** So many at most, over all services: descriptors have a few dozen operations each, so only a mistake comes near it. */
export const MOST_OPERATION_CIRCUITS = 500;
/** Unused for so long, a circuit is forgotten. */
const IDLE_MS = minutes(60);
/** How often to look for idle ones. No timer: the calls and the snapshots that come anyway look. */
const SWEEP_EVERY_MS = minutes(1);

/** Why an operation's circuit is forgotten. */
export type Farewell = 'idle' | 'crowded_out';

/** Bounds the circuits of operations: the idle ones go, and beyond the bound the one whose last call is longest ago. */
export class OperationCircuitPool {
  readonly #clock: Clock;
  /** How to forget each. */
  readonly #known = new Map<OperationCircuit, (why: Farewell) => void>();
  #sweptAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweptAt = clock.now();
  }

  get size(): number {
    return this.#known.size;
  }

  /** @param forget Shuts it down and lets go of it. */
  enter(circuit: OperationCircuit, forget: (why: Farewell) => void): void {
    if (this.#known.size >= MOST_OPERATION_CIRCUITS) this.#forget(this.#leastRecent, 'crowded_out');
    this.#known.set(circuit, forget);
  }

  /** Forgets what has been idle for long; at most once a minute, so that asking costs nothing. */
  sweep(): void {
    const now = this.#clock.now();
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    for (const circuit of [...this.#known.keys()]) if (now - circuit.usedAt >= IDLE_MS) this.#forget(circuit, 'idle');
  }

  clear(): void {
    this.#known.clear();
  }

  get #leastRecent(): OperationCircuit | undefined {
    let found: OperationCircuit | undefined;
    for (const circuit of this.#known.keys()) if (found === undefined || circuit.usedAt < found.usedAt) found = circuit;
    return found;
  }

  #forget(circuit: OperationCircuit | undefined, why: Farewell): void {
    if (circuit === undefined) return;
    const forget = this.#known.get(circuit);
    this.#known.delete(circuit);
    forget?.(why);
  }
}
