/**
 * Tells when a job of a service may have become due.
 */
import type { Clock } from '../../time/clock.ts';

interface Appointment {
  /** Wall-clock ms. */
  readonly at: number;
  readonly cancel: () => void;
}

/** Of each service, only the earliest moment is kept: whoever looks then and finds nothing due makes the next appointment. */
export class WorkHints {
  readonly #clock: Clock;
  readonly #listeners: ((service: string) => void)[] = [];
  readonly #appointments = new Map<string, Appointment>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  tell(listener: (service: string) => void): void {
    this.#listeners.push(listener);
  }

  now(service: string): void {
    for (const listener of this.#listeners) listener(service);
  }

  /** @param dueAt Wall-clock ms. */
  at(service: string, dueAt: number): void {
    const waitMs = dueAt - this.#clock.wallTime();
    if (waitMs <= 0) {
      this.now(service);
      return;
    }
    const known = this.#appointments.get(service);
    if (known !== undefined && known.at <= dueAt) return;
    known?.cancel();
    const cancel = this.#clock.after(waitMs, () => {
      this.#appointments.delete(service);
      this.now(service);
    });
    this.#appointments.set(service, { at: dueAt, cancel });
  }

  close(): void {
    for (const { cancel } of this.#appointments.values()) cancel();
    this.#appointments.clear();
    this.#listeners.length = 0;
  }
}
