/** The quotas of three replicas, in words. */
import { contestants, type ContestantName } from './contestants.ts';
import type { QuotaFigures, QuotaRun, QuotaSettings } from './quotaRun.ts';
import { duration, inPercent, type Goal, type PartReport } from './reportShape.ts';

const MOST_THROTTLED = 0.001;
const LEAST_USED = 0.9;

const throttledShare = ({ throttled, sent }: QuotaFigures): number => (sent === 0 ? 1 : throttled / sent);

const row = (name: ContestantName, figures: QuotaFigures): readonly string[] => [
  `${figures.service}: ${contestants[name].title}`,
  String(figures.sent),
  String(figures.throttled),
  inPercent(throttledShare(figures), 2),
  inPercent(figures.usedShare),
  `${String(figures.served)} of ${String(figures.calls)}`,
];

const goalsOf = (figures: QuotaFigures): readonly Goal[] => [
  {
    what: `${figures.service}: 429s of all calls`,
    wanted: `≤ ${inPercent(MOST_THROTTLED)}`,
    measured: inPercent(throttledShare(figures), 2),
    isKept: throttledShare(figures) <= MOST_THROTTLED,
  },
  {
    what: `${figures.service}: quota used`,
    wanted: `≥ ${inPercent(LEAST_USED, 0)}`,
    measured: inPercent(figures.usedShare),
    isKept: figures.usedShare >= LEAST_USED,
  },
];

export const quotaReport = (run: QuotaRun, { measureMs, warmUpMs }: QuotaSettings): PartReport => {
  const names = Object.keys(run) as ContestantName[];
  const services = (run.together ?? run.apart ?? []).map(({ service }) => service);
  return {
    method: [
      'Callers ask for 1.5 × what each provider grants, all at once; the sandbox enforces the real limits. ' +
        `429s count from the first call, the use of the quota for ${duration(measureMs)} after ${duration(warmUpMs)}.`,
    ],
    tables: [
      {
        headings: ['provider and fleet', 'calls sent', '429s', 'of the calls', 'quota used', 'callers served'],
        shown: [0, 2, 4],
        rows: services.flatMap((service) =>
          names.flatMap((name) => (run[name] ?? []).filter((figures) => figures.service === service).map((figures) => row(name, figures))),
        ),
      },
    ],
    goals: (run.together ?? []).flatMap(goalsOf),
  };
};
