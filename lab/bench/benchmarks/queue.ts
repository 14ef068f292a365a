/** How many writes a second are accepted for good, and how long a caller waits for that. */
import type { Benchmark, Table } from '../benchmark.ts';
import { AS_IT_COMES, openQueueContenders, type QueueContender } from '../contenders/queues.ts';
import { asFigure, asRatio } from '../table.ts';

/** Of the embedded engine, with many writers at once. */
const GOAL_PER_SECOND = 1000;
const EMBEDDED = 'ours, embedded (libsql)';

interface Load {
  readonly caption: string;
  /** Each adds one job after the other. */
  readonly writers: number;
  /** Of each contender in each round. */
  readonly jobs: number;
}

const ROUNDS = 5;
const loads: readonly Load[] = [
  { caption: 'One writer, one job after the other: every one has a sync of its own.', writers: 1, jobs: 1000 },
  { caption: 'Sixty-four writers at once.', writers: 64, jobs: 6400 },
];

interface Tally {
  /** Of each addition, ms. */
  readonly waits: number[];
  /** Of each round. */
  readonly perSecond: number[];
}

const addSome = async (contender: QueueContender, count: number, waits: number[]): Promise<void> => {
  for (let added = 0; added < count; added += 1) {
    const startedAt = performance.now();
    await contender.add();
    waits.push(performance.now() - startedAt);
  }
};

const round = async (contender: QueueContender, { writers, jobs }: Load, tally: Tally): Promise<void> => {
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: writers }, () => addSome(contender, jobs / writers, tally.waits)));
  tally.perSecond.push(jobs / ((performance.now() - startedAt) / 1000));
};

/** In turns: whatever the machine does besides, it does to all of them. The first round warms up, and is not counted. */
const measure = async (contenders: readonly QueueContender[], load: Load): Promise<ReadonlyMap<string, Tally>> => {
  const tallies = new Map(contenders.map(({ name }): [string, Tally] => [name, { waits: [], perSecond: [] }]));
  for (let number = 0; number <= ROUNDS; number += 1) {
    for (const contender of contenders) {
      const tally = number === 0 ? undefined : tallies.get(contender.name);
      await round(contender, load, tally ?? { waits: [], perSecond: [] });
    }
  }
  return tallies;
};

const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

const rate = (tally: Tally | undefined): number => percentile(tally?.perSecond ?? [], 0.5);

const tableOf = (load: Load, tallies: ReadonlyMap<string, Tally>): Table => {
  const reference = rate(tallies.get(AS_IT_COMES));
  return {
    caption: load.caption + (load.writers === 1 ? '' : verdict(rate(tallies.get(EMBEDDED)))),
    headings: ['', 'accepted per second', 'p50 ms', 'p99 ms', 'rate beside BullMQ as it comes'],
    rows: [...tallies].map(([name, tally]) => [
      name,
      asFigure(rate(tally)),
      asFigure(percentile(tally.waits, 0.5)),
      asFigure(percentile(tally.waits, 0.99)),
      asRatio(rate(tally), reference),
    ]),
  };
};

const verdict = (perSecond: number): string => {
  const kept = perSecond >= GOAL_PER_SECOND ? 'kept' : 'MISSED';
  return ` Goal of the embedded engine: ${GOAL_PER_SECOND.toLocaleString('en')} a second; ${kept}, with ${asFigure(perSecond)}.`;
};

const run = async (): Promise<readonly Table[]> => {
  const opened = await openQueueContenders();
  try {
    const tables: Table[] = [];
    for (const load of loads) tables.push(tableOf(load, await measure(opened.contenders, load)));
    return tables;
  } finally {
    await opened.close();
  }
};

export const benchmark: Benchmark = { title: 'durable writes accepted per second', run };
