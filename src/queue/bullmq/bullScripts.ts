/** What we add to BullMQ, with the shapes of its answers. The contract of each stands at the head of its file in `lua/`. */
import type { Redis } from 'ioredis';
import { JOB_VERSION, type JobState, type NewJob } from '../durableQueue.ts';
import { hourOf, metaOf, type Counts, type Field } from './bullRecords.ts';
import { RedisScript } from '../../redis/redisScript.ts';

const queueScript = (name: string): RedisScript => new RedisScript(import.meta.url, name, 'order');

const scripts = {
  accept: queueScript('accept'),
  admit: queueScript('admit'),
  withdraw: queueScript('withdraw'),
  note: new RedisScript(import.meta.url, 'note', 'order', 'kept'),
  release: queueScript('release'),
  cancel: queueScript('cancel'),
  revive: queueScript('revive'),
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

  async revive(id: string, ending: 'failed' | 'uncertain', now: number, expiresAt: number): Promise<boolean> {
    return (await this.#run('revive', [id, ending, now, expiresAt])) === 1;
  }

  async settle(id: string, settlement: 'done' | 'discard', now: number): Promise<boolean> {
    return (await this.#run('settle', [id, settlement, now])) === 1;
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
