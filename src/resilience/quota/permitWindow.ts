/**
 * One limit, kept exactly: a pure rule, `now` is a parameter.
 *
 * A permit is taken when the attempt begins and comes back one window after the attempt ended. The service counts the
 * request at some moment between the two, which nobody here knows; so whatever that moment was, no window of the service
 * ever holds more than the limit. What it costs is the time under way: one part in a hundred for 100 ms of 10 s.
 */

/** Half of a limit may be used as it comes; what is left is spread over the time until permits come back. */
const FREE_SHARE = 0.5;
/** A shorter window is over before spreading helps anybody, ms. */
const SPREAD_FROM_MS = 2000;

/** Permits that were due and come late, as after a pause of the process, are made up for, so many at most. */
const MADE_UP = 10;

interface Returning {
  readonly at: number;
  readonly weight: number;
}

export class PermitWindow {
  readonly windowMs: number;
  #limit: number;
  #scale = 1;
  #underWay = 0;
  /** In the order of their return; those before `#next` are back. */
  #returning: Returning[] = [];
  #next = 0;
  #returningWeight = 0;
  /** Used by others who have the same quota, as far as the service's headers told. */
  #foreign: Returning = { at: 0, weight: 0 };
  /** The last permit: when it was due, and its weight. */
  #last: Returning = { at: Number.NEGATIVE_INFINITY, weight: 0 };

  /** @param limit Permits in a window; `Infinity` while nobody knows. */
  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.windowMs = windowMs;
  }

  /** Permits in a window. */
  get limit(): number {
    return this.#limit;
  }

  set limit(permits: number) {
    this.#limit = Math.max(1, permits);
  }

  /** For a while less than the limit; 1: all of it. */
  set scale(share: number) {
    this.#scale = share;
  }

  used(now: number): number {
    this.#comeBack(now);
    return this.#underWay + this.#returningWeight + this.#foreignAt(now);
  }

  /** Whether or not it is ready. */
  take(now: number, weight: number): void {
    const due = this.#spreadUntil(now, weight, 1);
    // Timers are late; what is late does not put off what follows, unless nobody asked for long.
    this.#last = { at: Math.min(now, Math.max(due, now - MADE_UP * this.#intervalMs)), weight };
    this.#underWay += weight;
  }

  /** An attempt is over, and may have been counted until now. */
  ended(now: number, weight: number): void {
    this.#underWay -= weight;
    this.#returningWeight += weight;
    this.#returning.push({ at: now + this.windowMs, weight });
  }

  /** An attempt that never began. */
  untake(weight: number): void {
    this.#underWay -= weight;
  }

  /** What the service says is used, by us and by others; it holds for so long at most. */
  usedSeen(now: number, used: number, forMs: number): void {
    const own = this.used(now) - this.#foreignAt(now);
    this.#foreign = { at: now + forMs, weight: Math.max(0, used - own) };
  }

  /**
   * When a permit may be taken, ms; `now` or before: at once.
   *
   * @param share Of the limit that may be in use with it, 0 to 1.
   */
  readyAt(now: number, weight: number, share = 1): number {
    const used = this.used(now);
    const most = Math.max(1, this.#limit * this.#scale * share);
    // What is heavier than the whole limit goes when the window is empty.
    const over = used + Math.min(weight, most) - most;
    return Math.max(over <= 0 ? now : this.#hasReturned(now, over), this.#spreadUntil(now, weight, share));
  }

  /** When the turn comes of a permit that waits behind others, ms; as far as can be seen now. */
  estimate(now: number, ahead: number, weight: number, share = 1): number {
    const most = Math.max(1, this.#limit * this.#scale * share);
    const readyAt = this.readyAt(now, weight + (ahead % most), share);
    const inTurn = ahead === 0 ? readyAt : Math.max(readyAt, now) + Math.floor(ahead / most) * this.windowMs;
    return Math.max(inTurn, this.#isSpread && ahead > 0 ? this.#last.at + (this.#last.weight + ahead) * this.#intervalMs : now);
  }

  get #isSpread(): boolean {
    return this.windowMs >= SPREAD_FROM_MS;
  }

  get #intervalMs(): number {
    return this.windowMs / (this.#limit * this.#scale);
  }

  #spreadUntil(now: number, weight: number, share: number): number {
    const limit = this.#limit * this.#scale;
    const used = this.used(now);
    if (!this.#isSpread || used + weight <= limit * share * FREE_SHARE) return now;
    const oldest = this.#returning[this.#next]?.at ?? now;
    const intervalMs = Math.max(this.#intervalMs, (oldest - now) / Math.max(1, limit - used));
    return this.#last.at + this.#last.weight * intervalMs;
  }

  /** When so many permits will have come back; for those under way nobody knows, so a window is assumed. */
  #hasReturned(now: number, needed: number): number {
    const { at, weight } = this.#foreign;
    const own = this.#ownReturned(now, needed);
    return this.#foreignAt(now) === 0 ? own : Math.min(own, Math.max(at, this.#ownReturned(now, needed - weight)));
  }

  #ownReturned(now: number, needed: number): number {
    let missing = needed;
    for (let index = this.#next; missing > 0; index += 1) {
      const entry = this.#returning[index];
      if (entry === undefined) return now + this.windowMs;
      missing -= entry.weight;
      if (missing <= 0) return entry.at;
    }
    return now;
  }

  #foreignAt(now: number): number {
    return now < this.#foreign.at ? this.#foreign.weight : 0;
  }

  #comeBack(now: number): void {
    for (let entry = this.#returning[this.#next]; entry !== undefined && entry.at <= now; entry = this.#returning[this.#next]) {
      this.#returningWeight -= entry.weight;
      this.#next += 1;
    }
    if (this.#next < 64 || this.#next * 2 < this.#returning.length) return;
    this.#returning = this.#returning.slice(this.#next);
    this.#next = 0;
  }
}
