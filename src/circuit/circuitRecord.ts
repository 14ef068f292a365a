import type { Clock } from '../time/clock.ts';
import { GatewayError } from '../errors/gatewayError.ts';
import type { CircuitSnapshot, CircuitState, HealthChecks } from '../contract/circuitState.ts';
import type { CircuitCallResult } from '../contract/events.ts';
import { kindOf } from './verdict.ts';

const NONE_YET: HealthChecks = { failedHealthChecks: 0, lastHealthCheck: undefined };

const codeOf = (error: unknown): HealthChecks['lastHealthCheck'] => (error instanceof GatewayError ? error.code : 'internal_error');

/** What a circuit remembers for people: counts, when its state began and why, what failed last. Decides nothing. */
export class CircuitRecord {
  readonly #clock: Clock;
  readonly #calls = { fired: 0, success: 0, failure: 0, timeout: 0, ignored: 0, rejected: 0 };
  #enteredAt: number;
  #enteredWallTime: number;
  #reason = 'start';
  #outageSince: number | undefined;
  #outOfUseMs = 0;
  /** Since when calls are stopped; monotonic ms. */
  #outOfUseSince: number | undefined;
  #lastFailure: CircuitSnapshot['lastFailure'];
  #healthChecks: HealthChecks = NONE_YET;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#enteredAt = clock.now();
    this.#enteredWallTime = clock.wallTime();
  }

  /** One call ended or was refused. A timeout is a failure too, as the alert counts it. */
  called(result: CircuitCallResult): void {
    this.#calls.fired += 1;
    if (result === 'reject') this.#calls.rejected += 1;
    else this.#calls[result] += 1;
    if (result === 'timeout') this.#calls.failure += 1;
  }

  failed(error: unknown): void {
    this.#lastFailure = { kind: kindOf(error), at: this.#clock.wallTime() };
  }

  healthChecked(error: unknown): void {
    const failed = error !== undefined;
    this.#healthChecks = {
      failedHealthChecks: failed ? this.#healthChecks.failedHealthChecks + 1 : 0,
      lastHealthCheck: failed ? codeOf(error) : 'healthy',
    };
  }

  /** Since the circuit was closed. */
  get healthChecks(): HealthChecks {
    return this.#healthChecks;
  }

  lastedMs(now: number): number {
    return now - this.#enteredAt;
  }

  /** A new state began: an outage lasts from the opening of a closed circuit until it is closed again. @returns how long the state before had lasted, ms. */
  entered(from: CircuitState, to: CircuitState, reason: string, now: number): number {
    const lastedMs = this.lastedMs(now);
    if (from === 'closed') this.#healthChecks = NONE_YET;
    this.#enteredAt = now;
    this.#enteredWallTime = this.#clock.wallTime();
    this.#reason = reason;
    this.#outageSince = to === 'closed' ? undefined : (this.#outageSince ?? this.#enteredWallTime);
    return lastedMs;
  }

  /** From now on calls are stopped, or are no more, by the state of the circuit or a person's word. */
  outOfUse(isSo: boolean): void {
    const now = this.#clock.now();
    this.#outOfUseMs += now - (this.#outOfUseSince ?? now);
    this.#outOfUseSince = isSo ? now : undefined;
  }

  snapshot(now: number): Pick<CircuitSnapshot, 'since' | 'outageSince' | 'reason' | 'openForTotalMs' | 'lastFailure' | 'calls'> {
    return {
      since: this.#enteredWallTime,
      outageSince: this.#outageSince,
      reason: this.#reason,
      openForTotalMs: this.#outOfUseMs + now - (this.#outOfUseSince ?? now),
      lastFailure: this.#lastFailure,
      calls: { ...this.#calls },
    };
  }
}
