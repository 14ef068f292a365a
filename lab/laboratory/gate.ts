/**
 * The gate: our own figures in a few short runs, held against a baseline in the repository, so that no change makes
 * them worse unseen. The runs are the same on every machine; the tolerance is for changes that merely shift the draws.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { run } from './experiment.ts';
import { ours } from './rivals/ours.ts';
import { loadScenarios } from './scenario.ts';
import { summarize, type Summary } from './summary.ts';

const SCENARIOS: readonly string[] = ['outage-60s', 'hang-60s', 'brownout-60', 'flapping', 'steady-2-percent'];
const RATES: readonly number[] = [5, 50];
const SEEDS: readonly number[] = [11, 12];
const MOST_CALLS = 8_000;
const BASELINE = new URL('../../docs/lab/gate.json', import.meta.url);

/** The figures that are held against the baseline; in each of them less is better. */
const FIGURES = ['doomed', 'lost', 'detectMs', 'recoverMs', 'p99Ms', 'amplification', 'falseTripsPerHour'] as const;
type FigureName = (typeof FIGURES)[number];

const lineSchema = z.strictObject({
  scenario: z.string(),
  ratePerSecond: z.number(),
  doomed: z.number(),
  lost: z.number(),
  /** Absent: it is never detected, or there is nothing to detect. */
  detectMs: z.number().optional(),
  recoverMs: z.number().optional(),
  p99Ms: z.number(),
  amplification: z.number(),
  falseTripsPerHour: z.number(),
});
const baselineSchema = z.strictObject({
  note: z.string(),
  tolerance: z.record(z.enum(FIGURES), z.strictObject({ share: z.number().nonnegative(), besides: z.number().nonnegative() })),
  lines: z.array(lineSchema).min(1),
});
export type GateLine = z.infer<typeof lineSchema>;
export type Baseline = Pick<z.infer<typeof baselineSchema>, 'tolerance' | 'lines'>;

/** What `--write-gate` writes beside the figures: each may be worse by a share of the baseline, and by so much besides. */
const TOLERANCE = {
  doomed: { share: 0.1, besides: 3 },
  lost: { share: 0.1, besides: 5 },
  detectMs: { share: 0.1, besides: 250 },
  recoverMs: { share: 0.1, besides: 1000 },
  p99Ms: { share: 0.1, besides: 100 },
  amplification: { share: 0.05, besides: 0.02 },
  falseTripsPerHour: { share: 0, besides: 0 },
} as const satisfies Baseline['tolerance'];

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

const lineOf = ({ scenario, ratePerSecond, detectMs, recoverMs, ...summary }: Summary): GateLine => ({
  scenario,
  ratePerSecond,
  doomed: rounded(summary.doomed),
  lost: rounded(summary.lost),
  ...(detectMs === undefined || summary.detected < summary.runs ? {} : { detectMs: rounded(detectMs) }),
  ...(recoverMs === undefined || summary.recovered < summary.runs ? {} : { recoverMs: rounded(recoverMs) }),
  p99Ms: rounded(summary.p99Ms),
  amplification: rounded(summary.amplification),
  falseTripsPerHour: rounded(summary.falseTripsPerHour),
});

/** Our figures as they are now. */
export const measureGate = async (): Promise<readonly GateLine[]> => {
  const lines = [];
  for (const scenario of loadScenarios().filter(({ name }) => SCENARIOS.includes(name))) {
    for (const ratePerSecond of RATES) {
      const figures = [];
      for (const seed of SEEDS) figures.push(await run({ scenario, ratePerSecond, contender: ours, seed, mostCalls: MOST_CALLS }));
      lines.push(lineOf(summarize({ scenario: scenario.name, ratePerSecond, rival: ours.name }, figures)));
    }
  }
  return lines;
};

/** @throws {Error} if the baseline is missing or is none. */
export const readBaseline = async (): Promise<Baseline> => baselineSchema.parse(JSON.parse(await readFile(BASELINE, 'utf8')));

const isWorse = ({ share, besides }: Baseline['tolerance'][FigureName], was: number | undefined, now: number | undefined): boolean => {
  if (was === undefined) return false;
  return now === undefined || now > was * (1 + share) + besides;
};

const text = (value: number | undefined): string => (value === undefined ? 'never' : String(value));

/** A sentence for each figure that has become worse. */
export const regressions = ({ tolerance, lines }: Baseline, now: readonly GateLine[]): readonly string[] =>
  lines.flatMap((was) => {
    const where = `${was.scenario} at ${String(was.ratePerSecond)}/s`;
    const is = now.find(({ scenario, ratePerSecond }) => scenario === was.scenario && ratePerSecond === was.ratePerSecond);
    if (is === undefined) return [`${where} is not measured any more`];
    return FIGURES.filter((figure) => isWorse(tolerance[figure], was[figure], is[figure])).map(
      (figure) => `${where}: ${figure} was ${text(was[figure])}, is ${text(is[figure])}`,
    );
  });

export const writeGate = async (): Promise<void> => {
  const note = 'Written by `npm run lab -- --write-gate`. A figure fails the gate above baseline * (1 + share) + besides.';
  const lines = await measureGate();
  await writeFile(BASELINE, `${JSON.stringify({ note, tolerance: TOLERANCE, lines }, undefined, 2)}\n`);
  console.log(`docs/lab/gate.json: ${String(lines.length)} lines`);
};
