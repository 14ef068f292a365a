/**
 * A circuit as one would explain it on a blackboard: no library, no timers, no events; time is looked at, not waited
 * for. The rules that are pure and proven by themselves (evidence, slow start) are the real ones; when they are asked,
 * and what follows, is said here in its own words. The real circuit has to agree.
 */
import type { CircuitState } from '../../src/contract/circuitState.ts';
import { CusumDetector } from '../../src/circuit/detection/cusum.ts';
import type { Evidence } from '../../src/circuit/detection/detector.ts';
import { Silence } from '../../src/circuit/detection/silence.ts';
import { SlowStart } from '../../src/circuit/recovery/slowStart.ts';
import { minutes } from '../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, LEASE_MS, OPEN_MS, SLOW_MS } from './breakerHouse.ts';

export type Ending = 'success' | 'failure' | 'ignored' | 'unauthorized';

/** An attempt that was let through, and when: outside its epoch it has no say. */
export interface Admission {
  readonly epoch: number;
  readonly isProbe: boolean;
  readonly isCuttable: boolean;
  readonly admittedAt: number;
  /** It has become slow, and said so. */
  isSlow: boolean;
  wasCut: boolean;
}

export const THRESHOLD = 10;
const STRIKES = 3;
const OPEN_CAP_MS = 8 * OPEN_MS;
/** What a trial is 95 % sure of, as odds. */
const SURE = 19;
/** After so long two good probes will do, ms… */
const SHORT_TRIAL_MS = 1500;
/** …and after so long any answer that is not bad, ms. */
const LONGEST_TRIAL_MS = 10_000;

const slowAt = ({ isProbe, admittedAt }: Admission): number => admittedAt + (isProbe ? ATTEMPT_TIMEOUT_MS : SLOW_MS);

