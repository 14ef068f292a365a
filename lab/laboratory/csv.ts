/**
 * The results as a file for spreadsheets, and read back for the page; `docs/lab/README.md` says what the columns mean.
 */
import type { Summary } from './summary.ts';

/** Digits after the point; none where the value stands as it is. */
type Column = readonly [heading: string, field: keyof Summary, digits?: number];

const COLUMNS: readonly Column[] = [
  ['scenario', 'scenario'],
  ['calls_per_second', 'ratePerSecond'],
  ['rival', 'rival'],
  ['runs', 'runs'],
  ['calls', 'calls', 1],
  ['sent', 'sent', 1],
  ['served', 'served', 1],
  ['doomed', 'doomed', 1],
  ['doomed_probes', 'doomedProbes', 1],
  ['lost', 'lost', 1],
  ['detect_ms', 'detectMs', 0],
  ['runs_that_detected', 'detected'],
  ['recover_ms', 'recoverMs', 0],
  ['runs_that_recovered', 'recovered'],
  ['p99_ms', 'p99Ms', 0],
  ['sent_per_call', 'amplification', 3],
  ['false_trips_per_hour', 'falseTripsPerHour', 3],
  ['calm_hours', 'calmHours', 3],
];

const cellOf = (summary: Summary, [, field, digits]: Column): string => {
  const value = summary[field];
  if (field === 'rival') return `"${String(value)}"`;
  if (value === undefined) return '';
  return typeof value === 'number' && digits !== undefined ? value.toFixed(digits) : String(value);
};

export const csv = (summaries: readonly Summary[]): string =>
  [COLUMNS.map(([heading]) => heading), ...summaries.map((summary) => COLUMNS.map((column) => cellOf(summary, column)))]
    .map((cells) => `${cells.join(',')}\n`)
    .join('');

/** Names of rivals may have commas in them, and are the only quoted cells. */
const cellsOf = (line: string): readonly string[] => {
  const [before = '', rival = '', after = ''] = line.split('"');
  return [...before.split(',').slice(0, -1), rival, ...after.split(',').slice(1)];
};

const valueOf = (field: keyof Summary, cell: string): string | number | undefined => {
  if (field === 'scenario' || field === 'rival') return cell;
  return cell === '' ? undefined : Number(cell);
};

/** What `csv` has written, as far as its digits go. */
export const readCsv = (text: string): readonly Summary[] =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const cells = cellsOf(line);
      return Object.fromEntries(COLUMNS.map(([, field], index) => [field, valueOf(field, cells[index] ?? '')])) as unknown as Summary;
    });
