/**
 * Rows of the embedded queue, and the jobs in them.
 */
import type Database from 'libsql';
import type { ClaimedJob, JobRecord, JobState } from '../durableQueue.ts';

export interface JobRow {
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

/**
 * The first row, if there is any. Not by libsql's `get`: a statement whose `get` has failed once, on a full disk say, answers
 * each later one with that same failure, until its process ends.
 */
export const firstRow = (statement: Database.Statement, ...parameters: readonly unknown[]): unknown => statement.all(...parameters)[0];

/** What is NULL in the row is absent in the record. */
export const asJobRecord = (row: JobRow): JobRecord => ({
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
  ...(row.entity === null ? {} : { entity: row.entity }),
  ...(row.request_id === null ? {} : { requestId: row.request_id }),
  ...(row.reason === null ? {} : { reason: row.reason }),
  ...(row.result === null ? {} : { result: row.result }),
});

export const asClaimedJob = (row: JobRow): ClaimedJob => {
  if (row.payload === undefined || row.claim === undefined) throw new Error('a claimed job has come without its payload or its claim');
  return { ...asJobRecord(row), payload: row.payload, claim: row.claim, interrupted: row.interrupted === 1 };
};
