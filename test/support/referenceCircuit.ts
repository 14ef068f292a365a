/**
 * A circuit as one would explain it on a blackboard: no library, no timers, no events. It opens after three failures
 * in a row or three refused credentials, for the time that a house with chance 0 gives it. The real one has to agree.
 */
import type { CircuitState } from '../../src/resilience/circuitState.ts';
import { minutes } from '../../src/time/clock.ts';
import { LEASE_MS, OPEN_MS } from './breakerHouse.ts';

export type Ending = 'success' | 'failure' | 'ignored' | 'unauthorized';

/** An attempt that was let through, and when: outside its epoch it has no say. */
export interface Admission {
  readonly epoch: number;
  readonly isProbe: boolean;
}

const FAILURES = 3;
const STRIKES = 3;
const OPEN_CAP_MS = 8 * OPEN_MS;

export class ReferenceCircuit {
  #state: CircuitState = 'closed';
  #epoch = 0;
  #since = 0;
  #until = 0;
  #row = 0;
  #strikes = 0;
  #openings = 0;
  #leaseUntil: number | undefined;

  stateAt(now: number): CircuitState {
    if (this.#state === 'open' && now >= this.#until) this.#become('half_open', this.#until);
    return this.#state;
  }

  epochAt(now: number): number {
    this.stateAt(now);
    return this.#epoch;
  }

  admit(now: number): Admission | undefined {
    const state = this.stateAt(now);
    if (state === 'closed') return { epoch: this.#epoch, isProbe: false };
    if (state === 'open') return undefined;
    if (this.#leaseUntil !== undefined && now >= this.#leaseUntil) this.#open(now, 0);
    if (this.#state === 'open' || this.#leaseUntil !== undefined) return undefined;
    this.#leaseUntil = now + LEASE_MS;
    return { epoch: this.#epoch, isProbe: true };
  }

  settle({ epoch, isProbe }: Admission, ending: Ending, now: number): void {
    if (this.epochAt(now) !== epoch) return;
    if (isProbe) this.#leaseUntil = undefined;
    if (ending === 'ignored') return;
    if (ending === 'unauthorized') this.#strike(isProbe, now);
    else if (isProbe) this.#decide(ending, now);
    else this.#count(ending, now);
  }

  reset(now: number): void {
    if (this.stateAt(now) !== 'closed') this.#become('closed', now);
    this.#openings = 0;
    this.#row = 0;
    this.#strikes = 0;
  }

  #strike(isProbe: boolean, now: number): void {
    this.#strikes += 1;
    if (isProbe || this.#strikes >= STRIKES) this.#open(now, minutes(1));
  }

  #decide(ending: 'success' | 'failure', now: number): void {
    if (ending === 'failure') this.#open(now, 0);
    else this.#become('closed', now);
  }

  #count(ending: 'success' | 'failure', now: number): void {
    this.#row = ending === 'failure' ? this.#row + 1 : 0;
    if (ending === 'success') this.#strikes = 0;
    if (this.#row >= FAILURES) this.#open(now, 0);
  }

  #open(now: number, atLeastMs: number): void {
    if (this.#state === 'closed' && now - this.#since >= minutes(2)) this.#openings = 0;
    const forMs = Math.max(atLeastMs, Math.min(OPEN_CAP_MS, OPEN_MS * 2 ** this.#openings));
    this.#openings += 1;
    this.#become('open', now);
    this.#until = now + forMs;
  }

  #become(state: CircuitState, at: number): void {
    if (state === 'closed') this.#row = 0;
    if (state === 'closed') this.#strikes = 0;
    this.#state = state;
    this.#since = at;
    this.#epoch += 1;
    this.#leaseUntil = undefined;
  }
}
