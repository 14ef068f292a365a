import { seconds, type Clock } from '../time/clock.ts';

export interface FleetReporterParts {
  readonly isUp: () => boolean;
  /** Rejects where the store cannot be had; so does `look`. */
  readonly report: () => Promise<unknown>;
  readonly look: () => Promise<unknown>;
  /** How many there are, as far as is known. */
  readonly replicas: () => number;
  readonly clock: Clock;
  readonly random: () => number;
}

const REPORT_EVERY_MS = seconds(5);
const LOOK_EVERY_MS = seconds(2);
const JITTER = 0.2;
/** After a return of the store, ms: not all at once. */
const RETURN_SPREAD_MS = 200;
/** A change is told to all at once; they look over so long for each of them, ms: a thousand would be too many for one moment. */
const HINT_SPREAD_MS = 0.1;
/** Between two reports, ms: what happens in between is told together. */
const REPORT_GAP_MS = 100;

/**
 * When one circuit talks to the fleet: one command at a time; a report every five seconds, and soon after news; a look every
 * two seconds, and at once when somebody has changed something. A report is a look as well.
 */
export class FleetReporter {
  readonly #parts: FleetReporterParts;
  #cancel: () => void = nothing;
  #isRunning = false;
  #isAsking = false;
  #hasNews = false;
  /** When to look because of a hint; monotonic ms, as the next three. */
  #hintAt: number | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #reportAt = 0;
  #lookAt = 0;

  constructor(parts: FleetReporterParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#isRunning = true;
    this.reportSoon();
  }

  /** The store can be had again: it is told anew what there is, by all replicas in a moment's time. */
  returned(): void {
    const { clock, random } = this.#parts;
    this.#reportAt = clock.now() + RETURN_SPREAD_MS * random();
    this.#plan();
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel();
  }

  /** There is something to tell. */
  reportSoon(): void {
    if (this.#hasNews) return;
    this.#hasNews = true;
    this.#plan();
  }

  /** There may be something to hear. */
  lookSoon(): void {
    if (this.#hintAt !== undefined) return;
    const { clock, replicas, random } = this.#parts;
    this.#hintAt = clock.now() + Math.floor(HINT_SPREAD_MS * replicas() * random());
    this.#plan();
  }

  #plan(): void {
    if (!this.#isRunning || this.#isAsking) return;
    this.#cancel();
    this.#cancel = this.#parts.clock.after(this.#waitMs(this.#parts.clock.now()), () => void this.#turn());
  }

  #waitMs(now: number): number {
    // With the store down there is nobody to tell.
    if (!this.#parts.isUp()) return Math.max(0, this.#lookAt - now);
    return Math.max(0, Math.ceil(Math.min(this.#lookDueAt, this.#reportDueAt) - now));
  }

  get #lookDueAt(): number {
    return Math.min(this.#hintAt ?? Number.POSITIVE_INFINITY, this.#lookAt);
  }

  get #reportDueAt(): number {
    return Math.max(this.#hasNews ? 0 : this.#reportAt, this.#reportedAt + REPORT_GAP_MS);
  }

  async #turn(): Promise<void> {
    const now = this.#parts.clock.now();
    const isReport = now >= this.#reportDueAt;
    // A timer may be a little early.
    if (isReport || now >= this.#lookDueAt) await this.#ask(isReport, now);
    this.#plan();
  }

  async #ask(isReport: boolean, now: number): Promise<void> {
    const { isUp, report, look } = this.#parts;
    this.#lookAt = now + this.#jittered(LOOK_EVERY_MS);
    if (!isUp()) return;
    this.#isAsking = true;
    this.#hintAt = undefined;
    const answered = await (isReport ? this.#report(report, now) : look()).then(yes, no);
    // What could not be told is told next.
    if (isReport && !answered) this.#reportAt = this.#lookAt;
    this.#isAsking = false;
  }

  #report(report: () => Promise<unknown>, now: number): Promise<unknown> {
    this.#hasNews = false;
    this.#reportedAt = now;
    this.#reportAt = now + this.#jittered(REPORT_EVERY_MS);
    return report();
  }

  #jittered(ms: number): number {
    return ms * (1 - JITTER + 2 * JITTER * this.#parts.random());
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;
const nothing = (): void => undefined;
