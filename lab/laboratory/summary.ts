/**
 * The runs of one scenario, load and rival, as one line: means over the seeds.
 */
import type { Figures } from './ledger.ts';

const HOUR_MS = 3_600_000;

export interface Summary {
  readonly scenario: string;
  readonly ratePerSecond: number;
  readonly rival: string;
  /** Runs, each with a seed of its own. */
  readonly runs: number;
  /** Means of counts per run. */
  readonly calls: number;
  readonly sent: number;
  readonly served: number;
  readonly doomed: number;
  readonly doomedProbes: number;
  readonly lost: number;
  /** Mean of the runs that detected, in ms; absent: none did. */
  readonly detectMs: number | undefined;
  readonly detected: number;
  /** Mean of the runs that recovered, in ms; absent: none did. */
  readonly recoverMs: number | undefined;
  readonly recovered: number;
  readonly p99Ms: number;
  readonly amplification: number;
  readonly falseTripsPerHour: number;
  /** Hours of calm that the rate of false trips comes from, all runs together. */
  readonly calmHours: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean of what there is, and how many there are. */
const meanOfSome = (values: readonly (number | undefined)[]): { readonly value: number | undefined; readonly count: number } => {
  const present = values.filter((value) => value !== undefined);
  return { value: present.length === 0 ? undefined : mean(present), count: present.length };
};

export const summarize = (labels: Pick<Summary, 'scenario' | 'ratePerSecond' | 'rival'>, runs: readonly Figures[]): Summary => {
  const meanOf = (pick: (figures: Figures) => number): number => mean(runs.map(pick));
  const detect = meanOfSome(runs.map(({ detectMs }) => detectMs));
  const recover = meanOfSome(runs.map(({ recoverMs }) => recoverMs));
  const calmHours = runs.reduce((sum, { calmMs }) => sum + calmMs, 0) / HOUR_MS;
  const falseTrips = runs.reduce((sum, figures) => sum + figures.falseTrips, 0);
  return {
    ...labels,
    runs: runs.length,
    calls: meanOf(({ calls }) => calls),
    sent: meanOf(({ sent }) => sent),
    served: meanOf(({ served }) => served),
    doomed: meanOf(({ doomed }) => doomed),
    doomedProbes: meanOf(({ doomedProbes }) => doomedProbes),
    lost: meanOf(({ lost }) => lost),
    detectMs: detect.value,
    detected: detect.count,
    recoverMs: recover.value,
    recovered: recover.count,
    p99Ms: meanOf(({ p99Ms }) => p99Ms),
    amplification: meanOf(({ amplification }) => amplification),
    falseTripsPerHour: calmHours === 0 ? 0 : falseTrips / calmHours,
    calmHours,
  };
};
