/** What it costs to weigh one attempt, for each rule that may decide when to open. */
import { CircuitState, ConsecutiveBreaker, SamplingBreaker } from 'cockatiel';
import type { DetectionPolicy } from '../../../src/contract/circuitState.ts';
import { createDetector } from '../../../src/circuit/detection/createDetector.ts';
import type { Benchmark, Table } from '../benchmark.ts';
import { asFigure, asRatio } from '../table.ts';

/** Weighs one attempt at a time; failed or not, at a moment in ms. */
type Weigh = (failed: boolean, now: number) => void;

const ours = (policy: DetectionPolicy): Weigh => {
  const detector = createDetector(policy);
  return (failed, now) => void detector.record(failed ? 'failure' : 'success', now);
};

const cockatiels =
  (breaker: ConsecutiveBreaker | SamplingBreaker): Weigh =>
  (failed) => {
    if (failed) breaker.failure(CircuitState.Closed);
    else breaker.success(CircuitState.Closed);
  };

const rate: DetectionPolicy = { strategy: 'rate', windowMs: 10_000, minimumCalls: 10, failureRatePercent: 50, slowRatePercent: 50 };

const rules: readonly (readonly [string, Weigh])[] = [
  ['ours: consecutive', ours({ strategy: 'consecutive', failures: 5 })],
  ['ours: cusum (the default)', ours({ strategy: 'cusum', threshold: 10 })],
  ['ours: rate', ours(rate)],
  ['cockatiel: ConsecutiveBreaker', cockatiels(new ConsecutiveBreaker(5))],
  ['cockatiel: SamplingBreaker', cockatiels(new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 1 }))],
];

const LOADS = [5, 500, 50_000];
const ROUNDS = 20;
const RECORDS = 20_000;
/** One of so many attempts fails. */
const FAILS_EVERY = 50;

/** ns per attempt, at so many a second. */
const nsPerRecord = (weigh: Weigh, perSecond: number, from: number): number => {
  const startedAt = performance.now();
  for (let made = 0; made < RECORDS; made += 1) weigh(made % FAILS_EVERY === 0, from + (made * 1000) / perSecond);
  return ((performance.now() - startedAt) * 1e6) / RECORDS;
};

const medianOf = (values: readonly number[]): number => [...values].sort((one, other) => one - other)[values.length >> 1] ?? Number.NaN;

/** Each rule's time moves on from load to load, as a clock does. */
const measured = (perSecond: number, startsAt: number): readonly number[] => {
  const lastsMs = (RECORDS * 1000) / perSecond;
  const rounds = rules.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, [, weigh]] of rules.entries()) rounds[index]?.push(nsPerRecord(weigh, perSecond, startsAt + round * lastsMs));
  }
  return rounds.map(medianOf);
};

const run = (): Table => {
  let startsAt = 0;
  const columns = LOADS.map((perSecond) => {
    const column = measured(perSecond, startsAt);
    startsAt += (ROUNDS * RECORDS * 1000) / perSecond;
    return column;
  });
  const last = columns.at(-1) ?? [];
  return {
    caption:
      'One attempt weighed, one of fifty failed; medians of interleaved rounds. Cockatiel reads its own clock, ours is given the time.',
    headings: ['', ...LOADS.map((perSecond) => `ns at ${perSecond.toLocaleString('en')}/s`), 'beside SamplingBreaker'],
    rows: rules.map(([name], index) => [
      name,
      ...columns.map((column) => asFigure(column[index] ?? Number.NaN)),
      asRatio(last[index] ?? Number.NaN, last.at(-1) ?? Number.NaN),
    ]),
  };
};

export const benchmark: Benchmark = { title: 'what it costs to weigh an attempt', run: () => Promise.resolve([run()]) };