export class ReferenceCircuit {
  readonly #detector = new CusumDetector(THRESHOLD);
  readonly #silence = new Silence();
  readonly #slowStart = new SlowStart(0, (isOn) => {
    this.#detector.sharpen(isOn ? 0.5 : 1);
  });
  readonly #inFlight = new Set<Admission>();
  #state: CircuitState = 'closed';
  #epoch = 0;
  #since = 0;
  #until = 0;
  #strikes = 0;
  #openings = 0;
  #goodProbes = 0;
  #goodProbesNeeded = 0;

  stateAt(now: number): CircuitState {
    this.#passTime(now);
    return this.#state;
  }

  epochAt(now: number): number {
    this.#passTime(now);
    return this.#epoch;
  }

  get isSuspect(): boolean {
    return this.#state !== 'closed' || Math.max(this.#detector.suspicion(), this.#silence.share) >= 0.5;
  }

  admit(now: number, isCuttable: boolean): Admission | undefined {
    this.#passTime(now);
    this.#slowStart.arrived(now);
    if (!this.#mayPass(now)) return undefined;
    const isProbe = this.#state === 'half_open';
    const admission = { epoch: this.#epoch, isProbe, isCuttable, admittedAt: now, isSlow: false, wasCut: false };
    this.#inFlight.add(admission);
    return admission;
  }

  settle(admission: Admission, ending: Ending, now: number): void {
    this.#passTime(now);
    this.#inFlight.delete(admission);
    if (admission.epoch === this.#epoch) this.#silence.answered(now);
    if (admission.epoch !== this.#epoch || admission.isSlow) return;
    if (ending === 'ignored') this.#ignored(admission, now);
    else if (ending === 'unauthorized') this.#strike(admission.isProbe, now);
    else this.#judge(admission, ending, now);
  }

  /** The process has stood still up to now: nobody was slow but we. All answers lay in their sockets, and were good. */
  stall(now: number): void {
    // The timer that ends the open time stood still as well.
    if (this.#state === 'open' && now >= this.#until) this.#startTrial(now);
    for (const admission of this.#inFlight) {
      this.#inFlight.delete(admission);
      if (admission.epoch === this.#epoch) this.#silence.answered(now);
      if (admission.epoch === this.#epoch && !admission.isSlow) this.#judge(admission, 'success', now);
    }
  }

  reset(now: number): void {
    this.#passTime(now);
    if (this.#state !== 'closed') this.#become('closed', now);
    this.#openings = 0;
    this.#forget();
    this.#slowStart.end();
  }

  /** What falls due up to now, in order: the end of the open time, and attempts that become slow. */
  #passTime(now: number): void {
    for (let next = this.#nextSlow(now); next !== undefined; next = this.#nextSlow(now)) {
      this.#endOpenTime(slowAt(next));
      this.#becomeSlow(next);
    }
    this.#endOpenTime(now);
  }

  #nextSlow(now: number): Admission | undefined {
    const due = [...this.#inFlight].filter((admission) => !admission.isSlow && slowAt(admission) <= now);
    return due.sort((one, other) => slowAt(one) - slowAt(other))[0];
  }

  #endOpenTime(now: number): void {
    if (this.#state === 'open' && now >= this.#until) this.#startTrial(this.#until);
  }

  #becomeSlow(admission: Admission): void {
    admission.isSlow = true;
    if (admission.epoch === this.#epoch) this.#judge(admission, admission.isProbe ? 'failure' : 'slow', slowAt(admission));
    if (this.#state !== 'closed') this.#cutOverdue();
  }

  #mayPass(now: number): boolean {
    if (this.#state === 'open') return false;
    if (this.#state === 'closed') return this.#slowStart.admit(now);
    const probes = [...this.#inFlight].filter(({ epoch }) => epoch === this.#epoch);
    if (probes.some(({ admittedAt }) => now >= admittedAt + LEASE_MS)) {
      this.#open(now, 0);
      return false;
    }
    return probes.length <= this.#goodProbes;
  }

  #judge({ isProbe, admittedAt }: Admission, evidence: Evidence, now: number): void {
    if (evidence !== 'failure') this.#strikes = 0;
    if (isProbe) this.#judgeProbe(evidence, now);
    else {
      // Whatever has an answer ends the silence; so only what has become slow in flight adds to it.
      if (evidence === 'slow') this.#silence.heardNothing(evidence, { since: admittedAt, isShared: false }, true);
      if (this.#detector.record(evidence, now) !== undefined || this.#silence.share >= 1) this.#open(now, 0);
    }
  }

  #judgeProbe(evidence: Evidence, now: number): void {
    if (evidence === 'failure') {
      this.#open(now, 0);
      return;
    }
    this.#goodProbes += 1;
    const isShortTrial = this.#goodProbes >= 2 && now - this.#since >= SHORT_TRIAL_MS;
    if (this.#goodProbes >= this.#goodProbesNeeded || isShortTrial) this.#recover(now);
  }

  /** What is ignored here is a rate limit: an answer. */
  #ignored({ isProbe }: Admission, now: number): void {
    if (isProbe && now - this.#since >= LONGEST_TRIAL_MS) this.#recover(now);
  }

  #recover(now: number): void {
    this.#become('closed', now);
    this.#forget();
    this.#slowStart.begin(now);
  }

  #strike(isProbe: boolean, now: number): void {
    this.#strikes += 1;
    if (isProbe || this.#strikes >= STRIKES) this.#open(now, minutes(1));
  }

  #startTrial(at: number): void {
    this.#become('half_open', at);
    this.#silence.clear();
    this.#goodProbes = 0;
    // Each good probe makes "as usual" more likely than "down", which fails half the time, by this factor.
    this.#goodProbesNeeded = Math.ceil(Math.log(SURE) / Math.log((1 - this.#detector.usualRatio) / 0.5));
  }

  #open(now: number, atLeastMs: number): void {
    if (this.#state === 'closed') this.#slowStart.opened(now);
    if (this.#state === 'closed' && now - this.#since >= minutes(2)) this.#openings = 0;
    const forMs = Math.max(atLeastMs, Math.min(OPEN_CAP_MS, OPEN_MS * 2 ** this.#openings));
    this.#openings += 1;
    this.#become('open', now);
    this.#until = now + forMs;
    this.#cutOverdue();
  }

  #cutOverdue(): void {
    for (const admission of this.#inFlight) if (admission.isSlow && admission.isCuttable) admission.wasCut = true;
  }

  #forget(): void {
    this.#detector.reset();
    this.#silence.clear();
    this.#strikes = 0;
  }

  #become(state: CircuitState, at: number): void {
    this.#state = state;
    this.#since = at;
    this.#epoch += 1;
  }
}
