/**
 * One limit of which this replica has a share: reports how it stands, and keeps to what it is granted.
 *
 * It asks when a call would have to wait for want of a share, and tells now and then while anything is used; a call that the
 * share has room for asks nobody. While the share is larger than 0 there is always a next report to come.
 */
import type { Clock } from '../time/clock.ts';
import type { Governed } from './quotaGovernor.ts';
import type { QuotaLanes } from './quotaLanes.ts';
import type { QuotaShares, ShareGrant, SharedLimitId, ShareReport, ThrottleNews } from './quotaShares.ts';
import { CONFIRM_MS, pauseBefore } from './reportPace.ts';
import { neededBy, standing } from './standing.ts';
import { StorelessCaution, storelessShare } from './storelessShare.ts';

/** Between two reports, however many would like to ask, ms. */
const LEAST_PAUSE_MS = 5;
/** Who has used nothing for so long gives the rest of its share back, ms. */
const IDLE_FOR_MS = 60_000;
/** Until it is tried again, where the store cannot be had, ms. */
const RETRY_MS = 500;

export interface SharedLimitParts {
  readonly id: SharedLimitId;
  readonly governed: Governed;
  readonly lanes: QuotaLanes;
  readonly shares: QuotaShares;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onNews: (news: ThrottleNews) => void;
}

