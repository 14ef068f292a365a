/** What is known of an attempt besides its operation. */
type About = Pick<Applicant, 'records' | 'callers' | 'isUnsafe'>;

/**
 * A circuit breaker: lets an attempt pass or refuses it, tells what came of it to the state machine and to those who
 * listen, and obeys the override that a person imposed. What opens and closes it: `circuitStateMachine.ts`.
 */
import { CircuitOpenError, type CallSite } from '../errors/upstreamErrors.ts';
import type { Cuttable } from '../time/attemptTimeout.ts';
import type { CircuitBreakerParts } from './circuitBreakerParts.ts';
import { CircuitRecord } from './circuitRecord.ts';
import type { CircuitSnapshot, CircuitState, DetectionChange, DetectionPolicy, Override, OverrideMode } from '../contract/circuitState.ts';
import { CircuitStateMachine } from './circuitStateMachine.ts';
import { LatencyBook } from './detection/latencyBook.ts';
import type { CircuitCallResult, CircuitChanged } from '../contract/events.ts';
import type { FleetHooks } from './fleetHooks.ts';
import { FleetMember } from './fleetMember.ts';
import type { ObservedEngine } from './opossumEngine.ts';
import { OperationCircuits } from './operationCircuits.ts';
import { OverrideSlot } from './overrideSlot.ts';
import type { Applicant, Passage } from './passage.ts';
import { refusalOf } from './refusal.ts';
import { findingOf, isTimeout, verdictOf } from './verdict.ts';

export class CircuitBreaker {
  readonly name: string;
  readonly #parts: CircuitBreakerParts;
  readonly #record: CircuitRecord;
  readonly #latencies: LatencyBook;
  readonly #machine: CircuitStateMachine;
  readonly #operations: OperationCircuits;
  readonly #override: OverrideSlot;
  #fleet: FleetHooks | undefined;
  #shutDown = false;

