/**
 * Whoever wants a permit of one class of calls: those who may go, those who wait, and in which order.
 */
import { QuotaWaitTooLongError } from '../../errors/upstreamErrors.ts';
import type { Clock } from '../../time/clock.ts';
import { cubicRate, type RateCut } from './cubicRate.ts';
import type { PermitWindow } from './permitWindow.ts';
import type { Lane, Permit, PermitCaller, PermitWish } from './quotaGate.ts';

/** Of the quota, that calls nobody waits for may use (resilience E14). */
const DRAIN_SHARE = 0.8;
/** Refusals that come together are one piece of news, ms. */
const ONE_NEWS_MS = 1000;

const shareOf = (lane: Lane): number => (lane === 'drain' ? DRAIN_SHARE : 1);

interface Waiter {
  readonly wish: PermitWish;
  readonly latestAt: number;
  readonly admit: () => void;
  readonly refuse: (afterMs: number) => void;
}

export class QuotaLanes {
  readonly #windows: readonly PermitWindow[];
  readonly #clock: Clock;
  readonly #waiting: Readonly<Record<Lane, Set<Waiter>>> = { interactive: new Set(), drain: new Set() };
  #cut: RateCut | undefined;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(windows: readonly PermitWindow[], clock: Clock) {
    this.#windows = windows;
    this.#clock = clock;
  }

  /** @throws {QuotaWaitTooLongError} as a rejection, if its turn would come too late. */
  permit(wish: PermitWish, caller: PermitCaller): Permit | Promise<Permit> {
    const now = this.#clock.now();
    if (this.#ahead(wish.lane) === 0 && this.#readyAt(now, wish) <= now) return this.#take(now, wish);
    const afterMs = this.#turnOf(now, wish) - now;
    if (now + afterMs > caller.latestAt) return Promise.reject(new QuotaWaitTooLongError(caller.site, Math.ceil(afterMs)));
    return this.#wait(wish, caller);
  }

  countOnly(wish: PermitWish): Permit {
    return this.#take(this.#clock.now(), wish);
  }

  waitMs(wish: PermitWish): number {
    const now = this.#clock.now();
    return Math.max(0, this.#turnOf(now, wish) - now);
  }

  /** The limits or what is used of them have changed: somebody's turn may have come, or be later. */
  changed(): void {
    if (this.#waiting.interactive.size + this.#waiting.drain.size > 0) this.#admitWaiting();
  }

  /** Pauses for as long as the service asks for, and goes on more slowly for a while. */
  throttled(retryAfterMs: number | undefined): void {
    const now = this.#clock.now();
    if (retryAfterMs !== undefined) this.#pausedUntil = Math.max(this.#pausedUntil, now + retryAfterMs);
    const isNews = this.#cut === undefined || now - this.#cut.at > ONE_NEWS_MS;
    if (isNews) this.#cut = { at: Math.max(now, this.#pausedUntil), from: this.#rate(now) };
    this.#refuseTooLate(now);
    this.changed();
  }

  /** Permits per second, as they may be used now. */
  #rate(now: number): number {
    const rates = this.#windows.map(({ limit, windowMs }) => (limit / windowMs) * 1000);
    const declared = Math.min(...rates);
    return this.#cut === undefined || !Number.isFinite(declared) ? declared : Math.min(declared, cubicRate(this.#cut, now));
  }

  #readyAt(now: number, { weight, lane }: PermitWish): number {
    if (this.#cut !== undefined) this.#slowDown(now, this.#cut);
    let readyAt = this.#pausedUntil;
    for (const window of this.#windows) readyAt = Math.max(readyAt, window.readyAt(now, weight, shareOf(lane)));
    return readyAt;
  }

  #turnOf(now: number, { weight, lane }: PermitWish): number {
    const ahead = this.#ahead(lane);
    const from = Math.max(now, this.#pausedUntil);
    return Math.max(from, ...this.#windows.map((window) => window.estimate(now, ahead, weight, shareOf(lane)) + from - now));
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

  #take(now: number, { weight }: PermitWish): Permit {
    for (const window of this.#windows) window.take(now, weight);
    return {
      end: (wasSent) => {
        const endedAt = this.#clock.now();
        for (const window of this.#windows) {
          if (wasSent) window.ended(endedAt, weight);
          else window.untake(weight);
        }
        this.changed();
      },
    };
  }

  /** The first of those who wait, callers before the queue. */
  get #first(): Waiter | undefined {
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
        this.#cancelTimer = this.#clock.after(Math.ceil(readyAt - now), () => { this.#admitWaiting(); });
        return;
      }
      waiter.admit();
    }
  }

  #refuseTooLate(now: number): void {
    for (const lane of Object.values(this.#waiting)) {
      for (const waiter of lane) if (waiter.latestAt < this.#pausedUntil) waiter.refuse(this.#pausedUntil - now);
    }
  }

  #wait(wish: PermitWish, { site, signal, latestAt }: PermitCaller): Promise<Permit> {
    const lane = this.#waiting[wish.lane];
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        lane.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason as Error);
        this.changed();
      };
      const waiter: Waiter = {
        wish,
        latestAt,
        admit: () => {
          leave();
          resolve(this.#take(this.#clock.now(), wish));
        },
        refuse: (afterMs) => {
          leave();
          reject(new QuotaWaitTooLongError(site, Math.ceil(afterMs)));
        },
      };
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      signal.addEventListener('abort', onAbort);
      lane.add(waiter);
      this.#admitWaiting();
    });
  }
}

const weightOf = (waiters: ReadonlySet<Waiter>): number => {
  let weight = 0;
  for (const { wish } of waiters) weight += wish.weight;
  return weight;
};
