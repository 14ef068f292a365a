/**
 * Renews `docs/lab/`: the results, the pictures, and those parts of the page that come from a run. The words between
 * them are written by people, and stay.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { criteriaTables } from './criteria.ts';
import { csv } from './csv.ts';
import { dotPlot, type Dots } from './dotPlot.ts';
import { RATES } from './matrix.ts';
import { contenders } from './rivals/contenders.ts';
import { loadScenarios } from './scenario.ts';
import type { Summary } from './summary.ts';
import { asCount, asSometimes, asTime, groupBy } from './table.ts';
import { Timeline } from './timeline.ts';

const FOLDER = new URL('../../docs/lab/', import.meta.url);

const counts = (ratePerSecond: number): Dots => ({
  heading: `Requests doomed and good calls lost, at ${String(ratePerSecond)} calls a second (logarithmic)`,
  first: { name: 'requests doomed', valueOf: ({ doomed }) => doomed },
  second: { name: 'good calls lost', valueOf: ({ lost }) => lost },
  asText: asCount,
  least: 1,
});

const times = (ratePerSecond: number): Dots => ({
  heading: `Time to detect and time to recover, at ${String(ratePerSecond)} calls a second (logarithmic)`,
  first: { name: 'time to detect', valueOf: ({ detectMs }) => detectMs },
  second: { name: 'time to recover', valueOf: ({ recoverMs }) => recoverMs },
  asText: asTick,
  least: 10,
});

const asTick = (ms: number): string => (ms < 1000 ? `${String(ms)} ms` : `${String(ms / 1000)} s`);

const steadyNames = (): ReadonlySet<string> =>
  new Set(
    loadScenarios()
      .filter(({ kind }) => kind === 'steady')
      .map(({ name }) => name),
  );

const faultsOnly = (summaries: readonly Summary[], rate: number): readonly Summary[] => {
  const steady = steadyNames();
  return summaries.filter(({ scenario, ratePerSecond }) => ratePerSecond === rate && !steady.has(scenario));
};

const byScenario = ({ scenario }: Summary): string => scenario;

/** Rivals across; our column is bold. */
const matrix = (summaries: readonly Summary[], cell: (summary: Summary) => string, rowOf = byScenario): string =>
  [
    `| | ${contenders.map(({ name }) => name).join(' | ')} |`,
    `|---|${contenders.map(() => '---:|').join('')}`,
    ...[...groupBy(summaries, rowOf)].map(
      ([row, group]) => `| ${row} | ${group.map((one) => (one.rival === 'ours' ? `**${cell(one)}**` : cell(one))).join(' | ')} |`,
    ),
  ].join('\n');

const matrices = (summaries: readonly Summary[], title: string, cell: (summary: Summary) => string, rates: readonly number[]): string =>
  rates
    .map(
      (rate) =>
        `### ${title}, ${String(rate)} calls a second\n\n${matrix(
          summaries.filter(({ ratePerSecond }) => ratePerSecond === rate),
          cell,
        )}`,
    )
    .join('\n\n');

const falseTrips = (summaries: readonly Summary[]): string => {
  const steady = steadyNames();
  const rows = matrix(
    summaries.filter(({ scenario }) => steady.has(scenario)),
    ({ falseTripsPerHour }) => falseTripsPerHour.toFixed(2),
    ({ scenario, ratePerSecond, calmHours }) => `${scenario}, ${String(ratePerSecond)}/s, ${calmHours.toFixed(calmHours < 1 ? 2 : 0)} h`,
  );
  return `### False trips per hour\n\n${rows}`;
};

const tablesOf = (summaries: readonly Summary[]): string => {
  const faults = RATES.flatMap((rate) => faultsOnly(summaries, rate));
  return [
    matrices(summaries, 'Requests doomed', ({ doomed }) => asCount(doomed), RATES),
    matrices(summaries, 'Good calls lost', ({ lost }) => asCount(lost), RATES),
    matrices(faults, 'Time to detect', ({ detectMs, detected, runs }) => asSometimes(detectMs, detected, runs), [5, 50]),
    matrices(faults, 'Time to recover', ({ recoverMs, recovered, runs }) => asSometimes(recoverMs, recovered, runs), [5, 50]),
    matrices(summaries, '99th percentile of what callers wait', ({ p99Ms }) => asTime(p99Ms), [5, 50]),
    matrices(summaries, 'Requests for each call', ({ amplification }) => amplification.toFixed(2), [5, 50]),
    falseTrips(summaries),
  ].join('\n\n');
};

const settingsTable = (): string =>
  ['| rival | settings |', '|---|---|', ...contenders.map(({ name, settings }) => `| ${name} | ${settings} |`)].join('\n');

/** `300 s`, or what became of it: `300 s, 80 s at 500/s`. */
const lengthsOf = (scenario: ReturnType<typeof loadScenarios>[number]): string => {
  const secondsAt = (rate: number): number => Math.round(new Timeline(scenario, { ratePerSecond: rate }).endsAt / 1000);
  const whole = secondsAt(Number.MIN_VALUE);
  const shortened = RATES.filter((rate) => secondsAt(rate) < whole).map((rate) => `, ${String(secondsAt(rate))} s at ${String(rate)}/s`);
  return `${String(whole)} s${shortened.join('')}`;
};

const scenariosTable = (): string =>
  [
    '| scenario | what happens | length |',
    '|---|---|---|',
    ...loadScenarios().map((scenario) => `| ${scenario.name} | ${scenario.title} | ${lengthsOf(scenario)} |`),
  ].join('\n');

const runOf = (summaries: readonly Summary[], seed: number): string => {
  const calls = summaries.reduce((sum, one) => sum + one.calls * one.runs, 0);
  return `Seed ${String(seed)}, Node ${process.versions.node}: ${String(Math.round(calls / 1000))} thousand calls in ${String(summaries.reduce((sum, { runs }) => sum + runs, 0))} runs, spread over ${String(availableParallelism())} processes.`;
};

/** The text between `<!-- name -->` and `<!-- /name -->` is replaced. @throws {Error} if the page has no such place. */
export const withBlock = (page: string, name: string, content: string): string => {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`The page has no place for "${name}"`);
  return `${page.slice(0, from + open.length)}\n${content}\n${page.slice(to)}`;
};

export const writePage = async (summaries: readonly Summary[], seed: number): Promise<void> => {
  const place = new URL('README.md', FOLDER);
  const blocks: readonly (readonly [name: string, content: string])[] = [
    ['run', runOf(summaries, seed)],
    ['settings', settingsTable()],
    ['scenarios', scenariosTable()],
    ['criteria', criteriaTables(summaries)],
    ['tables', tablesOf(summaries)],
  ];
  const page = blocks.reduce((text, [name, content]) => withBlock(text, name, content), await readFile(place, 'utf8'));
  await writeFile(place, page);
  await writeFile(new URL('results.csv', FOLDER), csv(summaries));
  for (const rate of [5, 50]) {
    await writeFile(new URL(`calls-${String(rate)}.svg`, FOLDER), dotPlot(faultsOnly(summaries, rate), counts(rate)));
    await writeFile(new URL(`times-${String(rate)}.svg`, FOLDER), dotPlot(faultsOnly(summaries, rate), times(rate)));
  }
};
