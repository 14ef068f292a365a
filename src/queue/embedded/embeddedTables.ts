/**
 * Jobs and Idempotency-Keys in the database of the embedded queue. Runs in the database thread, inside a transaction; `now` is
 * wall-clock ms.
 */
import { randomUUID } from 'node:crypto';
import type Database from 'libsql';
import { DAY_MS, minutes } from '../../time/clock.ts';
import { EVERY_NAME, KEPT_HOURS, KEPT_LIMITS, type GoneName, type KeptLimits } from '../../web/idempotency.ts';
import {
  type ClaimedJob,
  JOB_VERSION,
  type JobOutcome,
  type JobRecord,
  type JobState,
  jobStates,
  type NewJob,
  type QueueDepth,
} from '../durableQueue.ts';
import type { Moved, StoreCommands } from './embeddedMessages.ts';
import { firstRow, goneSql, jobSql, keptSql, keySql, statementsOf, type StatementsOf } from './embeddedSql.ts';

/** A begin adds one key and drops up to so many old ones: they cannot pile up, and no single begin has to clear a day. */
const DROPPED_PER_BEGIN = 10;
const HOUR_MS = minutes(60);
/** Longer than any answer or result is kept. */
const GONE_KEPT_MS = 2 * DAY_MS;
/** How many gone names there are is counted after so many of the most there may be, for counting costs as much as there are. */
const COUNT_AFTER_SHARE = 1 / 200;

export interface Tables {
  readonly commands: StoreCommands;
  /** What ran in the last process waits again, marked as interrupted: with one process to a database, nobody else can have it. */
  recover(now: number): void;
  /** Before every read of the jobs: whose time is over has ended. */
  expire(now: number): void;
}

export const openTables = (database: Database.Database, limits: KeptLimits = KEPT_LIMITS): Tables => {
  const jobs = statementsOf(database, jobSql);
  const keys = statementsOf(database, keySql);
  const kept = new KeptBytes(database, limits);
  return {
    commands: {
      ...executionCommands(jobs, kept),
      ...adminCommands(jobs),
      ...keyCommands(keys, kept),
      ...goneCommands(database, kept, limits),
    },
    recover: (now) => {
      jobs.recover.run(now);
      keys.recover.run();
    },
    expire: (now) => {
      jobs.expire.run(now, JOB_VERSION);
    },
  };
};

type JobStatements = StatementsOf<typeof jobSql>;

/** From acceptance to the end of an execution. */
const executionCommands = (
  sql: JobStatements,
  kept: KeptBytes,
): Pick<StoreCommands, 'add' | 'withdraw' | 'take' | 'release' | 'renew' | 'end'> => ({
  add: (now, job) => {
    const { id, version, service, operation, entity = null, owner, requestId = null, acceptedAt, expiresAt, payload } = job;
    const { changes } = sql.add.run(id, version, service, operation, entity, owner, requestId, acceptedAt, expiresAt, payload, now);
    if (changes === 1) return { record: freshRecord(now, job), added: true };
    const record = findJob(sql, id);
    if (record === undefined) throw new Error('a job whose id is taken is not there');
    return { record, added: false };
  },
  withdraw: (_now, id) => {
    sql.withdraw.run(id);
  },
  take: (now, service) => {
    const row = firstRow(sql.take, service, now, JOB_VERSION, randomUUID()) as JobRow | undefined;
    if (row !== undefined) return { job: asClaimedJob(row) };
    const next = firstRow(sql.nextDue, service, now) as { readonly due_at: number | null };
    return next.due_at === null ? {} : { nextDueAt: next.due_at };
  },
  release: (now, { id, claim }) => {
    sql.release.run(id, claim, now);
  },
  renew: (_now, { id, claim }) => firstRow(sql.holds, id, claim) !== undefined,
  end: (now, { id, claim }, outcome) => {
    const isRepeated = outcome.kind === 'retry' || outcome.kind === 'postponed';
    // Whole ms, rounded up: the column takes nothing else, and a pause with jitter is seldom whole.
    const dueAt = isRepeated ? Math.ceil(now + outcome.afterMs) : null;
    const state: JobState = isRepeated ? 'queued' : outcome.kind;
    const reason = outcome.kind === 'succeeded' ? null : outcome.reason;
    const result = storableResult(kept, now, outcome);
    const isNoAttempt = outcome.kind === 'postponed' ? 1 : 0;
    // What was done is not kept: a dead letter needs its payload for a replay, a success does not.
    const dropsPayload = outcome.kind === 'succeeded' ? 1 : 0;
    const moved = movedBy(sql.end, id, claim, now, state, dueAt, reason, result, 1 - isNoAttempt, isNoAttempt, dropsPayload);
    return moved === undefined || dueAt === null ? moved : { ...moved, dueAt };
  },
});

