/**
 * One replica of a simulated fleet: a real circuit with all that looks after it, and callers of its own.
 */
import { UpstreamTimeoutError, UpstreamUnavailableError, type CallSite } from '../../../src/errors/upstreamErrors.ts';
import type { CircuitBreaker } from '../../../src/circuit/circuitBreaker.ts';
import { CircuitBreakerFactory } from '../../../src/circuit/circuitBreakerFactory.ts';
import type { CircuitState } from '../../../src/contract/circuitState.ts';
import { guarded, type ResilienceEvents } from '../../../src/contract/events.ts';
import { FleetCircuits } from '../../../src/fleet/fleetCircuits.ts';
import type { FleetStore } from '../../../src/contract/fleetStore.ts';
import { generalPolicy } from '../../../src/contract/generalPolicy.ts';
import { hubspot } from '../../../src/services/hubspot/hubspot.ts';
import { policyOf } from '../../../src/services/serviceSettings.ts';
import { RecoveryProber } from '../../../src/circuit/recovery/recoveryProber.ts';
import { systemClock } from '../../../src/time/clock.ts';

export type SimulatedFault = 'hangs' | '503s';

/** The provider: it counts, and is well or not. */
export interface SimulatedService {
  fault: SimulatedFault | undefined;
  received(): void;
}

export interface SimulatedReplicaParts {
  readonly service: SimulatedService;
  /** Absent: it is on its own. */
  readonly store: FleetStore | undefined;
  readonly callsPerSecond: number;
  readonly random: () => number;
  readonly onState: (state: CircuitState) => void;
}

const SERVICE = 'hubspot';
const site: CallSite = { service: SERVICE, operation: 'get_contact' };
const { attemptTimeoutMs, circuit } = policyOf(hubspot);
const policy = { attemptTimeoutMs, circuit };
/** What the service takes when it is well, and to refuse, ms. */
const WELL_MS = 80;
const REFUSAL_MS = 10;

const ignore = (): void => undefined;

export class SimulatedReplica {
  readonly #parts: SimulatedReplicaParts;
  readonly #factory: CircuitBreakerFactory;
  readonly #breaker: CircuitBreaker;
  readonly #prober: RecoveryProber;
  readonly #circuits: FleetCircuits | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: SimulatedReplicaParts) {
    const { random, store, onState } = parts;
    const listeners: ResilienceEvents[] = [
      {
        circuitChanged: ({ to }) => {
          onState(to);
        },
      },
    ];
    const onListenerError = (error: unknown): void => {
      throw error;
    };
    const shared = { clock: systemClock, random };
    this.#parts = parts;
    this.#factory = new CircuitBreakerFactory({ ...shared, events: guarded(listeners, onListenerError), onListenerError });
    this.#breaker = this.#factory.breaker(SERVICE, policy);
    this.#circuits = store && new FleetCircuits({ ...shared, store });
    const fleet = this.#circuits?.join({ breaker: this.#breaker, policy, account: 'account' });
    const attempt = this.#attempt.bind(this);
    this.#prober = new RecoveryProber({
      ...shared,
      breaker: this.#breaker,
      everyMs: generalPolicy.circuit.recoveryProbeMs,
      attempt,
      ...(fleet && { fleet }),
    });
    listeners.push(this.#prober);
  }

  start(): void {
    this.#circuits?.start();
    this.#callLater();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#prober.stop();
    await this.#circuits?.stop();
    this.#factory.shutdown();
  }

  #callLater(): void {
    const { callsPerSecond, random } = this.#parts;
    this.#timer = setTimeout(
      () => {
        this.#breaker.call(() => this.#attempt(), site).catch(ignore);
        this.#callLater();
      },
      (1000 / callsPerSecond) * (0.5 + random()),
    );
  }

  #attempt(): Promise<void> {
    const { service, random } = this.#parts;
    service.received();
    const { fault } = service;
    return new Promise((resolve, reject) => {
      if (fault === undefined) setTimeout(resolve, WELL_MS * (0.5 + random()));
      else if (fault === '503s') setTimeout(reject, REFUSAL_MS, new UpstreamUnavailableError(site, 'http_5xx', 'unknown'));
      else setTimeout(reject, attemptTimeoutMs, new UpstreamTimeoutError(site, attemptTimeoutMs));
    });
  }
}
