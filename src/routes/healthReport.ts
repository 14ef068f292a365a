/**
 * The state of this process, and of the fleet as it was seen last, as a report (`application/health+json`), from what is in memory: a
 * report that asked others would be slow exactly when it is needed.
 */
import type { LifecyclePhase } from '../lifecycle.ts';
import type { QueueReading } from '../queue/queueMaintenance.ts';
import type { CircuitSnapshot, Recovery } from '../contract/circuitState.ts';
import type { ClusterSource } from '../fleet/clusterView.ts';
import { serviceOf, type Incident, type IncidentClass } from '../contract/incident.ts';
import type { IncidentSource, PendingWarning } from '../monitoring/incidents/incidentWatch.ts';
import { circuitView, isoTime } from './circuitView.ts';
import { clusterChecks, clusterTroubles, replicasOpen, viewNote } from './clusterHealth.ts';
import type { HealthCheck, HealthStatus } from './healthObservation.ts';
import { queueChecks, queueTroubles } from './queueHealth.ts';

/** What a service's own headers last said about a quota. */
export interface QuotaState {
  readonly service: string;
  readonly window: string;
  readonly remaining?: number;
  readonly limit?: number;
  /** Wall-clock ms of that answer. */
  readonly at: number;
}

export interface HealthSource {
  phase(): LifecyclePhase;
  circuits(): readonly CircuitSnapshot[];
  quotas(): readonly QuotaState[];
  cache(): { readonly entries: number; readonly bytes: number; readonly maxBytes: number };
  /** What was seen last; the report asks no store. Absent where there is no queue. */
  queue?(): QueueReading;
  /** Absent in a house that knows of no other replica. */
  readonly cluster?: ClusterSource | undefined;
  /** Absent where nobody watches for failures in common. */
  readonly incidents?: Pick<IncidentSource, 'active' | 'warnings'>;
  readonly build: {
    readonly version: string;
    /** The commit; `unknown` outside a build. */
    readonly sha: string;
    readonly configHash: string;
    /** Wall-clock ms. */
    readonly startedAt: number;
  };
  /** Where the runbook's chapter on open circuits is. */
  readonly runbook: string;
}

export interface HealthReport {
  readonly status: HealthStatus;
  readonly version: string;
  readonly releaseId: string;
  readonly serviceId: 'sales-auto-api';
  readonly description: string;
  readonly output?: string;
  readonly notes: readonly string[];
  readonly configHash: string;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly checks: Readonly<Record<string, readonly HealthCheck[]>>;
}

/** Below this share of its limit a quota is worth a look. */
const LOW_QUOTA = 0.1;

/** Open circuits never make it worse than `warn`: this process is well, and restarting it mends no service. */
export const circuitStatus = ({ effectiveState, operations }: CircuitSnapshot): HealthStatus =>
  effectiveState === 'closed' && operations.openCount === 0 ? 'pass' : 'warn';

/** Beside the circuits. */
const troublesOf = (source: HealthSource): readonly string[] => [...clusterTroubles(source.cluster), ...queueTroubles(source.queue?.())];

export const overallStatus = (source: HealthSource): HealthStatus => {
  if (source.phase() !== 'ready') return 'fail';
  const circuitsWarn = source.circuits().some((circuit) => circuitStatus(circuit) === 'warn');
  return circuitsWarn || troublesOf(source).length > 0 ? 'warn' : 'pass';
};

/** From so many failed health checks on it is real calls that are expected to decide about a recovery. */
const HEALTH_CHECKS_IN_VAIN = 2;

const recoveryOf = ({ failedHealthChecks, lastHealthCheck, trial }: Recovery): unknown => ({
  decidedBy: failedHealthChecks >= HEALTH_CHECKS_IN_VAIN ? 'calls' : 'health_checks_and_calls',
  failedHealthChecks,
  lastHealthCheck: lastHealthCheck ?? null,
  ...(trial && { goodProbes: trial.good, probesOut: trial.out, waitsForCalls: trial.out === 0 }),
});

const circuitCheck = (
  circuit: CircuitSnapshot,
  time: string,
  endpoints: readonly string[],
  { runbook, cluster }: HealthSource,
): HealthCheck => {
  const status = circuitStatus(circuit);
  const { since, outageSince, nextProbeAt, lastFailure, override, detectionChange } = circuitView(circuit);
  return {
    componentType: 'system',
    observedValue: circuit.effectiveState,
    status,
    time,
    since,
    outageSince: outageSince ?? null,
    reason: circuit.reason,
    nextProbeAt: nextProbeAt ?? null,
    failureRatio: Math.round(circuit.failureRatio * 1000) / 1000,
    lastError: lastFailure ?? null,
    override: override ?? null,
    detectionChange: detectionChange ?? null,
    ...(circuit.recovery !== undefined && { recovery: recoveryOf(circuit.recovery) }),
    openOperations: circuit.operations.open,
    suspectOperations: circuit.operations.suspect,
    ...replicasOpen(cluster, circuit.name),
    // Which routes need an operation is not known here: while the service's own circuit is closed, its name has to do.
    ...(circuit.effectiveState !== 'closed' && { affectedEndpoints: endpoints }),
    ...(status !== 'pass' && { links: { runbook } }),
  };
};

