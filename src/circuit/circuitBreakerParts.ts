import type { Clock } from '../time/clock.ts';
import type { ResilienceEvents } from '../contract/events.ts';
import type { OperationCircuitPool } from './operationCircuitPool.ts';
import type { OpossumEngine } from './opossumEngine.ts';
import type { CircuitPolicy } from '../contract/policy.ts';

/** What a circuit breaker is built of. */
export interface CircuitBreakerParts {
  readonly name: string;
  readonly policy: CircuitPolicy;
  /** An attempt is given up after so long, ms; what is slow is measured against it. */
  readonly attemptTimeoutMs: number;
  /** A probe without an outcome after this long is lost, ms. */
  readonly probeLeaseMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: Required<ResilienceEvents>;
  readonly createEngine: (name: string, onHalfOpen: () => void) => OpossumEngine;
  /** Bounds the circuits of operations, this service's and all others'. */
  readonly pool: OperationCircuitPool;
}
