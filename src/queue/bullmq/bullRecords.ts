/**
 * What our scripts tell about a job, as the records of the port; and the other way round.
 */
import type { JobFilter, JobRecord, JobState, NewJob, QueueDepth } from '../durableQueue.ts';
import { minutes } from '../../time/clock.ts';

const HOUR_MS = minutes(60);

/** Where `lua/kept.lua` counts, and by which hour. */
export const keptKey = (keyPrefix: string): string => `{${keyPrefix}}:kept`;
export const hourOf = (now: number): number => Math.floor(now / HOUR_MS);

type Meta = Pick<NewJob, 'version' | 'service' | 'operation' | 'entity' | 'owner' | 'requestId' | 'acceptedAt'>;

/** What never changes about a job, and is neither secret nor large. */
export const metaOf = ({ version, service, operation, entity, owner, requestId, acceptedAt }: NewJob): string =>
  JSON.stringify({ version, service, operation, entity, owner, requestId, acceptedAt } satisfies {
    [Name in keyof Meta]: Meta[Name] | undefined;
  });

/** As a job stands when it has just been accepted. */
export const acceptedRecord = ({ payload: _payload, ...told }: NewJob): JobRecord => ({
  ...told,
  state: 'queued',
  attempts: 0,
  since: told.acceptedAt,
  dueAt: told.acceptedAt,
});

/** What a script tells of a hash: text, or nothing. */
export type Field = string | null;

/** meta, since, dueAt, expiresAt, attempts, reason and, where there can be one, result. */
export const recordOf = (id: string, state: JobState, fields: readonly Field[]): JobRecord => {
  const [meta, since, dueAt, expiresAt, attempts, reason, result] = fields;
  return {
    id,
    // Our own writing, by `metaOf`.
    ...(JSON.parse(meta ?? '{}') as Meta),
    state,
    since: Number(since),
    dueAt: Number(dueAt),
    expiresAt: Number(expiresAt),
    attempts: Number(attempts ?? 0),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof result === 'string' && { result }),
  };
};

/** What `lua/depth.lua` tells. */
export type Counts = readonly [
  open: number,
  running: number,
  completed: number,
  cancelled: number,
  failed: number,
  uncertain: number,
  oldest: Field,
];

export const isWanted = (record: JobRecord, { operation, reason, acceptedBefore }: JobFilter): boolean =>
  (operation === undefined || record.operation === operation) &&
  (reason === undefined || record.reason === reason) &&
  (acceptedBefore === undefined || record.acceptedAt < acceptedBefore);

export const depthOf = (service: string, [open, running, completed, cancelled, failed, uncertain, oldest]: Counts): QueueDepth => ({
  service,
  jobs: {
    queued: Math.max(open - running, 0),
    running,
    succeeded: completed - cancelled,
    failed: failed - uncertain,
    uncertain,
    cancelled,
  },
  ...(typeof oldest === 'string' && { oldestAcceptedAt: Number(oldest) }),
});
