/** What befell Redis, in words. */
import type { ComparedRun, FaultRun, FaultSettings } from './faultsRun.ts';
import { redisFaultOf, type RedisFaultName } from './redisFaults.ts';
import { duration, type Goal, type PartReport } from './reportShape.ts';

export type FaultRuns = Readonly<Partial<Record<RedisFaultName, ComparedRun>>>;
type Named = readonly [RedisFaultName, ComparedRun];

const REPLICAS = 3;
/** A call that meets a Redis that has just died may wait for it twice, 50 ms each: for its cache, and for its quota. The rest is for timers that are late. */
const MOST_LATER_MS = 150;
/** Where Redis forgets who holds how much of a quota, nobody gets more until all have told it: callers may have to wait for a permit. */
const MOST_LATER_FORGOTTEN_MS = 2000;
const FORGETFUL: ReadonlySet<RedisFaultName> = new Set<RedisFaultName>(['flushed', 'failover']);

const noticedIn = (name: RedisFaultName, { noticedBy }: FaultRun): string => {
  if (redisFaultOf(name).isNoticed || noticedBy > 0) return `${String(noticedBy)} of ${String(REPLICAS)}`;
  return '–';
};

const row = ([name, { struck, spared }]: Named): readonly string[] => [
  redisFaultOf(name).title,
  String(struck.calls),
  String(struck.failed),
  duration(struck.p99Ms),
  duration(spared.p99Ms),
  duration(struck.slowestMs),
  noticedIn(name, struck),
  duration(struck.upAgainMs),
];

const goalsOf = ([name, { struck, spared }]: Named): readonly Goal[] => {
  const { title, isNoticed } = redisFaultOf(name);
  const later = struck.p99Ms - spared.p99Ms;
  const mostLater = FORGETFUL.has(name) ? MOST_LATER_FORGOTTEN_MS : MOST_LATER_MS;
  const failures = struck.failed === 0 ? '0' : `${String(struck.failed)}: ${struck.failures.join(', ')}`;
  const told = {
    what: `${title}: replicas that say so`,
    wanted: String(REPLICAS),
    measured: String(struck.noticedBy),
    isKept: struck.noticedBy === REPLICAS,
  };
  return [
    { what: `${title}: calls that failed`, wanted: '0', measured: failures, isKept: struck.failed === 0 },
    {
      what: `${title}: p99 later than without`,
      wanted: `≤ ${duration(mostLater)}`,
      measured: duration(Math.max(0, later)),
      isKept: later <= mostLater,
    },
    ...(isNoticed ? [told] : []),
    { what: `${title}: shared state is back`, wanted: 'it is', measured: duration(struck.upAgainMs), isKept: struck.upAgainMs !== null },
  ];
};

export const faultsReport = (runs: FaultRuns, { callsPerSecond, holdMs }: Omit<FaultSettings, 'fault'>): PartReport => {
  const all = Object.entries(runs) as Named[];
  return {
    method: [
      `Three replicas on one Redis, ${String(callsPerSecond)} calls a second: reads past the cache, cacheable reads and direct writes. Each fault lasts ` +
        `${duration(holdMs)} unless named otherwise; a second fleet gets the same calls without it.`,
    ],
    tables: [
      {
        headings: [
          'fault',
          'calls',
          'failed',
          'p99 since the fault',
          'p99 without the fault',
          'slowest',
          '`shared_state_up` 0 at',
          'shared again after',
        ],
        shown: [0, 2, 3, 4, 7],
        rows: all.map(row),
      },
    ],
    goals: all.flatMap(goalsOf),
  };
};
