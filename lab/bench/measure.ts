/**
 * Times contenders in turns: whatever the machine does besides, it does to all of them.
 */
export interface Contender {
  readonly name: string;
  /** One call, from begin to its end; a refusal that it is meant to get is an end, too. */
  call(): Promise<unknown>;
  /** Leaves no timer behind. */
  close(): void;
}

export interface Effort {
  /** Calls before anything is timed: the compiler has settled by then. */
  readonly warmUp: number;
  readonly rounds: number;
  /** Timed calls of each contender in each round. */
  readonly calls: number;
}

export interface Timing {
  readonly name: string;
  /** µs per call. */
  readonly medianUs: number;
  readonly p99Us: number;
}

const percentile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** Calls between two turns of the event loop. */
const CALLS_A_TURN = 50;
/** Timers, rejections and what else waits for the event loop get their turn between calls, as they do in a server; not timed. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Times each call by itself, one after the other: a median is not moved by a collection of garbage, the p99 is. */
const round = async (contender: Contender, samples: Float64Array, from: number, calls: number): Promise<void> => {
  for (let made = 0; made < calls; made += 1) {
    const startedAt = performance.now();
    await contender.call();
    samples[from + made] = (performance.now() - startedAt) * 1000;
    if (made % CALLS_A_TURN === 0) await turn();
  }
};

const warmed = async (contender: Contender, calls: number): Promise<void> => {
  for (let made = 0; made < calls; made += 1) await contender.call();
};

export const measure = async (contenders: readonly Contender[], effort: Effort): Promise<readonly Timing[]> => {
  const samples = contenders.map(() => new Float64Array(effort.rounds * effort.calls));
  for (const contender of contenders) await warmed(contender, effort.warmUp);
  for (let number = 0; number < effort.rounds; number += 1) {
    for (const [index, contender] of contenders.entries()) {
      await round(contender, samples[index] ?? new Float64Array(0), number * effort.calls, effort.calls);
    }
  }
  return contenders.map(({ name }, index) => {
    const sorted = (samples[index] ?? new Float64Array(0)).sort();
    return { name, medianUs: percentile(sorted, 0.5), p99Us: percentile(sorted, 0.99) };
  });
};
