/**
 * Where people change circuits by hand: each change has a reason, an author and, where it must end, an end; each
 * leaves one line in the log.
 */
import { NotFoundError } from '../errors/requestErrors.ts';
import type { Logger } from '../logging/logger.ts';
import type { CircuitSnapshot, DetectionPolicy, Override } from '../resilience/circuitState.ts';
import { seconds, type Clock } from '../time/clock.ts';
import type { Caller } from '../web/route.ts';

/** What can be done to one circuit. */
export interface CircuitControl {
  snapshot(): CircuitSnapshot;
  /** Replaces the override in force, if there is one. */
  impose(override: Override): void;
  /** Ends the override; without one, nothing happens. */
  release(): void;
  /** Closed, no override, nothing remembered against the service. */
  reset(): void;
  /** @param until Wall-clock ms; from then on the policy's own detection holds again. */
  changeDetection(detection: DetectionPolicy, until: number): void;
}

export interface CircuitControls {
  list(): readonly CircuitSnapshot[];
  find(name: string): CircuitControl | undefined;
}

export interface Change {
  readonly action: 'impose' | 'release' | 'reset' | 'change_detection';
  readonly reason: string;
  readonly ttlSeconds?: number;
  /** @param until Wall-clock ms at which the change ends; now, for one without an end. */
  readonly act: (circuit: CircuitControl, until: number) => void;
}

export interface Author {
  readonly caller: Caller;
  readonly requestId?: string;
}

export interface CircuitDeskParts {
  readonly controls: CircuitControls;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The state as far as a change can touch it. */
const touched = ({ state, override, detection }: CircuitSnapshot): unknown => ({ state, override: override?.mode, detection });

export class CircuitDesk {
  readonly #parts: CircuitDeskParts;

  constructor(parts: CircuitDeskParts) {
    this.#parts = parts;
  }

  list(): readonly CircuitSnapshot[] {
    return this.#parts.controls.list();
  }

  /** @throws {NotFoundError} for a name that is no circuit's. */
  find(name: string): CircuitControl {
    const circuit = this.#parts.controls.find(name);
    if (circuit === undefined) throw new NotFoundError('there is no such circuit; GET /admin/circuits lists them');
    return circuit;
  }

  /**
   * Makes a change and logs it, at `warn`: it must be found later.
   *
   * @returns The circuit after the change.
   * @throws {NotFoundError} for a name that is no circuit's.
   */
  change(name: string, { caller, requestId }: Author, { action, reason, ttlSeconds, act }: Change): CircuitSnapshot {
    const { clock, logger } = this.#parts;
    const circuit = this.find(name);
    const from = touched(circuit.snapshot());
    act(circuit, clock.wallTime() + seconds(ttlSeconds ?? 0));
    const after = circuit.snapshot();
    const entry = { action, circuit: name, by: caller.id, from, to: touched(after), reason, ttlSeconds, requestId };
    logger.warn({ audit: true, ...entry }, 'circuit changed by hand');
    return after;
  }
}
