import type { Clock } from '../../time/clock.ts';
import type { Outcome } from '../outcome.ts';
import type { LocalTrial } from '../recovery/localTrial.ts';
import type { Probe, Trial } from '../recovery/trial.ts';
import type { FleetLease } from './fleetStore.ts';
import type { ProbeDesk } from './probeDesk.ts';

export interface FleetTrialParts {
  readonly desk: ProbeDesk;
  /** The trial by the rules of this process; it counts our own probes, whoever decides. */
  readonly own: LocalTrial;
  readonly usualRatio: number | undefined;
  /** What a probe may take until it counts as lost, ms. */
  readonly probeLeaseMs: number;
  /** By our own probes the service is back, and the fleet has not said so. */
  readonly onRecovered: (trial: Trial) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

/** A lease in hand that nobody has come to use goes back after this, ms… */
const HOLD_MS = 1000;
/** …and as long again, more or less, it is for others. Refused, it is asked for again sooner, ms. */
const RETRY_MS = 100;
const JITTER = 0.25;
/** Whoever asks in vain for so long, while nothing is decided, probes without a lease, ms: no probe lasts that long. */
const PATIENCE_MS = 60_000;

/**
 * A trial of the whole fleet: a probe needs a lease, of which there are one at first and one more with each success of any
 * replica. No caller waits for one. The first who asks for a probe and finds none in hand is refused, and has it fetched;
 * whoever comes next makes it. Where the fleet does not govern, as with the store down, it is the trial of one process.
 */
export class FleetTrial implements Trial {
  readonly #parts: FleetTrialParts;
  readonly #beganAt: number;
  #inHand: FleetLease | undefined;
  /** Asking, holding or pausing. */
  #isBusy = false;
  /** Since when it asks, and is refused; monotonic ms. */
  #inVainSince: number | undefined;
  #hasEnded = false;
  #hasSucceeded = false;
  #cancel: () => void = nothing;

  constructor(parts: FleetTrialParts) {
    this.#parts = parts;
    this.#beganAt = parts.clock.now();
  }

  get outcome(): Outcome {
    return this.#parts.own.outcome;
  }

  /** Whether a probe of this replica's has found the service well. */
  get hasSucceeded(): boolean {
    return this.#hasSucceeded;
  }

  hasLostProbe(now: number): boolean {
    return this.#parts.own.hasLostProbe(now);
  }

  wantsProbe(now: number): boolean {
    if (!this.#parts.own.wantsProbe(now)) return false;
    return this.#isAlone(now) || this.hasLostProbe(now) || this.#hasLease();
  }

  admit(leaseUntil: number): Probe | undefined {
    const { own, clock } = this.#parts;
    if (this.#isAlone(clock.now())) return this.#watched(own.admit(leaseUntil));
    if (!this.#hasLease()) return undefined;
    const lease = this.#inHand;
    const probe = own.admit(leaseUntil);
    if (probe === undefined || lease === undefined) return undefined;
    this.#rest();
    return this.#leased(probe, lease);
  }

  /** Decided, one way or the other: what is in hand goes back. */
  end(): void {
    this.#hasEnded = true;
    const lease = this.#inHand;
    this.#rest();
    if (lease !== undefined) this.#giveBack(lease);
  }

  #isAlone(now: number): boolean {
    if (this.#parts.desk.epoch === undefined) return true;
    return this.#inVainSince !== undefined && now - this.#inVainSince >= PATIENCE_MS;
  }

  /** Whether there is one in hand; if not, it is fetched. */
  #hasLease(): boolean {
    if (this.#inHand?.epoch === this.#parts.desk.epoch) return this.#inHand !== undefined;
    if (!this.#isBusy && !this.#hasEnded) {
      this.#isBusy = true;
      const waitMs = this.#parts.desk.courtesyMs - (this.#parts.clock.now() - this.#beganAt);
      if (waitMs > 0) this.#askAfter(waitMs);
      else void this.#ask();
    }
    return false;
  }

  async #ask(): Promise<void> {
    const { clock, desk, probeLeaseMs } = this.#parts;
    const { epoch } = desk;
    if (epoch === undefined) {
      this.#rest();
      return;
    }
    const lease = { id: desk.newLeaseId(), epoch };
    this.#inVainSince ??= clock.now();
    const granted = await desk.lease(lease, HOLD_MS + probeLeaseMs).catch(no);
    if (granted) this.#inVainSince = undefined;
    if (granted && this.#hasEnded) this.#giveBack(lease);
    else if (granted) this.#hold(lease);
    else if (!this.#hasEnded) this.#askAfter(this.#jittered(RETRY_MS));
  }

  #hold(lease: FleetLease): void {
    this.#inHand = lease;
    this.#cancel = this.#parts.clock.after(HOLD_MS, () => {
      this.#inHand = undefined;
      this.#giveBack(lease);
      this.#askAfter(this.#jittered(HOLD_MS));
    });
  }

  #askAfter(ms: number): void {
    this.#cancel = this.#parts.clock.after(ms, () => void this.#ask());
  }

  #rest(): void {
    this.#cancel();
    this.#inHand = undefined;
    this.#isBusy = false;
  }

  #giveBack(lease: FleetLease): void {
    this.#parts.desk.settle(lease, { kind: 'ignored' }).catch(nothing);
  }

  /** By the rules of this process. */
  #watched(probe: Probe | undefined): Probe | undefined {
    return probe && {
      giveBack: () => { probe.giveBack(); },
      settle: (failed) => {
        this.#hasSucceeded ||= !failed;
        return probe.settle(failed);
      },
    };
  }

  /**
   * By the fleet's leave: a failure opens at once, here, and everywhere when the fleet hears of it; that the service is back
   * is the fleet's to say. Where it does not say so although our own probes would be enough, we go by them.
   */
  #leased(probe: Probe, lease: FleetLease): Probe {
    const { desk, usualRatio, onRecovered } = this.#parts;
    return {
      giveBack: () => {
        probe.giveBack();
        this.#giveBack(lease);
      },
      settle: (failed, retryAfterMs) => {
        const decision = probe.settle(failed);
        this.#hasSucceeded ||= !failed;
        const told = desk.settle(lease, failed ? failureOf(retryAfterMs) : successOf(usualRatio)).catch(nothing);
        if (decision === 'recovered') void told.then(() => { onRecovered(this); });
        return decision === 'failed' ? decision : 'undecided';
      },
    };
  }

  #jittered(ms: number): number {
    return ms * (1 - JITTER + 2 * JITTER * this.#parts.random());
  }
}

const failureOf = (retryAfterMs: number | undefined) => ({ kind: 'failure' as const, ...(retryAfterMs !== undefined && { retryAfterMs }) });
const successOf = (usualRatio: number | undefined) => ({ kind: 'success' as const, ...(usualRatio !== undefined && { usualRatio }) });
const no = (): boolean => false;
const nothing = (): void => undefined;
