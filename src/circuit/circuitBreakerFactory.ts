/**
 * Hands out the circuit breakers: one per name, the same one to everybody.
 *
 * It is single because `compose()` builds one, not because a module hides one: a test builds its own, and two tests
 * share nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import { deepFreeze } from '../config/deepFreeze.ts';
import { UpstreamTimeoutError } from '../errors/upstreamErrors.ts';
import type { Clock } from '../time/clock.ts';
import { withAttemptTimeout } from '../time/attemptTimeout.ts';
import { BUCKETS, BUCKET_MS, BucketRotation } from './bucketRotation.ts';
import { CircuitBreaker } from './circuitBreaker.ts';
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import type { ResilienceEvents } from '../contract/events.ts';
import { OperationCircuitPool } from './operationCircuitPool.ts';
import { OpossumEngine, type ObservedEngine } from './opossumEngine.ts';
import { resolvePolicy, type PolicyOverrides, type ResiliencePolicy } from '../contract/policy.ts';
import { generalPolicy } from '../contract/generalPolicy.ts';

/** What a circuit needs to know of a policy. */
export type BreakerPolicy = Pick<ResiliencePolicy, 'circuit' | 'attemptTimeoutMs'>;

/** Any action behind a circuit of its own. The signal ends when the attempt's time is over. */
export type Action<Args extends readonly unknown[], Result> = (signal: AbortSignal, ...args: Args) => Promise<Result>;

export interface GuardedAction<Args extends readonly unknown[], Result> {
  readonly name: string;
  /** @throws {CircuitOpenError | UpstreamTimeoutError} or whatever the action throws. */
  fire(...args: Args): Promise<Result>;
  snapshot(): CircuitSnapshot;
}

export interface FactoryParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: Required<ResilienceEvents>;
  /** Told of each new engine, for exporters made for opossum. */
  readonly onEngine?: (engine: ObservedEngine) => void;
  readonly onListenerError: (error: unknown) => void;
}

/** A lease outlives the attempt it is for, so that only an attempt that never settles loses its probe. */
const LEASE_MARGIN_MS = 1000;

export class CircuitBreakerFactory {
  readonly #parts: FactoryParts;
  readonly #rotation: BucketRotation;
  readonly #pool: OperationCircuitPool;
  readonly #breakers = new Map<string, { readonly breaker: CircuitBreaker; readonly policy: BreakerPolicy }>();
  #shutDown = false;

  constructor(parts: FactoryParts) {
    this.#parts = parts;
    this.#rotation = new BucketRotation(parts.clock);
    this.#pool = new OperationCircuitPool(parts.clock);
  }

  /**
   * The breaker of this name, made on first asking. It keeps a copy of the policy: changing the original changes nothing.
   *
   * @throws {Error} if the name is known under another policy: two policies would mean two breakers; or after shutdown.
   */
  breaker(name: string, { circuit, attemptTimeoutMs }: BreakerPolicy): CircuitBreaker {
    const policy = { circuit, attemptTimeoutMs };
    const known = this.#breakers.get(name);
    if (known === undefined) return this.#make(name, deepFreeze(structuredClone(policy)));
    if (isDeepStrictEqual(known.policy, policy)) return known.breaker;
    throw new Error(`Circuit breaker "${name}" already exists with another policy`);
  }

  /**
   * An action behind a circuit of its own, with the general policy unless overridden.
   *
   * @throws {Error} if the policy is impossible, or the name is known under another one.
   */
  create<Args extends readonly unknown[], Result>(
    name: string,
    action: Action<Args, Result>,
    overrides: PolicyOverrides = {},
  ): GuardedAction<Args, Result> {
    const policy = resolvePolicy(name, generalPolicy, overrides);
    const breaker = this.breaker(name, policy);
    const timeoutMs = policy.attemptTimeoutMs;
    const onTimeout = (): Error => new UpstreamTimeoutError({ service: name, operation: 'call' }, timeoutMs);
    return {
      name,
      fire: (...args) =>
        breaker.call(() => withAttemptTimeout(async (signal) => action(signal, ...args), { timeoutMs, onTimeout }, this.#parts.clock)),
      snapshot: () => breaker.snapshot(),
    };
  }

  get(name: string): CircuitBreaker | undefined {
    return this.#breakers.get(name)?.breaker;
  }

  /** Every circuit as it is now, in order of creation. */
  states(): readonly CircuitSnapshot[] {
    return [...this.#breakers.values()].map(({ breaker }) => breaker.snapshot());
  }

  /** Refuses all calls from now on; no timer or listener is left. For good. */
  shutdown(): void {
    this.#shutDown = true;
    this.#rotation.stop();
    for (const { breaker } of this.#breakers.values()) breaker.shutdown();
    this.#pool.clear();
  }

  #make(name: string, policy: BreakerPolicy): CircuitBreaker {
    if (this.#shutDown) throw new Error(`No circuit breaker "${name}" after the shutdown`);
    const breaker = new CircuitBreaker({
      name,
      policy: policy.circuit,
      attemptTimeoutMs: policy.attemptTimeoutMs,
      probeLeaseMs: policy.attemptTimeoutMs + LEASE_MARGIN_MS,
      ...this.#parts,
      pool: this.#pool,
      createEngine: this.#engine.bind(this),
    });
    this.#breakers.set(name, { breaker, policy });
    this.#parts.onEngine?.(breaker.observed);
    return breaker;
  }

  #engine(name: string, onHalfOpen: () => void): OpossumEngine {
    return new OpossumEngine({
      name,
      rotation: this.#rotation.emitter,
      bucketMs: BUCKET_MS,
      buckets: BUCKETS,
      onHalfOpen,
      onListenerError: this.#parts.onListenerError,
    });
  }
}
