/**
 * Whoever wants a permit of one class of calls: those who may go, those who wait, and in which order.
 */
import type { Clock } from '../time/clock.ts';
import { LONGEST_PAUSE_MS, TRIAL_EVERY_MS } from '../time/backoff.ts';
import { cubicRate, type RateCut } from './cubicRate.ts';
import type { PermitWindow } from './permitWindow.ts';
import type { Lane, Permit, PermitCaller, PermitWish } from '../contract/quotaGate.ts';
import { QuotaWaiter } from './quotaWaiter.ts';

/** Of the quota, that calls nobody waits for may use (docs/algorithms.md#priorities). */
const DRAIN_SHARE = 0.8;
/** Refusals that come together are one piece of news, ms. */
const ONE_NEWS_MS = 1000;

/** Pauses in a row that last as long as the service asks for. */
const PAUSES_AS_ASKED = 2;

/** The part of a quota that a lane may use. */
export const partOf = (lane: Lane): number => (lane === 'drain' ? DRAIN_SHARE : 1);

/** Who waits, as permits. */
export interface LaneDemand {
  readonly interactive: number;
  readonly drain: number;
  /** Whose turn is next. */
  readonly first: PermitWish | undefined;
}

/** Asks for more of the quota before anybody is made to wait; `undefined`: there is no use in asking. It never rejects. */
export type AskForMore = () => Promise<void> | undefined;

export class QuotaLanes {
  readonly #windows: readonly PermitWindow[];
  readonly #clock: Clock;
  readonly #patienceMs: number;
  #askForMore: AskForMore = () => undefined;
  #onPauseOver: () => void = () => undefined;
  readonly #waiting: Readonly<Record<Lane, Set<QuotaWaiter>>> = { interactive: new Set(), drain: new Set() };
  #cut: RateCut | undefined;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** While paused for long: when the next single call shows whether the pause is still meant, ms. */
  #trialAt = Number.POSITIVE_INFINITY;
  /** 429s so far, and pauses without a served call between them. */
  #refusals = 0;
  #pausesInARow = 0;
  #cancelTimer: (() => void) | undefined;

