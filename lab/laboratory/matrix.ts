/**
 * What is run: every scenario at every load with every rival, and how often.
 */
import { run } from './experiment.ts';
import { contenders } from './rivals/contenders.ts';
import type { Contender } from './rivals/rival.ts';
import { loadScenarios, type Scenario } from './scenario.ts';
import { summarize, type Summary } from './summary.ts';

/** Calls a second. */
export const RATES: readonly number[] = [0.5, 5, 50, 500];
/** Runs at each of these loads: small ones say little in one run, large ones take long. */
const RUNS: Readonly<Record<Scenario['kind'], readonly number[]>> = {
  outage: [20, 6, 3, 2],
  partial: [20, 6, 2, 1],
  steady: [20, 2, 1, 1],
};
/** Over the runs a fault's length goes from so much less to so much more: a fixed open time that fits it once is no merit. */
const FAULT_VARIATION = 0.15;

/** One line of the results; plain data, so that it can go to another process. */
export interface Job {
  readonly scenario: string;
  readonly ratePerSecond: number;
  readonly rival: string;
  /** Of the first run; the others count on from it. */
  readonly seed: number;
  readonly runs: number;
}

/** Empty parts mean all. */
export interface Selection {
  readonly scenarios: readonly string[];
  readonly rates: readonly number[];
  readonly rivals: readonly string[];
}

const runsFor = ({ kind }: Scenario, ratePerSecond: number): number => RUNS[kind][RATES.indexOf(ratePerSecond)] ?? 1;

/** Evenly spread over the runs; 1 if there is but one. */
const faultFactorOf = (index: number, runs: number): number => 1 + FAULT_VARIATION * ((2 * index + 1) / runs - 1);

/** @throws {Error} naming what there is, if something is asked for that there is not. */
const choose = <T>(kind: string, wanted: readonly T[], all: readonly T[]): readonly T[] => {
  const unknown = wanted.filter((one) => !all.includes(one));
  if (unknown.length > 0) throw new Error(`There is no ${kind} ${unknown.join(', ')}; there are: ${all.join(', ')}`);
  return wanted.length === 0 ? all : all.filter((one) => wanted.includes(one));
};

/** In the order of the tables. */
export const jobsFor = (selection: Selection, seed: number): readonly Job[] => {
  const scenarios = loadScenarios();
  const names = choose(
    'scenario',
    selection.scenarios,
    scenarios.map(({ name }) => name),
  );
  const rivals = choose(
    'rival',
    selection.rivals,
    contenders.map(({ name }) => name),
  );
  const rates = choose('rate', selection.rates, RATES);
  return scenarios
    .filter(({ name }) => names.includes(name))
    .flatMap((scenario) =>
      rates.flatMap((ratePerSecond) => {
        const runs = runsFor(scenario, ratePerSecond);
        return rivals.map((rival) => ({ scenario: scenario.name, ratePerSecond, rival, seed, runs }));
      }),
    );
};

const named = <T extends Scenario | Contender>(all: readonly T[], name: string): T => {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no "${name}"`);
  return found;
};

export const runJob = async ({ scenario, ratePerSecond, rival, seed, runs }: Job): Promise<Summary> => {
  const figures = [];
  const experiment = { scenario: named(loadScenarios(), scenario), ratePerSecond, contender: named(contenders, rival) };
  for (let index = 0; index < runs; index += 1) {
    figures.push(await run({ ...experiment, seed: seed + index, faultFactor: faultFactorOf(index, runs) }));
  }
  return summarize({ scenario, ratePerSecond, rival }, figures);
};
