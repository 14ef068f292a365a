/**
 * The states of a circuit, and what moves it from one to the next. Of overrides, counts and callers it knows nothing.
 *
 * Three rules that the libraries break (resilience (b), traps 02, 04, 05, 36): an outcome counts only in the epoch
 * that admitted its attempt; an ignored outcome never closes anything, it gives the probe back; and the engine hears
 * of attempts, but no caller ever waits for the engine.
 */
import { SlowAttemptError } from '../errors/upstreamErrors.ts';
import type { CircuitState } from './circuitState.ts';
import type { CircuitStateMachineParts } from './circuitStateMachineParts.ts';
import type { Evidence } from './detection/detector.ts';
import { DetectorSlot } from './detection/detectorSlot.ts';
import { InFlight } from './inFlight.ts';
import type { OpossumEngine } from './opossumEngine.ts';
import { Outcome } from './outcome.ts';
import { NO_EPOCH, passageOf, type Applicant, type Passage, type Phase } from './passage.ts';
import { Openings } from './recovery/openings.ts';
import { CREDENTIAL_OPEN_MS, SPENT_OPEN_MS } from './recovery/openTime.ts';
import { SlowStart } from './recovery/slowStart.ts';
import { Trial, type Probe } from './recovery/trial.ts';
import { retryAfterOf, type Finding } from './verdict.ts';

/** Refused credentials in a row that open the circuit: none of the calls behind them can succeed. */
const CREDENTIAL_STRIKES = 3;
/** While a recovery is young, half the evidence opens again. */
const RAMP_SHARPNESS = 0.5;

export class CircuitStateMachine {
  readonly engine: OpossumEngine;
  readonly detection: DetectorSlot;
  readonly #parts: CircuitStateMachineParts;
  readonly #slowStart: SlowStart;
  readonly #inFlight: InFlight;
  readonly #openings: Openings;
  #phase: Phase = { state: 'closed' };
  #epoch = 0;
  #credentialStrikes = 0;

