/**
 * Who is to blame when calls fail: one record, one caller, one operation, or the service? Pure rules; `now` is on the monotonic clock, ms
 * (docs/decisions/0011, docs/decisions/0028).
 */
import { seconds } from '../time/clock.ts';

/** What one operation has shown. Moments are on the monotonic clock, ms. */
export interface OperationRecord {
  /** How near its detector is to opening, 0 to 1. */
  readonly suspicion: number;
  /** When the attempt began that made it suspect; absent while it is not. */
  readonly suspectSince: number | undefined;
  /** When its latest attempt began that ended well. */
  readonly wellSince: number | undefined;
  /** When an attempt was last judged. */
  readonly heardAt: number;
}

/** Whoever was not heard of for so long says nothing about now; and what fell within it fell together. */
const RECENT_MS = seconds(30);
/** So many suspects, and such a share of the operations in use, are the service (docs/decisions/0011-circuits-per-operation.md). */
const BROAD_COUNT = 2;
const BROAD_SHARE = 0.5;
/** Taken together, operations that are not suspect one by one may be: from here on. */
const SUSPECT_FROM = 0.5;

const inUse = (all: readonly OperationRecord[], now: number): readonly OperationRecord[] =>
  all.filter(({ heardAt }) => now - heardAt <= RECENT_MS);

const isSuspect = ({ suspectSince }: OperationRecord): boolean => suspectSince !== undefined;

/**
 * Whether some operation in use is well although another has failed since: an attempt of it that began later ended well.
 * What began before says nothing, it was answered by the service as it was then.
 */
export const hasWitness = (all: readonly OperationRecord[], since: number, now: number): boolean =>
  inUse(all, now).some((each) => !isSuspect(each) && each.wellSince !== undefined && each.wellSince >= since);

/**
 * Whether half of the operations in use are suspect since half a minute at most, at least two. By itself no verdict: two
 * failures in a row are an everyday thing where much is called.
 */
export const isBroad = (all: readonly OperationRecord[], now: number): boolean => {
  const fallen = all.filter(({ suspectSince }) => suspectSince !== undefined && now - suspectSince <= RECENT_MS);
  const used = new Set([...inUse(all, now), ...fallen]);
  return fallen.length >= BROAD_COUNT && fallen.length >= used.size * BROAD_SHARE;
};

/**
 * Whether the evidence against the service is that against a few of its operations: all others, taken together, are above
 * suspicion, and one is a witness that the service answers since.
 */
export const isOfFewOperations = (all: readonly OperationRecord[], now: number): boolean => {
  const sinces = all.flatMap(({ suspectSince }) => suspectSince ?? []);
  if (sinces.length === 0) return false;
  const others = inUse(all, now).filter((each) => !isSuspect(each));
  const suspicion = others.reduce((sum, each) => sum + each.suspicion, 0);
  return suspicion < SUSPECT_FROM && hasWitness(others, Math.max(...sinces), now);
};

/** So many failing records, so many that were well, and so many callers are remembered. */
const MOST_RECORDS = 500;

/**
 * Nothing but one record is asked for, and it was never answered: that may be the record, and it may be the service since before this
 * process began. It counts once in so long, ms: an outage opens the circuit in a quarter of a minute, ten failures in a row do not.
 */
const LONE_EVERY_MS = seconds(3);

/** A record whose latest attempt failed. */
interface FailingRecord {
  /** When the first attempt of the row began, and when the last ended, ms. */
  readonly since: number;
  readonly at: number;
  /** When a failure of it last counted, ms. */
  readonly countedAt: number;
  /** By which request: all records of one that fails are suspects until their parts have been asked for. */
  readonly request: number;
}

/** An answered attempt, and what it was about; several records where calls share a request. */
export interface AboutRecords {
  readonly startedAt: number;
  readonly records?: (() => readonly string[]) | undefined;
}

/**
 * A record that a service cannot deal with (5xx, a broken contract) says nothing about the service, however often it is asked
 * for: its failures count once until another record fails, while others are answered, and seldom where it never was answered well.
 */
export class FailingRecords {
  readonly #failing = new Map<string, FailingRecord>();
  readonly #answered = new Set<string>();
  #wellSince = Number.NEGATIVE_INFINITY;
  #wellAt = Number.NEGATIVE_INFINITY;
  #requests = 0;

  wasWell({ startedAt, records }: AboutRecords, now: number): void {
    this.#wellSince = Math.max(this.#wellSince, startedAt);
    this.#wellAt = now;
    const all = records?.() ?? [];
    for (const record of all) this.#failing.delete(record);
    const [only] = all;
    if (all.length === 1 && only !== undefined) this.#remember(only);
  }

