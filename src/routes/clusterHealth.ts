/**
 * The fleet in the health report: how many replicas there are, how they are, and whether it is this one that is odd. A memory of the
 * fleet that cannot be reached is a warning: each replica goes on alone.
 */
import type { ClusterSample, ClusterSource } from '../resilience/fleet/clusterView.ts';
import type { SeenReplica } from '../resilience/fleet/replicaBoard.ts';
import type { HealthCheck } from './healthObservation.ts';

const inSeconds = (ms: number): number => Math.round(ms / 100) / 10;

const newestMs = ({ replicas, ageMs }: ClusterSample): number => ageMs + Math.min(...replicas.map((seen) => seen.ageMs));

/** Whose view the report is, for its notes. */
export const viewNote = (cluster: ClusterSource | undefined): string => {
  const sample = cluster?.sample();
  if (sample !== undefined && sample.replicas.length > 0) {
    return `view: cluster (${String(sample.replicas.length)} replicas, newest sample ${String(inSeconds(newestMs(sample)))} s)`;
  }
  return cluster?.sharedState === 'down' ? 'view: this replica only (what the fleet shares cannot be reached)' : 'view: this replica only';
};

/** Why this replica asks to be spared; `undefined` where it does not. */
export const unfitness = (cluster: ClusterSource | undefined): string | undefined =>
  cluster?.isUnfit === true ? `self-suspect: ${cluster.suspected.join(', ')} stopped on this replica only` : undefined;

/** What is wrong with the fleet, or with this replica in it; empty while all is well, and for who is alone. */
export const clusterTroubles = (cluster: ClusterSource | undefined): readonly string[] => {
  if (cluster === undefined) return [];
  const { sharedState, suspected } = cluster;
  return [
    ...(sharedState === 'down' ? ['what the fleet shares cannot be reached: this replica acts alone'] : []),
    ...(suspected.length > 0 ? [`this replica suspects itself: ${suspected.join(', ')} stopped here only`] : []),
  ];
};

/** On how many replicas a circuit is not closed, such as `2/3`; nothing where nobody knows. */
export const replicasOpen = (cluster: ClusterSource | undefined, circuit: string): { readonly replicasOpen?: string } => {
  const replicas = cluster?.sample()?.replicas ?? [];
  if (replicas.length === 0) return {};
  const stopped = replicas.filter(({ snapshot }) => snapshot.circuits[circuit] !== undefined);
  return { replicasOpen: `${String(stopped.length)}/${String(replicas.length)}` };
};

/** A replica as people see it in the report and at `/admin/fleet`. */
export const replicaView = ({ snapshot, ageMs }: SeenReplica, sampleAgeMs: number) => ({
  replica: snapshot.replica,
  version: snapshot.version,
  phase: snapshot.phase,
  uptimeSeconds: Math.floor(snapshot.uptimeMs / 1000),
  seenSecondsAgo: inSeconds(ageMs + sampleAgeMs),
  circuits: snapshot.circuits,
  suspectsItselfOver: snapshot.suspectsItselfOver,
});

const replicasCheck = (sample: ClusterSample, time: string): HealthCheck => ({
  observedValue: sample.replicas.length,
  observedUnit: 'replicas',
  status: 'pass',
  time,
  replicas: sample.replicas.map((seen) => replicaView(seen, sample.ageMs)),
});

/** By name; none for who is alone. */
export const clusterChecks = (cluster: ClusterSource | undefined, time: string): Readonly<Record<string, readonly HealthCheck[]>> => {
  if (cluster === undefined || cluster.sharedState === 'off') return {};
  const { sharedState, suspected, isUnfit } = cluster;
  const sample = cluster.sample();
  const isUp = sharedState === 'up';
  return {
    'fleet:sharedState': [{ componentType: 'datastore', observedValue: sharedState, status: isUp ? 'pass' : 'warn', time }],
    ...(sample !== undefined && { 'fleet:replicas': [replicasCheck(sample, time)] }),
    ...(suspected.length > 0 && { 'replica:selfSuspicion': [{ observedValue: suspected.length, observedUnit: 'services', status: 'warn', time, services: suspected, ready: !isUnfit }] }),
  };
};
