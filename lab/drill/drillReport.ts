/**
 * The drill's result for people.
 */
import type { DrillArguments } from './drillArguments.ts';
import type { DrillResult } from './drillRun.ts';

const duration = (ms: number | null, none: string): string => {
  if (ms === null) return none;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
};

const answersIn = ({ answers }: DrillResult): string =>
  Object.entries(answers)
    .map(([name, count]) => `${name} × ${String(count)}`)
    .join(', ');

const firstFastFailure = ({ firstFastFailureMs, firstFastFailureCall }: DrillResult): string =>
  firstFastFailureCall === null
    ? 'none: the circuit did not open'
    : `${duration(firstFastFailureMs, '')}, call ${String(firstFastFailureCall)}`;

const sent = ({ sentIntoOutage, healthChecksSent }: DrillResult): string => {
  if (sentIntoOutage === null) return 'not known';
  return healthChecksSent === null ? String(sentIntoOutage) : `${String(sentIntoOutage)}, and ${String(healthChecksSent)} health checks`;
};

const rows = (result: DrillResult): readonly (readonly [string, string])[] => [
  ['first fast failure', firstFastFailure(result)],
  ['calls sent into the outage', sent(result)],
  ['callers during the outage', String(result.callers)],
  ['their p50 / p99 / max', [result.latencyMs.p50, result.latencyMs.p99, result.latencyMs.max].map((ms) => duration(ms, '')).join(' / ')],
  ['their answers', answersIn(result)],
  ['open time left at its end', duration(result.openTimeLeftMs, 'none, or not known')],
  ['all served again after', duration(result.recoveryMs, 'not within the drill')],
  [
    'retry amplification',
    result.retryAmplification === null ? 'not known' : `${result.retryAmplification.toFixed(2)} attempts per call sent`,
  ],
];

const warning = ({ unservedInWarmUp }: DrillResult): readonly string[] =>
  unservedInWarmUp === 0
    ? []
    : [
        `Mind: ${String(unservedInWarmUp)} calls were not served even before the outage (rate limits? try a lower --rate): the figures are not of the outage alone.`,
      ];

export const drillReport = ({ service, fault, rate, seconds }: DrillArguments, result: DrillResult): string => {
  const width = Math.max(...rows(result).map(([name]) => name.length));
  return [
    `${service} ${fault}: ${String(rate)} calls/s, an outage of ${String(seconds)} s, Node ${process.versions.node}`,
    ...rows(result).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...warning(result),
  ].join('\n');
};

/** Microseconds are as fine as it gets. */
const rounded = (_key: string, value: unknown): unknown => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value);

export const drillJson = ({ service, fault, rate, seconds }: DrillArguments, result: DrillResult): string =>
  JSON.stringify({ service, fault, rate, seconds, node: process.versions.node, ...result }, rounded, 2);
