import { LatencyModel } from './latencyModel.ts';
import { slowThreshold } from './slowThreshold.ts';

/** A probe is given twice the usual worst; a service that needs longer is not yet back… */
const PROBE_TIMES_P99 = 2;
/** …with some room for networks, ms… */
const PROBE_FLOOR_MS = 500;
/** …and never longer than this, ms. */
const PROBE_CAP_MS = 5000;

/** What is known of the latency of a circuit's operations, and what counts as slow for each. */
export class LatencyBook {
  readonly #attemptTimeoutMs: number;
  readonly #models = new Map<string, LatencyModel>();

  constructor(attemptTimeoutMs: number) {
    this.#attemptTimeoutMs = attemptTimeoutMs;
  }

  /** An attempt that ended well. Operations are the descriptor's, so there are no more models than those. */
  learn(operation: string, durationMs: number): void {
    const model = this.#models.get(operation) ?? new LatencyModel();
    this.#models.set(operation, model);
    model.learn(durationMs);
  }

  /** Milliseconds from which an attempt counts as slow. */
  slowMs(operation: string): number {
    return slowThreshold(this.#models.get(operation)?.p99Ms, this.#attemptTimeoutMs);
  }

  /** Milliseconds after which a probe has failed. */
  probeMs(operation: string): number {
    const p99Ms = this.#models.get(operation)?.p99Ms;
    const wantedMs = p99Ms === undefined ? PROBE_CAP_MS : Math.max(PROBE_FLOOR_MS, PROBE_TIMES_P99 * p99Ms);
    return Math.min(this.#attemptTimeoutMs, PROBE_CAP_MS, wantedMs);
  }
}
