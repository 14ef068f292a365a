/**
 * What we set out to reach in the laboratory, held against the results: each line says whether it holds, and by how much.
 */
import { loadScenarios } from './scenario.ts';
import type { Summary } from './summary.ts';
import { asCount, asSometimes } from './table.ts';

const OURS = 'ours';
/** Below it, one breaker sees too few calls for a comparison of doomed ones. */
const LEAST_RATE = 5;
/** Calls lost, at most so many times those of the best rival that is about as quick. */
const MOST_LOST = 1.2;
const MOST_FALSE_TRIPS_PER_HOUR = 0.05;
const MOST_AMPLIFICATION = 1.2;

export interface OutageLine {
  readonly ours: Summary;
  readonly fewestDoomed: Summary;
  /** Of the rivals that detect within twice our time, the one with the fewest calls lost; absent: none is as quick. */
  readonly fewestLost: Summary | undefined;
  readonly isFewestDoomed: boolean;
  readonly isLostWithin: boolean;
}

const least = (summaries: readonly Summary[], valueOf: (summary: Summary) => number): Summary | undefined =>
  summaries.reduce<Summary | undefined>((best, one) => (best === undefined || valueOf(one) < valueOf(best) ? one : best), undefined);

const isAboutAsQuick = (rival: Summary, { detectMs = Infinity }: Summary): boolean =>
  rival.detected === rival.runs && (rival.detectMs ?? Infinity) <= 2 * detectMs;

/** Every outage at 5 calls a second and above. */
export const outageLines = (summaries: readonly Summary[]): readonly OutageLine[] => {
  const outages = loadScenarios().filter(({ kind }) => kind === 'outage').map(({ name }) => name);
  return summaries
    .filter(({ scenario, ratePerSecond, rival }) => rival === OURS && outages.includes(scenario) && ratePerSecond >= LEAST_RATE)
    .flatMap((ours) => {
      const rivals = summaries.filter(
        ({ scenario, ratePerSecond, rival }) => rival !== OURS && scenario === ours.scenario && ratePerSecond === ours.ratePerSecond,
      );
      const fewestDoomed = least(rivals, ({ doomed }) => doomed);
      const fewestLost = least(rivals.filter((rival) => isAboutAsQuick(rival, ours)), ({ lost }) => lost);
      if (fewestDoomed === undefined) return [];
      const isLostWithin = fewestLost === undefined || ours.lost <= MOST_LOST * fewestLost.lost;
      return [{ ours, fewestDoomed, fewestLost, isFewestDoomed: ours.doomed <= fewestDoomed.doomed, isLostWithin }];
    });
};

const verdict = (holds: boolean): string => (holds ? 'yes' : '**no**');

const outageRow = ({ ours, fewestDoomed, fewestLost, isFewestDoomed, isLostWithin }: OutageLine): string =>
  [
    '',
    ours.scenario,
    String(ours.ratePerSecond),
    `${asCount(ours.doomed)} against ${asCount(fewestDoomed.doomed)} (${fewestDoomed.rival})`,
    verdict(isFewestDoomed),
    fewestLost === undefined ? `${asCount(ours.lost)}; nobody is as quick` : `${asCount(ours.lost)} against ${asCount(fewestLost.lost)} (${fewestLost.rival})`,
    verdict(isLostWithin),
    asSometimes(ours.detectMs, ours.detected, ours.runs),
    '',
  ].join(' | ').trim();

const steadyRow = (ours: Summary): string => {
  const holds = ours.falseTripsPerHour < MOST_FALSE_TRIPS_PER_HOUR;
  return `| false trips per hour, ${ours.scenario} | ${String(ours.ratePerSecond)} | ${ours.falseTripsPerHour.toFixed(2)} in ${ours.calmHours.toFixed(1)} h | < ${String(MOST_FALSE_TRIPS_PER_HOUR)} | ${verdict(holds)} |`;
};

const amplificationRow = (ours: Summary): string =>
  `| requests for each call, ${ours.scenario} | ${String(ours.ratePerSecond)} | ${ours.amplification.toFixed(2)} | ≤ ${String(MOST_AMPLIFICATION)} | ${verdict(ours.amplification <= MOST_AMPLIFICATION)} |`;

/** The tables of the page. */
export const criteriaTables = (summaries: readonly Summary[]): string => {
  const ours = summaries.filter(({ rival }) => rival === OURS);
  return [
    '| outage | calls/s | requests doomed: ours, best rival | fewest | good calls lost: ours, best of the rivals that detect within twice our time | ≤ 1.2 × | we detect in |',
    '|---|---|---|---|---|---|---|',
    ...outageLines(summaries).map(outageRow),
    '',
    '| | calls/s | ours | to reach | holds |',
    '|---|---|---|---|---|',
    ...ours.filter(({ scenario }) => scenario === 'steady-2-percent').map(steadyRow),
    ...ours.filter(({ scenario }) => scenario.startsWith('brownout')).map(amplificationRow),
  ].join('\n');
};
