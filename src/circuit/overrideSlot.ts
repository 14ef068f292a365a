import type { Clock } from '../time/clock.ts';
import type { Override, OverrideMode } from '../contract/circuitState.ts';

type Scope = Override['scope'];

/**
 * The overrides that people have imposed on a circuit: one of this replica, which wins, and one of the fleet. Each ends by
 * itself: looked at, not waited for.
 */
export class OverrideSlot {
  readonly #clock: Clock;
  readonly #onChange: (override: Override | undefined) => void;
  #replica: Override | undefined;
  #fleet: Override | undefined;

  /** @param onChange Told what is in force from now on. */
  constructor(clock: Clock, onChange: (override: Override | undefined) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The one in force. */
  get current(): Override | undefined {
    const now = this.#clock.wallTime();
    // The hidden one first: it does not come into force for a moment when both end.
    if (this.#fleet !== undefined && now >= this.#fleet.until) this.release('fleet');
    if (this.#replica !== undefined && now >= this.#replica.until) this.release('replica');
    return this.#replica ?? this.#fleet;
  }

  /** The fleet's, in force or not. */
  get ofFleet(): Override | undefined {
    return this.#fleet;
  }

  get mode(): OverrideMode | undefined {
    return this.#replica === undefined && this.#fleet === undefined ? undefined : this.current?.mode;
  }

  /** Milliseconds until the one in force ends; 0 where there is none. */
  get leftMs(): number {
    const override = this.#replica ?? this.#fleet;
    return override === undefined ? 0 : override.until - this.#clock.wallTime();
  }

  /** Replaces what its scope had. */
  impose(override: Override): void {
    this.#put(override.scope, override);
  }

  release(scope: Scope = 'replica'): void {
    this.#put(scope, undefined);
  }

  #put(scope: Scope, override: Override | undefined): void {
    const before = this.#replica ?? this.#fleet;
    if (scope === 'fleet') this.#fleet = override;
    else this.#replica = override;
    const after = this.#replica ?? this.#fleet;
    if (after !== before) this.#onChange(after);
  }
}