export class SharedLimit {
  readonly #parts: SharedLimitParts;
  #generation = 0;
  #replicas = 1;
  /** Those that may come to use the limit; absent: the store was never reached. */
  #known: number | undefined;
  #inFlight: Promise<void> | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** Somebody came to wait while a report was under way that did not know of it. */
  #isOutdated = false;
  /** The store had not enough for us: the next report is at its time, not before. */
  #isShort = false;
  #leaseMs = 0;
  #leaseEndsAt = Number.NEGATIVE_INFINITY;
  /** Since when it has gone without the store, ms; absent: it does not. */
  #storelessSince: number | undefined;
  /** Of the last grant: the share, and this replica's part of what nobody held. */
  #granted = 0;
  #unclaimed = 0;
  #caution = new StorelessCaution();
  #activeAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(parts: SharedLimitParts) {
    this.#parts = parts;
    this.limitSeen();
  }

  get windowMs(): number {
    return this.#parts.id.windowMs;
  }

  /** Replicas among which the limit is divided, as far as is known. */
  get replicas(): number {
    return this.#storelessSince === undefined ? this.#replicas : (this.#known ?? 1);
  }

  /** A limit that nobody knows is not shared; from the moment it is known, it is. */
  limitSeen(): void {
    const { window } = this.#parts.governed;
    if (Number.isFinite(window.limit) && window.share(this.#now) === Number.POSITIVE_INFINITY) window.setShare(0);
  }

  /** The service refused a call: without the store, that tells that others use more than we suppose. */
  refused(): void {
    if (this.#storelessSince === undefined) return;
    this.#caution.refused(this.#now);
    this.#goWithout(this.#now);
  }

  /** Somebody has to wait. Resolves when the store has said whether there is more; `undefined`: there is no use in asking. */
  ask(): Promise<void> | undefined {
    const { governed, lanes, shares } = this.#parts;
    if (!Number.isFinite(governed.window.limit)) return undefined;
    const now = this.#now;
    this.#activeAt = now;
    if (!shares.isUp) this.#goWithout(now);
    else if (this.#inFlight !== undefined) this.#isOutdated = true;
    else if (neededBy(governed, lanes, now) > governed.window.share(now) && !this.#isShort) return this.#reportSoon(now);
    this.#keepReporting(now);
    return this.#inFlight;
  }

  /** Something was used without asking: it has to be told. */
  counted(): void {
    if (Number.isFinite(this.#parts.governed.window.limit)) this.#keepReporting(this.#now);
  }

  /** Gives the share back, and says no more. */
  leave(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#giveBack(true);
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  #reportSoon(now: number): Promise<void> | undefined {
    const pauseMs = this.#sentAt + LEAST_PAUSE_MS - now;
    if (pauseMs <= 0) return this.#report();
    this.#next(pauseMs);
    return undefined;
  }

  #keepReporting(now: number): void {
    if (this.#cancelTimer === undefined && this.#inFlight === undefined) void this.#reportSoon(now);
  }

  #report(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#isOutdated = false;
    this.#inFlight = this.#exchange().then(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #exchange(): Promise<void> {
    const { id, governed, lanes, shares } = this.#parts;
    const sentAt = this.#now;
    this.#sentAt = sentAt;
    this.#holdWhole(sentAt);
    const report = { ...standing(governed, lanes, this.#replicas, sentAt), generation: this.#generation };
    try {
      this.#accept(await shares.report(id, report), report, sentAt);
    } catch {
      // Whatever it was, it is no trouble of a call's: the guest has told the log.
      this.#failed();
    }
  }

  /** Only whole permits are shared; a part of one is given up before the store hears of it. */
  #holdWhole(now: number): void {
    const { window } = this.#parts.governed;
    if (this.#storelessSince !== undefined) window.setShare(Math.floor(Math.min(window.limit, window.share(now))));
  }

  #accept(
    { permits, leaseMs, fair, others, replicas, known, generation, reportInMs, news }: ShareGrant,
    report: ShareReport,
    sentAt: number,
  ): void {
    const { governed, lanes, onNews } = this.#parts;
    this.#generation = generation;
    this.#replicas = replicas;
    this.#known = known;
    this.#caution = new StorelessCaution();
    this.#storelessSince = undefined;
    this.#leaseMs = leaseMs;
    this.#leaseEndsAt = sentAt + leaseMs;
    this.#granted = permits;
    this.#unclaimed = Math.max(0, governed.window.limit - others - permits) / known;
    this.#isShort = permits < report.needed;
    governed.window.setShare(permits, this.#leaseEndsAt);
    governed.window.expected = fair;
    governed.window.others = others;
    if (news !== undefined) onNews(news);
    lanes.changed();
    this.#plan(permits < report.held ? CONFIRM_MS : reportInMs);
  }

  /** @param reportInMs As the store would have it. A share that was lowered is free for others when we have said that we know. */
  #plan(reportInMs: number): void {
    const [now, { governed, lanes, random }] = [this.#now, this.#parts];
    const isIdle = this.#isIdle(now);
    if (!isIdle) this.#activeAt = now;
    if (this.#isOutdated && !this.#isShort && neededBy(governed, lanes, now) > governed.window.share(now)) {
      this.#next(LEAST_PAUSE_MS);
      return;
    }
    this.#next(pauseBefore(reportInMs, isIdle, random));
  }

  #next(pauseMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#parts.clock.after(pauseMs, () => {
      this.#cancelTimer = undefined;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#inFlight !== undefined) return;
    const now = this.#now;
    if (this.#isIdle(now) && now - this.#activeAt >= IDLE_FOR_MS) this.#giveBack(false);
    else if (this.#parts.shares.isUp) void this.#report();
    else this.#failed();
  }

  #isIdle(now: number): boolean {
    return this.#parts.governed.window.ownUsed(now) === 0 && this.#parts.lanes.waiting === 0;
  }

  /** Whoever comes next asks first. */
  #giveBack(isLast: boolean): void {
    const { id, governed, lanes, shares } = this.#parts;
    governed.window.setShare(0);
    [this.#granted, this.#unclaimed] = [0, 0];
    this.#leaseEndsAt = Number.NEGATIVE_INFINITY;
    this.#storelessSince = undefined;
    const last = { ...standing(governed, lanes, 1, this.#now), wanted: 0, needed: 0, isLast, generation: this.#generation };
    this.#generation = 0;
    // Who was never granted anything has nothing to give back.
    if (shares.isUp && this.#known !== undefined) shares.report(id, last).catch(() => undefined);
  }

  /** The share is good until its lease ends; then come the rules of a process without the store. */
  #failed(): void {
    const now = this.#now;
    this.#goWithout(now);
    this.#next(now < this.#leaseEndsAt ? Math.min(RETRY_MS, this.#leaseEndsAt - now) : RETRY_MS);
  }

  /** Nobody is granted what nobody held, so each takes its part of that; and at the end of the lease its part of the limit. */
  #goWithout(now: number): void {
    const { window } = this.#parts.governed;
    if (now >= this.#leaseEndsAt) this.#setStoreless(now);
    else if (!this.#parts.shares.isUp) window.setShare(this.#granted + Math.floor(this.#unclaimed), this.#leaseEndsAt);
    this.#parts.lanes.changed();
  }

  #setStoreless(now: number): void {
    const { window } = this.#parts.governed;
    const isNew = this.#storelessSince === undefined;
    this.#storelessSince ??= now;
    const share =
      this.#caution.part(now) *
      storelessShare({
        limit: window.limit,
        forMs: now - this.#storelessSince,
        held: this.#granted + this.#unclaimed,
        replicas: this.#known,
        othersMs: this.#leaseMs + window.longestMs,
      });
    // More replicas than permits: they do not begin all at once.
    if (isNew && window.limit < (this.#known ?? 1)) window.beginAt(now - this.#parts.random() * (window.windowMs / share));
    window.setShare(share);
    window.expected = share;
    window.others = window.limit - share;
    this.#isShort = false;
  }
}
