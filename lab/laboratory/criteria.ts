/**
 * What the circuit is to reach in the laboratory, held against the results: what is missed is bold.
 */
import { RATES } from './matrix.ts';
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
const STEADY = 'steady-2-percent';

const leastOf = (summaries: readonly Summary[], valueOf: (summary: Summary) => number): number | undefined =>
  summaries.length === 0 ? undefined : Math.min(...summaries.map(valueOf));

const isAboutAsQuick = (rival: Summary, { detectMs = Infinity }: Summary): boolean =>
  rival.detected === rival.runs && (rival.detectMs ?? Infinity) <= 2 * detectMs;

/** Without probes: no caller waited for those. */
const callsDoomed = ({ doomed, doomedProbes }: Summary): number => doomed - doomedProbes;

/** `7/7.7`: ours beside the best rival, bold where it is more than it may be. */
const beside = (ours: number, best: number | undefined, times = 1): string => {
  const text = `${asCount(ours)}/${best === undefined ? '–' : asCount(best)}`;
  return best === undefined || ours <= times * best ? text : `**${text}**`;
};

const outageRow = (ours: Summary, rivals: readonly Summary[]): string => {
  const quick = rivals.filter((rival) => isAboutAsQuick(rival, ours));
  return `| ${[
    ours.scenario,
    String(ours.ratePerSecond),
    beside(callsDoomed(ours), leastOf(rivals, callsDoomed)),
    beside(
      ours.lost,
      leastOf(quick, ({ lost }) => lost),
      MOST_LOST,
    ),
    asCount(ours.doomedProbes),
    asSometimes(ours.detectMs, ours.detected, ours.runs),
  ].join(' | ')} |`;
};

/** Every outage at 5 calls a second and above. */
const outageRows = (summaries: readonly Summary[]): readonly string[] => {
  const outages = loadScenarios()
    .filter(({ kind }) => kind === 'outage')
    .map(({ name }) => name);
  return summaries
    .filter(({ scenario, ratePerSecond, rival }) => rival === OURS && outages.includes(scenario) && ratePerSecond >= LEAST_RATE)
    .map((ours) =>
      outageRow(
        ours,
        summaries.filter(
          ({ scenario, ratePerSecond, rival }) => rival !== OURS && scenario === ours.scenario && ratePerSecond === ours.ratePerSecond,
        ),
      ),
    );
};

/** One scenario of ours at every load. */
const rateRow = (
  what: string,
  summaries: readonly Summary[],
  cell: (summary: Summary) => string,
  isKept: (summary: Summary) => boolean,
): string => {
  const cells = RATES.map((rate) => {
    const found = summaries.find(({ ratePerSecond }) => ratePerSecond === rate);
    if (found === undefined) return '–';
    return isKept(found) ? cell(found) : `**${cell(found)}**`;
  });
  return `| ${[what, ...cells].join(' | ')} |`;
};

/** The tables of the page. */
export const criteriaTables = (summaries: readonly Summary[]): string => {
  const oursIn = (name: string): readonly Summary[] => summaries.filter(({ rival, scenario }) => rival === OURS && scenario === name);
  return [
    '| outage | calls/s | calls doomed | good calls lost | our probes | detected in |',
    '|---|--:|--:|--:|--:|--:|',
    ...outageRows(summaries),
    '',
    `| at calls/s | ${RATES.join(' | ')} |`,
    `|---|${RATES.map(() => '--:|').join('')}`,
    rateRow(
      `false trips/h at 2 % (< ${String(MOST_FALSE_TRIPS_PER_HOUR)}), in hours`,
      oursIn(STEADY),
      ({ falseTripsPerHour, calmHours }) => `${falseTripsPerHour.toFixed(2)} in ${calmHours.toFixed(1)}`,
      ({ falseTripsPerHour }) => falseTripsPerHour < MOST_FALSE_TRIPS_PER_HOUR,
    ),
    ...AMPLIFYING.map((name) =>
      rateRow(
        `requests per call, ${name} (≤ ${String(MOST_AMPLIFICATION)})`,
        oursIn(name),
        ({ amplification }) => amplification.toFixed(2),
        ({ amplification }) => amplification <= MOST_AMPLIFICATION,
      ),
    ),
  ].join('\n');
};
