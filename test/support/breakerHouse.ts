/**
 * A real factory with real circuits on virtual time, and an ear at their events. After each test it makes sure that
 * nothing is left behind.
 */
import { expect } from 'chai';
import { UpstreamUnavailableError, type CallSite } from '../../src/errors/upstreamErrors.ts';
import type { CircuitBreaker } from '../../src/circuit/circuitBreaker.ts';
import { CircuitBreakerFactory } from '../../src/circuit/circuitBreakerFactory.ts';
import type { CircuitState, OverrideMode } from '../../src/contract/circuitState.ts';
import {
  guarded,
  type CircuitCallResult,
  type CircuitChanged,
  type OperationCircuitChanged,
  type OverrideChanged,
  type ResilienceEvents,
} from '../../src/contract/events.ts';
import type { CircuitPolicy } from '../../src/contract/policy.ts';
import { minutes, systemClock } from '../../src/time/clock.ts';
import { HeldAttempt } from './heldAttempt.ts';
import { VirtualTime } from './virtualTime.ts';

export const site: CallSite = { service: 'hubspot', operation: 'get_contact' };

export const ATTEMPT_TIMEOUT_MS = 1000;
/** Half the attempt timeout: from here on an answer is slow. */
export const SLOW_MS = 500;
/** A probe's lease: a second longer than its attempt may take. */
export const LEASE_MS = 2000;
/** Good probes in a row that close a half-open circuit. */
export const PROBES = 5;
/** No ramp is longer: by then it allows four times what the service had before, or more. */
export const RAMP_MS = 4000;
/** The first open time. The policy says 2 s; a house whose chance is 0 takes half of it off. */
export const OPEN_MS = 1000;

export const policy: CircuitPolicy = {
  detection: { strategy: 'consecutive', failures: 3 },
  openForMs: 2 * OPEN_MS,
  openForCapMs: 16 * OPEN_MS,
  recoveryProbeMs: 'off',
};

/** The service's own failure, optionally with a `Retry-After`. */
export const down = (retryAfterMs?: number): UpstreamUnavailableError =>
  new UpstreamUnavailableError(site, 'http_5xx', 'unknown', retryAfterMs);

export const succeed = async (): Promise<string> => Promise.resolve('contact');
export const failWith = (error: unknown) => async (): Promise<string> => {
  await Promise.resolve();
  throw error;
};

export class BreakerHouse {
  readonly time = new VirtualTime();
  /** What `random` answers from now on. */
  chance = 0;
  changes: CircuitChanged[] = [];
  operationChanges: OperationCircuitChanged[] = [];
  results: CircuitCallResult[] = [];
  overrides: OverrideChanged[] = [];
  listenerErrors: unknown[] = [];
  #factory: CircuitBreakerFactory | undefined;

  start(): void {
    this.time.start();
    this.chance = 0;
    this.changes = [];
    this.operationChanges = [];
    this.results = [];
    this.overrides = [];
    this.listenerErrors = [];
    this.#factory = this.createFactory();
  }

  /** @throws if a timer outlives the factory. */
  stop(): void {
    try {
      this.factory.shutdown();
      expect(this.time.pendingTimers, 'timers left behind').to.equal(0);
    } finally {
      this.time.restore();
    }
  }

  get factory(): CircuitBreakerFactory {
    if (this.#factory === undefined) throw new Error('The house stands within a test only');
    return this.#factory;
  }

  /** A further factory, heard like the first; whoever asks for it shuts it down. */
  createFactory(listeners: readonly ResilienceEvents[] = [this.#ear]): CircuitBreakerFactory {
    const onListenerError = (error: unknown): void => {
      this.listenerErrors.push(error);
    };
    return new CircuitBreakerFactory({
      clock: systemClock,
      random: () => this.chance,
      events: guarded(listeners, onListenerError),
      onListenerError,
    });
  }

  breaker(circuit: Partial<CircuitPolicy> = {}, name = 'hubspot'): CircuitBreaker {
    return this.factory.breaker(name, { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: { ...policy, ...circuit } });
  }

  /** So many calls, one after the other; what becomes of them is for the circuit only. */
  async calls(breaker: CircuitBreaker, times: number, attempt: () => Promise<unknown>): Promise<void> {
    for (let made = 0; made < times; made += 1) await breaker.call(attempt, site).catch(() => undefined);
  }

  /** A call whose attempt ends with that error, or well, after so long. What becomes of it is for the circuit only. */
  async callLasting(breaker: CircuitBreaker, ms: number, error?: Error): Promise<void> {
    const attempt = new HeldAttempt();
    const call = breaker.call(attempt.begin, site).catch(() => undefined);
    await this.time.advance(ms);
    if (error === undefined) attempt.succeed('contact');
    else attempt.fail(error);
    await call;
  }

  /** Fails often enough to open a circuit of the policy above. */
  async trip(breaker: CircuitBreaker, error: unknown = down()): Promise<void> {
    await this.calls(breaker, 3, failWith(error));
  }

  /** Opens it, and lets the first open time pass. */
  async toHalfOpen(breaker: CircuitBreaker): Promise<void> {
    await this.trip(breaker);
    await this.time.advance(OPEN_MS);
    expect(breaker.snapshot().state).to.equal('half_open');
  }

  /** As many probes as close a half-open circuit, all good. The ramp after it is still on. */
  async probeWell(breaker: CircuitBreaker): Promise<void> {
    await this.calls(breaker, PROBES, succeed);
    expect(breaker.snapshot()).to.include({ state: 'closed', reason: 'probe_succeeded', isRamping: true });
  }

  /** Closes a half-open circuit, and lets the ramp pass. */
  async recover(breaker: CircuitBreaker): Promise<void> {
    await this.probeWell(breaker);
    await this.time.advance(RAMP_MS);
    expect(breaker.snapshot()).to.include({ state: 'closed', isRamping: false });
  }

  impose(breaker: CircuitBreaker, mode: OverrideMode, forMs = minutes(10)): void {
    breaker.impose({ mode, reason: 'a drill', by: 'local', until: systemClock.wallTime() + forMs, scope: 'replica' });
  }

  /** The states the circuits went through, from the second on. */
  get path(): readonly CircuitState[] {
    return this.changes.map(({ to }) => to);
  }

  get reasons(): readonly string[] {
    return this.changes.map(({ reason }) => reason);
  }

  get #ear(): ResilienceEvents {
    return {
      circuitChanged: (event) => {
        this.changes.push(event);
      },
      operationCircuitChanged: (event) => {
        this.operationChanges.push(event);
      },
      circuitCalled: (_circuit, result) => {
        this.results.push(result);
      },
      overrideChanged: (event) => {
        this.overrides.push(event);
      },
    };
  }
}

/** A house for every test of the `describe` it is called in. */
export const useBreakerHouse = (): BreakerHouse => {
  const house = new BreakerHouse();
  beforeEach(() => {
    house.start();
  });
  afterEach(() => {
    house.stop();
  });
  return house;
};