  /** @param patienceMs How long anybody may wait, whatever the caller's own patience. */
  constructor(windows: readonly PermitWindow[], clock: Clock, patienceMs = Number.POSITIVE_INFINITY) {
    this.#windows = windows;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  /**
   * From now on asked before anybody has to wait.
   *
   * @param onPauseOver Told when a trial of ours has ended a pause.
   */
  askFirst(askForMore: AskForMore, onPauseOver: () => void): void {
    this.#askForMore = askForMore;
    this.#onPauseOver = onPauseOver;
  }

  get demand(): LaneDemand {
    const { interactive, drain } = this.#waiting;
    return { interactive: weightOf(interactive), drain: weightOf(drain), first: this.#first?.wish };
  }

  get waiting(): number {
    return this.#waiting.interactive.size + this.#waiting.drain.size;
  }

  /** @throws {QuotaWaitTooLongError} as a rejection, if its turn would come too late. */
  permit(wish: PermitWish, caller: PermitCaller): Permit | Promise<Permit> {
    const now = this.#clock.now();
    if (this.#ahead(wish.lane) === 0 && this.#readyAt(now, wish) <= now) return this.#admit(now, wish);
    return this.#wait(wish, { ...caller, latestAt: Math.min(caller.latestAt, now + this.#patienceMs) });
  }

  countOnly(wish: PermitWish): Permit {
    return this.#take(this.#clock.now(), wish);
  }

  waitMs(wish: PermitWish): number {
    const now = this.#clock.now();
    return this.#afterMs(now, wish, this.#ahead(wish.lane));
  }

  /** The limits or what is used of them have changed: somebody's turn may have come, or be later. */
  changed(): void {
    if (this.waiting > 0) this.#admitWaiting();
  }

  /** Pauses for as long as the service asks for, up to an hour, and goes on more slowly for a while. */
  throttled(retryAfterMs: number | undefined): void {
    const now = this.#clock.now();
    this.#refusals += 1;
    if (retryAfterMs !== undefined) this.#pause(now, retryAfterMs);
    const isNews = this.#cut === undefined || now - this.#cut.at > ONE_NEWS_MS;
    const from = this.#rate(now);
    if (isNews && Number.isFinite(from)) this.#cut = { at: Math.max(now, this.#pausedUntil), from };
    this.#refuseTooLate(now);
    this.changed();
  }

  /** A service that refuses again and again when a pause is over asks for too little: from the third time on it is doubled. */
  #pause(now: number, askedMs: number): void {
    if (now >= this.#pausedUntil) this.#pausesInARow += 1;
    const doubledMs = askedMs * 2 ** Math.max(0, this.#pausesInARow - PAUSES_AS_ASKED);
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(askedMs, Math.min(TRIAL_EVERY_MS, doubledMs)));
    this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
    this.#trialAt = now + TRIAL_EVERY_MS;
  }

  /** The pause is over before its time; what goes on goes on slowly at first. */
  endPause(): void {
    const now = this.#clock.now();
    if (now >= this.#pausedUntil) return;
    this.#pausedUntil = now;
    if (this.#cut !== undefined) this.#cut = { ...this.#cut, at: now };
    this.changed();
  }

  /** By a person's word: nothing that the service has said holds anybody back. */
  reset(): void {
    this.#cut = undefined;
    this.#pausesInARow = 0;
    for (const window of this.#windows) window.forget();
    this.#pausedUntil = Number.NEGATIVE_INFINITY;
    this.changed();
  }

  /** When the first may go again, ms: at the end of the pause, or as its trial. */
  get #opensAt(): number {
    return Math.min(this.#pausedUntil, this.#trialAt);
  }

  /** Permits per second, as they may be used now. */
  #rate(now: number): number {
    // Connections know no time; they are cut as if each were used for a second.
    const rates = this.#windows.map(({ limit, windowMs }) => limit / (windowMs === 0 ? 1 : windowMs / 1000));
    const declared = Math.min(...rates);
    return this.#cut === undefined ? declared : Math.min(declared, cubicRate(this.#cut, now));
  }

  #readyAt(now: number, { weight, lane }: PermitWish): number {
    if (this.#cut !== undefined) this.#slowDown(now, this.#cut);
    let readyAt = this.#opensAt;
    for (const window of this.#windows) readyAt = Math.max(readyAt, window.readyAt(now, weight, partOf(lane)));
    return readyAt;
  }

  /** How long until the turn of who has so much before it, ms: until the later of the pause and what the windows allow. */
  #afterMs(now: number, { weight, lane }: PermitWish, ahead: number): number {
    const opensAt = Math.max(now, ahead === 0 ? this.#opensAt : this.#pausedUntil);
    return Math.max(opensAt, ...this.#windows.map((window) => window.estimate(now, ahead, weight, partOf(lane), opensAt))) - now;
  }

  #slowDown(now: number, cut: RateCut): void {
    const share = Math.min(1, cubicRate(cut, now) / cut.from);
    for (const window of this.#windows) window.scale = share;
    if (share === 1 && now > cut.at) this.#cut = undefined;
  }

  /** The weight of those who go before a newcomer. */
  #ahead(lane: Lane): number {
    const { interactive, drain } = this.#waiting;
    if (interactive.size === 0 && (lane === 'interactive' || drain.size === 0)) return 0;
    return weightOf(interactive) + (lane === 'drain' ? weightOf(drain) : 0);
  }

  #admit(now: number, wish: PermitWish): Permit {
    if (now >= this.#pausedUntil) return this.#take(now, wish);
    this.#trialAt = now + TRIAL_EVERY_MS;
    return this.#take(now, wish, true);
  }

  #take(now: number, { weight }: PermitWish, isTrial = false): Permit {
    const refusals = this.#refusals;
    for (const window of this.#windows) window.take(now, weight);
    return {
      end: (use) => {
        const endedAt = this.#clock.now();
        for (const window of this.#windows) window.ended(endedAt, weight, use);
        if (use === 'answered' && this.#refusals === refusals) this.#served(isTrial && endedAt < this.#pausedUntil);
        else if (use === 'unsent' && isTrial) this.#trialAt = endedAt;
        this.changed();
      },
    };
  }

  /** A call was not refused as one too many, whatever else it met: a trial ends the pause by that. */
  #served(endsPause: boolean): void {
    this.#pausesInARow = 0;
    if (!endsPause) return;
    this.endPause();
    this.#onPauseOver();
  }

  /** The first of those who wait, callers before the queue. */
  get #first(): QuotaWaiter | undefined {
    for (const lane of [this.#waiting.interactive, this.#waiting.drain]) for (const waiter of lane) return waiter;
    return undefined;
  }

  #admitWaiting(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (let waiter = this.#first; waiter !== undefined; waiter = this.#first) {
      const now = this.#clock.now();
      const readyAt = this.#readyAt(now, waiter.wish);
      if (readyAt > now) {
        // Nothing but a larger share helps: who brings it calls.
        if (Number.isFinite(readyAt))
          this.#cancelTimer = this.#clock.after(Math.ceil(readyAt - now), () => {
            this.#admitWaiting();
          });
        return;
      }
      waiter.admit(this.#admit(now, waiter.wish));
    }
  }

  #refuseTooLate(now: number): void {
    for (const lane of Object.values(this.#waiting)) {
      for (const waiter of lane) if (waiter.latestAt < this.#opensAt) waiter.refuse(this.#afterMs(now, waiter.wish, 0));
    }
  }

  #wait(wish: PermitWish, caller: PermitCaller): Promise<Permit> {
    if (caller.signal.aborted) return Promise.reject(caller.signal.reason as Error);
    const lane = this.#waiting[wish.lane];
    const waiter = new QuotaWaiter({
      wish,
      caller,
      clock: this.#clock,
      onLeft: (left) => lane.delete(left),
      onLate: (late) => {
        late.refuse(this.#afterMs(this.#clock.now(), wish, this.#before(late)));
      },
      onGone: () => {
        this.changed();
      },
    });
    lane.add(waiter);
    const asked = this.#askForMore();
    if (asked === undefined) this.#judge(waiter);
    else
      void asked.then(() => {
        this.#judge(waiter);
      });
    this.changed();
    return waiter.permit;
  }

  /** Whose turn would come too late is refused at once. */
  #judge(waiter: QuotaWaiter): void {
    if (!this.#waiting[waiter.wish.lane].has(waiter)) return;
    const now = this.#clock.now();
    const afterMs = this.#afterMs(now, waiter.wish, this.#before(waiter));
    if (now + afterMs > waiter.latestAt) waiter.refuse(afterMs);
  }

  /** The weight of those who go before one who waits. */
  #before(waiter: QuotaWaiter): number {
    const { lane } = waiter.wish;
    let weight = lane === 'drain' ? weightOf(this.#waiting.interactive) : 0;
    for (const other of this.#waiting[lane]) {
      if (other === waiter) return weight;
      weight += other.wish.weight;
    }
    return weight;
  }
}

const weightOf = (waiters: ReadonlySet<QuotaWaiter>): number => {
  let weight = 0;
  for (const { wish } of waiters) weight += wish.weight;
  return weight;
};
