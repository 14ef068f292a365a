/** Calls whose latencies make one judgement… */
const WINDOW_SAMPLES = 20;
/** …or what there is after this long, ms: a quiet service is judged, too. */
const WINDOW_MS = 10_000;
/** Fewer latencies than these prove no slowness. */
const ENOUGH_SAMPLES = 5;
/** A call that takes this many times what is usual waits for others on the way, or over there. */
const SLOW_RATIO = 1.5;
/** What is left of the limit after a sign of trouble. */
const DECREASE = 0.9;
/** Refusals are quick and many: one step down in so long at most, ms, or they would bring down any limit in no time. */
const STEP_MS = 1000;
/** So long after a sign of trouble the limit is a guess again, ms: nobody knows what the service bears now. */
const CALM_MS = 60_000;
/** Share of the newest latency in what is usual for an operation: about the last 50 count. */
const ALPHA = 0.02;
/** Below this, differences of latency are our own event loop's, ms. */
const NOISE_MS = 10;

export interface LimitBounds {
  readonly minConcurrent: number;
  readonly startConcurrent: number;
  readonly maxConcurrent: number;
}

/** A piece of work that has ended. */
export interface WorkEnded {
  readonly operation: string;
  readonly durationMs: number;
  /** `overload`: it timed out or was throttled. `other`: it failed in a way that says nothing about too many at once. */
  readonly result: 'success' | 'overload' | 'other';
}

/**
 * How many calls a service bears at once, found by trying (AIMD with slow start, as TCP has it; docs/algorithms.md#adaptive-concurrency). Pure:
 * time comes in as a parameter, on the monotonic clock, in ms.
 *
 * - Up, once in a window of 20 successes or 10 s, and only if more than half of the limit was used: by 1. Before the
 *   first sign of trouble the limit is a guess, so it doubles instead, and a window is as many calls as the limit: from
 *   10 to 100 in four round trips. After trouble it doubles up to nine tenths of what it was when that began; it is one
 *   trouble until 20 successes in a row say that it is over.
 * - Down, to 90 %: at a time-out or 429, at once, but once a second at most, and not if the call had begun before the last
 *   step down and so says nothing about it; and after a window whose median call took 1.5 times what is usual for its
 *   operation.
 *
 * Calls that fail otherwise, and those that were refused, move nothing: that is the circuit breaker's business.
 */
export class AdaptiveLimit {
  readonly #bounds: LimitBounds;
  readonly #usualMs = new Map<string, UsualLatency>();
  #exact: number;
  /** Below it the limit doubles. */
  #doublesBelow = Number.POSITIVE_INFINITY;
  #goodSinceLowered = WINDOW_SAMPLES;
  #loweredAt = Number.NEGATIVE_INFINITY;
  #windowBeganAt: number;
  /** Latencies of the window, each as a multiple of what is usual. */
  #ratios: number[] = [];
  #mostAtOnce = 0;

  constructor(bounds: LimitBounds, now: number) {
    this.#bounds = bounds;
    this.#exact = bounds.startConcurrent;
    this.#windowBeganAt = now;
  }

  /** A whole number within the bounds. */
  get current(): number {
    return Math.floor(this.#exact);
  }

  /** There was no sign of trouble for a while: the service may well bear more than it is given. */
  isGuess(now: number): boolean {
    return now - this.#loweredAt >= CALM_MS || this.#goodSinceLowered >= WINDOW_SAMPLES;
  }

  /** A call was let in, and now there are so many. */
  entered(inFlight: number): void {
    this.#mostAtOnce = Math.max(this.#mostAtOnce, inFlight);
  }

  ended({ operation, durationMs, result }: WorkEnded, now: number): void {
    const isNews = now - durationMs >= this.#loweredAt && now - this.#loweredAt >= STEP_MS;
    if (result === 'overload' && isNews) this.#lower(now);
    if (result !== 'success') return;
    this.#goodSinceLowered += 1;
    this.#ratios.push(this.#timesTheUsual(operation, durationMs));
    if (this.#ratios.length >= this.#windowSamples || now - this.#windowBeganAt >= WINDOW_MS) this.#judge(now);
  }

  get #windowSamples(): number {
    return this.#exact < this.#doublesBelow ? Math.min(WINDOW_SAMPLES, this.current) : WINDOW_SAMPLES;
  }

  #timesTheUsual(operation: string, durationMs: number): number {
    let usual = this.#usualMs.get(operation);
    if (usual === undefined) this.#usualMs.set(operation, (usual = new UsualLatency()));
    return usual.compare(durationMs);
  }

  #judge(now: number): void {
    if (this.#ratios.length >= ENOUGH_SAMPLES && median(this.#ratios) > SLOW_RATIO) {
      this.#lower(now);
      return;
    }
    if (this.#mostAtOnce > this.#exact / 2) this.#raise();
    this.#beginWindow(now);
  }

  #raise(): void {
    const raised = this.#exact < this.#doublesBelow ? Math.min(this.#exact * 2, this.#doublesBelow) : this.#exact + 1;
    this.#exact = Math.min(this.#bounds.maxConcurrent, raised);
  }

  #lower(now: number): void {
    const lowered = this.#exact * DECREASE;
    if (this.#goodSinceLowered >= WINDOW_SAMPLES) this.#doublesBelow = lowered;
    this.#goodSinceLowered = 0;
    this.#exact = Math.max(this.#bounds.minConcurrent, lowered);
    this.#loweredAt = now;
    this.#beginWindow(now);
  }

  #beginWindow(now: number): void {
    this.#windowBeganAt = now;
    this.#ratios = [];
    this.#mostAtOnce = 0;
  }
}

/** What an operation's latency is like over the long run. */
class UsualLatency {
  #meanMs = 0;
  #count = 0;

  /** @returns how many times the usual it is; then it is part of the usual itself. */
  compare(durationMs: number): number {
    const ratio = this.#count === 0 ? 1 : Math.max(NOISE_MS, durationMs) / Math.max(NOISE_MS, this.#meanMs);
    this.#count += 1;
    // The plain average at first, so that the first call does not count for fifty.
    this.#meanMs += Math.max(ALPHA, 1 / this.#count) * (durationMs - this.#meanMs);
    return ratio;
  }
}

const median = (values: readonly number[]): number => [...values].sort((one, other) => one - other)[values.length >> 1] ?? 0;