/** What people and the maintenance ask for. */
const adminCommands = (sql: JobStatements): Pick<StoreCommands, 'find' | 'cancel' | 'list' | 'replay' | 'settle' | 'depths' | 'purge'> => ({
  find: (_now, id) => findJob(sql, id),
  cancel: (now, id) => {
    const moved = movedBy(sql.cancel, id, now);
    const record = findJob(sql, id);
    return { ...(record !== undefined && { record }), ...(moved !== undefined && { moved }) };
  },
  list: (_now, { states, service = null, operation = null, reason = null, acceptedBefore = null, limit }) => {
    const rows = sql.list.all(states === undefined ? null : JSON.stringify(states), service, operation, reason, acceptedBefore, limit);
    return (rows as readonly JobRow[]).map(asJobRecord);
  },
  replay: (now, id, expiresAt) => requeue(sql, 'failed', now, id, expiresAt),
  settle: (now, id, settlement, expiresAt) => {
    if (settlement === 'repeat') return requeue(sql, 'uncertain', now, id, expiresAt);
    return movedBy(sql.settle, id, settlement === 'done' ? 'succeeded' : 'cancelled', now);
  },
  depths: () => {
    const counts = sql.counts.all() as readonly { readonly service: string; readonly state: JobState; readonly jobs: number }[];
    return [...new Set(counts.map(({ service }) => service))].map((service): QueueDepth => {
      const own = new Map(counts.filter((count) => count.service === service).map(({ state, jobs }) => [state, jobs]));
      const jobs = Object.fromEntries(jobStates.map((state) => [state, own.get(state) ?? 0])) as Record<JobState, number>;
      const oldest = firstRow(sql.oldest, service) as { readonly accepted_at: number } | undefined;
      return { service, jobs, ...(oldest !== undefined && { oldestAcceptedAt: oldest.accepted_at }) };
    });
  },
  purge: (_now, endedBefore, deadBefore, limit) => sql.purge.run(endedBefore, deadBefore, limit).changes,
});

const requeue = (sql: JobStatements, from: 'failed' | 'uncertain', now: number, id: string, expiresAt: number): Moved | undefined => {
  const moved = movedBy(sql.requeue, id, from, now, expiresAt);
  return moved && { ...moved, dueAt: now };
};

/** Of a statement that moves one job and returns its service. */
const movedBy = (statement: Database.Statement, ...parameters: readonly unknown[]): Moved | undefined => {
  const row = firstRow(statement, ...parameters) as Moved | undefined;
  return row && { service: row.service };
};

/** As far as there is space; counted, even should the claim be lost. */
const storableResult = (kept: KeptBytes, now: number, outcome: JobOutcome): string | null => {
  if (outcome.kind !== 'succeeded' || outcome.result === undefined) return null;
  const result = kept.storable(now, outcome.result, null);
  if (result !== null) kept.count(now, result, 0);
  return result;
};

interface JobRow {
  readonly id: string;
  readonly version: number;
  readonly service: string;
  readonly operation: string;
  readonly entity: string | null;
  readonly owner: string;
  readonly request_id: string | null;
  readonly accepted_at: number;
  readonly expires_at: number;
  readonly state: JobState;
  readonly attempts: number;
  readonly since: number;
  readonly due_at: number;
  readonly reason: string | null;
  readonly result: string | null;
  /** These three only of a job that was just taken. */
  readonly payload?: string;
  readonly interrupted?: number;
  readonly claim?: string;
}

const findJob = (sql: JobStatements, id: string): JobRecord | undefined => {
  const row = firstRow(sql.find, id) as JobRow | undefined;
  return row && asJobRecord(row);
};

/** What is NULL in the row is absent in the record. */
const asJobRecord = (row: JobRow): JobRecord => ({
  id: row.id,
  version: row.version,
  service: row.service,
  operation: row.operation,
  owner: row.owner,
  acceptedAt: row.accepted_at,
  expiresAt: row.expires_at,
  state: row.state,
  attempts: row.attempts,
  since: row.since,
  dueAt: row.due_at,
  ...(row.entity !== null && { entity: row.entity }),
  ...(row.request_id !== null && { requestId: row.request_id }),
  ...(row.reason !== null && { reason: row.reason }),
  ...(row.result !== null && { result: row.result }),
});

