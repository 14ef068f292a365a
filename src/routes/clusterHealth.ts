/**
 * The fleet in the health report: how many replicas there are, how they are, and whether it is this one that is odd. A memory of the
 * fleet that cannot be reached is a warning: each replica goes on alone.
 */
import type { ClusterSample, ClusterSource } from '../fleet/clusterView.ts';
import type { ReplicaSnapshot, SeenReplica } from '../fleet/replicaBoard.ts';
import type { HealthCheck } from './healthObservation.ts';

type ReplicaState = Pick<ReplicaSnapshot, 'phase' | 'circuits' | 'suspectsItselfOver'>;

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

/** So many replicas are named in one line; the list below it has all. */
const MOST_NAMED = 5;

/** What is not as usual on a replica, in words; empty where all is. */
export const replicaTroubles = ({ phase, circuits, suspectsItselfOver }: ReplicaState): readonly string[] => [
  ...(phase === 'ready' ? [] : [phase]),
  ...Object.entries(circuits).map(([name, state]) => `${name} ${state}`),
  ...(suspectsItselfOver.length === 0 ? [] : ['suspects itself']),
];

/** The other replicas that are not as usual, in one line. */
const othersTroubles = (cluster: ClusterSource): readonly string[] => {
  const others = (cluster.sample()?.replicas ?? []).map(({ snapshot }) => snapshot).filter(({ replica }) => replica !== cluster.replica);
  const found = others
    .map((snapshot) => ({ replica: snapshot.replica, troubles: replicaTroubles(snapshot) }))
    .filter(({ troubles }) => troubles.length > 0);
  if (found.length === 0) return [];
  const named = found.slice(0, MOST_NAMED).map(({ replica, troubles }) => `${replica} (${troubles.join(', ')})`);
  const more = found.length > MOST_NAMED ? [`${String(found.length - MOST_NAMED)} more`] : [];
  return [`${String(found.length)} of ${String(others.length)} other replicas: ${[...named, ...more].join(', ')}`];
};

/** What is wrong with the fleet, with this replica in it, or with another; empty while all is well, and for who is alone. */
export const clusterTroubles = (cluster: ClusterSource | undefined): readonly string[] => {
  if (cluster === undefined) return [];
  const { sharedState, suspected } = cluster;
  return [
    ...(sharedState === 'down' ? ['what the fleet shares cannot be reached: this replica acts alone'] : []),
    ...(suspected.length > 0 ? [`this replica suspects itself: ${suspected.join(', ')} stopped here only`] : []),
    ...othersTroubles(cluster),
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
  ...(snapshot.outages !== undefined && { outages: snapshot.outages }),
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
    ...(suspected.length > 0 && {
      'replica:selfSuspicion': [
        { observedValue: suspected.length, observedUnit: 'services', status: 'warn', time, services: suspected, ready: !isUnfit },
      ],
    }),
  };
};
