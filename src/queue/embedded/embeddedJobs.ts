/**
 * Jobs in the database of the embedded queue. Runs in the database thread, inside a transaction; `now` is wall-clock ms.
 */
import { randomUUID } from 'node:crypto';
import type Database from 'libsql';
import {
  JOB_VERSION,
  type JobFilter,
  type JobOutcome,
  type JobRecord,
  type JobState,
  jobStates,
  type NewJob,
  type QueueDepth,
  type Settlement,
} from '../durableQueue.ts';
import { asClaimedJob, asJobRecord, firstRow, type JobRow } from './embeddedRows.ts';
import type { Added, Cancelled, Claim, Moved, Taken } from './embeddedMessages.ts';
import type { KeptBytes } from './embeddedKeys.ts';
import { jobSql, statementsOf, type StatementsOf } from './embeddedSql.ts';

export class EmbeddedJobs {
  readonly #sql: StatementsOf<typeof jobSql>;
  readonly #kept: KeptBytes;

  constructor(database: Database.Database, kept: KeptBytes) {
    this.#sql = statementsOf(database, jobSql);
    this.#kept = kept;
  }

  /** What ran in the last process waits again, marked as interrupted: with one process to a database, nobody else can have it. */
  recover(now: number): void {
    this.#sql.recover.run(now);
  }

  /** Before every look at the jobs: whose time is over has ended. */
  expire(now: number): void {
    this.#sql.expire.run(now, JOB_VERSION);
  }

  add(now: number, job: NewJob): Added {
    const { id, version, service, operation, entity, owner, requestId, acceptedAt, expiresAt, payload } = job;
    const { changes } = this.#sql.add.run(
      id,
      version,
      service,
      operation,
      entity ?? null,
      owner,
      requestId ?? null,
      acceptedAt,
      expiresAt,
      payload,
      now,
    );
    if (changes === 1) return { record: freshRecord(now, job), added: true };
    const record = this.find(id);
    if (record === undefined) throw new Error('a job whose id is taken is not there');
    return { record, added: false };
  }

  find(id: string): JobRecord | undefined {
    const row = firstRow(this.#sql.find, id) as JobRow | undefined;
    return row === undefined ? undefined : asJobRecord(row);
  }

  withdraw(id: string): void {
    this.#sql.withdraw.run(id);
  }

  cancel(now: number, id: string): Cancelled {
    const moved = movedBy(this.#sql.cancel, id, now);
    const record = this.find(id);
    return { ...(record === undefined ? {} : { record }), ...(moved === undefined ? {} : { moved }) };
  }

  take(now: number, service: string): Taken {
    const row = firstRow(this.#sql.take, service, now, JOB_VERSION, randomUUID()) as JobRow | undefined;
    if (row !== undefined) return { job: asClaimedJob(row) };
    const next = firstRow(this.#sql.nextDue, service, now) as { readonly due_at: number | null };
    return next.due_at === null ? {} : { nextDueAt: next.due_at };
  }

  release(now: number, { id, claim }: Claim): void {
    this.#sql.release.run(id, claim, now);
  }

  holds({ id, claim }: Claim): boolean {
    return firstRow(this.#sql.holds, id, claim) !== undefined;
  }

  /** `undefined`: the claim is lost. */
  end(now: number, { id, claim }: Claim, outcome: JobOutcome): Moved | undefined {
    const isRepeated = outcome.kind === 'retry' || outcome.kind === 'postponed';
    // Whole ms, rounded up: the column takes nothing else, and a pause with jitter is seldom whole.
    const dueAt = isRepeated ? Math.ceil(now + outcome.afterMs) : null;
    const state: JobState = isRepeated ? 'queued' : outcome.kind;
    const reason = outcome.kind === 'succeeded' ? null : outcome.reason;
    const result = this.#resultOf(now, outcome);
    const isNoAttempt = outcome.kind === 'postponed' ? 1 : 0;
    // What was done is not kept: a dead letter needs its payload for a replay, a success does not.
    const dropsPayload = outcome.kind === 'succeeded' ? 1 : 0;
    const moved = movedBy(this.#sql.end, id, claim, now, state, dueAt, reason, result, 1 - isNoAttempt, isNoAttempt, dropsPayload);
    return moved === undefined || dueAt === null ? moved : { ...moved, dueAt };
  }

  /** As far as there is room; counted, even should the claim be lost. */
  #resultOf(now: number, outcome: JobOutcome): string | null {
    if (outcome.kind !== 'succeeded' || outcome.result === undefined) return null;
    const result = this.#kept.fitting(now, outcome.result, null);
    if (result !== null) this.#kept.count(now, result, 0);
    return result;
  }

  replay(now: number, id: string, expiresAt: number): Moved | undefined {
    return this.#requeue('failed', now, id, expiresAt);
  }

  settle(now: number, id: string, settlement: Settlement, expiresAt: number): Moved | undefined {
    if (settlement === 'repeat') return this.#requeue('uncertain', now, id, expiresAt);
    return movedBy(this.#sql.settle, id, settlement === 'done' ? 'succeeded' : 'cancelled', now);
  }

  list({ states, service, operation, reason, acceptedBefore, limit }: JobFilter): readonly JobRecord[] {
    const rows = this.#sql.list.all(
      states === undefined ? null : JSON.stringify(states),
      service ?? null,
      operation ?? null,
      reason ?? null,
      acceptedBefore ?? null,
      limit,
    );
    return (rows as readonly JobRow[]).map(asJobRecord);
  }

  depths(): readonly QueueDepth[] {
    const counts = this.#sql.counts.all() as readonly { readonly service: string; readonly state: JobState; readonly jobs: number }[];
    return [...new Set(counts.map(({ service }) => service))].map((service) => {
      const own = new Map(counts.filter((count) => count.service === service).map(({ state, jobs }) => [state, jobs]));
      const jobs = Object.fromEntries(jobStates.map((state) => [state, own.get(state) ?? 0])) as Record<JobState, number>;
      const oldest = firstRow(this.#sql.oldest, service) as { readonly accepted_at: number } | undefined;
      return { service, jobs, ...(oldest === undefined ? {} : { oldestAcceptedAt: oldest.accepted_at }) };
    });
  }

  purge(endedBefore: number, deadBefore: number, limit: number): number {
    return this.#sql.purge.run(endedBefore, deadBefore, limit).changes;
  }

  #requeue(from: 'failed' | 'uncertain', now: number, id: string, expiresAt: number): Moved | undefined {
    const moved = movedBy(this.#sql.requeue, id, from, now, expiresAt);
    return moved === undefined ? undefined : { ...moved, dueAt: now };
  }
}

/** What a look at the row would tell, without the look: acceptance is what has to be fast. */
const freshRecord = (now: number, { payload: _payload, entity, requestId, ...told }: NewJob): JobRecord => ({
  ...told,
  state: 'queued',
  attempts: 0,
  since: now,
  dueAt: now,
  ...(entity === undefined ? {} : { entity }),
  ...(requestId === undefined ? {} : { requestId }),
});

/** Of a statement that moves one job and returns its service. */
const movedBy = (statement: Database.Statement, ...parameters: readonly unknown[]): Moved | undefined => {
  const row = firstRow(statement, ...parameters) as Moved | undefined;
  return row === undefined ? undefined : { service: row.service };
};
