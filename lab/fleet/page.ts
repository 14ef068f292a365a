/**
 * Reports as text: for the terminal, for their places in `docs/fleet/README.md`, and as CSV files beside it.
 */
import { cpus } from 'node:os';
import type { PartName } from './fleetArguments.ts';
import type { Goal, PartReport, Table } from './reportShape.ts';

const goalTable = (goals: readonly Goal[]): Table => ({
  headings: ['goal', 'wanted', 'measured', ''],
  rows: goals.map(({ what, wanted, measured, isKept }) => [what, wanted, measured, isKept ? 'kept' : '**not kept**']),
});

/** Of a report: its tables, and the goals if it has any. */
const tablesOf = ({ tables, goals }: PartReport): readonly Table[] => [...tables, ...(goals.length === 0 ? [] : [goalTable(goals)])];

const aligned = ({ headings, rows }: Table): string => {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((cells) => (cells[column] ?? '').length)));
  return all
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

export const asText = (report: PartReport): string =>
  [...report.method, ...tablesOf(report).map(aligned)].join('\n\n').replaceAll('**', '');

const asMarkdownTable = ({ headings, rows, shown = headings.map((_, column) => column) }: Table): string => {
  const line = (cells: readonly string[]): string => `| ${shown.map((column) => cells[column] ?? '').join(' | ')} |`;
  return [line(headings), `|${shown.map((_, index) => (index === 0 ? '---|' : '--:|')).join('')}`, ...rows.map(line)].join('\n');
};

/** How many goals were met, and each that was missed. */
const goalsInWords = (goals: readonly Goal[]): string => {
  const missed = goals.filter(({ isKept }) => !isKept).map(({ what, wanted, measured }) => `${what} (${wanted}): ${measured}`);
  if (missed.length === 0) return `All ${String(goals.length)} goals were met.`;
  return `${String(goals.length - missed.length)} of ${String(goals.length)} goals were met. **Missed**: ${missed.join('; ')}.`;
};

/** The section of the page; what it leaves out is in the part's CSV file. */
export const asMarkdown = (report: PartReport, part: PartName, seed: number): string => {
  const date = new Date().toISOString().slice(0, 10);
  const run = `Seed ${String(seed)}, Node ${process.versions.node}, ${String(cpus().length)} cores, ${date}; [all figures](${part}.csv).`;
  return [...report.method, ...report.tables.slice(0, 1).map(asMarkdownTable), `${goalsInWords(report.goals)} ${run}`].join('\n\n');
};

const asCsvCell = (text: string): string => (/[",]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Every table of a report, goals included, with an empty line between them. */
export const asCsv = (report: PartReport): string =>
  tablesOf(report)
    .map(({ headings, rows }) => [headings, ...rows].map((cells) => `${cells.map(asCsvCell).join(',')}\n`).join(''))
    .join('\n');

/**
 * @param page With a pair of markers for each part.
 * @throws {Error} if the markers of the part are missing.
 */
export const withSection = (page: string, part: PartName, section: string): string => {
  const [begin, end] = [`<!-- ${part}: written by npm run fleet -->`, `<!-- end of ${part} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/fleet/README.md lacks the markers of "${part}"`);
  return `${before}${begin}\n\n${section}\n\n${end}${after}`;
};
