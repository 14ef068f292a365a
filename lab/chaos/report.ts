/**
 * Runs in words: the table that people read, and every breach with what is needed to see it again.
 */
import { figuresOf, recoveries } from './figures.ts';
import type { Answer } from './evidence.ts';
import { promisedLimits, type Breach } from './oracle.ts';
import type { Victim } from './plan.ts';
import type { QueueRun } from './queueRun.ts';

const MOST_SHOWN = 10;

const highest = (values: readonly number[]): string => (values.length === 0 ? '–' : `${String(Math.max(...values))} ms`);

const latencies = ({ writes }: QueueRun, wanted: (answer: Answer) => boolean): readonly number[] =>
  writes.flatMap(({ answers }) => answers.filter(wanted).map(({ startedAt, endedAt }) => endedAt - startedAt));

const killsOf = ({ kills }: QueueRun, victim: Victim): string => String(kills.filter((kill) => kill.victim === victim).length);

const isQueueDown = ({ code }: Answer): boolean => code === 'queue_unavailable';
const isAnswered = ({ status }: Answer): boolean => typeof status === 'number';
const isPromise = ({ jobId }: Answer): boolean => jobId !== undefined;

/** Made, and nobody was told: what must end as uncertain, or with a 504 that says so. */
const toldNobody = ({ writes, commits, lostAnswers }: QueueRun): number => {
  const [made, lost] = [new Set(commits.map(({ marker }) => marker)), new Set(lostAnswers.map(({ marker }) => marker))];
  return writes.filter(({ kind, marker }) => kind === 'deal' && made.has(marker) && lost.has(marker)).length;
};

type Row = readonly [what: string, value: (run: QueueRun) => string];

const rows: readonly Row[] = [
  ['seed', ({ settings }) => String(settings.seed)],
  ['rounds', ({ rounds }) => String(rounds)],
  ['kills of the gateway', (run) => killsOf(run, 'gateway')],
  ['… at a point inside the engine', ({ kills }) => String(kills.filter(({ atFaultPoint }) => atFaultPoint).length)],
  ['kills of the worker', (run) => killsOf(run, 'worker')],
  ['kills of redis-server', (run) => killsOf(run, 'redis')],
  ['writes asked for', ({ writes }) => String(writes.length)],
  ['accepted with 202', (run) => String(figuresOf(run).accepted)],
  ['done by the providers', (run) => String(figuresOf(run).commits)],
  ['answers that the providers lost', ({ lostAnswers }) => String(lostAnswers.length)],
  ['… to deals that were made', (run) => String(toldNobody(run))],
  ['upserts repeated after a lost answer', (run) => String(figuresOf(run).repeatsAfterLostAnswers)],
  ['upserts repeated after a kill', (run) => String(figuresOf(run).repeatsAfterKills)],
  ['doubles that a provider refused', ({ refusedDoubles }) => String(refusedDoubles.length)],
  ['uncertain', (run) => String(figuresOf(run).uncertain)],
  ['… because a kill interrupted it', (run) => String(figuresOf(run).uncertainAfterKills)],
  ['dead letters (poison)', (run) => String(figuresOf(run).deadLetters)],
  ['503 `queue_unavailable`', (run) => String(latencies(run, isQueueDown).length)],
  ['slowest of them, where the queue was asked for', (run) => highest(latencies(run, (answer) => isQueueDown(answer) && answer.isAsync))],
  ['slowest 202', (run) => highest(latencies(run, isPromise))],
  ['slowest answer', (run) => highest(latencies(run, isAnswered))],
  ['slowest return to 202s after a kill', (run) => highest(recoveries(run, promisedLimits.recoveryMs).map(({ ms }) => ms))],
  ['machine stood still', ({ stalls }) => `${String(Math.round(stalls.reduce((sum, { from, to }) => sum + to - from, 0) / 1000))} s`],
  ['took', ({ tookMs }) => `${String(Math.round(tookMs / 1000))} s`],
];

/** One column for each run. */
export const tableOf = (runs: readonly QueueRun[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['', ...runs.map(({ settings }) => settings.engine)]),
    line(['---', ...runs.map(() => '---:')]),
    ...rows.map(([what, value]) => line([what, ...runs.map(value)])),
  ].join('\n');
};

export const wordsFor = ({ settings: { engine, seed } }: QueueRun, { rule, round, subject, detail }: Breach): string =>
  `${engine}, seed ${String(seed)}, round ${String(round)}: ${rule}: ${subject}: ${detail}`;

const rulesIn = (breaches: readonly Breach[]): string => {
  const rules = [...new Set(breaches.map(({ rule }) => rule))];
  return rules.map((rule) => `${rule}: ${String(breaches.filter((breach) => breach.rule === rule).length)}`).join('; ');
};

/** As many as help to understand a failed test, and how often each rule was broken in all. */
export const shortReportOf = (run: QueueRun, breaches: readonly Breach[]): string => {
  const left = breaches.length - MOST_SHOWN;
  return [
    `${String(breaches.length)} breaches (${rulesIn(breaches)})`,
    ...breaches.slice(0, MOST_SHOWN).map((breach) => wordsFor(run, breach)),
    ...(left > 0 ? [`… and ${String(left)} more`] : []),
  ].join('\n');
};
