/**
 * The health report as a table, for people with a terminal.
 */
import type { replicaView } from './clusterHealth.ts';
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

const circuitRow = (name: string, check: HealthCheck): Row => [
  check.status.toUpperCase(),
  name.replace(/:circuit$/u, ''),
  text(check.observedValue),
  text(check['since']),
  text(check['nextProbeAt']),
  `${String(Math.round(Number(check['failureRatio']) * 100))} %`,
  text(inner(check['lastError'], 'kind')),
  text(inner(check['override'], 'reason')),
];

const otherRow = (name: string, check: HealthCheck): Row => [
  check.status.toUpperCase(),
  check['window'] === undefined ? name : `${name} (${text(check['window'])})`,
  text(check.observedValue),
  text(check['limit']),
];

const table = (rows: readonly Row[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const CIRCUIT_HEAD: Row = ['', 'circuit', 'state', 'since', 'next probe', 'failures', 'last failure', 'override'];
/** A line for each replica that is not as usual. */
const fleet = (found: readonly Named[]): readonly string[] => {
  const replicas = found.flatMap(({ check }) => (check['replicas'] as readonly ReturnType<typeof replicaView>[] | undefined) ?? []);
  const lines = replicas
    .map(({ replica, phase, circuits, suspectsItselfOver }) => ({
      replica,
      said: [
        ...(phase === 'ready' ? [] : [phase]),
        ...Object.entries(circuits).map(([name, state]) => `${name} ${state}`),
        ...(suspectsItselfOver.length === 0 ? [] : ['suspects itself']),
      ],
    }))
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
    return operations.length === 0 ? [] : [`  ${name.replace(/:circuit$/u, '')}: ${operations.join(', ')}`];
  });
  return lines.length === 0 ? [] : ['', 'operations stopped:', ...lines];
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
    table([CIRCUIT_HEAD, ...circuits.map(({ name, check }) => circuitRow(name, check))]),
    ...stoppedOperations(circuits),
    ...affected(circuits.map(({ check }) => check)),
    ...early(warnings),
    ...fleet(checks.filter(({ name }) => name === 'fleet:replicas')),
    '',
    table([OTHER_HEAD, ...others.map(({ name, check }) => otherRow(name, check))]),
  ];
  return `${lines.join('\n')}\n`;
};
