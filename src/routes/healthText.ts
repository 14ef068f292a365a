/**
 * The health report as a table, for people with a terminal.
 */
import { printable } from '../logging/printable.ts';
import { replicaTroubles, type replicaView } from './clusterHealth.ts';
import type { HealthCheck } from './healthObservation.ts';
import type { HealthReport } from './healthReport.ts';

type Row = readonly string[];

interface Named {
  readonly name: string;
  readonly check: HealthCheck;
}

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '-');

/** A member of a member, where there is one. */
const inner = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

const isSet = (value: unknown): boolean => value !== null && value !== undefined;

const circuitName = (name: string): string => name.replace(/:circuit$/u, '');

/** Of the outage, whatever trials there were; of the state, where there is none. The state beneath an override did not begin with it. */
const since = (check: HealthCheck): string => text(check['outageSince'] ?? (isSet(check['override']) ? undefined : check['since']));

const circuitRow = (name: string, check: HealthCheck): Row => [
  check.status.toUpperCase(),
  circuitName(name),
  text(check.observedValue),
  since(check),
  text(check['nextProbeAt']),
  `${String(Math.round(Number(check['failureRatio']) * 100))} %`,
  text(inner(check['lastError'], 'kind')),
  text(inner(check['override'], 'reason')),
];

/** Why a circuit is not closed, and since when its state holds: the table has the start of the outage. */
const reasons = (found: readonly Named[]): readonly string[] => {
  const lines = found.flatMap(({ name, check }) =>
    isSet(check['outageSince']) ? [`  ${circuitName(name)}: ${text(check['reason'])}, in this state since ${text(check['since'])}`] : [],
  );
  return lines.length === 0 ? [] : ['', 'not closed because of:', ...lines];
};

/** What people have set, and until when. */
const setByHand = (found: readonly Named[]): readonly string[] => {
  const lines = found.flatMap(({ name, check: { override, detectionChange } }) => {
    const line = (what: string, set: unknown): string =>
      `  ${circuitName(name)}: ${what} by ${text(inner(set, 'by'))} until ${text(inner(set, 'until'))}: ${text(inner(set, 'reason'))}`;
    return [
      ...(isSet(override) ? [line(`${text(inner(override, 'mode'))} (${text(inner(override, 'scope'))})`, override)] : []),
      ...(isSet(detectionChange) ? [line('thresholds changed', detectionChange)] : []),
    ];
  });
  return lines.length === 0 ? [] : ['', 'set by hand:', ...lines];
};

const otherRow = (name: string, check: HealthCheck): Row => [
  check.status.toUpperCase(),
  check['window'] === undefined ? name : `${name} (${text(check['window'])})`,
  text(check.observedValue),
  text(check['limit']),
];

const table = (rows: readonly Row[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};

const CIRCUIT_HEAD: Row = ['', 'circuit', 'state', 'since', 'next probe', 'failures', 'last failure', 'override'];
/** A line for each replica that is not as usual. */
const fleet = (found: readonly Named[]): readonly string[] => {
  const replicas = found.flatMap(({ check }) => (check['replicas'] as readonly ReturnType<typeof replicaView>[] | undefined) ?? []);
  const lines = replicas
    .map((replica) => ({ replica: replica.replica, said: replicaTroubles(replica) }))
    .filter(({ said }) => said.length > 0)
    .map(({ replica, said }) => `  ${replica}: ${said.join(', ')}`);
  return lines.length === 0 ? [] : ['', 'replicas:', ...lines];
};

const OTHER_HEAD: Row = ['', 'what', 'now', 'limit'];

const affected = (checks: readonly HealthCheck[]): readonly string[] => {
  const endpoints = checks.flatMap((check) => (check['affectedEndpoints'] as readonly string[] | undefined) ?? []);
  return endpoints.length === 0 ? [] : ['', 'affected:', ...endpoints.map((endpoint) => `  ${endpoint}`)];
};

/** Whose circuits are open while their service's is closed. */
const stoppedOperations = (found: readonly Named[]): readonly string[] => {
  const lines = found.flatMap(({ name, check }) => {
    const operations = (check['openOperations'] as readonly string[] | undefined) ?? [];
    return operations.length === 0 ? [] : [`  ${circuitName(name)}: ${operations.join(', ')}`];
  });
  return lines.length === 0 ? [] : ['', 'operations stopped:', ...lines];
};

/** How circuits that are not closed are to recover, where health checks do not find out or a trial is on. */
const recoveries = (found: readonly Named[]): readonly string[] => {
  const lines = found.flatMap(({ name, check }) => {
    const of = (member: string): string => text(inner(check['recovery'], member));
    const said = [
      ...(of('decidedBy') === 'calls'
        ? [`real calls decide, ${of('failedHealthChecks')} health checks failed (${of('lastHealthCheck')})`]
        : []),
      ...(of('goodProbes') === '-'
        ? []
        : [`on trial since ${text(check['since'])}, good probes ${of('goodProbes')}, out ${of('probesOut')}`]),
      ...(of('probesOut') === '0' ? ['waits for calls'] : []),
    ];
    return said.length === 0 ? [] : [`  ${name.replace(/:circuit$/u, '')}: ${said.join('; ')}`];
  });
  return lines.length === 0 ? [] : ['', 'recovery:', ...lines];
};

const together = (checks: readonly HealthCheck[]): readonly string[] =>
  checks.map((check) => `failed together since ${text(check['since'])}: ${(check['services'] as readonly string[]).join(', ')}`);

const early = (found: readonly Named[]): readonly string[] => {
  const serviceOf = (name: string): string => name.replace(/:early_warning$/u, '');
  const lines = found.map(({ name, check }) => `  ${serviceOf(name)}: ${text(check.observedValue)} since ${text(check['since'])}`);
  return lines.length === 0 ? [] : ['', 'early warnings:', ...lines];
};

export const healthText = (report: HealthReport): string => {
  const checks = Object.entries(report.checks).flatMap(([name, found]) => found.map((check) => ({ name, check })));
  const ending = (end: string): readonly Named[] => checks.filter(({ name }) => name.endsWith(end));
  const [incidents, circuits, warnings] = [ending(':common_cause'), ending(':circuit'), ending(':early_warning')];
  const others = checks.filter((each) => ![...incidents, ...circuits, ...warnings].includes(each));
  const build = `${report.serviceId} ${report.version} (${report.releaseId}), settings ${report.configHash}`;
  const lines = [
    `${report.status.toUpperCase()}: ${report.description}`,
    `${build}, up ${String(report.uptimeSeconds)} s, ${report.notes.join(', ')}`,
    ...together(incidents.map(({ check }) => check)),
    '',
    ...table([CIRCUIT_HEAD, ...circuits.map(({ name, check }) => circuitRow(name, check))]),
    ...reasons(circuits),
    ...setByHand(circuits),
    ...recoveries(circuits),
    ...stoppedOperations(circuits),
    ...affected(circuits.map(({ check }) => check)),
    ...early(warnings),
    ...fleet(checks.filter(({ name }) => name === 'fleet:replicas')),
    '',
    ...table([OTHER_HEAD, ...others.map(({ name, check }) => otherRow(name, check))]),
  ];
  // Reasons, names of replicas and whatever else came from elsewhere: none of it may drive a terminal or begin a line.
  return `${lines.map(printable).join('\n')}\n`;
};
