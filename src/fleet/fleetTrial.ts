import type { Clock } from '../time/clock.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { LocalTrial } from '../circuit/recovery/localTrial.ts';
import type { TrialDecision } from '../circuit/recovery/sprt.ts';
import type { Probe, Trial, TrialProgress } from '../circuit/recovery/trial.ts';
import type { FleetLease } from '../contract/fleetStore.ts';
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
/** …and for so long, more or less, it is for others; as long it takes until one that was refused is asked for again, ms. */
const RETRY_MS = 100;
/** For so long after a caller asked for a probe another one is expected, and a lease kept ready, ms. */
const DEMAND_MS = 10_000;
const JITTER = 0.25;
/** After so long, while nothing is decided, callers are probes with or without a lease, ms: it orders them, but nobody is refused for want of one. */
export const CALLER_PATIENCE_MS = 1500;
/** Health checks do without only after asking in vain for so long, ms: no lease is held that long. */
const CHECK_PATIENCE_MS = 20_000;

/**
 * A trial of the whole fleet: a probe needs a lease, of which there are one at first and one more with each success of any
 * replica. No caller waits for one. The first who asks for a probe and finds none in hand is refused, and has it fetched;
 * whoever comes next makes it. While callers come there is one in hand before they ask, as far as there are any; where none comes it is
 * for the other replicas. A trial that lasts lets callers out without one. Where the fleet does not govern, as with the store down, it is the trial of one process.
 */
export class FleetTrial implements Trial {
  readonly #parts: FleetTrialParts;
  readonly #beganAt: number;
  #inHand: FleetLease | undefined;
  /** Asking, holding or pausing. */
  #isBusy = false;
  /** Since when it asks, and is refused; monotonic ms. */
  #inVainSince: number | undefined;
  /** When a caller last asked for a probe; monotonic ms. */
  #demandedAt = Number.NEGATIVE_INFINITY;
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

  get progress(): TrialProgress {
    return this.#parts.own.progress;
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
    const asksInVain = this.#inVainSince !== undefined && now - this.#inVainSince >= CHECK_PATIENCE_MS;
    return this.#isUngoverned || asksInVain || this.hasLostProbe(now) || this.#hasLease();
  }

  admit(leaseUntil: number): Probe | undefined {
    const { own, clock } = this.#parts;
    this.#demandedAt = clock.now();
    if (this.#isUngoverned || !this.#hasLease()) {
      const needsLease = !this.#isUngoverned && clock.now() - this.#beganAt < CALLER_PATIENCE_MS;
      return needsLease ? undefined : this.#watched(own.admit(leaseUntil));
    }
    const lease = this.#inHand;
    const probe = own.admit(leaseUntil);
    if (probe === undefined || lease === undefined) return undefined;
    this.#rest();
    return this.#leased(probe, lease);
  }

  /** Decided, one way or the other: what is in hand goes back. */
  end(): void {
    this.#hasEnded = true;
    this.#putDown();
  }

  giveWay(): void {
    if (!this.#isInDemand) this.#putDown();
  }

  get #isInDemand(): boolean {
    return this.#parts.clock.now() - this.#demandedAt < DEMAND_MS;
  }

  #putDown(): void {
    const lease = this.#inHand;
    this.#rest();
    if (lease !== undefined) this.#giveBack(lease);
  }

  get #isUngoverned(): boolean {
    return this.#parts.desk.epoch === undefined;
  }

  /** Whether there is one in hand; if not, it is fetched. */
  #hasLease(): boolean {
    if (this.#inHand?.epoch === this.#parts.desk.epoch) return this.#inHand !== undefined;
    if (!this.#isBusy && !this.#hasEnded) {
      this.#cancel();
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
      this.#putDown();
      if (!this.#isInDemand) return;
      this.#isBusy = true;
      this.#askAfter(this.#jittered(RETRY_MS));
    });
  }

  /** For the next caller, should it not come sooner; those of others who are asking already go first. */
  #fetchSoon(): void {
    if (this.#isBusy || this.#hasEnded) return;
    this.#cancel = this.#parts.clock.after(2 * RETRY_MS, () => void this.#hasLease());
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
    return (
      probe && {
        ...probe,
        settle: (failed) => {
          this.#hasSucceeded ||= !failed;
          return probe.settle(failed);
        },
      }
    );
  }

  /**
   * By the fleet's leave: a failure opens at once, here, and everywhere when the fleet hears of it; that the service is back
   * is the fleet's to say. Where it does not say so although our own probes would be enough, we go by them.
   */
  #leased(probe: Probe, lease: FleetLease): Probe {
    const { desk, usualRatio, onRecovered } = this.#parts;
    const tell = (decision: TrialDecision, outcome: Parameters<ProbeDesk['settle']>[1]): TrialDecision => {
      const told = desk.settle(lease, outcome).catch(nothing);
      if (decision === 'recovered')
        void told.then(() => {
          onRecovered(this);
        });
      else if (decision === 'undecided')
        void told.then(() => {
          this.#fetchSoon();
        });
      return decision === 'failed' ? decision : 'undecided';
    };
    return {
      giveBack: () => {
        probe.giveBack();
        this.#giveBack(lease);
      },
      answered: () => tell(probe.answered(), { kind: 'ignored' }),
      settle: (failed, retryAfterMs) => {
        this.#hasSucceeded ||= !failed;
        return tell(probe.settle(failed), failed ? failureOf(retryAfterMs) : successOf(usualRatio));
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
