/**
 * One limit, kept exactly: a pure rule, `now` is a parameter.
 *
 * A permit is taken when the attempt begins and comes back one window after the attempt ended. The service counts the
 * request at some moment between the two, which nobody here knows; so whatever that moment was, no window of the service
 * ever holds more than the limit. What it costs is the time under way: one part in a hundred for 100 ms of 10 s.
 *
 * Where replicas share the limit, each has a part of it, its share: what it uses itself stays within the share, and with
 * what others use, as far as the service's headers tell, within the limit.
 *
 * A limit of connections is a window of no length: a permit comes back with the answer. Only of an attempt that was
 * abandoned nobody knows when the service lets go of it; until then its permit is suspect.
 */
import type { PermitUse } from '../contract/quotaGate.ts';
import { ReturningPermits } from './returningPermits.ts';

/** Half of a limit may be used as it comes; what is left is spread over the time until permits come back. */
const FREE_SHARE = 0.5;
/** A permit of a larger part of the share than this cannot be spread. */
const LUMP = 0.25;
/** A shorter window is over before spreading helps anybody, ms. */
const SPREAD_FROM_MS = 2000;

/** Permits that were due and come late, as after a pause of the process, are made up for, so many at most. */
const MADE_UP = 10;

/** When to look again for a connection, should nobody tell that one came free, ms. */
const LOOK_AGAIN_MS = 1000;

interface Weighed {
  readonly at: number;
  readonly weight: number;
}

/** A part of the limit, until a moment; then nothing of it. */
interface Share {
  readonly permits: number;
  readonly until: number;
}

const WHOLE: Share = { permits: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY };

export class PermitWindow {
  /** 0: what is limited is connections. */
  readonly windowMs: number;
  readonly #suspectMs: number;
  #limit: number;
  #share = WHOLE;
  #scale = 1;
  #underWay = 0;
  readonly #returning = new ReturningPermits();
  /** Used by others who have the same quota, as far as the service's headers told. */
  #foreign: Weighed = { at: 0, weight: 0 };
  /** The last permit: when it was due, and its weight. */
  #last: Weighed = { at: Number.NEGATIVE_INFINITY, weight: 0 };
  /** Permits in a window that may be hoped for in the long run, whatever the share is at the moment. */
  expected = 0;
  /** Of the limit, what other replicas hold. */
  others = 0;

  /**
   * @param limit Permits in a window; `Infinity` while nobody knows.
   * @param suspectMs How long the permit of an abandoned attempt is held.
   */
  constructor(limit: number, windowMs: number, suspectMs = windowMs) {
    this.#limit = limit;
    this.windowMs = windowMs;
    this.#suspectMs = suspectMs;
  }

