/**
 * Outages in words: the middle of several runs, and what was to be reached.
 */
import { contestants, type ContestantName } from './contestants.ts';
import { median, type OutageFigures } from './outageFigures.ts';
import type { OutageRun, OutageSettings } from './outageRun.ts';
import { duration, type Goal, type PartReport } from './reportShape.ts';

export interface FaultRuns {
  /** For people: `hangs`. */
  readonly title: string;
  /** Until the first call is refused at once, at most, ms. */
  readonly firstFastFailureMs: number;
  /** One for each seed. */
  readonly runs: readonly OutageRun[];
}

/** What three replicas on one Redis may send into an outage, of what one would. */
const MOST_SENT = 1.5;
/**
 * By the rules, of one replica as of all: looks are 2 s apart or more, so two of them may fall into 2.5 s; and where an open time
 * runs out between them, its trial has one probe.
 */
const MOST_PROBES = 3;
const SERVED_AGAIN_MS = 6000;

const names: readonly ContestantName[] = ['one', 'apart', 'together'];

const figuresIn = ({ runs }: FaultRuns, name: ContestantName): readonly OutageFigures[] => runs.flatMap((run) => run[name] ?? []);

/** What never came about is worse than whatever took long. */
const middleOf = (figures: readonly OutageFigures[], value: (one: OutageFigures) => number | null): number | null => {
  const middle = median(figures.map((one) => value(one) ?? Infinity));
  return Number.isFinite(middle) ? middle : null;
};

const count = (value: number | null): string => (value === null ? '–' : String(value));

const ratio = (runs: FaultRuns, name: ContestantName): number => {
  const [own, ones] = [name, 'one' as const].map((each) => middleOf(figuresIn(runs, each), ({ sent }) => sent) ?? 0);
  return ones === 0 || ones === undefined ? NaN : (own ?? NaN) / ones;
};

const row = (runs: FaultRuns, name: ContestantName): readonly string[] => {
  const figures = figuresIn(runs, name);
  const middle = (value: (one: OutageFigures) => number | null): number | null => middleOf(figures, value);
  return [
    `${runs.title}: ${contestants[name].title}`,
    count(middle(({ sent }) => sent)),
    `${ratio(runs, name).toFixed(2)}×`,
    count(middle(({ probes }) => probes)),
    String(Math.max(...figures.map(({ mostProbes }) => mostProbes))),
    duration(middle(({ firstFastFailureMs }) => firstFastFailureMs)),
    duration(middle(({ allOpenMs }) => allOpenMs)),
    duration(middle(({ latencyMs }) => latencyMs.p99)),
    duration(middle(({ recoveryMs }) => recoveryMs)),
  ];
};

const goalsOf = (runs: FaultRuns): readonly Goal[] => {
  const together = figuresIn(runs, 'together');
  const atMost = (what: string, value: number | null, most: number, show: (value: number | null) => string): Goal => ({
    what: `${runs.title}: ${what}`,
    wanted: `≤ ${show(most)}`,
    measured: show(value),
    isKept: value !== null && value <= most,
  });
  const times = (value: number | null): string => (value === null ? '–' : `${value.toFixed(2)}×`);
  const mostProbes = Math.max(...together.map((one) => (one.allOpenMs === null ? Infinity : one.mostProbes)));
  return [
    atMost('calls sent by three with Redis, against one', ratio(runs, 'together'), MOST_SENT, times),
    atMost('probes of three with Redis in any 2.5 s', mostProbes, MOST_PROBES, count),
    atMost(
      'first fast failure of three with Redis',
      middleOf(together, (one) => one.firstFastFailureMs),
      runs.firstFastFailureMs,
      duration,
    ),
    atMost(
      'all served again by three with Redis',
      middleOf(together, (one) => one.recoveryMs),
      SERVED_AGAIN_MS,
      duration,
    ),
  ];
};

const disturbed = (all: readonly FaultRuns[]): readonly string[] => {
  const unserved = all.flatMap((runs) => names.flatMap((name) => figuresIn(runs, name))).filter((one) => one.unservedInWarmUp > 0);
  return unserved.length === 0
    ? []
    : [`Before the outage calls were lost in ${String(unserved.length)} runs: the machine was too busy for these figures.`];
};

const manyRuns = (count: number): string => (count === 1 ? 'One run.' : `Medians of ${String(count)} runs with different seeds.`);

export const outageReport = (
  all: readonly FaultRuns[],
  { service, callsPerSecond, warmUpMs, outageMs }: Omit<OutageSettings, 'fault'>,
): PartReport => ({
  method: [
    `Callers ask ${service} ${String(callsPerSecond)} times a second; after ${duration(warmUpMs)} it fails for ${duration(outageMs)}. ` +
      'The three fleets run side by side with the same calls. ' +
      manyRuns(all[0]?.runs.length ?? 0),
    ...disturbed(all),
  ],
  tables: [
    {
      headings: [
        'fault and fleet',
        'calls sent',
        'against one',
        'of them probes',
        'most in 2.5 s',
        'first fast failure',
        'every replica refuses after',
        'p99 of callers',
        'all served again after',
      ],
      shown: [0, 1, 3, 5, 7, 8],
      rows: all.flatMap((runs) => names.filter((name) => figuresIn(runs, name).length > 0).map((name) => row(runs, name))),
    },
  ],
  goals: all.flatMap(goalsOf),
});
