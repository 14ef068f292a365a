/**
 * `/admin/fleet`: all replicas, as the one that is asked saw them last.
 */
import { z } from 'zod';
import type { ClusterSource } from '../fleet/clusterView.ts';
import type { SeenReplica } from '../fleet/replicaBoard.ts';
import type { SeenView } from '../fleet/selfSuspicion.ts';
import { route, type Route } from '../web/route.ts';
import { replicaView } from './clusterHealth.ts';

export interface FleetSource {
  readonly cluster: ClusterSource;
  /** What the fleet last said of each circuit. */
  views(): readonly SeenView[];
}

const secondsAgo = z.number().meta({ description: 'How long ago that was, in seconds; by the clock of what the fleet shares.' });

const replicaSchema = z.object({
  replica: z.string(),
  version: z.string(),
  phase: z.enum(['starting', 'ready', 'draining', 'stopped']),
  uptimeSeconds: z.int(),
  seenSecondsAgo: secondsAgo,
  circuits: z.record(z.string(), z.string()).meta({ description: 'Those that are not closed, by name.' }),
  outages: z
    .record(z.string(), z.iso.datetime())
    .optional()
    .meta({ description: 'When each of those left `closed`, by the clock of that replica.' }),
  suspectsItselfOver: z.array(z.string()).meta({ description: 'Services that are stopped there only.' }),
});

const fleetCircuitSchema = z.object({
  name: z.string(),
  state: z.enum(['closed', 'open', 'half_open', 'unknown']),
  reason: z.string(),
  openings: z.int(),
  outageSince: z.iso
    .datetime()
    .optional()
    .meta({ description: 'When the first of the replicas left `closed`; absent while all of them are closed.' }),
  replicas: z.int().meta({ description: 'Replicas that reported within fifteen seconds.' }),
  override: z.looseObject({ mode: z.string(), reason: z.string(), by: z.string(), leftMs: z.number() }).optional(),
  seenSecondsAgo: secondsAgo.optional(),
});

const fleetSchema = z
  .object({
    replica: z.string().meta({ description: 'The replica that answers.' }),
    sharedState: z
      .enum(['up', 'down', 'off'])
      .meta({ description: 'Whether what the fleet shares can be reached; `off`: no Redis is configured.' }),
    ready: z.boolean().meta({ description: 'False while this replica suspects itself over two services or more.' }),
    suspectsItselfOver: z.array(z.string()),
    replicas: z.array(replicaSchema),
    circuits: z.array(fleetCircuitSchema),
  })
  .meta({ id: 'Fleet' });

/** ISO 8601 in UTC sorts by time. */
const outageSince = (replicas: readonly SeenReplica[], circuit: string): { readonly outageSince?: string } => {
  const [first] = replicas.flatMap(({ snapshot }) => snapshot.outages?.[circuit] ?? []).sort();
  return first === undefined ? {} : { outageSince: first };
};

const circuitView = ({ circuit, view, seenAgoMs }: SeenView, replicas: readonly SeenReplica[]): z.infer<typeof fleetCircuitSchema> => ({
  name: circuit,
  state: view?.state ?? 'unknown',
  reason: view?.reason ?? '',
  openings: view?.openings ?? 0,
  ...outageSince(replicas, circuit),
  replicas: view?.replicas ?? 0,
  ...(view?.override !== undefined && { override: { ...view.override } }),
  ...(seenAgoMs !== undefined && { seenSecondsAgo: Math.round(seenAgoMs / 100) / 10 }),
});

const fleetView = (source: FleetSource): z.infer<typeof fleetSchema> => {
  const { cluster } = source;
  const sample = cluster.sample();
  return {
    replica: cluster.replica,
    sharedState: cluster.sharedState,
    ready: !cluster.isUnfit,
    suspectsItselfOver: [...cluster.suspected],
    replicas: (sample?.replicas ?? []).map((seen) => ({
      ...replicaView(seen, sample?.ageMs ?? 0),
      suspectsItselfOver: [...seen.snapshot.suspectsItselfOver],
    })),
    circuits: source.views().map((seen) => circuitView(seen, sample?.replicas ?? [])),
  };
};

/** Mounted at `/admin`; wants the scope `admin`. */
export const adminFleetRoutes = (source: FleetSource): readonly Route[] => [
  route({
    method: 'get',
    path: '/fleet',
    summary: 'Show the replicas and the circuits of the fleet',
    description: 'As seen last in the background: nothing is asked of anybody.',
    scope: 'admin',
    answer: fleetSchema,
    handle: () => ({ body: fleetView(source) }),
  }),
];
