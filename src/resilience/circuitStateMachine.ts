/**
 * The states of a circuit, and what moves it from one to the next. Of overrides, counts and callers it knows nothing.
 *
 * Three rules that the libraries break (resilience (b), traps 02, 04, 05, 36): an outcome counts only in the epoch
 * that admitted its attempt; an ignored outcome never closes anything, it gives the probe back; and the engine hears
 * of attempts, but no caller ever waits for the engine.
 */
import type { Clock } from '../time/clock.ts';
import type { CircuitRecord } from './circuitRecord.ts';
import type { CircuitState } from './circuitState.ts';
import type { Evidence } from './detection/detector.ts';
import { DetectorSlot } from './detection/detectorSlot.ts';
import type { CircuitChanged } from './events.ts';
import type { OpossumEngine } from './opossumEngine.ts';
import { Outcome } from './outcome.ts';
import type { Passage, Phase } from './passage.ts';
import type { CircuitPolicy } from './policy.ts';
import { CREDENTIAL_OPEN_MS, LASTING_RECOVERY_MS, openTimeMs } from './recovery/openTime.ts';
import { Trial, type Probe } from './recovery/trial.ts';
import { retryAfterOf, type Finding } from './verdict.ts';

/** Refused credentials in a row that open the circuit: none of the calls behind them can succeed. */
const CREDENTIAL_STRIKES = 3;

export interface CircuitStateMachineParts {
  readonly name: string;
  readonly policy: CircuitPolicy;
  /** A probe without an outcome after this long is lost, ms. */
  readonly probeLeaseMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly record: CircuitRecord;
  readonly onChange: (event: CircuitChanged) => void;
  readonly createEngine: (onHalfOpen: () => void) => OpossumEngine;
}

export class CircuitStateMachine {
  readonly engine: OpossumEngine;
  readonly detection: DetectorSlot;
  readonly #parts: CircuitStateMachineParts;
  #phase: Phase = { state: 'closed' };
  #epoch = 0;
  #openings = 0;
  #credentialStrikes = 0;

  constructor(parts: CircuitStateMachineParts) {
    this.#parts = parts;
    this.detection = new DetectorSlot(parts.clock, parts.policy.detection);
    this.engine = parts.createEngine(() => {
      this.#startTrial();
    });
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
    const { clock, record } = this.#parts;
    const hasRecovered = this.#phase.state === 'closed' && record.lastedMs(clock.now()) >= LASTING_RECOVERY_MS;
    return hasRecovered ? 0 : this.#openings;
  }

  /** The right to make one attempt, or `undefined` if the circuit is open or its probe is out. */
  admit(): Passage | undefined {
    const startedAt = this.#parts.clock.now();
    if (this.#phase.state === 'open') return undefined;
    if (this.#phase.state === 'half_open') return this.#admitProbe(this.#phase.trial, startedAt);
    const outcome = new Outcome();
    this.engine.follow(outcome.promise);
    return { epoch: this.#epoch, startedAt, outcome, probe: undefined };
  }

  /** What an admitted attempt showed. Of an earlier epoch, it decides nothing. */
  settle(passage: Passage, finding: Finding, error?: unknown): void {
    if (passage.epoch !== this.#epoch) return;
    if (finding === 'ignored') passage.probe?.giveBack();
    else if (finding === 'unauthorized') this.#strike(passage, error);
    else this.#judge(passage, finding, error);
  }

  /** Closed, with nothing remembered against the service. */
  reset(): void {
    this.#openings = 0;
    if (this.#phase.state === 'closed') this.#forget();
    else this.#close('reset');
  }

  /** No timer or listener is left, and no attempt still under way decides anything. For good. */
  shutdown(): void {
    this.#epoch += 1;
    this.engine.shutdown();
  }

  #admitProbe(trial: Trial, startedAt: number): Passage | undefined {
    if (trial.hasLostProbe(startedAt)) {
      this.#open('probe_lost');
      return undefined;
    }
    const probe = trial.admit(startedAt + this.#parts.probeLeaseMs);
    return probe && { epoch: this.#epoch, startedAt, outcome: undefined, probe };
  }

  #judge(passage: Passage, evidence: Evidence, error: unknown): void {
    if (evidence === 'failure') this.#parts.record.failed(error);
    else this.#credentialStrikes = 0;
    if (passage.probe === undefined) this.#judgeCall(passage, evidence, error);
    else if (this.#phase.state === 'half_open') this.#judgeProbe(this.#phase.trial, passage.probe, evidence, error);
  }

  #judgeCall(passage: Passage, evidence: Evidence, error: unknown): void {
    const trip = this.detection.current.record(evidence, this.#parts.clock.now());
    passage.outcome?.settle(evidence === 'failure' ? error : undefined);
    if (trip !== undefined) this.#open(trip, retryAfterOf(error));
  }

  #judgeProbe(trial: Trial, probe: Probe, evidence: Evidence, error: unknown): void {
    const decision = probe.settle(evidence === 'failure');
    if (decision === 'undecided') return;
    if (decision === 'recovered') this.#close('probe_succeeded');
    else this.#open('probe_failed', retryAfterOf(error));
    trial.outcome.settle(decision === 'failed' ? error : undefined);
  }

  /** Our credential was refused: one by one this says nothing about the service, several in a row or a probe stop the calls. */
  #strike(passage: Passage, error: unknown): void {
    this.#credentialStrikes += 1;
    this.#parts.record.failed(error);
    const tripped = this.#credentialStrikes >= CREDENTIAL_STRIKES || passage.probe !== undefined;
    if (tripped) this.#open('credential', CREDENTIAL_OPEN_MS);
  }

  #open(reason: string, retryAfterMs?: number): void {
    const { clock, policy, random } = this.#parts;
    const { openings } = this;
    const forMs = openTimeMs(policy, openings, random, retryAfterMs);
    this.#openings = openings + 1;
    this.#become({ state: 'open', until: clock.now() + forMs, reason }, reason);
    this.engine.open(forMs);
  }

  #startTrial(): void {
    if (this.#phase.state !== 'open') return;
    const trial = new Trial((outcome) => {
      this.engine.follow(outcome);
    });
    this.#become({ state: 'half_open', trial }, 'open_time_over');
  }

  #close(reason: string): void {
    this.#become({ state: 'closed' }, reason);
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
