import { LatencyModels } from '../../time/latencyModel.ts';

/** While a service is suspect, an attempt gets so many times the usual worst… */
const TIMES_P99 = 1.5;
/** …but never less than this, ms: what takes less is not slow (`detection/slowThreshold.ts` has the same floor). */
const FLOOR_MS = 500;
/** Of the calls that seem to come too late, every so many is made all the same. */
const TRIED_ONE_IN = 5;

/** How long the attempts of a service usually take, by operation, and what follows from it for those to come. */
export class AttemptPatience {
  readonly #models = new LatencyModels();
  readonly #refused = new Map<string, number>();

  /** An attempt ended well. */
  learn(operation: string, durationMs: number): void {
    this.#models.learn(operation, durationMs);
  }

  /** Until an operation's latency is learned, that of its single form stands for it. */
  relate(operation: string, single: string): void {
    this.#models.relate(operation, single);
  }

  /** What half of the attempts take, ms; `undefined` before it is learned. */
  usualMs(operation: string): number | undefined {
    return this.#models.of(operation).p50Ms;
  }

  /** Of a degraded service (docs/algorithms.md#degraded-services), ms: whoever waits on one that hangs shall not wait long. */
  suspectTimeoutMs(operation: string, configuredMs: number): number {
    const { p99Ms } = this.#models.of(operation);
    return p99Ms === undefined ? configuredMs : Math.min(configuredMs, Math.max(FLOOR_MS, TIMES_P99 * p99Ms));
  }

  /**
   * Whether an attempt with so little time left is not worth making: half of them would come too late (docs/algorithms.md#deadlines).
   * One in five is made all the same; else a service that has become faster could never show it.
   */
  isTooLate(operation: string, leftMs: number): boolean {
    if (leftMs >= (this.usualMs(operation) ?? 0)) return false;
    const refused = (this.#refused.get(operation) ?? 0) + 1;
    this.#refused.set(operation, refused);
    return refused % TRIED_ONE_IN !== 0;
  }
}