const asClaimedJob = (row: JobRow): ClaimedJob => {
  if (row.payload === undefined || row.claim === undefined) throw new Error('a claimed job has come without its payload or its claim');
  return { ...asJobRecord(row), payload: row.payload, claim: row.claim, interrupted: row.interrupted === 1 };
};

/** What reading the row would tell, without the read: acceptance is what has to be fast. */
const freshRecord = (now: number, { payload: _payload, entity, requestId, ...known }: NewJob): JobRecord => ({
  ...known,
  state: 'queued',
  attempts: 0,
  since: now,
  dueAt: now,
  ...(entity !== undefined && { entity }),
  ...(requestId !== undefined && { requestId }),
});

interface KeyRow {
  readonly fingerprint: string;
  readonly lease_until: number;
  readonly answer: string | null;
}

const keyCommands = (sql: StatementsOf<typeof keySql>, kept: KeptBytes): Pick<StoreCommands, 'beginKey' | 'finishKey' | 'forgetKey'> => ({
  beginKey: (_now, { key, fingerprint, leaseUntil, keepUntil }, begunAt) => {
    sql.forgetOld.run(begunAt, key, DROPPED_PER_BEGIN);
    if (kept.mayBegin(begunAt) && sql.begin.run(key, fingerprint, leaseUntil, keepUntil).changes === 1) return { kind: 'first' };
    const row = firstRow(sql.find, key) as KeyRow | undefined;
    if (row === undefined) return { kind: 'full' };
    if (row.fingerprint !== fingerprint) return { kind: 'reused' };
    if (row.answer !== null) return { kind: 'answered', answer: row.answer };
    return { kind: begunAt > row.lease_until ? 'interrupted' : 'running' };
  },
  finishKey: (now, key, answer, brief) => {
    const text = kept.storable(now, answer, brief);
    if (sql.finish.run(key, text).changes === 1) kept.count(now, text, 1);
  },
  forgetKey: (_now, key) => {
    sql.forget.run(key);
  },
});

/** Which records are gone. */
const goneCommands = (
  database: Database.Database,
  kept: KeptBytes,
  { goneNames: mostNames }: KeptLimits,
): Pick<StoreCommands, 'noteGone' | 'goneAt'> => {
  const sql = statementsOf(database, goneSql);
  let uncounted = 0;
  const dropOld = (now: number): void => {
    const row = firstRow(sql.latestTooMany, mostNames, EVERY_NAME) as { readonly gone_at: number } | undefined;
    if (row !== undefined) sql.note.run(JSON.stringify([[EVERY_NAME, row.gone_at]]));
    sql.drop.run(Math.max(row?.gone_at ?? 0, now - GONE_KEPT_MS), EVERY_NAME);
  };
  return {
    noteGone: (now: number, gone: readonly GoneName[]): void => {
      // Not written, and so not synced, where nothing is kept that could tell of them.
      if (!kept.hasAny(now)) return;
      sql.note.run(JSON.stringify(gone));
      uncounted += gone.length;
      if (uncounted < mostNames * COUNT_AFTER_SHARE) return;
      uncounted = 0;
      dropOld(now);
    },
    goneAt: (_now, names) => (firstRow(sql.latest, JSON.stringify([...names, EVERY_NAME])) as { readonly gone_at: number }).gone_at,
  };
};

/** How much is kept, as it was put in by the hour: what is dropped meanwhile is counted until its time is over. */
class KeptBytes {
  readonly #sql: StatementsOf<typeof keptSql>;
  readonly #limits: KeptLimits;

  constructor(database: Database.Database, limits: KeptLimits) {
    this.#sql = statementsOf(database, keptSql);
    this.#limits = limits;
  }

  mayBegin(now: number): boolean {
    return this.#total(now).answers < this.#limits.keys;
  }

  /** The text if there is space for it, else the brief one, which is short and always has some. */
  storable<T extends string | null>(now: number, text: string, brief: T): string | T {
    return this.#total(now).bytes + text.length > this.#limits.bytes ? brief : text;
  }

  count(now: number, text: string, answers: 0 | 1): void {
    this.#sql.drop.run(hourBefore(now));
    this.#sql.count.run(Math.floor(now / HOUR_MS), text.length, answers);
  }

  /** Whether anything of the kind is kept. */
  hasAny(now: number): boolean {
    const { bytes, answers } = this.#total(now);
    return bytes + answers > 0;
  }

  #total(now: number): { readonly bytes: number; readonly answers: number } {
    return firstRow(this.#sql.total, hourBefore(now)) as { readonly bytes: number; readonly answers: number };
  }
}

const hourBefore = (now: number): number => Math.floor(now / HOUR_MS) - KEPT_HOURS;
