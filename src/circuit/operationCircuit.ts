import type { CallSite } from '../errors/upstreamErrors.ts';
import type { OperationRecord } from './blame.ts';
import { CircuitRecord } from './circuitRecord.ts';
import { CircuitStateMachine } from './circuitStateMachine.ts';
import type { CircuitStateMachineParts } from './circuitStateMachineParts.ts';
import type { DetectorSlot } from './detection/detectorSlot.ts';
import type { Sign } from './detection/detector.ts';
import type { ResilienceEvents } from '../contract/events.ts';
import type { Applicant, Passage } from './passage.ts';
import { refusalOf } from './refusal.ts';
import { findingOf } from './verdict.ts';

export interface OperationCircuitParts extends Pick<
  CircuitStateMachineParts,
  'policy' | 'latencies' | 'probeLeaseMs' | 'clock' | 'random' | 'createEngine'
> {
  readonly name: string;
  readonly service: string;
  readonly operation: string;
  readonly events: Required<ResilienceEvents>;
  /** Asked when this circuit has seen enough to open, with when the attempt began that made the operation suspect. */
  readonly mayOpen: (suspectSince: number) => boolean;
  /** Told when this circuit, from closed, has opened. */
  readonly onStopped: () => void;
}

/**
 * The circuit of one operation, beneath its service's: the same state machine on the same engine, but without override,
 * counts or recovery probes. Nobody but callers can probe it: the service's health operation proves nothing about this one.
 */
export class OperationCircuit implements OperationRecord {
  readonly name: string;
  readonly #parts: OperationCircuitParts;
  readonly #machine: CircuitStateMachine;
  #usedAt: number;
  #heardAt = Number.NEGATIVE_INFINITY;
  #suspectSince: number | undefined;
  #wellSince: number | undefined;

  constructor(parts: OperationCircuitParts) {
    const { name, service, operation, clock, events } = parts;
    this.name = name;
    this.#parts = parts;
    this.#usedAt = clock.now();
    this.#machine = new CircuitStateMachine({
      ...parts,
      record: new CircuitRecord(clock),
      refusal: () => this.#refusal({ service, operation }),
      mayOpen: () => this.#suspectSince !== undefined && parts.mayOpen(this.#suspectSince),
      onEvidence: this.#heard.bind(this),
      onChange: (event) => {
        events.operationCircuitChanged({ ...event, service, operation });
        if (event.from === 'closed') parts.onStopped();
      },
    });
  }

  /** When a call last asked, on the monotonic clock, ms. */
  get usedAt(): number {
    return this.#usedAt;
  }

  get isStopped(): boolean {
    return this.#machine.phase.state !== 'closed';
  }

  get suspicion(): number {
    return this.#machine.detection.suspicion;
  }

  get suspectSince(): number | undefined {
    return this.#suspectSince;
  }

  get wellSince(): number | undefined {
    return this.#wellSince;
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  /**
   * Goes on to the service's circuit, if this one allows it. The result is the attempt's own, unchanged; what the
   * service's circuit refused says nothing about the operation.
   *
   * @param refuses `false`: judges, but lets everything pass.
   * @throws {CircuitOpenError} that names this circuit, without making the attempt, or when the attempt was cut off.
   */
  async call<T>(attempt: () => Promise<T>, applicant: Applicant, site: CallSite, refuses: boolean): Promise<T> {
    this.#usedAt = this.#parts.clock.now();
    const passage = this.#machine.admit(applicant) ?? (refuses ? undefined : this.#machine.passUnjudged(applicant));
    if (passage === undefined) throw this.#refusal(site);
    try {
      const value = await attempt();
      this.#machine.settle(passage, this.#isSlow(passage) ? 'slow' : 'success');
      return value;
    } catch (error) {
      this.#machine.settle(passage, findingOf(error, this.#isSlow(passage)), error);
      throw error;
    }
  }

  get detection(): DetectorSlot {
    return this.#machine.detection;
  }

  /** Closed, nothing remembered against the operation, and what is under way decides nothing. Its baseline stays. */
  reset(reason: string): void {
    this.#machine.reset(reason);
    this.#machine.fence();
    this.#suspectSince = undefined;
    this.#wellSince = undefined;
  }

  /** Leaves no timer or listener behind; for good. */
  shutdown(): void {
    this.#machine.shutdown();
  }

  #heard(sign: Sign, { startedAt }: Passage): void {
    this.#heardAt = this.#parts.clock.now();
    if (!this.#machine.isSuspect) this.#suspectSince = undefined;
    else this.#suspectSince ??= startedAt;
    if (sign === 'success') this.#wellSince = Math.max(startedAt, this.#wellSince ?? startedAt);
  }

  #isSlow({ slowAt }: Passage): boolean {
    return this.#parts.clock.now() >= slowAt;
  }

  #refusal(site: CallSite): Error {
    return refusalOf(this.#machine.phase, site, this.name, this.#parts.clock.now());
  }
}
