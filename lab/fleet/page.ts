/**
 * Reports as text: for the terminal, and for their places in `docs/fleet/README.md`.
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

const asMarkdownTable = ({ headings, rows }: Table): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
};

export const asMarkdown = (report: PartReport, seed: number): string => {
  const machine = `Seed ${String(seed)}, Node ${process.versions.node}, ${String(cpus().length)} cores.`;
  return [...report.method, ...tablesOf(report).map(asMarkdownTable), machine].join('\n\n');
};

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
