/**
 * What moves a circuit from one state to the next: who may pass, and what each attempt shows. Of overrides, counts and
 * callers it knows nothing.
 *
 * Three rules that the libraries break (docs/decisions/0003): an outcome counts only in the epoch
 * that admitted its attempt; an ignored outcome never closes anything, it gives the probe back; and the engine hears
 * of attempts, but no caller ever waits for the engine.
 */
import { GatewayError } from '../errors/gatewayError.ts';
import { SlowAttemptError, UpstreamRateLimitedError } from '../errors/upstreamErrors.ts';
import { TRIAL_EVERY_MS } from '../time/backoff.ts';
import type { CircuitStateMachineParts } from './circuitStateMachineParts.ts';
import { CircuitTransitions, type TimedOpening } from './circuitTransitions.ts';
import { FailingCallers, FailingRecords } from './blame.ts';
import type { Sign } from './detection/detector.ts';
import type { DetectorSlot } from './detection/detectorSlot.ts';
import type { Unanswered } from './detection/silence.ts';
import { InFlight } from './inFlight.ts';
import type { OpossumEngine } from './opossumEngine.ts';
import { Outcome } from '../contract/outcome.ts';
import { NO_EPOCH, passageOf, type Applicant, type Passage, type Phase } from './passage.ts';
import { CREDENTIAL_OPEN_MS } from './recovery/openTime.ts';
import type { Probe, Trial } from './recovery/trial.ts';
import { isAboutRecord, isAnswer, isTimeout, retryAfterOf, type Finding } from './verdict.ts';

/** Refused credentials in a row that open the circuit: none of the calls behind them can succeed. */
const CREDENTIAL_STRIKES = 3;
/** So long a trial waits for calls that can do no harm; then, if none was let out, any call may be its probe, ms. */
const SAFE_FIRST_MS = 1000;
/** So long after the first of the callers who are refused over a failed health check, calls are probes all the same, ms. */
const HOLD_BACK_MS = 1000;

type OnTrial = Extract<Phase, { readonly state: 'half_open' }>;

export class CircuitStateMachine {
  readonly #parts: CircuitStateMachineParts;
  readonly #states: CircuitTransitions;
  readonly #inFlight: InFlight;
  readonly #records = new FailingRecords();
  readonly #callers = new FailingCallers();
  #credentialStrikes = 0;

