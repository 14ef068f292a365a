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
/** Where calls fail one by one, and so are repeated. */
const AMPLIFYING: readonly string[] = ['brownout-30', 'brownout-60', 'rate-limit-storm'];

interface OutageLine {
  readonly ours: Summary;
  /** Of the rivals, the one with the fewest calls doomed. */
  readonly fewestDoomed: Summary;
  /** Of the rivals that detect within twice our time, the one with the fewest calls lost; absent: none is as quick. */
  readonly fewestLost: Summary | undefined;
  readonly isFewestCalls: boolean;
  /** The same with everybody's own probes counted. */
  readonly isFewestRequests: boolean;
  readonly isLostWithin: boolean;
}

const least = (summaries: readonly Summary[], valueOf: (summary: Summary) => number): Summary | undefined =>
  summaries.reduce<Summary | undefined>((best, one) => (best === undefined || valueOf(one) < valueOf(best) ? one : best), undefined);

const isAboutAsQuick = (rival: Summary, { detectMs = Infinity }: Summary): boolean =>
  rival.detected === rival.runs && (rival.detectMs ?? Infinity) <= 2 * detectMs;

/** Without probes: no caller waited for those. */
const callsDoomed = ({ doomed, doomedProbes }: Summary): number => doomed - doomedProbes;

/** Every outage at 5 calls a second and above. */
const outageLines = (summaries: readonly Summary[]): readonly OutageLine[] => {
  const outages = loadScenarios()
    .filter(({ kind }) => kind === 'outage')
    .map(({ name }) => name);
  return summaries
    .filter(({ scenario, ratePerSecond, rival }) => rival === OURS && outages.includes(scenario) && ratePerSecond >= LEAST_RATE)
    .flatMap((ours) => {
      const rivals = summaries.filter(
        ({ scenario, ratePerSecond, rival }) => rival !== OURS && scenario === ours.scenario && ratePerSecond === ours.ratePerSecond,
      );
      const fewestDoomed = least(rivals, callsDoomed);
      const fewestLost = least(
        rivals.filter((rival) => isAboutAsQuick(rival, ours)),
        ({ lost }) => lost,
      );
      if (fewestDoomed === undefined) return [];
      const isLostWithin = fewestLost === undefined || ours.lost <= MOST_LOST * fewestLost.lost;
      const isFewestRequests = rivals.every(({ doomed }) => ours.doomed <= doomed);
      const isFewestCalls = callsDoomed(ours) <= callsDoomed(fewestDoomed);
      return [{ ours, fewestDoomed, fewestLost, isFewestCalls, isFewestRequests, isLostWithin }];
    });
};

const verdict = (holds: boolean): string => (holds ? 'yes' : '**no**');

const outageRow = ({ ours, fewestDoomed, fewestLost, isFewestCalls, isFewestRequests, isLostWithin }: OutageLine): string =>
  [
    '',
    ours.scenario,
    String(ours.ratePerSecond),
    `${asCount(callsDoomed(ours))} against ${asCount(callsDoomed(fewestDoomed))} (${fewestDoomed.rival}, which loses ${asCount(fewestDoomed.lost)})`,
    verdict(isFewestCalls),
    asCount(ours.doomedProbes),
    verdict(isFewestRequests),
    fewestLost === undefined
      ? `${asCount(ours.lost)}; nobody is as quick`
      : `${asCount(ours.lost)} against ${asCount(fewestLost.lost)} (${fewestLost.rival})`,
    verdict(isLostWithin),
    asSometimes(ours.detectMs, ours.detected, ours.runs),
    '',
  ]
    .join(' | ')
    .trim();

/** None seen in so many hours leaves room for three an hour of that (95 %): a short run proves little. */
const steadyVerdict = ({ falseTripsPerHour, calmHours }: Summary): string => {
  if (falseTripsPerHour >= MOST_FALSE_TRIPS_PER_HOUR) return verdict(false);
  return falseTripsPerHour > 0 || 3 / calmHours < MOST_FALSE_TRIPS_PER_HOUR ? verdict(true) : 'none seen; too short to be sure';
};

const steadyRow = (ours: Summary): string =>
  `| false trips per hour, ${ours.scenario} | ${String(ours.ratePerSecond)} | ${ours.falseTripsPerHour.toFixed(2)} in ${ours.calmHours.toFixed(1)} h | < ${String(MOST_FALSE_TRIPS_PER_HOUR)} | ${steadyVerdict(ours)} |`;

const amplificationRow = (ours: Summary): string =>
  `| requests for each call, ${ours.scenario} | ${String(ours.ratePerSecond)} | ${ours.amplification.toFixed(2)} | ≤ ${String(MOST_AMPLIFICATION)} | ${verdict(ours.amplification <= MOST_AMPLIFICATION)} |`;

/** The tables of the page. */
export const criteriaTables = (summaries: readonly Summary[]): string => {
  const ours = summaries.filter(({ rival }) => rival === OURS);
  return [
    '| outage | calls/s | calls doomed: ours, best rival | fewest | our probes besides | fewest even with them | good calls lost: ours, best of the rivals that detect within twice our time | ≤ 1.2 × | we detect in |',
    '|---|---|---|---|---|---|---|---|---|',
    ...outageLines(summaries).map(outageRow),
    '',
    '| | calls/s | ours | to reach | holds |',
    '|---|---|---|---|---|',
    ...ours.filter(({ scenario }) => scenario === 'steady-2-percent').map(steadyRow),
    ...ours.filter(({ scenario }) => AMPLIFYING.includes(scenario)).map(amplificationRow),
  ].join('\n');
};