const quotaCheck = ({ remaining, limit, at, window }: QuotaState): HealthCheck => ({
  observedValue: remaining ?? 'unknown',
  observedUnit: 'requests',
  window,
  limit: limit ?? null,
  status: remaining !== undefined && limit !== undefined && remaining < limit * LOW_QUOTA ? 'warn' : 'pass',
  time: isoTime(at),
});

const likelyCause: Readonly<Record<IncidentClass, string>> = {
  'local-egress': 'looks like our own network',
  'upstream-shared': 'looks like something they share',
  mixed: 'the cause is unclear',
};

const describeIncident = ({ services, since, class: incidentClass }: Incident): string =>
  `${String(services.length)} services failed together since ${isoTime(since)}: ${likelyCause[incidentClass]}`;

const incidentCheck = (incident: Incident, time: string): HealthCheck => ({
  observedValue: incident.class,
  status: 'warn',
  time,
  incident: incident.id,
  since: isoTime(incident.since),
  services: incident.services,
});

/** Only a prediction: it makes nothing worse than it is. */
const warningCheck = ({ detector, since }: PendingWarning, time: string): HealthCheck => ({
  observedValue: detector,
  status: 'warn',
  time,
  since: isoTime(since),
});

const describeCircuit = ({ name, effectiveState, operations: { openCount, open } }: CircuitSnapshot): string => {
  const stopped = openCount === 0 ? '' : `${name} stopped for ${[...open, ...(openCount > open.length ? ['more'] : [])].join(', ')} only`;
  return effectiveState === 'closed' ? stopped : `${name} circuit ${effectiveState}`;
};

const describeCircuits = (source: HealthSource): string => {
  const disturbed = source.circuits().filter((circuit) => circuitStatus(circuit) === 'warn');
  if (disturbed.length === 0)
    return clusterTroubles(source.cluster).length > 0 ? 'all circuits closed on this replica' : 'all circuits closed';
  return disturbed.map(describeCircuit).join('; ');
};

/** What the circuits have in common comes first: it is the one thing to look at. */
const describe = (status: HealthStatus, source: HealthSource): string => {
  if (status === 'fail') return source.phase();
  const incident = source.incidents?.active();
  const incidents = incident === undefined ? [] : [describeIncident(incident)];
  return [...incidents, describeCircuits(source), ...troublesOf(source)].join('; ');
};

const checksOf = (source: HealthSource, endpoints: ReadonlyMap<string, readonly string[]>, time: string): HealthReport['checks'] => {
  const { incidents } = source;
  const { entries, bytes, maxBytes } = source.cache();
  const checks: Record<string, HealthCheck[]> = {};
  const incident = incidents?.active();
  if (incident !== undefined) checks['services:common_cause'] = [incidentCheck(incident, time)];
  for (const circuit of source.circuits()) {
    checks[`${circuit.name}:circuit`] = [circuitCheck(circuit, time, endpoints.get(serviceOf(circuit.name)) ?? [], source)];
  }
  for (const warning of incidents?.warnings() ?? []) (checks[`${warning.service}:early_warning`] ??= []).push(warningCheck(warning, time));
  for (const quota of source.quotas()) (checks[`${quota.service}:quota`] ??= []).push(quotaCheck(quota));
  checks['cache:bytes'] = [{ observedValue: bytes, observedUnit: 'bytes', limit: maxBytes, entries, status: 'pass', time }];
  return { ...checks, ...clusterChecks(source.cluster, time), ...queueChecks(source.queue?.()) };
};

/**
 * @param endpoints The templates of each service's routes, by the service's name.
 * @param now Wall-clock ms.
 */
export const healthReport = (source: HealthSource, endpoints: ReadonlyMap<string, readonly string[]>, now: number): HealthReport => {
  const status = overallStatus(source);
  const time = isoTime(now);
  const { version, sha, configHash, startedAt } = source.build;
  return {
    status,
    version,
    releaseId: sha,
    serviceId: 'sales-auto-api',
    description: describe(status, source),
    ...(status === 'fail' && { output: source.phase() }),
    notes: [viewNote(source.cluster)],
    configHash,
    startedAt: isoTime(startedAt),
    uptimeSeconds: Math.floor((now - startedAt) / 1000),
    checks: checksOf(source, endpoints, time),
  };
};
