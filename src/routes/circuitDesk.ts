/**
 * Where people change circuits by hand: each change has a reason, an author and, where it must end, an end; each
 * leaves one line in the log.
 */
import { InvalidRequestError, NotFoundError } from '../errors/requestErrors.ts';
import { SharedStateUnavailableError } from '../errors/sharedStateErrors.ts';
import type { Logger } from '../logging/logger.ts';
import type { CircuitSnapshot, DetectionChange, DetectionPolicy, Override, OverrideMode } from '../contract/circuitState.ts';
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
  changeDetection(detection: DetectionPolicy, change: DetectionChange): void;
  /** The policy's own detection holds again; without a change, nothing happens. */
  restoreDetection(): void;
}

export interface CircuitControls {
  list(): readonly CircuitSnapshot[];
  find(name: string): CircuitControl | undefined;
}

/** What can be done to a circuit on all replicas. Rejects with {@link SharedStateUnavailableError}: then nobody knows whether it was done; a repeat is safe. */
export interface FleetControls {
  impose(
    name: string,
    override: { readonly mode: OverrideMode; readonly reason: string; readonly by: string; readonly leftMs: number },
  ): Promise<unknown>;
  release(name: string): Promise<unknown>;
  reset(name: string): Promise<unknown>;
}

interface Reasoned {
  readonly action: 'impose' | 'release' | 'reset' | 'change_detection' | 'restore_detection';
  readonly reason: string;
  readonly ttlSeconds?: number;
}

export interface Change extends Reasoned {
  /** @param until Wall-clock ms at which the change ends; now, for one without an end. */
  readonly act: (circuit: CircuitControl, until: number) => void;
}

/** A change on all replicas. */
export interface FleetChange extends Reasoned {
  /** @param leftMs Until the change ends; 0 for one without an end. */
  readonly act: (fleet: FleetControls, leftMs: number) => Promise<unknown>;
}

export interface Author {
  readonly caller: Caller;
  readonly requestId?: string;
}

export interface CircuitDeskParts {
  readonly controls: CircuitControls;
  /** Absent: this process is alone. */
  readonly fleet?: FleetControls | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The state as far as a change can touch it. */
const touched = ({ state, override, detection }: CircuitSnapshot): unknown => ({ state, override: override?.mode, detection });

/** Redis has 50 ms for an answer, which is for calls; a person has the time for three of them. */
const TRIES = 3;

const withRepeats = async (act: () => Promise<unknown>): Promise<void> => {
  for (let left = TRIES - 1; left >= 0; left -= 1) {
    try {
      await act();
      return;
    } catch (error) {
      if (left === 0 || !(error instanceof SharedStateUnavailableError)) throw error;
    }
  }
};

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
  change(name: string, author: Author, { act, ...change }: Change): CircuitSnapshot {
    const circuit = this.find(name);
    const from = touched(circuit.snapshot());
    act(circuit, this.#parts.clock.wallTime() + seconds(change.ttlSeconds ?? 0));
    return this.#changed(circuit, author, { ...change, scope: 'replica', from });
  }

  /**
   * As `change`, on all replicas; they follow within two seconds, this one at once.
   *
   * @throws {InvalidRequestError} where there is no fleet.
   * @throws {SharedStateUnavailableError} if it could not be done for sure; a repeat is safe.
   */
  async changeFleet(name: string, author: Author, { act, ...change }: FleetChange): Promise<CircuitSnapshot> {
    const { fleet } = this.#parts;
    const circuit = this.find(name);
    const fault = { at: 'body.scope', message: 'must be replica: there is no fleet without Redis' };
    if (fleet === undefined) throw new InvalidRequestError('this process is alone', [fault]);
    const from = touched(circuit.snapshot());
    await withRepeats(() => act(fleet, seconds(change.ttlSeconds ?? 0)));
    return this.#changed(circuit, author, { ...change, scope: 'fleet', from });
  }

  #changed(
    circuit: CircuitControl,
    { caller, requestId }: Author,
    what: Reasoned & { readonly scope: string; readonly from: unknown },
  ): CircuitSnapshot {
    const after = circuit.snapshot();
    this.#parts.logger.warn(
      { audit: true, ...what, circuit: after.name, by: caller.id, to: touched(after), requestId },
      'circuit changed by hand',
    );
    return after;
  }
}
