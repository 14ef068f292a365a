/**
 * A picture of what callers waited: per second the worst wait, on a logarithmic scale, a panel for each outage.
 */
import type { OutageFigures, OutagePlan } from './outage.ts';
import type { OutageReport } from './report.ts';

const PANEL = { width: 520, height: 260, left: 60, top: 50, gap: 40 };
const COLOURS = ['#b23b3b', '#c98a1b', '#1f6f54'];
/** 1 ms to 30 s. */
const LOWEST_MS = 1;
const DECADES = Math.log10(30_000);
const TICKS_MS = [1, 10, 100, 1000, 10_000];

interface Scale {
  readonly x: (ms: number) => number;
  readonly y: (waitMs: number) => number;
}

const scaleOf = (plan: OutagePlan, left: number): Scale => {
  const wholeMs = plan.warmUpMs + plan.outageMs + plan.afterMs;
  return {
    x: (ms) => left + (ms / wholeMs) * PANEL.width,
    y: (waitMs) => PANEL.top + PANEL.height * (1 - Math.log10(Math.max(LOWEST_MS, waitMs)) / DECADES),
  };
};

/** The worst wait of the calls begun in each second. */
const worstBySecond = ({ records }: OutageFigures): ReadonlyMap<number, number> => {
  const worst = new Map<number, number>();
  for (const { startedAt, durationMs } of records) {
    const second = Math.floor(startedAt / 1000);
    worst.set(second, Math.max(worst.get(second) ?? 0, durationMs));
  }
  return worst;
};

const line = (figures: OutageFigures, scale: Scale, colour: string): string => {
  const points = [...worstBySecond(figures)]
    .sort(([one], [other]) => one - other)
    .map(([second, waitMs]) => `${scale.x(second * 1000 + 500).toFixed(1)},${scale.y(waitMs).toFixed(1)}`);
  return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(' ')}"/>`;
};

const label = (x: number, y: number, text: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${text}</text>`;

const waitName = (ms: number): string => (ms < 1000 ? `${String(ms)} ms` : `${String(ms / 1000)} s`);

const axis = (scale: Scale, left: number): string =>
  TICKS_MS.map((ms) => {
    const y = scale.y(ms);
    const rule = `<line x1="${String(left)}" x2="${String(left + PANEL.width)}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="#ddd"/>`;
    return rule + label(left - 6, y + 4, waitName(ms), 'text-anchor="end"');
  }).join('\n');

const panel = (report: OutageReport, plan: OutagePlan, index: number): string => {
  const left = PANEL.left + index * (PANEL.width + PANEL.gap + PANEL.left);
  const scale = scaleOf(plan, left);
  const from = scale.x(plan.warmUpMs);
  const width = scale.x(plan.warmUpMs + plan.outageMs) - from;
  return [
    `<rect x="${from.toFixed(1)}" y="${String(PANEL.top)}" width="${width.toFixed(1)}" height="${String(PANEL.height)}" fill="#f3eeee"/>`,
    axis(scale, left),
    ...report.figures.map((figures, at) => line(figures, scale, COLOURS[at] ?? '#000')),
    label(left, PANEL.top - 14, report.title, 'font-weight="bold"'),
    label(from + 4, PANEL.top + PANEL.height + 16, 'outage'),
  ].join('\n');
};

const legend = (report: OutageReport): string =>
  report.figures
    .map(({ rival }, at) =>
      label(PANEL.left + at * 180, PANEL.top + PANEL.height + 40, `&#9632; ${rival}`, `fill="${COLOURS[at] ?? '#000'}"`),
    )
    .join('\n');

export const waitChart = (reports: readonly OutageReport[], plan: OutagePlan): string => {
  const width = PANEL.left + reports.length * (PANEL.width + PANEL.gap + PANEL.left);
  const height = PANEL.top + PANEL.height + 60;
  const first = reports[0];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    label(PANEL.left, 18, 'Worst wait of callers in each second (logarithmic)', 'font-size="14"'),
    ...reports.map((report, index) => panel(report, plan, index)),
    first === undefined ? '' : legend(first),
    '</svg>',
    '',
  ].join('\n');
};
