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
  /** Requests that came to nothing: failed, refused by the service, or never answered in time. */
  readonly doomed: number;
  /** Calls that were not served although the service would have answered them. */
  readonly lost: number;
  /** From the first fault's begin to the first call refused without asking the service; absent: never. */
  readonly detectMs: number | undefined;
  /** From the last fault's end to the last call lost; absent: calls are lost to the end of the run. */
  readonly recoverMs: number | undefined;
  /** What callers waited, of calls begun in a fault; of all calls where there is no fault. */
  readonly p99Ms: number;
  /** Requests sent for each call made, over the same calls. */
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
  #lost = 0;
  #measuredCalls = 0;
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

  requestSent(): void {
    this.#sent += 1;
  }

  requestDoomed(): void {
    this.#doomed += 1;
  }

  /** @param wouldBeAnswered Whether the service would have answered it when it was made. */
  callEnded(call: LabCall, served: boolean, wouldBeAnswered: boolean, now: number): void {
    this.#pending -= 1;
    this.#measure(call, now);
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
      lost: this.#lost,
      detectMs: firstFaultAt === undefined || this.#firstRefusedAt === undefined ? undefined : this.#firstRefusedAt - firstFaultAt,
      recoverMs: this.#recoverMs,
      p99Ms: percentile(this.#waits, 0.99),
      amplification: this.#measuredCalls === 0 ? 0 : this.#measuredSent / this.#measuredCalls,
      falseTrips: this.#falseTrips,
      calmMs,
    };
  }

  get #recoverMs(): number | undefined {
    const { lastFaultEndsAt } = this.#timeline;
    if (lastFaultEndsAt === undefined) return undefined;
    return this.#lastLostAt > this.#lastServedAt ? undefined : Math.max(0, this.#lastLostAt - lastFaultEndsAt);
  }

  #measure({ startedAt, attempts }: LabCall, now: number): void {
    const { firstFaultAt = 0, lastFaultEndsAt = Infinity } = this.#timeline;
    if (startedAt < firstFaultAt || startedAt >= lastFaultEndsAt) return;
    this.#waits.push(now - startedAt);
    this.#measuredCalls += 1;
    this.#measuredSent += attempts;
  }
}

const percentile = (values: readonly number[], share: number): number => {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};