  constructor(parts: CircuitStateMachineParts) {
    this.#parts = parts;
    this.#states = new CircuitTransitions(parts);
    this.#inFlight = new InFlight(parts.clock, (passage) => {
      this.#becameSlow(passage);
    });
  }

  get engine(): OpossumEngine {
    return this.#states.engine;
  }

  get detection(): DetectorSlot {
    return this.#states.detection;
  }

  get phase(): Phase {
    return this.#states.phase;
  }

  /** Begins with 0; every transition begins a new one. */
  get epoch(): number {
    return this.#states.epoch;
  }

  /** Openings in a row; a lasting recovery ends the row. */
  get openings(): number {
    return this.#states.openings;
  }

  /** A recovery is young, and calls are still held back. */
  get isRamping(): boolean {
    return this.phase.state === 'closed' && this.#states.slowStart.isOn(this.#parts.clock.now());
  }

  /** Half-way to opening, or beyond: the service gets no retries, so as not to be pushed over. */
  get isSuspect(): boolean {
    return this.phase.state !== 'closed' || this.detection.isSuspect;
  }

  /** The right to make one attempt, or `undefined` if the circuit is open, ramping, or its probes are out. */
  admit(applicant: Applicant): Passage | undefined {
    const now = this.#parts.clock.now();
    this.#states.slowStart.arrived(now);
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
    if (passage.epoch !== this.epoch) return;
    if (isAnswer(error)) this.#answered(passage, finding);
    if (passage.hasSpoken) this.#endHang(passage, finding, error);
    else if (finding === 'unanswered') this.#leftUnanswered(passage);
    else if (finding === 'ignored' || (finding !== 'success' && this.#isExplained(passage, error))) this.#ignored(passage.probe, error);
    else if (finding === 'unauthorized') this.#strike(passage, error);
    else if (finding === 'spent') this.#spent(passage, error);
    else this.#judge(passage, finding, error);
  }

  /** The service was seen to be well while the circuit was open: the trial begins now. */
  recoverNow(): void {
    if (this.phase.state === 'open') this.engine.halfOpenNow();
  }

  /** Half-open: a health check that found the service healthy stands in for a probe, if one may be made. */
  passByHealthCheck(): void {
    if (this.phase.state !== 'half_open') return;
    delete this.phase.heldBackUntil;
    const passage = this.#admitProbe(this.phase, { operation: 'recovery_check', cuttable: undefined }, this.#parts.clock.now());
    if (passage !== undefined) this.#judge(passage, 'success', undefined);
  }

  /**
   * Half-open, nobody calls, and a health check failed: the next caller is refused at once rather than kept waiting as a probe.
   * Callers a moment later are probes again, for the check decides nothing.
   */
  holdBackFirstCaller(): void {
    if (this.phase.state === 'half_open') this.phase.heldBackUntil ??= Number.POSITIVE_INFINITY;
  }

  /** Opens a closed circuit over what it could not see by itself. */
  trip(reason: string): void {
    if (this.phase.state === 'closed') this.#open(reason);
  }

  /** Whether all that is under way was admitted since the last transition and counts as hanging: two attempts at least. */
  get allHang(): boolean {
    const overdue = this.#inFlight.ifAllOverdue;
    return overdue.length > 1 && overdue.every(({ epoch, hasSpoken }) => epoch === this.epoch && hasSpoken);
  }

  /** Opens as the fleet has it, or moves the end of the open time. */
  openTimed(opening: TimedOpening): void {
    this.#states.openTimed(opening);
    this.#inFlight.cutOverdue(this.#parts.refusal);
  }

  /** The service is back, as others have found, or the trial of this circuit. Without effect while closed. */
  recovered(reason: string): void {
    const { phase } = this;
    if (phase.state === 'closed') return;
    this.#states.recovered(reason);
    this.#credentialStrikes = 0;
    if (phase.state === 'half_open') phase.trial.outcome.settle(undefined);
  }

  /** Closed, with nothing remembered against the service. */
  reset(reason = 'reset'): void {
    this.#states.reset(reason);
    this.#records.clear();
    this.#callers.clear();
    this.#credentialStrikes = 0;
  }

  /** What is under way decides nothing any more, as after a transition. */
  fence(): void {
    this.#states.fence();
  }

  /** No timer or listener is left, and no attempt still under way decides anything. For good. */
  shutdown(): void {
    this.fence();
    this.#inFlight.stop();
    this.engine.shutdown();
  }

  #admitInPhase(applicant: Applicant, now: number): Passage | undefined {
    if (this.phase.state === 'open') return undefined;
    if (this.phase.state === 'half_open') return this.#admitProbe(this.phase, applicant, now);
    if (!this.#states.slowStart.admit(now)) return undefined;
    const outcome = new Outcome();
    this.engine.follow(outcome.promise);
    const slowMs = this.#parts.latencies.slowMs(applicant.operation);
    return passageOf(applicant, { epoch: this.epoch, startedAt: now, slowMs, outcome });
  }

  #admitProbe(phase: OnTrial, applicant: Applicant, now: number): Passage | undefined {
    if (phase.trial.hasLostProbe(now)) {
      this.#open('probe_lost');
      return undefined;
    }
    if (phase.heldBackUntil !== undefined) phase.heldBackUntil = Math.min(phase.heldBackUntil, now + HOLD_BACK_MS);
    if (now < (phase.heldBackUntil ?? now)) return undefined;
    const isUnsafe = applicant.isUnsafe === true;
    if (isUnsafe && now - phase.safeProbeAt < SAFE_FIRST_MS) return undefined;
    const probe = phase.trial.admit(now + this.#parts.probeLeaseMs);
    if (probe !== undefined && !isUnsafe) phase.safeProbeAt = now;
    const slowMs = this.#parts.latencies.probeMs(applicant.operation);
    return probe && passageOf(applicant, { epoch: this.epoch, startedAt: now, slowMs, probe });
  }

  /** An attempt in flight has become slow: evidence now, not when its time-out comes. */
  #becameSlow(passage: Passage): void {
    const counts = passage.probe !== undefined || this.detection.current.weighsSlowness;
    if (counts && passage.epoch === this.epoch && !this.#isExplained(passage)) {
      passage.hasSpoken = true;
      this.#judge(passage, passage.probe === undefined ? 'slow' : 'failure', new SlowAttemptError());
    }
    if (this.phase.state !== 'closed') this.#inFlight.cutOverdue(this.#parts.refusal);
  }

  /** A time-out makes a whole failure of what was counted as slow; any other end of it, what was counted already. */
  #endHang(passage: Passage, finding: Finding, error: unknown): void {
    const isUnanswered = finding === 'unanswered' || isTimeout(error);
    if (isUnanswered && !this.#isExplained(passage)) this.#judge(passage, finding === 'failure' ? 'hung' : 'gone', error);
    passage.outcome?.settle(finding === 'failure' ? error : undefined);
  }

  /**
   * A caller has left, or had no more patience, before the attempt was slow. One that left after less than an answer may take
   * says nothing; a probe is given back, unless several have ended so and nothing was answered since the trial began.
   */
  #leftUnanswered(passage: Passage): void {
    const { clock, latencies } = this.#parts;
    const { startedAt, probe, operation } = passage;
    const says = clock.now() - startedAt >= latencies.tellingMs(operation) && !this.#isExplained(passage);
    if (says && probe === undefined) this.#judge(passage, 'gone', new SlowAttemptError());
    else if (says && this.detection.heardNothing('gone', unansweredOf(passage))) this.#judge(passage, 'failure', new SlowAttemptError());
    else probe?.giveBack();
  }

  /** What is known of the operation, of the record that was asked for, or of the caller, and says nothing about this circuit. */
  #isExplained(passage: Passage, error?: unknown): boolean {
    if (this.#parts.isExplained?.(passage.operation) === true) return true;
    if (!isAboutRecord(error)) return false;
    const now = this.#parts.clock.now();
    // Both hear of it, whatever the other says.
    const isNewCaller = this.#callers.isNews(passage.callers, passage.startedAt, now);
    return !this.#records.isNews(passage, error instanceof GatewayError && error.execution === 'refused', now) || !isNewCaller;
  }

  #judge(passage: Passage, sign: Sign, error: unknown): void {
    if (sign !== 'success' && error !== undefined) this.#parts.record.failed(error);
    if (sign === 'success' || sign === 'slow') this.#credentialStrikes = 0;
    if (passage.probe === undefined) this.#judgeCall(passage, sign, error);
    else if (this.phase.state === 'half_open') this.#judgeProbe(this.phase.trial, passage.probe, sign, error);
    this.#parts.onEvidence?.(sign, passage);
  }

  #answered(passage: Passage, finding: Finding): void {
    this.detection.answered();
    if (finding !== 'success' && finding !== 'slow') return;
    const { clock, latencies } = this.#parts;
    const now = clock.now();
    this.#records.wasWell(passage, now);
    this.#callers.wereWell(passage.callers, passage.startedAt, now);
    const durationMs = now - passage.startedAt;
    if (finding === 'success' && !this.isSuspect) latencies.learn(passage.operation, durationMs);
    else latencies.learnSlow(passage.operation, durationMs);
  }

  #judgeCall(passage: Passage, sign: Sign, error: unknown): void {
    const isUnanswered = passage.hasSpoken || sign === 'gone' || isTimeout(error);
    const trip = this.detection.record(sign, isUnanswered ? unansweredOf(passage) : undefined);
    if (!isUnanswered || sign === 'failure') passage.outcome?.settle(sign === 'failure' ? error : undefined);
    if (trip !== undefined && (this.#parts.mayOpen?.() ?? true)) this.#open(trip, retryAfterOf(error));
  }

  #judgeProbe(trial: Trial, probe: Probe, sign: Sign, error: unknown): void {
    const decision = probe.settle(sign === 'failure', retryAfterOf(error));
    if (decision === 'recovered') this.recovered('probe_succeeded');
    if (decision !== 'failed') return;
    this.#open('probe_failed', retryAfterOf(error));
    trial.outcome.settle(error);
  }

  /** Neither good nor bad. An answer all the same is one, as a rate limit: no trial lasts for ever on those. */
  #ignored(probe: Probe | undefined, error: unknown): void {
    if (!(error instanceof UpstreamRateLimitedError)) probe?.giveBack();
    else if (probe?.answered() === 'recovered') this.recovered('probe_succeeded');
  }

  /** Our credential was refused: one by one this says nothing about the service, several in a row or a probe stop the calls. */
  #strike(passage: Passage, error: unknown): void {
    this.#credentialStrikes += 1;
    this.#parts.record.failed(error);
    if (this.#credentialStrikes >= CREDENTIAL_STRIKES || passage.probe !== undefined) this.#stop(passage, 'credential', CREDENTIAL_OPEN_MS);
  }

  /** A day's quota is spent: hardly any trial before it is there again. */
  #spent(passage: Passage, error: unknown): void {
    this.#stop(passage, 'daily_quota', retryAfterOf(error) ?? TRIAL_EVERY_MS);
  }

  /** Opens over what waiting alone mends; a trial that is not ours alone hears of it as well. */
  #stop({ probe }: Passage, reason: string, forMs: number): void {
    probe?.settle(true, forMs);
    this.#open(reason, forMs);
  }

  #open(reason: string, retryAfterMs?: number): void {
    this.#states.open(reason, retryAfterMs);
    this.#inFlight.cutOverdue(this.#parts.refusal);
  }
}

const unansweredOf = ({ startedAt, records }: Passage): Unanswered => ({ since: startedAt, isShared: (records?.().length ?? 0) > 1 });
