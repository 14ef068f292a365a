/**
 * What we add to BullMQ, with the shapes of its answers as the records of the port. The contract of each script stands at the head of its
 * file in `lua/`.
 */
import type { Redis } from 'ioredis';
import { RedisScript } from '../../redis/redisScript.ts';
import { minutes } from '../../time/clock.ts';
import {
  JOB_VERSION,
  type JobFilter,
  type JobRecord,
  type JobState,
  type NewJob,
  type QueueDepth,
  type Settlement,
} from '../durableQueue.ts';

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

const queueScript = (name: string): RedisScript => new RedisScript(import.meta.url, name, 'order');

const scripts = {
  accept: queueScript('accept'),
  admit: queueScript('admit'),
  withdraw: queueScript('withdraw'),
  note: new RedisScript(import.meta.url, 'note', 'order', 'kept'),
  release: queueScript('release'),
  cancel: queueScript('cancel'),
  settle: queueScript('settle'),
  records: queueScript('records'),
  depth: queueScript('depth'),
  ready: queueScript('ready'),
  unlink: queueScript('unlink'),
} as const;

export type Acceptance = 'accepted' | 'known' | 'late' | 'missing';

export type Admission =
  | readonly ['run', begun: string, ...fields: readonly Field[]]
  | readonly ['blocked', patienceMs: number]
  | readonly ['newer' | 'expired' | 'unaccepted' | 'lost'];

export interface Note {
  readonly kind: 'succeeded' | 'failed' | 'uncertain' | 'expired' | 'retry' | 'postponed';
  readonly reason?: string | undefined;
  readonly result?: string | undefined;
  readonly dueAt: number;
  readonly keepInterruption?: boolean;
}

export type Row = readonly [id: string, state: JobState, ...fields: readonly Field[]];

/** Where it is counted how much is kept of results, and how much that may be. */
export interface Kept {
  readonly key: string;
  readonly bytes: number;
}

/** The scripts on the keys of one service. */
export class BullScripts {
  readonly #client: () => Redis;
  readonly #base: string;
  readonly #kept: Kept;

  constructor(client: () => Redis, base: string, kept: Kept) {
    this.#client = client;
    this.#base = base;
    this.#kept = kept;
  }

  /** @param deadline By the clock of Redis. */
  accept(job: NewJob, deadline: number, services: string): Promise<Acceptance> {
    const values = [job.id, job.service, deadline, metaOf(job), job.entity ?? '', job.acceptedAt, job.expiresAt, job.version];
    return this.#run('accept', values, [services]) as Promise<Acceptance>;
  }

  admit(id: string, token: string, now: number): Promise<Admission> {
    return this.#run('admit', [id, token, now, JOB_VERSION]) as Promise<Admission>;
  }

  withdraw(id: string, token: string): Promise<unknown> {
    return this.#run('withdraw', [id, token]);
  }

  async note(id: string, token: string, now: number, { kind, reason, result, dueAt, keepInterruption }: Note): Promise<boolean> {
    const values = [
      id,
      token,
      kind,
      reason ?? '',
      now,
      dueAt,
      result ?? '',
      keepInterruption === true ? '1' : '0',
      hourOf(now),
      this.#kept.bytes,
    ];
    return (await this.#run('note', values, [this.#kept.key])) === 1;
  }

  /** @returns whether another job was waiting for it. */
  async release(id: string): Promise<boolean> {
    return (await this.#run('release', [id])) === 1;
  }

  /** @returns whether another job was waiting for it. */
  async cancel(id: string, now: number): Promise<boolean> {
    return (await this.#run('cancel', [id, now])) === 1;
  }

  async settle(id: string, ending: 'failed' | 'uncertain', settlement: Settlement, now: number, expiresAt: number): Promise<boolean> {
    return (await this.#run('settle', [id, ending, settlement, now, expiresAt])) === 1;
  }

  records(ids: readonly string[], states: readonly JobState[] = []): Promise<readonly Row[]> {
    const wanted = states.length === 0 ? '' : `,${states.join(',')},`;
    return this.#run('records', [wanted, ...ids]) as Promise<readonly Row[]>;
  }

  depth(): Promise<Counts> {
    return this.#run('depth', []) as Promise<Counts>;
  }

  async isReady(now: number): Promise<boolean> {
    return Number(await this.#run('ready', [now])) > 0;
  }

  unlink(set: 'completed' | 'failed', endedUntil: number, limit: number): Promise<unknown> {
    return this.#run('unlink', [set, endedUntil, limit]);
  }

  /** Ids of accepted jobs from a place in their order on. */
  page(from: number, count: number): Promise<readonly string[]> {
    return this.#client().zrange(`${this.#base}accepted`, from, String(from + count - 1));
  }

  #run(name: keyof typeof scripts, values: readonly (string | number)[], keys: readonly string[] = []): Promise<unknown> {
    return scripts[name].run(this.#client(), [this.#base, ...keys], values);
  }
}
