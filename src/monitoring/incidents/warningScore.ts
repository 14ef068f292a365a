import { minutes, seconds } from '../../time/clock.ts';

/** A warning is right if what it warns of comes within this time, ms. */
export const FOLLOWED_WITHIN_MS = seconds(120);
/** Warnings that precision is judged by. */
const JUDGED = 50;
/** A detector that is right less often than this is better silent… */
const LEAST_PRECISION = 0.2;
/** …for this long, ms; then it may try again, with a clean record. */
const MUTED_FOR_MS = minutes(60);

/**
 * The warnings of one detector about one service, and how often they were right. A warning begins when the detector
 * sounds; until it is scored there is no second one. A detector that cries wolf is muted.
 *
 * All times are monotonic ms.
 */
export class WarningScore {
  #sounding = false;
  #warnedAt: number | undefined;
  #mutedUntil = Number.NEGATIVE_INFINITY;
  #results: boolean[] = [];

  /** When the warning that has not been scored yet was given. */
  get warnedAt(): number | undefined {
    return this.#warnedAt;
  }

  /** When the warning is scored as wrong at the latest. */
  get dueAt(): number {
    return (this.#warnedAt ?? Number.POSITIVE_INFINITY) + FOLLOWED_WITHIN_MS;
  }

  isMuted(now: number): boolean {
    return now < this.#mutedUntil;
  }

  /** What the detector says now. @returns whether this is a new warning. */
  sound(isSounding: boolean, now: number): boolean {
    const begins = isSounding && !this.#sounding;
    this.#sounding = isSounding;
    if (!begins || this.#warnedAt !== undefined || this.isMuted(now)) return false;
    this.#warnedAt = now;
    return true;
  }

  /** What was warned of has come. @returns how long before that the warning was given, ms; `undefined` without a warning in time. */
  came(now: number): number | undefined {
    if (this.#warnedAt === undefined || now >= this.dueAt) return undefined;
    const leadMs = now - this.#warnedAt;
    this.#score(true, now);
    return leadMs;
  }

  /** Whether a warning has just turned out to be wrong, because its time is over. */
  expire(now: number): boolean {
    if (now < this.dueAt) return false;
    this.#score(false, now);
    return true;
  }

  #score(wasRight: boolean, now: number): void {
    this.#warnedAt = undefined;
    this.#results = [...this.#results, wasRight].slice(-JUDGED);
    const right = this.#results.filter(Boolean).length;
    if (this.#results.length < JUDGED || right / JUDGED >= LEAST_PRECISION) return;
    this.#results = [];
    this.#mutedUntil = now + MUTED_FOR_MS;
  }
}
