import type { ResilienceEvents } from '../contract/events.ts';
import type { Clock } from '../time/clock.ts';

/** What a service's headers last said about one of its quotas. */
export interface QuotaState {
  readonly service: string;
  readonly window: string;
  readonly limit?: number;
  readonly remaining?: number;
  /** Wall-clock ms of that answer. */
  readonly at: number;
}

/** The newest reading of every quota, for the health report. */
export class QuotaBoard implements ResilienceEvents {
  readonly #clock: Clock;
  readonly #states = new Map<string, QuotaState>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  quotaSeen(service: string, window: string, quota: { readonly limit?: number; readonly remaining?: number }): void {
    this.#states.set(`${service} ${window}`, { service, window, ...quota, at: this.#clock.wallTime() });
  }

  states(): readonly QuotaState[] {
    return [...this.#states.values()];
  }
}