  constructor(parts: CircuitBreakerParts) {
    const { clock, events, name } = parts;
    const latencies = (this.#latencies = new LatencyBook(parts.attemptTimeoutMs));
    this.name = name;
    this.#parts = parts;
    this.#record = new CircuitRecord(clock);
    this.#machine = new CircuitStateMachine({
      ...parts,
      latencies,
      record: this.#record,
      createEngine: (onHalfOpen) => parts.createEngine(name, onHalfOpen),
      refusal: (operation) => this.#refusal(undefined, { service: name, operation }),
      isExplained: (operation) => this.#operations.isStopped(operation),
      mayOpen: () => !this.#operations.areAloneToBlame,
      onChange: this.#changed.bind(this),
      trial: (own) => this.#fleet?.trial(own),
      onEvidence: (evidence) => this.#fleet?.judged(evidence),
    });
    this.#operations = new OperationCircuits({
      ...parts,
      latencies,
      service: name,
      // The evidence is used up: it has stopped the operation that it was about.
      onStopped: () => {
        this.#machine.detection.reset();
      },
      onBroadFailure: () => {
        this.#machine.trip('operations_failing');
      },
    });
    this.#override = new OverrideSlot(clock, (override) => {
      this.#keepTime();
      events.overrideChanged({ circuit: name, override });
    });
  }

  /** The engine's events, for exporters made for opossum. */
  get observed(): ObservedEngine {
    return this.#machine.engine.observed;
  }

  /**
   * Makes the attempt if the circuit allows it. The result is the attempt's own, value or error, unchanged.
   *
   * @param cuttable Where the attempt leaves how it is cut off, should the service turn out to hang; only for attempts
   *   whose repeat does no harm.
   * @param about Which records it is about, and for whom it is made (what fails for one of them alone is not the service), and whether it is a write that a
   *   repeat would do twice: while half-open, calls that can do no harm are probes before it.
   * @throws {CircuitOpenError} without making the attempt, if the circuit is open or ramping, its probes are out, or
   *   after shutdown; or when the attempt was cut off.
   */
  async call<T>(
    attempt: () => Promise<T>,
    site: CallSite = { service: this.name, operation: 'call' },
    cuttable?: Cuttable,
    about: About = {},
  ): Promise<T> {
    const { mode } = this.#override;
    if (mode === 'disabled' && !this.#shutDown) return attempt();
    const passage = this.#admit(mode, { operation: site.operation, cuttable, ...about });
    if (passage === undefined) {
      this.#tellCalled('reject');
      throw this.#refusal(mode, site);
    }
    try {
      const value = await attempt();
      this.#succeeded(passage);
      return value;
    } catch (error) {
      this.#failed(passage, error);
      throw error;
    }
  }

  /**
   * As `call`, for an attempt of an operation, which has a circuit of its own beneath this one: it passes both.
   *
   * @throws {CircuitOpenError} that names the circuit which refused it.
   */
  async callOperation<T>(attempt: () => Promise<T>, site: CallSite, cuttable?: Cuttable, about: About = {}): Promise<T> {
    const { mode } = this.#override;
    const refusesAll = this.#shutDown || mode === 'forced_open' || (mode === undefined && this.state === 'open');
    if (refusesAll || mode === 'disabled') return this.call(attempt, site, cuttable, about);
    const pass = (): Promise<T> => this.call(attempt, site, cuttable, about);
    return this.#operations
      .of(site.operation)
      .call(pass, { operation: site.operation, cuttable, records: about.records, callers: about.callers }, site, mode !== 'metrics_only');
  }

  /** An operation that makes many calls one: until its latency is learned, that of its single form stands for it. */
  relate(operation: string, single: string): void {
    this.#latencies.relate(operation, single);
  }

  /** Whether the service is to be spared retries for now. Not while a person has put the circuit out of action. */
  get isSuspect(): boolean {
    return this.#override.mode === undefined && this.#machine.isSuspect;
  }

  /** What the circuit is in, without the cost of a snapshot. */
  get state(): CircuitState {
    return this.#machine.phase.state;
  }

  /** Whether a call made now would be a probe: half-open, with room for one, and no override in the way. */
  get wantsProbe(): boolean {
    const { mode } = this.#override;
    const { phase } = this.#machine;
    if (this.#shutDown || mode === 'forced_open' || mode === 'disabled') return false;
    return phase.state === 'half_open' && phase.trial.wantsProbe(this.#parts.clock.now());
  }

  /** Nobody gets a permit any more. If all who hold one hang, the few there are cannot be evidence enough, but nothing is served. */
  foundNoRoom(): void {
    if (this.#override.mode === undefined && this.#machine.allHang) this.#machine.trip('all_hanging');
  }

  /** While open: the service was seen to be well, so the half-open trial begins now. */
  recoverNow(): void {
    this.#machine.recoverNow();
  }

  /** Half-open, and no caller comes: a health check that found the service healthy stands in for a probe. */
  passByHealthCheck(): void {
    if (this.wantsProbe) this.#machine.passByHealthCheck();
  }

  /** Half-open, no caller comes, and a health check failed: the next one is refused at once. */
  holdBackFirstCaller(): void {
    this.#machine.holdBackFirstCaller();
  }

  /** Half-open: the place of a probe that was asked for by `wantsProbe`, and is not used, is for callers. */
  giveWayToCallers(): void {
    const { phase } = this.#machine;
    if (phase.state === 'half_open') phase.trial.giveWay?.();
  }

  /** Notes what a health check found while the circuit was not closed: `undefined`, or what it found instead of a healthy service. */
  healthChecked(error: unknown): void {
    this.#record.healthChecked(error);
  }

  snapshot(): CircuitSnapshot {
    const now = this.#parts.clock.now();
    const override = this.#override.current;
    const { detection, epoch, openings, phase } = this.#machine;
    return {
      name: this.name,
      state: phase.state,
      override,
      effectiveState: override?.mode ?? phase.state,
      nextProbeAt: this.#nextProbeAt(now),
      isRamping: this.#machine.isRamping,
      failureRatio: detection.current.failureRatio(now),
      suspicion: detection.suspicion,
      epoch,
      openings,
      detection: detection.policy,
      detectionChange: detection.change,
      operations: this.#operations.summary,
      recovery:
        phase.state === 'closed'
          ? undefined
          : { ...this.#record.healthChecks, trial: phase.state === 'half_open' ? phase.trial.progress : undefined },
      ...this.#record.snapshot(now),
    };
  }

  /** Imposes an override until its end; what its scope had before is replaced. */
  impose(override: Override): void {
    this.#override.impose(override);
  }

  /** Ends this replica's override early; one of the fleet stays. */
  release(): void {
    this.#override.release();
  }

  /** Back to normal by a person's word: no override of this replica's, closed, nothing remembered against the service. */
  reset(): void {
    this.release();
    this.#machine.reset();
    this.#operations.reset('reset');
    this.#parts.events.circuitReset(this.name, 'replica');
  }

  /** A stop over a refused credential ends: the next call shows what the new one is worth. */
  credentialChanged(): void {
    if (this.snapshot().reason === 'credential') this.#machine.reset('credential_changed');
  }

  /** Judges by other thresholds until the change ends, then by the policy's again. Starts with nothing seen. */
  changeDetection(policy: DetectionPolicy, change: DetectionChange): void {
    this.#machine.detection.impose(policy, change);
    this.#operations.changeDetection(policy, change);
  }

  /** Ends a change of thresholds early. Without one, nothing happens. */
  restoreDetection(): void {
    this.#machine.detection.restore();
    this.#operations.restoreDetection();
  }

  /** Lets a fleet have a say from now on; absent: no more. @returns what the fleet may do. */
  join(fleet: FleetHooks | undefined): FleetMember {
    this.#fleet = fleet;
    return new FleetMember({ ...this.#parts, machine: this.#machine, operations: this.#operations, override: this.#override });
  }

  /** Lets nothing through any more, and leaves no timer or listener behind. For good. */
  shutdown(): void {
    this.#shutDown = true;
    this.#fleet?.ended();
    this.#operations.shutdown();
    this.#machine.shutdown();
  }

  /** Wall clock, ms; absent while not open. */
  #nextProbeAt(now: number): number | undefined {
    const { phase } = this.#machine;
    if (phase.state !== 'open') return undefined;
    return this.#parts.clock.wallTime() + Math.max(0, phase.until - now);
  }

  #admit(mode: OverrideMode | undefined, applicant: Applicant): Passage | undefined {
    if (this.#shutDown || mode === 'forced_open') return undefined;
    return this.#machine.admit(applicant) ?? (mode === 'metrics_only' ? this.#machine.passUnjudged(applicant) : undefined);
  }

  #refusal(mode: OverrideMode | undefined, site: CallSite): CircuitOpenError {
    const { phase } = this.#machine;
    if (this.#shutDown) return new CircuitOpenError(site, this.name, 'shutdown');
    if (mode === 'forced_open') return new CircuitOpenError(site, this.name, mode, Math.max(1, this.#override.leftMs));
    return refusalOf(phase, site, this.name, this.#parts.clock.now());
  }

  /** While the service is stopped as a whole, what its operations showed is part of the same outage. */
  #changed(event: CircuitChanged): void {
    this.#keepTime();
    this.#parts.events.circuitChanged(event);
    if (event.to === 'open') this.#operations.reset('service_open');
    this.#fleet?.changed(event);
  }

  #keepTime(): void {
    const { mode } = this.#override;
    this.#record.outOfUse(mode === 'forced_open' || (mode === undefined && this.state !== 'closed'));
  }

  #succeeded(passage: Passage): void {
    this.#tellCalled('success');
    this.#machine.settle(passage, this.#isSlow(passage) ? 'slow' : 'success');
  }

  #failed(passage: Passage, error: unknown): void {
    const wasSlow = this.#isSlow(passage);
    const verdict = verdictOf(error, wasSlow);
    this.#tellCalled(verdict === 'failure' && isTimeout(error) ? 'timeout' : verdict);
    this.#machine.settle(passage, findingOf(error, wasSlow), error);
  }

  #isSlow({ slowAt }: Passage): boolean {
    return this.#parts.clock.now() >= slowAt;
  }

  #tellCalled(result: CircuitCallResult): void {
    this.#record.called(result);
    this.#parts.events.circuitCalled(this.name, result);
  }
}
