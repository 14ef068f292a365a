/**
 * The figures as a table for the terminal, and as a page with a picture for `docs/load/`.
 */
import type { OutageFigures, OutagePlan } from './outage.ts';
import { waitChart } from './waitChart.ts';

export interface OutageReport {
  /** For people: `the service hangs`. */
  readonly title: string;
  readonly figures: readonly OutageFigures[];
}

const inSeconds = (ms: number | undefined): string => (ms === undefined ? 'never' : `${(ms / 1000).toFixed(2)} s`);

const HEADINGS = ['rival', 'first fast failure', 'calls sent', 'p99 of callers', 'all served again after'] as const;

const row = (one: OutageFigures): readonly string[] => [
  one.rival,
  inSeconds(one.firstFastFailureMs),
  String(one.callsSent),
  inSeconds(one.p99Ms),
  inSeconds(one.recoveryMs),
];

export const table = ({ title, figures }: OutageReport): string => {
  const rows = [HEADINGS, ...figures.map(row)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return `${title}\n${rows.map(line).join('\n')}`;
};

const markdownTable = ({ title, figures }: OutageReport): string =>
  [
    `## ${title}`,
    '',
    `| ${HEADINGS.join(' | ')} |`,
    `|${HEADINGS.map(() => '---').join('|')}|`,
    ...figures.map((one) => `| ${row(one).join(' | ')} |`),
  ].join('\n');

/** The page beside the picture. */
export const page = (reports: readonly OutageReport[], plan: OutagePlan): string =>
  [
    '# The load test: an outage, three ways',
    '',
    `Written by \`npm run load\` (Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}), all rivals side by side in one run:`,
    `${String(plan.ratePerSecond)} calls a second, ${inSeconds(plan.warmUpMs)} of health, an outage of ${inSeconds(plan.outageMs)}, then health again.`,
    'Absolute times belong to the machine of the run; compare them within a table.',
    '',
    '- *unprotected*: axios with a time-out of 12 s.',
    "- *the plan as written*: axios-retry (5 retries, 1 to 16 s apart) inside opossum, with the plan's thresholds.",
    '- *ours*: the pipeline as it ships, with the template of HubSpot.',
    '',
    '![Worst wait of callers over time](circuit-breaker-load.svg)',
    '',
    reports.map(markdownTable).join('\n\n'),
    '',
  ].join('\n');

export const picture = (reports: readonly OutageReport[], plan: OutagePlan): string => waitChart(reports, plan);
