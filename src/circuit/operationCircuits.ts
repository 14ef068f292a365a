import { hasWitness, isBroad, isOfFewOperations } from './blame.ts';
import type { CircuitBreakerParts } from './circuitBreakerParts.ts';
import type { CircuitStateMachineParts } from './circuitStateMachineParts.ts';
import type { DetectionChange, DetectionPolicy, OperationsSummary } from '../contract/circuitState.ts';
import type { LatencyBook } from './detection/latencyBook.ts';
import { OperationCircuit } from './operationCircuit.ts';

/** What the service's own circuit is built of, and what is particular to them. */
export interface OperationCircuitsParts extends Omit<CircuitBreakerParts, 'name' | 'attemptTimeoutMs'> {
  readonly service: string;
  /** The service's: what is slow is known once, and learned once. */
  readonly latencies: LatencyBook;
  /** An operation has been stopped alone. */
  readonly onStopped: () => void;
  /** So many operations have fallen, and none is well, that it is the service. */
  readonly onBroadFailure: () => void;
}

/** The back-off of an operation ends at so many times its first open time: no recovery probe looks after it, only callers do. */
const LONGEST_BACK_OFF = 2;
/** For people; the count tells of more. */
const MOST_NAMES = 20;

/**
 * The circuits of a service's operations, beneath its own (docs/decisions/0011). One operation that fails is stopped alone,
 * where another shows that the service is well; without such a witness the service's circuit decides, as it always did.
 *
 * The key is `service:operation`. An account would be a third part of it; there is one account per service today.
 */
export class OperationCircuits {
  readonly #parts: OperationCircuitsParts;
  readonly #circuits = new Map<string, OperationCircuit>();
  readonly #latencies: CircuitStateMachineParts['latencies'];
  /** Thresholds that a person set for a time. */
  #changed: { readonly detection: DetectionPolicy; readonly change: DetectionChange } | undefined;

  constructor(parts: OperationCircuitsParts) {
    const { latencies } = parts;
    this.#parts = parts;
    // The service's circuit hears of the same attempts, and has learned already.
    this.#latencies = {
      learn: () => undefined,
      learnSlow: () => undefined,
      slowMs: latencies.slowMs.bind(latencies),
      probeMs: latencies.probeMs.bind(latencies),
      tellingMs: latencies.tellingMs.bind(latencies),
    };
  }

  /** The circuit of an operation, made on first asking. */
  of(operation: string): OperationCircuit {
    this.#parts.pool.sweep();
    return this.#circuits.get(operation) ?? this.#make(operation);
  }

  /** Whether an operation is stopped alone: then what it fails with says nothing new about the service. */
  isStopped(operation: string): boolean {
    return this.#circuits.get(operation)?.isStopped ?? false;
  }

  /** What people should know of; names without the service. */
  get summary(): OperationsSummary {
    this.#parts.pool.sweep();
    const all = [...this.#circuits];
    const open = all.filter(([, { isStopped }]) => isStopped).map(([operation]) => operation);
    const suspect = all.filter(([, { isStopped, suspectSince }]) => !isStopped && suspectSince !== undefined);
    const suspectNames = suspect.slice(0, MOST_NAMES).map(([operation]) => operation);
    return { openCount: open.length, open: open.slice(0, MOST_NAMES), suspect: suspectNames };
  }

  /** Whether what speaks against the service speaks against a few of its operations only. */
  get areAloneToBlame(): boolean {
    return isOfFewOperations([...this.#circuits.values()], this.#parts.clock.now());
  }

  /** All closed, nothing remembered: the service's circuit has opened, or a person wants it so. */
  reset(reason: string): void {
    for (const circuit of this.#circuits.values()) circuit.reset(reason);
  }

  /** Judges by other thresholds until the change ends, as the service's circuit does. */
  changeDetection(detection: DetectionPolicy, change: DetectionChange): void {
    this.#changed = { detection, change };
    for (const circuit of this.#circuits.values()) circuit.detection.impose(detection, change);
  }

  /** Ends the change early. */
  restoreDetection(): void {
    this.#changed = undefined;
    for (const circuit of this.#circuits.values()) circuit.detection.restore();
  }

  /** No timer or listener is left. For good. */
  shutdown(): void {
    for (const circuit of this.#circuits.values()) circuit.shutdown();
    this.#circuits.clear();
  }

  #make(operation: string): OperationCircuit {
    const { service, policy, clock, pool, createEngine } = this.#parts;
    const { openForMs, openForCapMs } = policy;
    const name = `${service}:${operation}`;
    const circuit = new OperationCircuit({
      ...this.#parts,
      name,
      operation,
      policy: { ...policy, openForCapMs: Math.min(openForCapMs, LONGEST_BACK_OFF * openForMs) },
      latencies: this.#latencies,
      createEngine: (onHalfOpen) => createEngine(name, onHalfOpen),
      mayOpen: this.#mayOpen.bind(this),
    });
    if (this.#changed !== undefined && clock.wallTime() < this.#changed.change.until) {
      circuit.detection.impose(this.#changed.detection, this.#changed.change);
    }
    pool.enter(circuit, (why) => {
      this.#circuits.delete(operation);
      // An open circuit does not vanish: who was told of its opening is told of its end.
      circuit.reset(why);
      circuit.shutdown();
    });
    this.#circuits.set(operation, circuit);
    return circuit;
  }

  /** An operation's detector has seen enough: is it the operation, is it the service, or will the service's circuit tell? */
  #mayOpen(suspectSince: number): boolean {
    const all = [...this.#circuits.values()];
    const now = this.#parts.clock.now();
    if (hasWitness(all, suspectSince, now)) return true;
    if (isBroad(all, now)) this.#parts.onBroadFailure();
    return false;
  }
}
