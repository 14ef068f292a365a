import type { Clock } from '../time/clock.ts';
import type { Override, OverrideMode } from './circuitState.ts';

/** The one override a person may have imposed on a circuit. It ends by itself: looked at, not waited for. */
export class OverrideSlot {
  readonly #clock: Clock;
  readonly #onChange: (override: Override | undefined) => void;
  #override: Override | undefined;

  constructor(clock: Clock, onChange: (override: Override | undefined) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get current(): Override | undefined {
    if (this.#override !== undefined && this.#clock.wallTime() >= this.#override.until) this.release();
    return this.#override;
  }

  get mode(): OverrideMode | undefined {
    return this.#override === undefined ? undefined : this.current?.mode;
  }

  /** Milliseconds until it ends; 0 where there is none. */
  get leftMs(): number {
    return this.#override === undefined ? 0 : this.#override.until - this.#clock.wallTime();
  }

  impose(override: Override): void {
    this.#override = override;
    this.#onChange(override);
  }

  release(): void {
    if (this.#override === undefined) return;
    this.#override = undefined;
    this.#onChange(undefined);
  }
}
