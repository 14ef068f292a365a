/** Share of the newest latency in the moving averages. */
const ALPHA = 0.01;
/** Before so many calls nothing is known. */
const ENOUGH = 30;
/** Standard deviations from the mean to the 99th percentile, for logarithms that are normally distributed. */
const P99_SIGMAS = 2.33;
/** Seen from this far out a latency tells nothing more, and one monster must not drag the average. */
const WINSOR_SIGMAS = 3;
/** Until the spread has been learned, ln units. */
const INITIAL_SIGMA = 0.5;

/**
 * What an operation's latency is like when it is well: mean and spread of its logarithm, as moving averages
 * (docs/algorithms.md#latency-learning). Constant time and memory, whatever the traffic.
 */
export class LatencyModel {
  #count = 0;
  #mean = 0;
  #variance = INITIAL_SIGMA ** 2;

  learn(durationMs: number): void {
    const logarithm = Math.log(Math.max(durationMs, 0.01));
    this.#count += 1;
    if (this.#count === 1) this.#mean = logarithm;
    // The plain average at first, so that the first call does not count for a hundred.
    const alpha = Math.max(ALPHA, 1 / this.#count);
    const limit = WINSOR_SIGMAS * this.#sigma;
    const distance = Math.max(-limit, Math.min(limit, logarithm - this.#mean));
    this.#mean += alpha * distance;
    this.#variance += Math.min(alpha, 0.1) * (distance ** 2 - this.#variance);
  }

  /** What half of the calls take, ms; `undefined` before enough calls were seen. */
  get p50Ms(): number | undefined {
    return this.#count < ENOUGH ? undefined : Math.exp(this.#mean);
  }

  /** Milliseconds; `undefined` before enough calls were seen. */
  get p99Ms(): number | undefined {
    return this.#count < ENOUGH ? undefined : Math.exp(this.#mean + P99_SIGMAS * this.#sigma);
  }

  /** How far out a latency is, in standard deviations; 0 before enough calls were seen. */
  distanceOf(durationMs: number): number {
    if (this.#count < ENOUGH) return 0;
    return (Math.log(Math.max(durationMs, 0.01)) - this.#mean) / Math.max(this.#sigma, 0.05);
  }

  /** A first idea of the 99th percentile, ms, from as little as one call; 0 before that. */
  get roughP99Ms(): number {
    return this.#count === 0 ? 0 : Math.exp(this.#mean + P99_SIGMAS * this.#sigma);
  }

  /** What the 99th percentile is not above, ms: before enough calls were seen as many times the first idea of it as calls are missing. */
  get cautiousP99Ms(): number | undefined {
    return this.#count === 0 ? undefined : this.roughP99Ms * Math.max(1, ENOUGH / this.#count);
  }

  get #sigma(): number {
    return Math.sqrt(this.#variance);
  }
}

/** The models of a service's operations. These are the descriptor's, so there are no more models than those. */
export class LatencyModels {
  readonly #models = new Map<string, LatencyModel>();
  /** The single form of an operation that makes many calls one. */
  readonly #singles = new Map<string, string>();

  /** Where calls share requests from the start, neither form alone is seen often enough: together they are. */
  learn(operation: string, durationMs: number): void {
    this.#modelOf(operation).learn(durationMs);
    const single = this.#singles.get(operation);
    if (single !== undefined && this.#modelOf(single).p50Ms === undefined) this.#modelOf(single).learn(durationMs);
  }

  #modelOf(operation: string): LatencyModel {
    const model = this.#models.get(operation) ?? new LatencyModel();
    this.#models.set(operation, model);
    return model;
  }

  relate(operation: string, single: string): void {
    this.#singles.set(operation, single);
  }

  /** Whether what is known of the operation is another's. */
  inherits(operation: string): boolean {
    return this.#models.get(operation)?.p50Ms === undefined && this.#singleOf(operation) !== undefined;
  }

  /** Milliseconds; `undefined` before enough calls were seen, of the operation or of its single form. */
  of(operation: string): Pick<LatencyModel, 'p50Ms' | 'p99Ms' | 'cautiousP99Ms'> {
    const own = this.#models.get(operation) ?? UNKNOWN;
    const single = this.#singleOf(operation);
    if (own.p50Ms !== undefined || single?.cautiousP99Ms === undefined) return own;
    // Many rows may take longer than one: what was seen of them so far must not count as slow.
    const atLeast = (ms: number | undefined): number | undefined => ms && Math.max(ms, own.roughP99Ms);
    return { p50Ms: single.p50Ms, p99Ms: atLeast(single.p99Ms), cautiousP99Ms: atLeast(single.cautiousP99Ms) };
  }

  #singleOf(operation: string): LatencyModel | undefined {
    return this.#models.get(this.#singles.get(operation) ?? '');
  }
}

const UNKNOWN = new LatencyModel();