  constructor(parts: CircuitStateMachineParts) {
    this.#parts = parts;
    this.detection = new DetectorSlot(parts.clock, parts.policy.detection);
    this.#slowStart = new SlowStart(parts.clock.now(), (isOn) => {
      this.detection.current.sharpen?.(isOn ? RAMP_SHARPNESS : 1);
    });
    this.#openings = new Openings(parts.policy, parts.clock, parts.random);
    this.#inFlight = new InFlight(parts.clock, (passage) => {
      this.#becameSlow(passage);
    });
    this.engine = parts.createEngine(this.#startTrial.bind(this));
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Begins with 0; every transition begins a new one. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Openings in a row; a lasting recovery ends the row. */
  get openings(): number {
    return this.#openings.inARow;
  }

  /** A recovery is young, and calls are still held back. */
  get isRamping(): boolean {
    return this.#phase.state === 'closed' && this.#slowStart.isOn(this.#parts.clock.now());
  }

  /** Half-way to opening, or beyond: the service gets no retries, so as not to be pushed over. */
  get isSuspect(): boolean {
    return this.#phase.state !== 'closed' || this.detection.isSuspect;
  }

  /** The right to make one attempt, or `undefined` if the circuit is open, ramping, or its probes are out. */
  admit(applicant: Applicant): Passage | undefined {
    const now = this.#parts.clock.now();
    this.#slowStart.arrived(now);
    const passage = this.#admitInPhase(applicant, now);
    if (passage !== undefined) this.#inFlight.enter(passage);
    return passage;
  }

  /** Passes although the circuit would not let it; its outcome decides nothing. */
  passUnjudged(applicant: Applicant): Passage {
    const slowMs = this.#parts.latencies.slowMs(applicant.operation);
    return passageOf(applicant, { epoch: NO_EPOCH, startedAt: this.#parts.clock.now(), slowMs });
  }

  /** What an admitted attempt showed. Of an earlier epoch, or after it has spoken by hanging, it decides nothing. */
  settle(passage: Passage, finding: Finding, error?: unknown): void {
    this.#inFlight.leave(passage);
    if (passage.epoch !== this.#epoch) return;
    if (passage.hasSpoken) passage.outcome?.settle(finding === 'failure' ? error : undefined);
    else if (finding === 'ignored' || (finding !== 'success' && this.#isExplained(passage))) passage.probe?.giveBack();
    else if (finding === 'unauthorized') this.#strike(passage, error);
    else if (finding === 'spent') this.#open('daily_quota', retryAfterOf(error) ?? SPENT_OPEN_MS);
    else this.#judge(passage, finding, error);
  }

  /** The service was seen to be well while the circuit was open: the trial begins now. */
  recoverNow(): void {
    if (this.#phase.state === 'open') this.engine.halfOpenNow();
  }

  /** Opens a closed circuit over what it could not see by itself. */
  trip(reason: string): void {
    if (this.#phase.state === 'closed') this.#open(reason);
  }

  /** Whether all that is under way was admitted since the last transition and counts as hanging: two attempts at least. */
  get allHang(): boolean {
    const overdue = this.#inFlight.ifAllOverdue;
    return overdue.length > 1 && overdue.every(({ epoch, hasSpoken }) => epoch === this.#epoch && hasSpoken);
  }

  /** Closed, with nothing remembered against the service. */
  reset(reason = 'reset'): void {
    this.#openings.clear();
    if (this.#phase.state === 'closed') this.#forget();
    else this.#close(reason);
    this.#slowStart.end();
  }

  /** What is under way decides nothing any more, as after a transition. */
  fence(): void {
    this.#epoch += 1;
  }

  /** No timer or listener is left, and no attempt still under way decides anything. For good. */
  shutdown(): void {
    this.fence();
    this.#inFlight.stop();
    this.engine.shutdown();
  }

  #admitInPhase(applicant: Applicant, now: number): Passage | undefined {
    if (this.#phase.state === 'open') return undefined;
    if (this.#phase.state === 'half_open') return this.#admitProbe(this.#phase.trial, applicant, now);
    if (!this.#slowStart.admit(now)) return undefined;
    const outcome = new Outcome();
    this.engine.follow(outcome.promise);
    const slowMs = this.#parts.latencies.slowMs(applicant.operation);
    return passageOf(applicant, { epoch: this.#epoch, startedAt: now, slowMs, outcome });
  }

  #admitProbe(trial: Trial, applicant: Applicant, now: number): Passage | undefined {
    if (trial.hasLostProbe(now)) {
      this.#open('probe_lost');
      return undefined;
    }
    const probe = trial.admit(now + this.#parts.probeLeaseMs);
    const slowMs = this.#parts.latencies.probeMs(applicant.operation);
    return probe && passageOf(applicant, { epoch: this.#epoch, startedAt: now, slowMs, probe });
  }

  /** An attempt in flight has become slow: evidence now, not when its time-out comes. */
  #becameSlow(passage: Passage): void {
    const counts = passage.probe !== undefined || this.detection.current.weighsSlowness;
    if (counts && passage.epoch === this.#epoch && !this.#isExplained(passage)) {
      passage.hasSpoken = true;
      this.#judge(passage, passage.probe === undefined ? 'slow' : 'failure', new SlowAttemptError());
    }
    if (this.#phase.state !== 'closed') this.#inFlight.cutOverdue(this.#parts.refusal);
  }

  #isExplained({ operation }: Passage): boolean {
    return this.#parts.isExplained?.(operation) ?? false;
  }

  #judge(passage: Passage, evidence: Evidence, error: unknown): void {
    if (evidence !== 'success' && error !== undefined) this.#parts.record.failed(error);
    if (evidence !== 'failure') this.#credentialStrikes = 0;
    if (evidence === 'success') this.#learn(passage);
    if (passage.probe === undefined) this.#judgeCall(passage, evidence, error);
    else if (this.#phase.state === 'half_open') this.#judgeProbe(this.#phase.trial, passage.probe, evidence, error);
    this.#parts.onEvidence?.(evidence, passage);
  }

  #learn(passage: Passage): void {
    if (this.isSuspect) return;
    this.#parts.latencies.learn(passage.operation, this.#parts.clock.now() - passage.startedAt);
  }

  #judgeCall(passage: Passage, evidence: Evidence, error: unknown): void {
    const trip = this.detection.current.record(evidence, this.#parts.clock.now());
    if (!passage.hasSpoken) passage.outcome?.settle(evidence === 'failure' ? error : undefined);
    if (trip !== undefined && (this.#parts.mayOpen?.() ?? true)) this.#open(trip, retryAfterOf(error));
  }

  #judgeProbe(trial: Trial, probe: Probe, evidence: Evidence, error: unknown): void {
    const decision = probe.settle(evidence === 'failure');
    if (decision === 'undecided') return;
    if (decision === 'failed') this.#open('probe_failed', retryAfterOf(error));
    else this.#recovered();
    trial.outcome.settle(decision === 'failed' ? error : undefined);
  }

  /** Our credential was refused: one by one this says nothing about the service, several in a row or a probe stop the calls. */
  #strike(passage: Passage, error: unknown): void {
    this.#credentialStrikes += 1;
    this.#parts.record.failed(error);
    if (this.#credentialStrikes >= CREDENTIAL_STRIKES || passage.probe !== undefined) this.#open('credential', CREDENTIAL_OPEN_MS);
  }

  #open(reason: string, retryAfterMs?: number): void {
    const { clock } = this.#parts;
    if (this.#phase.state === 'closed') this.#slowStart.opened(clock.now());
    const forMs = this.#openings.add(retryAfterMs);
    this.#become({ state: 'open', until: clock.now() + forMs, reason }, reason);
    this.engine.open(forMs);
    this.#inFlight.cutOverdue(this.#parts.refusal);
  }

  #startTrial(): void {
    if (this.#phase.state !== 'open') return;
    const trial = new Trial((outcome) => {
      this.engine.follow(outcome);
    }, this.detection.current.usualRatio);
    this.#become({ state: 'half_open', trial }, 'open_time_over');
  }

  #recovered(): void {
    this.#close('probe_succeeded');
    this.#slowStart.begin(this.#parts.clock.now());
  }

  #close(reason: string): void {
    this.#become({ state: 'closed' }, reason);
    this.#openings.closed();
    this.#forget();
    this.engine.close();
  }

  #forget(): void {
    this.detection.current.reset();
    this.#credentialStrikes = 0;
  }

  /** The one door for transitions: each begins a new epoch, so that no earlier attempt can decide in it. */
  #become(phase: Phase, reason: string): void {
    const { clock, name, onChange, record } = this.#parts;
    const from: CircuitState = this.#phase.state;
    const at = clock.now();
    this.#phase = phase;
    this.#epoch += 1;
    onChange({ circuit: name, from, to: phase.state, reason, at, lastedMs: record.entered(from, reason, at) });
  }
}
