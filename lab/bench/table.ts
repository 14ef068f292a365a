/**
 * Tables as text: what the terminal shows is Markdown, and goes into a page as it is.
 */
import type { Table } from './benchmark.ts';

/** The first column holds names, all others figures. */
const aligned = (cell: string, column: number, width: number): string => (column === 0 ? cell.padEnd(width) : cell.padStart(width));

const line = (cells: readonly string[], widths: readonly number[]): string =>
  `| ${cells.map((cell, column) => aligned(cell, column, widths[column] ?? 0)).join(' | ')} |`;

const rule = (widths: readonly number[]): string =>
  `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;

export const asText = ({ caption, headings, rows }: Table): string => {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [caption, '', line(headings, widths), rule(widths), ...rows.map((row) => line(row, widths)), ''].join('\n');
};

/** Three significant digits are more than a benchmark knows. */
export const asFigure = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

export const asRatio = (value: number, reference: number): string => `${asFigure(value / reference)}×`;
