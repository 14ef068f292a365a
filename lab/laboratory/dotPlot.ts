/**
 * A picture of two figures of every rival, a panel for each scenario: dots on a logarithmic line, so that 10 and 10,000
 * both can be read.
 */
import { groupBy } from './table.ts';
import type { Summary } from './summary.ts';

export interface Dots {
  readonly heading: string;
  /** Drawn full. */
  readonly first: Series;
  /** Drawn as a ring. */
  readonly second: Series;
  readonly asText: (value: number) => string;
  /** Where the line begins; what is less stands there. A power of ten. */
  readonly least: number;
}

interface Series {
  readonly name: string;
  /** Absent: never; drawn at the right edge as a cross. */
  readonly valueOf: (summary: Summary) => number | undefined;
}

const COLUMNS = 3;
const PANEL = { width: 400, labels: 140, top: 46, row: 17, gap: 46 };
const TOP = 74;
/** Of the library, so that default and tuned are told apart by their rows only. */
const COLOURS: readonly (readonly [name: string, colour: string])[] = [
  ['unprotected', '#8a8a8a'],
  ['the plan', '#b06f00'],
  ['opossum', '#2f6fb3'],
  ['cockatiel', '#7a4fa3'],
  ['mollitia', '#a33d5e'],
  ['ours, by rate', '#5f8f7d'],
  ['ours', '#0b6b4f'],
];

const colourOf = (rival: string): string => COLOURS.find(([name]) => rival.startsWith(name))?.[1] ?? '#000';

interface Place {
  readonly left: number;
  readonly top: number;
  /** Where a value stands. */
  readonly x: (value: number) => number;
}

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${content}</text>`;

const full = (x: number, y: number, colour: string): string => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4" fill="${colour}"/>`;
const ring = (x: number, y: number, colour: string): string =>
  `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="5" fill="none" stroke="${colour}" stroke-width="1.8"/>`;
const cross = (x: number, y: number, colour: string): string =>
  `<path d="M${(x - 4).toFixed(1)} ${(y - 4).toFixed(1)}l8 8m0 -8l-8 8" stroke="${colour}" stroke-width="1.8"/>`;

const dot = (draw: typeof full, value: number | undefined, place: Place, y: number, colour: string): string =>
  value === undefined ? cross(place.left + PANEL.width, y, colour) : draw(place.x(value), y, colour);

const rowOf = (summary: Summary, dots: Dots, place: Place, y: number): string => {
  const colour = colourOf(summary.rival);
  const weight = summary.rival === 'ours' ? 'font-weight="bold"' : '';
  return [
    `<line x1="${String(place.left + PANEL.labels)}" x2="${String(place.left + PANEL.width)}" y1="${String(y)}" y2="${String(y)}" stroke="#eee"/>`,
    text(place.left + PANEL.labels - 10, y + 4, summary.rival, `text-anchor="end" ${weight}`),
    dot(full, dots.first.valueOf(summary), place, y, colour),
    dot(ring, dots.second.valueOf(summary), place, y, colour),
  ].join('');
};

const ticks = (least: number, largest: number): readonly number[] => {
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(largest, least) / least)));
  return Array.from({ length: decades + 1 }, (_, power) => least * 10 ** power);
};

const axis = (marks: readonly number[], place: Place, bottom: number, dots: Dots): string =>
  marks
    .map((mark) => {
      const x = place.x(mark).toFixed(1);
      const rule = `<line x1="${x}" x2="${x}" y1="${String(place.top - 8)}" y2="${String(bottom)}" stroke="#ddd"/>`;
      return rule + text(place.x(mark), bottom + 14, dots.asText(mark), 'text-anchor="middle" fill="#666"');
    })
    .join('');

const panel = (scenario: string, summaries: readonly Summary[], dots: Dots, index: number, height: number): string => {
  const left = 20 + (index % COLUMNS) * (PANEL.width + PANEL.gap);
  const top = TOP + Math.floor(index / COLUMNS) * height + PANEL.top;
  const values = summaries.flatMap((summary) => [dots.first.valueOf(summary) ?? 0, dots.second.valueOf(summary) ?? 0]);
  const marks = ticks(dots.least, Math.max(...values));
  const decadesOf = (value: number): number => Math.log10(Math.max(dots.least, value) / dots.least) / (marks.length - 1);
  // Room at both ends: for "none" on the left, for "never" on the right.
  const [from, to] = [left + PANEL.labels + 8, left + PANEL.width - 16];
  const place: Place = { left, top, x: (value) => from + decadesOf(value) * (to - from) };
  const bottom = top + (summaries.length - 1) * PANEL.row + 10;
  return [
    axis(marks, place, bottom, dots),
    ...summaries.map((summary, row) => rowOf(summary, dots, place, top + row * PANEL.row)),
    text(left, top - 20, scenario, 'font-weight="bold" font-size="13"'),
  ].join('\n');
};

const legend = ({ first, second }: Dots): string =>
  [
    full(30, 50, '#333') + text(40, 54, first.name),
    ring(210, 50, '#333') + text(220, 54, second.name),
    cross(390, 50, '#333') + text(400, 54, 'never'),
  ].join('');

/** One panel for each scenario among the summaries. */
export const dotPlot = (summaries: readonly Summary[], dots: Dots): string => {
  const scenarios = [...groupBy(summaries, ({ scenario }) => scenario)];
  const rows = Math.max(...scenarios.map(([, group]) => group.length));
  const panelHeight = PANEL.top + rows * PANEL.row + 20;
  const width = 20 + COLUMNS * (PANEL.width + PANEL.gap);
  const height = TOP + Math.ceil(scenarios.length / COLUMNS) * panelHeight + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(20, 28, dots.heading, 'font-size="16"'),
    legend(dots),
    ...scenarios.map(([scenario, group], index) => panel(scenario, group, dots, index, panelHeight)),
    '</svg>',
    '',
  ].join('\n');
};
