/**
 * The results as a file for spreadsheets; `docs/lab/README.md` says what the columns mean.
 */
import type { Summary } from './summary.ts';

type Column = readonly [heading: string, value: (summary: Summary) => string];

const whole = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(0));

const COLUMNS: readonly Column[] = [
  ['scenario', ({ scenario }) => scenario],
  ['calls_per_second', ({ ratePerSecond }) => String(ratePerSecond)],
  ['rival', ({ rival }) => `"${rival}"`],
  ['runs', ({ runs }) => String(runs)],
  ['calls', ({ calls }) => calls.toFixed(1)],
  ['sent', ({ sent }) => sent.toFixed(1)],
  ['served', ({ served }) => served.toFixed(1)],
  ['doomed', ({ doomed }) => doomed.toFixed(1)],
  ['doomed_probes', ({ doomedProbes }) => doomedProbes.toFixed(1)],
  ['lost', ({ lost }) => lost.toFixed(1)],
  ['detect_ms', ({ detectMs }) => whole(detectMs)],
  ['runs_that_detected', ({ detected }) => String(detected)],
  ['recover_ms', ({ recoverMs }) => whole(recoverMs)],
  ['runs_that_recovered', ({ recovered }) => String(recovered)],
  ['p99_ms', ({ p99Ms }) => whole(p99Ms)],
  ['sent_per_call', ({ amplification }) => amplification.toFixed(3)],
  ['false_trips_per_hour', ({ falseTripsPerHour }) => falseTripsPerHour.toFixed(3)],
  ['calm_hours', ({ calmHours }) => calmHours.toFixed(3)],
];

export const csv = (summaries: readonly Summary[]): string =>
  [COLUMNS.map(([heading]) => heading), ...summaries.map((summary) => COLUMNS.map(([, value]) => value(summary)))]
    .map((cells) => `${cells.join(',')}\n`)
    .join('');