  /**
   * Whether a failure speaks against the service.
   *
   * @param isRefusal The service says that it handles nothing now, rather than that it failed at this.
   */
  isNews({ startedAt, records }: AboutRecords, isRefusal: boolean, now: number): boolean {
    const all = [...new Set(records?.())];
    this.#forgetOld(now);
    const known = all.flatMap((record) => this.#failing.get(record) ?? []);
    const since = Math.min(startedAt, ...known.map((each) => each.since));
    this.#part(all, known);
    const isLone = !isRefusal && this.#failing.size === known.length && !all.some((record) => this.#answered.has(record));
    const countedAt = Math.max(...known.map((each) => each.countedAt));
    const isDue = !isLone || now - countedAt >= LONE_EVERY_MS;
    const areOthersWell = this.#wellSince >= since && now - this.#wellAt <= RECENT_MS;
    const counts = known.length === 0 || (isDue && !areOthersWell);
    this.#requests += 1;
    const failing = { since, at: now, countedAt: counts ? now : countedAt, request: this.#requests };
    for (const record of all.slice(0, MOST_RECORDS)) this.#failing.set(record, failing);
    return counts;
  }

  clear(): void {
    this.#failing.clear();
  }

  /** A part of a request that failed is asked for again: the other part answers for itself. */
  #part(all: readonly string[], known: readonly FailingRecord[]): void {
    const requests = new Set(known.map(({ request }) => request));
    for (const [record, { request }] of this.#failing) if (requests.has(request) && !all.includes(record)) this.#failing.delete(record);
  }

  #forgetOld(now: number): void {
    for (const [record, { at }] of this.#failing)
      if (now - at > RECENT_MS || this.#failing.size > MOST_RECORDS) this.#failing.delete(record);
  }

  #remember(record: string): void {
    this.#answered.delete(record);
    this.#answered.add(record);
    const [oldest] = this.#answered;
    if (this.#answered.size > MOST_RECORDS && oldest !== undefined) this.#answered.delete(oldest);
  }
}

/** Of others' calls, as many as this fail in an outage of the service, which then is theirs as well. */
const OTHERS_FAIL_SHARE = 0.25;
/** An answer to somebody else says for so long that the service answers, ms. */
const OTHERS_HEARD_MS = seconds(3);

interface CallerCount {
  good: number;
  bad: number;
  /** When its first attempt that failed began; absent: none has. */
  failingSince?: number;
  /** When its latest attempt that was answered well began, and when it ended. */
  wellSince: number;
  wellAt: number;
}

/**
 * One caller whose input a service cannot deal with, record after record, says no more about the service than one record does: its
 * failures count once, while others are answered meanwhile and hardly fail. Who calls alone is believed. Counted anew each half minute.
 */
export class FailingCallers {
  readonly #counts = new Map<string, CallerCount>();
  #beganAt = Number.NEGATIVE_INFINITY;

  wereWell(callers: readonly string[], startedAt: number, now: number): void {
    this.#beginAnew(now);
    for (const caller of callers) {
      const count = this.#of(caller);
      count.good += 1;
      count.wellSince = Math.max(count.wellSince, startedAt);
      count.wellAt = now;
    }
  }

  /** Whether a failure speaks against the service. Of a request of several callers nobody knows whose it is. */
  isNews(callers: readonly string[], startedAt: number, now: number): boolean {
    this.#beginAnew(now);
    const isKnown = callers.some((caller) => this.#isAlone(caller, now));
    const [only] = callers;
    if (only === undefined || callers.length > 1) return !isKnown;
    const count = this.#of(only);
    count.bad += 1;
    count.failingSince ??= startedAt;
    return !isKnown;
  }

  clear(): void {
    this.#counts.clear();
  }

  /** Whether this caller has failed before, and others are well since. */
  #isAlone(caller: string, now: number): boolean {
    const since = this.#counts.get(caller)?.failingSince;
    if (since === undefined) return false;
    const others = [...this.#counts].flatMap(([name, count]) => (name === caller ? [] : count));
    const bad = others.reduce((sum, count) => sum + count.bad, 0);
    const all = others.reduce((sum, count) => sum + count.good, bad);
    const areHeard = others.some(({ wellSince, wellAt }) => wellSince >= since && now - wellAt <= OTHERS_HEARD_MS);
    return areHeard && bad < all * OTHERS_FAIL_SHARE;
  }

  #of(caller: string): CallerCount {
    let count = this.#counts.get(caller);
    if (count === undefined)
      this.#counts.set(caller, (count = { good: 0, bad: 0, wellSince: Number.NEGATIVE_INFINITY, wellAt: Number.NEGATIVE_INFINITY }));
    return count;
  }

  #beginAnew(now: number): void {
    if (now - this.#beganAt <= RECENT_MS && this.#counts.size <= MOST_RECORDS) return;
    this.#counts.clear();
    this.#beganAt = now;
  }
}
