/**
 * Figures as text: for the terminal, and the cells of the page.
 */
import type { Summary } from './summary.ts';

export const asCount = (count: number): string => (count >= 100 || Number.isInteger(count) ? count.toFixed(0) : count.toFixed(1));

/** `32 (24 probes)`: of what was doomed, what no caller waited for. */
export const asDoomed = ({ doomed, doomedProbes }: Pick<Summary, 'doomed' | 'doomedProbes'>): string =>
  doomedProbes === 0 ? asCount(doomed) : `${asCount(doomed)} (${asCount(doomedProbes)} probes)`;

export const asTime = (ms: number): string => (ms < 995 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** `1.2 s (7/10)`: the mean of the seven runs of ten in which it came to that at all. */
export const asSometimes = (ms: number | undefined, count: number, runs: number): string => {
  if (ms === undefined) return 'never';
  return count === runs ? asTime(ms) : `${asTime(ms)} (${String(count)}/${String(runs)})`;
};

const HEADINGS = ['rival', 'doomed', 'lost', 'detect', 'recover', 'p99', 'sent/call', 'false trips/h'] as const;

const row = (one: Summary, hasFault: boolean): readonly string[] => [
  one.rival,
  asDoomed(one),
  asCount(one.lost),
  hasFault ? asSometimes(one.detectMs, one.detected, one.runs) : '-',
  hasFault ? asSometimes(one.recoverMs, one.recovered, one.runs) : '-',
  asTime(one.p99Ms),
  one.amplification.toFixed(2),
  one.falseTripsPerHour.toFixed(2),
];

const aligned = (rows: readonly (readonly string[])[]): string => {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((cells) => cells.map(cell).join('  ')).join('\n');
};

/** The rivals of one scenario at one load. */
export const table = (title: string, summaries: readonly Summary[], hasFault: boolean): string => {
  const [first] = summaries;
  if (first === undefined) return title;
  const load = `${String(first.ratePerSecond)} calls/s, ${asCount(first.calls)} calls`;
  const runs = first.runs === 1 ? 'one run' : `means of ${String(first.runs)} runs`;
  return `\n${first.scenario}: ${title}\n${load}, ${runs}\n${aligned([HEADINGS, ...summaries.map((one) => row(one, hasFault))])}`;
};

/** Groups in order of first appearance. */
export const groupBy = <T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
};