  /** How long a permit is held at most after its attempt, ms. */
  get longestMs(): number {
    return Math.max(this.windowMs, this.#suspectMs);
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

  /** What this process may use of the limit; a part of one permit: one, so much less often. `Infinity`: it is alone. */
  setShare(permits: number, until = Number.POSITIVE_INFINITY): void {
    this.#share = { permits, until };
  }

  share(now: number): number {
    return now < this.#share.until ? this.#share.permits : 0;
  }

  /** As if the last permit had been taken then: whoever begins with a part of one permit does not begin with a whole one. */
  beginAt(at: number): void {
    this.#last = { at, weight: 1 };
  }

  used(now: number): number {
    return this.ownUsed(now) + this.#foreignAt(now);
  }

  /** Without what others use. */
  ownUsed(now: number): number {
    return this.#underWay + this.#returning.weight(now);
  }

  /** Connections that the service may still hold, though nobody waits for them. */
  suspect(now: number): number {
    return this.windowMs === 0 ? this.#returning.weight(now) : 0;
  }

  /** Whether or not it is ready. */
  take(now: number, weight: number): void {
    const due = this.#spreadUntil(now, weight, 1);
    // Timers are late; what is late does not put off what follows, unless nobody asked for long.
    const madeUpMs = this.#paceOf(now) < 1 ? 0 : MADE_UP * this.#intervalMs(now);
    this.#last = { at: Math.min(now, Math.max(due, now - madeUpMs)), weight };
    this.#underWay += weight;
  }

  /** An attempt is over, and may have been counted until now; one that was never sent was not. */
  ended(now: number, weight: number, use: PermitUse): void {
    this.#underWay -= weight;
    const backMs = use === 'abandoned' ? this.#suspectMs : this.windowMs;
    if (use === 'unsent' || backMs === 0) return;
    this.#returning.add(now + backMs, weight);
  }

  /** What the service says is used, by us and by others; it holds for so long at most. */
  usedSeen(now: number, used: number, forMs: number): void {
    this.#foreign = { at: now + forMs, weight: Math.max(0, used - this.ownUsed(now)) };
  }

  /** By a person's word: all of the limit, and nothing of it used by others. */
  forget(): void {
    this.#scale = 1;
    this.#foreign = { at: 0, weight: 0 };
  }

  /**
   * When a permit may be taken, ms; `now` or before: at once; `Infinity`: not before the share grows.
   *
   * @param part Of the limit that may be in use with it, 0 to 1.
   */
  readyAt(now: number, weight: number, part = 1): number {
    const most = Math.max(1, this.#limit * this.#scale * part);
    // What is heavier than the whole limit goes when the window is empty.
    const needed = Math.min(weight, most);
    const over = this.#usedBefore(now, most) + this.#foreignAt(now) + needed - most;
    const whole = over <= 0 ? now : this.#hasReturned(now, over);
    return Math.max(whole, this.#withinShare(now, needed, part), this.#spreadUntil(now, weight, part));
  }

  /** The smallest share with which a permit could be taken now, as far as its own use goes. */
  shareFor(now: number, weight: number, part = 1): number {
    const own = this.ownUsed(now);
    const needed = Math.min(weight, this.#limit);
    return own === 0 ? needed : Math.ceil((own + needed) / part);
  }

  /** How long until no more than so many permits are in use, without new ones, ms; absent: more are under way. */
  fallsInMs(now: number, permits: number): number | undefined {
    const over = this.ownUsed(now) - permits;
    if (over <= 0) return 0;
    return this.#underWay > permits ? undefined : this.#ownReturned(now, over) - now;
  }

  /**
   * When the turn comes of a permit that waits behind others, ms; as far as can be seen now.
   *
   * @param opensAt Nobody goes before then. What comes back until then is there at that moment: it is waited for only once.
   */
  estimate(now: number, ahead: number, weight: number, part = 1, opensAt = now): number {
    const mine = this.#rate(Math.max(this.share(now), this.expected)) * part;
    if (mine < 1) return mine === 0 ? opensAt : opensAt + (ahead / mine) * this.windowMs;
    const readyAt = this.readyAt(now, weight + (ahead % mine), part);
    const soon = Math.max(opensAt, Number.isFinite(readyAt) ? readyAt : now);
    const inTurn = ahead === 0 ? soon : soon + Math.floor(ahead / mine) * this.windowMs;
    if (!this.#isSpread || ahead === 0) return inTurn;
    const intervalMs = this.windowMs / (mine / part);
    const afterPause = opensAt > now ? opensAt + Math.max(0, ahead - this.#freeOf(now) * part) * intervalMs : now;
    return Math.max(inTurn, afterPause, this.#last.at + (this.#last.weight + ahead) * intervalMs);
  }

  get #isSpread(): boolean {
    return this.windowMs >= SPREAD_FROM_MS;
  }

  /** Of a share, what may be used in a window as things are. */
  #rate(share: number): number {
    return Math.min(this.#limit, share) * this.#scale;
  }

  /** Permits in a window in the long run. Who has a small share because it wanted no more need not be slow. */
  #paceOf(now: number): number {
    const share = this.share(now);
    return this.#rate(share === 0 ? 0 : Math.max(share, this.expected));
  }

  /** What may be used as it comes: half of the share, and half of the limit together with others. */
  #freeOf(now: number): number {
    const share = this.share(now);
    if (share >= this.#limit) return this.#rate(share) * FREE_SHARE;
    return Math.max(this.#rate(share) * FREE_SHARE, this.#limit * this.#scale * FREE_SHARE - this.others);
  }

  #intervalMs(now: number): number {
    return this.windowMs === 0 ? 0 : this.windowMs / this.#paceOf(now);
  }

  /** Suspect connections leave at least one to be used: the service may have let go of them long ago. */
  #usedBefore(now: number, most: number): number {
    const suspect = this.suspect(now);
    return this.ownUsed(now) - Math.max(0, suspect - Math.max(0, most - 1));
  }

  #withinShare(now: number, needed: number, part: number): number {
    const share = this.share(now);
    if (share === Number.POSITIVE_INFINITY) return now;
    const most = share === 0 ? 0 : Math.max(1, share);
    if (needed > most) return Number.POSITIVE_INFINITY;
    const room = Math.max(needed, most * this.#scale * part);
    const over = this.#usedBefore(now, room) + needed - room;
    return over <= 0 ? now : this.#ownReturned(now, over);
  }

  #spreadUntil(now: number, weight: number, part: number): number {
    const isAlone = this.share(now) >= this.#limit;
    const most = this.#paceOf(now);
    const used = isAlone ? this.used(now) : this.ownUsed(now);
    if (most < 1) return most === 0 ? now : this.#last.at + this.#last.weight * this.#intervalMs(now);
    const isLump = !isAlone && weight > most * LUMP;
    if (!this.#isSpread || isLump || used + weight <= this.#freeOf(now) * part) return now;
    // What others used comes back as well, at times sooner than what we did.
    const oldest = Math.min(this.#returning.nextAt ?? now, this.#foreignAt(now) > 0 ? this.#foreign.at : Number.POSITIVE_INFINITY);
    const left = Math.min(most - used, this.#limit * this.#scale - this.used(now));
    return this.#last.at + this.#last.weight * Math.max(this.#intervalMs(now), (oldest - now) / Math.max(1, left));
  }

  /** When so many permits will have come back; for those under way nobody knows, so a window is assumed. */
  #hasReturned(now: number, needed: number): number {
    const { at, weight } = this.#foreign;
    const own = this.#ownReturned(now, needed);
    return this.#foreignAt(now) === 0 ? own : Math.min(own, Math.max(at, this.#ownReturned(now, needed - weight)));
  }

  #ownReturned(now: number, needed: number): number {
    if (needed <= 0) return now;
    return this.#returning.returnedAt(needed) ?? now + (this.windowMs === 0 ? LOOK_AGAIN_MS : this.windowMs);
  }

  #foreignAt(now: number): number {
    return now < this.#foreign.at ? this.#foreign.weight : 0;
  }
}
