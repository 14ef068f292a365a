/**
 * Renews `docs/lab/`: the results, the pictures, and those parts of the page that come from a run. The words between
 * them are written by people, and stay.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { criteriaTables } from './criteria.ts';
import { csv, readCsv } from './csv.ts';
import { dotPlot, type Dots } from './dotPlot.ts';
import { contenders } from './rivals/contenders.ts';
import { loadScenarios } from './scenario.ts';
import type { Summary } from './summary.ts';
import { asCount } from './table.ts';

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

const faultsOnly = (summaries: readonly Summary[], rate: number): readonly Summary[] => {
  const steady = new Set(
    loadScenarios()
      .filter(({ kind }) => kind === 'steady')
      .map(({ name }) => name),
  );
  return summaries.filter(({ scenario, ratePerSecond }) => ratePerSecond === rate && !steady.has(scenario));
};

/** Of whom the page has a column; `results.csv` has all of them. */
const SHOWN: readonly string[] = [
  'unprotected',
  'the plan as written',
  'opossum 9, tuned',
  'cockatiel 3.2.1, tuned',
  'mollitia 0.1.1, tuned',
  'ours',
];
/** At which most rivals can tell an outage from chance, calls a second. */
const SHOWN_RATE = 50;

/** `63/105`: requests doomed and good calls lost. */
const cellOf = (summaries: readonly Summary[], name: string): string => {
  const found = summaries.find(({ rival }) => rival === name);
  return found === undefined ? '–' : `${asCount(found.doomed)}/${asCount(found.lost)}`;
};

const comparisonTable = (summaries: readonly Summary[]): string =>
  [
    `| scenario | ${SHOWN.join(' | ')} |`,
    `|---|${SHOWN.map(() => '--:|').join('')}`,
    ...loadScenarios().map(({ name, title }) => {
      const lines = summaries.filter(({ scenario, ratePerSecond }) => scenario === name && ratePerSecond === SHOWN_RATE);
      return `| ${[`*${name}*: ${title}`, ...SHOWN.map((rival) => cellOf(lines, rival))].join(' | ')} |`;
    }),
  ].join('\n');

/** The settings of every rival, for `rivals.csv`. */
export const rivalsCsv = (): string => `rival,settings\n${contenders.map(({ name, settings }) => `"${name}","${settings}"\n`).join('')}`;

const runOf = (summaries: readonly Summary[], seed: number): string => {
  const [calls, runs] = [summaries.reduce((sum, one) => sum + one.calls * one.runs, 0), summaries.reduce((sum, one) => sum + one.runs, 0)];
  const date = new Date().toISOString().slice(0, 10);
  return `Seed ${String(seed)}, Node ${process.versions.node}, ${date}: ${String(Math.round(calls / 1000))} thousand calls in ${String(runs)} runs.`;
};

/** The parts of the page that follow from the results. */
export const blocksOf = (summaries: readonly Summary[]): readonly (readonly [name: string, content: string])[] => [
  ['criteria', criteriaTables(summaries)],
  ['comparison', comparisonTable(summaries)],
];

/** The text between `<!-- name -->` and `<!-- /name -->` is replaced. @throws {Error} if the page has no such place. */
export const withBlock = (page: string, name: string, content: string): string => {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`The page has no place for "${name}"`);
  return `${page.slice(0, from + open.length)}\n${content}\n${page.slice(to)}`;
};

export const writePage = async (measured: readonly Summary[], seed: number): Promise<void> => {
  const results = csv(measured);
  // The page says what the file says, digit by digit.
  const summaries = readCsv(results);
  const place = new URL('README.md', FOLDER);
  const blocks = [['run', runOf(summaries, seed)] as const, ...blocksOf(summaries)];
  const page = blocks.reduce((text, [name, content]) => withBlock(text, name, content), await readFile(place, 'utf8'));
  await writeFile(place, page);
  await writeFile(new URL('results.csv', FOLDER), results);
  await writeFile(new URL('rivals.csv', FOLDER), rivalsCsv());
  for (const rate of [5, 50]) {
    await writeFile(new URL(`calls-${String(rate)}.svg`, FOLDER), dotPlot(faultsOnly(summaries, rate), counts(rate)));
    await writeFile(new URL(`times-${String(rate)}.svg`, FOLDER), dotPlot(faultsOnly(summaries, rate), times(rate)));
  }
};
