import { LatencyModels } from '../../time/latencyModel.ts';
import { slowThreshold } from './slowThreshold.ts';

/** A probe is given twice the usual worst; a service that needs longer is not yet back… */
const PROBE_TIMES_P99 = 2;
/** …with some room for networks, ms… */
const PROBE_FLOOR_MS = 500;
/** …and never longer than this, ms. */
const PROBE_CAP_MS = 5000;

/** Past twice the median nine of ten attempts are answered… */
const TELLING_TIMES_P50 = 2;
/** …but nobody is blamed for less than this, ms (`slowThreshold.ts` has the same floor). */
const TELLING_FLOOR_MS = 500;

/** What is known of the latency of a circuit's operations, and what counts as slow for each. */
export class LatencyBook {
  readonly #attemptTimeoutMs: number;
  readonly #models = new LatencyModels();

  constructor(attemptTimeoutMs: number) {
    this.#attemptTimeoutMs = attemptTimeoutMs;
  }

  /** An attempt that ended well. */
  learn(operation: string, durationMs: number): void {
    this.#models.learn(operation, durationMs);
  }

  /** A slow answer, or one in time of doubt: only an operation that is judged by another's latency learns from it. */
  learnSlow(operation: string, durationMs: number): void {
    if (this.#models.inherits(operation)) this.#models.learn(operation, durationMs);
  }

  /** Until an operation's latency is learned, that of another form of the same operation stands for it. */
  relate(operation: string, single: string): void {
    this.#models.relate(operation, single);
  }

  /** Milliseconds from which an attempt counts as slow. */
  slowMs(operation: string): number {
    return slowThreshold(this.#models.of(operation).cautiousP99Ms, this.#attemptTimeoutMs);
  }

  /** Milliseconds after which an attempt without an answer says something, whoever ended it: most would have been answered. */
  tellingMs(operation: string): number {
    const p50Ms = this.#models.of(operation).p50Ms ?? 0;
    return Math.min(this.slowMs(operation), Math.max(TELLING_FLOOR_MS, TELLING_TIMES_P50 * p50Ms));
  }

  /** Milliseconds after which a probe has failed. */
  probeMs(operation: string): number {
    const { p99Ms } = this.#models.of(operation);
    const wantedMs = p99Ms === undefined ? PROBE_CAP_MS : Math.max(PROBE_FLOOR_MS, PROBE_TIMES_P99 * p99Ms);
    return Math.min(this.#attemptTimeoutMs, PROBE_CAP_MS, wantedMs);
  }
}
