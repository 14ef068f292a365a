/**
 * The figures of one run, kept while it goes on. What each means is said in `docs/lab/README.md`.
 */
import type { LabCall } from './labCall.ts';
import type { Timeline } from './timeline.ts';

/** What a run comes to. Times in ms. */
export interface Figures {
  readonly calls: number;
  /** Requests that reached the service: retries and probes included. */
  readonly sent: number;
  readonly served: number;
  /**
   * Requests that came to nothing: failed, refused by the service, or never answered in time. Only those sent while
   * something was wrong: one in 500 fails in health as well, which is held against nobody for serving more calls there.
   */
  readonly doomed: number;
  /** Of those doomed, probes of the rival's own: no caller waited for them. */
  readonly doomedProbes: number;
  /** Calls that were not served although the service would have answered them. */
  readonly lost: number;
  /** From the first fault's begin to the first call refused without asking the service; absent: never. */
  readonly detectMs: number | undefined;
  /** From the last fault's end to the last call lost; absent: calls are lost to the end of the run. */
  readonly recoverMs: number | undefined;
  /** What callers waited, of calls begun in a fault; of all calls where there is no fault. */
  readonly p99Ms: number;
  /** Requests sent for each call made, over the same calls; without the rival's own probes. */
  readonly amplification: number;
  /** Circuits that opened with no fault on or just over. */
  readonly falseTrips: number;
  /** The time in which a trip would have been false. */
  readonly calmMs: number;
}

export class Ledger {
  readonly #timeline: Timeline;
  readonly #waits: number[] = [];
  readonly #open = new Set<string>();
  #calls = 0;
  #pending = 0;
  #sent = 0;
  #served = 0;
  #doomed = 0;
  #doomedProbes = 0;
  #lost = 0;
  #measuredSent = 0;
  #firstRefusedAt: number | undefined;
  #lastLostAt = -1;
  #lastServedAt = -1;
  #falseTrips = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Calls that have not ended. */
  get pending(): number {
    return this.#pending;
  }

  callBegun(): void {
    this.#calls += 1;
    this.#pending += 1;
  }

  requestSent(call: LabCall): void {
    this.#sent += 1;
    if (call.index >= 0 && this.#isMeasured(call)) this.#measuredSent += 1;
  }

  requestDoomed({ index }: LabCall, sentAt: number): void {
    if (!this.#timeline.isMeasured(sentAt)) return;
    this.#doomed += 1;
    if (index < 0) this.#doomedProbes += 1;
  }

  /** @param wouldBeAnswered Whether the service would have answered it when it was made. */
  callEnded(call: LabCall, served: boolean, wouldBeAnswered: boolean, now: number): void {
    this.#pending -= 1;
    if (this.#isMeasured(call)) this.#waits.push(now - call.startedAt);
    if (served) {
      this.#served += 1;
      this.#lastServedAt = Math.max(this.#lastServedAt, call.startedAt);
      return;
    }
    if (wouldBeAnswered) {
      this.#lost += 1;
      this.#lastLostAt = Math.max(this.#lastLostAt, call.startedAt);
    }
    if (call.attempts === 0 && now >= (this.#timeline.firstFaultAt ?? Infinity)) this.#firstRefusedAt ??= now;
  }

  circuitOpened(name: string, now: number): void {
    if (!this.#open.has(name) && this.#timeline.isCalm(now)) this.#falseTrips += 1;
    this.#open.add(name);
  }

  circuitClosed(name: string): void {
    this.#open.delete(name);
  }

  get figures(): Figures {
    const { firstFaultAt, calmMs } = this.#timeline;
    return {
      calls: this.#calls,
      sent: this.#sent,
      served: this.#served,
      doomed: this.#doomed,
      doomedProbes: this.#doomedProbes,
      lost: this.#lost,
      detectMs: firstFaultAt === undefined || this.#firstRefusedAt === undefined ? undefined : this.#firstRefusedAt - firstFaultAt,
      recoverMs: this.#recoverMs,
      p99Ms: percentile(this.#waits, 0.99),
      amplification: this.#waits.length === 0 ? 0 : this.#measuredSent / this.#waits.length,
      falseTrips: this.#falseTrips,
      calmMs,
    };
  }

  get #recoverMs(): number | undefined {
    const { lastFaultEndsAt } = this.#timeline;
    if (lastFaultEndsAt === undefined) return undefined;
    return this.#lastLostAt > this.#lastServedAt ? undefined : Math.max(0, this.#lastLostAt - lastFaultEndsAt);
  }

  /** Begun while something was wrong; where nothing ever is, any. */
  #isMeasured({ startedAt }: LabCall): boolean {
    const { firstFaultAt = 0, lastFaultEndsAt = Infinity } = this.#timeline;
    return startedAt >= firstFaultAt && startedAt < lastFaultEndsAt;
  }
}

const percentile = (values: readonly number[], share: number): number => {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};
