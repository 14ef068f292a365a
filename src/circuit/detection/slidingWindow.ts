const BUCKETS = 10;

interface Bucket {
  calls: number;
  failures: number;
  slow: number;
}

const emptyBucket = (): Bucket => ({ calls: 0, failures: 0, slow: 0 });

/**
 * Counts of the last `windowMs`, in ten buckets. It moves by the time that has passed, not by a timer's ticks: after
 * a stall of the event loop old counts are gone, not "the last second" (docs/decisions/0003).
 */
export class SlidingWindow {
  readonly #bucketMs: number;
  #buckets: Bucket[] = [];
  #current = 0;
  #currentStartsAt = Number.NEGATIVE_INFINITY;
  #totals = emptyBucket();

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS;
    this.clear();
  }

  /** The sums over the window as it stands at `now`. */
  at(now: number): Readonly<Bucket> {
    this.#advance(now);
    return this.#totals;
  }

  add(outcome: { readonly failed: boolean; readonly slow: boolean }, now: number): Readonly<Bucket> {
    this.#advance(now);
    for (const counts of [this.#buckets[this.#current], this.#totals]) {
      if (counts === undefined) continue;
      counts.calls += 1;
      counts.failures += outcome.failed ? 1 : 0;
      counts.slow += outcome.slow ? 1 : 0;
    }
    return this.#totals;
  }

  /** One that was added as slow has failed after all. */
  slowFailed(now: number): Readonly<Bucket> {
    this.#advance(now);
    for (const counts of [this.#buckets[this.#current], this.#totals]) {
      if (counts === undefined) continue;
      counts.failures += 1;
      // What was slow may have left the window, or stand in another bucket.
      counts.slow = Math.max(0, counts.slow - 1);
    }
    return this.#totals;
  }

  clear(): void {
    this.#buckets = Array.from({ length: BUCKETS }, emptyBucket);
    this.#totals = emptyBucket();
  }

  #advance(now: number): void {
    const steps = Math.floor((now - this.#currentStartsAt) / this.#bucketMs);
    if (steps <= 0) return;
    if (steps >= BUCKETS) {
      this.clear();
      this.#currentStartsAt = now;
      return;
    }
    for (let step = 0; step < steps; step += 1) this.#dropOldest();
    this.#currentStartsAt += steps * this.#bucketMs;
  }

  #dropOldest(): void {
    this.#current = (this.#current + 1) % BUCKETS;
    const oldest = this.#buckets[this.#current] ?? emptyBucket();
    this.#totals.calls -= oldest.calls;
    this.#totals.failures -= oldest.failures;
    this.#totals.slow -= oldest.slow;
    this.#buckets[this.#current] = emptyBucket();
  }
}
