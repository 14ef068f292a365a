import type { AnswerSource } from '../contract/call.ts';
import type { CallMetrics } from './httpClient.ts';

/** Latencies kept for the percentiles. */
const KEPT = 1000;

/** Counts and recent latencies of one client's calls. */
export class CallStatistics {
  readonly #latencies: number[] = [];
  #next = 0;
  #requests = 0;
  #successes = 0;
  #fallbacks = 0;
  #cacheHits = 0;
  #inFlight = 0;

  begun(): void {
    this.#requests += 1;
    this.#inFlight += 1;
  }

  answered(source: AnswerSource, latencyMs: number): void {
    this.#ended(latencyMs);
    if (source === 'stale' || source === 'static' || source === 'queued') this.#fallbacks += 1;
    else this.#successes += 1;
    if (source === 'cache') this.#cacheHits += 1;
  }

  /** A call that had failed was answered by its client after all. */
  fellBack(): void {
    this.#fallbacks += 1;
  }

  failed(latencyMs: number): void {
    this.#ended(latencyMs);
  }

  get metrics(): CallMetrics {
    const ended = this.#requests - this.#inFlight;
    return {
      requests: this.#requests,
      successes: this.#successes,
      failures: ended - this.#successes - this.#fallbacks,
      fallbacks: this.#fallbacks,
      cacheHits: this.#cacheHits,
      successRate: ended === 0 ? 1 : this.#successes / ended,
      latencyMs: summary(this.#latencies),
      inFlight: this.#inFlight,
    };
  }

  #ended(latencyMs: number): void {
    this.#inFlight -= 1;
    this.#latencies[this.#next] = latencyMs;
    this.#next = (this.#next + 1) % KEPT;
  }
}

const summary = (latencies: readonly number[]): CallMetrics['latencyMs'] => {
  const sorted = [...latencies].sort((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const sum = sorted.reduce((total, latency) => total + latency, 0);
  return { mean: sorted.length === 0 ? 0 : sum / sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
};
