import type { Clock } from '../time/clock.ts';
import type { CircuitState, DetectionPolicy } from '../contract/circuitState.ts';
import type { CircuitStateMachine } from './circuitStateMachine.ts';
import type { TimedOpening } from './circuitTransitions.ts';
import type { ResilienceEvents } from '../contract/events.ts';
import type { OperationCircuits } from './operationCircuits.ts';
import type { OverrideSlot } from './overrideSlot.ts';
import type { FleetOverride } from '../contract/fleetStore.ts';

export interface FleetMemberParts {
  readonly name: string;
  readonly events: Pick<Required<ResilienceEvents>, 'circuitReset'>;
  readonly machine: CircuitStateMachine;
  readonly operations: Pick<OperationCircuits, 'areAloneToBlame' | 'reset'>;
  readonly override: OverrideSlot;
  readonly probeLeaseMs: number;
  readonly clock: Clock;
}

/** The open time is set anew only where that moves its end by more, ms: each answer of the store comes a little late. */
const TOLERANCE_MS = 20;
/** An override whose end is told a little differently each time is the same one, ms. */
const SAME_END_MS = 1000;

/** By what each detector would open, as long as it has not. */
const reasonOf: Readonly<Record<DetectionPolicy['strategy'], string>> = {
  cusum: 'failure_evidence',
  rate: 'failure_rate',
  consecutive: 'consecutive_failures',
};

/** A circuit as its fleet sees it: what it has against the service, and what the fleet may do to it. */
export class FleetMember {
  /** What a probe may take until it counts as lost, ms. */
  readonly probeLeaseMs: number;
  readonly #parts: FleetMemberParts;

  constructor(parts: FleetMemberParts) {
    this.probeLeaseMs = parts.probeLeaseMs;
    this.#parts = parts;
  }

  get state(): CircuitState {
    return this.#parts.machine.phase.state;
  }

  /** How near the detector is to opening, 0 to 1. */
  get suspicion(): number {
    return this.#parts.machine.detection.suspicion;
  }

  /** The evidence against the service as a whole, 0 to 1; 1 while the circuit is not closed. */
  get score(): number {
    const { machine, operations, override } = this.#parts;
    if (override.mode === 'forced_open' || override.mode === 'disabled') return 0;
    if (machine.phase.state !== 'closed') return 1;
    return operations.areAloneToBlame ? 0 : this.suspicion;
  }

  /** Why it is open, or would be. */
  get reason(): string {
    const { phase, detection } = this.#parts.machine;
    return phase.state === 'open' ? phase.reason : reasonOf[detection.policy.strategy];
  }

  get usualRatio(): number | undefined {
    return this.#parts.machine.detection.current.usualRatio;
  }

  /** Opens, or moves the end of the open time. */
  openTimed(opening: TimedOpening): void {
    const { machine, clock } = this.#parts;
    const { phase } = machine;
    const until = clock.now() + opening.forMs;
    const isKnown = phase.state === 'open' && Math.abs(until - phase.until) <= TOLERANCE_MS;
    if (!isKnown) machine.openTimed(opening);
  }

  /** While open: the open time ends in so many ms at the latest. */
  shorten(forMs: number): void {
    const { machine, clock } = this.#parts;
    const { phase, openings } = machine;
    if (phase.state !== 'open' || phase.until <= clock.now() + forMs) return;
    this.openTimed({ forMs, reason: phase.reason, openings });
  }

  recovered(reason: string): void {
    this.#parts.machine.recovered(reason);
  }

  recoverNow(): void {
    this.#parts.machine.recoverNow();
  }

  /** By a person's word: closed, nothing remembered. An override of this replica's own stays. */
  reset(): void {
    this.#parts.machine.reset();
    this.#parts.operations.reset('reset');
    this.#parts.events.circuitReset(this.#parts.name, 'fleet');
  }

  /** The fleet's override as it is now. */
  obey(override: FleetOverride | undefined): void {
    const { override: slot, clock } = this.#parts;
    if (override === undefined) {
      slot.release('fleet');
      return;
    }
    const { mode, reason, by, leftMs } = override;
    const until = clock.wallTime() + leftMs;
    const known = slot.ofFleet;
    const isKnown = known?.mode === mode && known.reason === reason && known.by === by && Math.abs(known.until - until) <= SAME_END_MS;
    if (!isKnown) slot.impose({ mode, reason, by, until, scope: 'fleet' });
  }
}
