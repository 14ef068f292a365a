/**
 * Batch writes, answered row by row. Where HubSpot refuses a whole batch although each of its rows has a trace id (an email that
 * is taken), nothing was written: the rows at fault are looked for, and the others are sent without them. So they are where HubSpot
 * fails at a batch (5xx) whose repeat does no harm. After anything else nothing is sent again here: that is for the pipeline.
 */
import { GatewayError } from '../../errors/gatewayError.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import type { Operation, UpstreamPath } from '../../contract/operation.ts';
import type { CallOptions } from '../../contract/call.ts';
import { isAboutRecord, retryAfterOf } from '../../circuit/verdict.ts';
import {
  archivedRowsSchema,
  changedRowsSchema,
  newRowsSchemaOf,
  traceIdOf,
  upsertedRowsSchema,
  type ArchivedRow,
  type ChangedRow,
  type NewRow,
  type UpsertedRow,
} from './hubspotBatchInputs.ts';
import { batchArchiveOperations, batchCreateOperations, batchUpdateOperations, batchUpsertOperations } from './hubspotBatchOperations.ts';
import { readContacts } from './hubspotBatches.ts';
import { answerOf, joinRows, type BatchWriteAnswer, type RowAnswer, type SentRow } from './hubspotBatchRows.ts';
import { checked, type AssociableType, type RecordType } from './hubspotInputs.ts';
import { batchPath } from './hubspotPaths.ts';
import type { RecordBatch, UpsertBatch } from './hubspotSchemas.ts';

/** For one row at fault among a hundred 15 are needed; where many are, the quota is worth more than finding them all. */
const MAX_REQUESTS = 20;
/** Requests that HubSpot fails at, while it answers none: then it is not one row. */
const MAX_FAILURES = 7;

/** 400: a row is not valid; 409: an email is taken. Other refusals are not about rows. */
const isAboutRows = (error: unknown): error is UpstreamRejectedError =>
  error instanceof UpstreamRejectedError && (error.status === 400 || error.status === 409);

/** One kind of batch write. */
interface Plan<T> {
  readonly operation: Operation<T>;
  readonly path: UpstreamPath;
  readonly answersOf: (rows: readonly SentRow[], answer: T) => readonly RowAnswer[];
  /** Rows of a conflict that are at fault, where HubSpot can be asked for them. Absent: halves are tried. */
  readonly conflictsIn?: (rows: readonly SentRow[], call: CallOptions) => Promise<readonly RowAnswer[]>;
}

const each = (rows: readonly SentRow[], outcome: 'not_written' | 'unknown', reason: string): readonly RowAnswer[] =>
  rows.map(({ index }) => ({ index, outcome, reason }));

const refused = ({ index }: SentRow, { reason, details }: UpstreamRejectedError): RowAnswer => ({
  index,
  outcome: 'refused',
  reason,
  ...(Object.keys(details).length > 0 && { details }),
});

/** One batch write with all the requests that it takes, under one deadline. */
class BatchWrite<T> {
  readonly #http: HttpClient;
  readonly #plan: Plan<T>;
  readonly #call: CallOptions;
  #requestsLeft = MAX_REQUESTS;
  #conflictsAsked = false;
  #failures = 0;
  #isAnswered = false;

  constructor(http: HttpClient, plan: Plan<T>, options: CallOptions | undefined) {
    this.#http = http;
    this.#plan = plan;
    this.#call = http.startDeadline(options);
  }

  /** @throws {UpstreamError} if the request fails otherwise than by a refusal: that speaks for all rows. */
  async make(rows: readonly SentRow[]): Promise<readonly RowAnswer[]> {
    try {
      const answers = await this.#send(rows);
      this.#isAnswered = true;
      return answers;
    } catch (error) {
      this.#isAnswered ||= isAboutRows(error);
      if (isAboutRows(error)) return this.#makeApart(rows, error);
      if (!this.#mayBeOneRow(error, rows)) throw error;
      const answers = await this.#makeHalves(rows);
      if (!this.#isAnswered) throw error;
      return answers;
    }
  }

  /** HubSpot fails at a write that a repeat does no harm to, and does not say when to come again. */
  #mayBeOneRow(error: unknown, rows: readonly SentRow[]): boolean {
    if (rows.length < 2 || this.#plan.operation.idempotency !== 'natural') return false;
    if (!isAboutRecord(error) || retryAfterOf(error) !== undefined) return false;
    this.#failures += 1;
    return this.#isAnswered || this.#failures < MAX_FAILURES;
  }

  async #send(rows: readonly SentRow[]): Promise<readonly RowAnswer[]> {
    const { operation, path, answersOf } = this.#plan;
    this.#requestsLeft -= 1;
    const records = rows.map(({ id, index }) => `${operation.name} ${id ?? String(index)}`);
    const answer = await this.#http.send(operation, { path, body: { inputs: rows.map(({ input }) => input) }, records }, this.#call);
    return answersOf(rows, answer);
  }

  async #makeApart(rows: readonly SentRow[], refusal: UpstreamRejectedError): Promise<readonly RowAnswer[]> {
    const [row] = rows;
    if (row !== undefined && rows.length === 1) return [refused(row, refusal)];
    const conflicts = refusal.status === 409 ? await this.#conflictsIn(rows) : [];
    if (conflicts.length > 0) {
      const atFault = new Set(conflicts.map(({ index }) => index));
      return [...conflicts, ...(await this.#makePart(rows.filter(({ index }) => !atFault.has(index))))];
    }
    return this.#makeHalves(rows);
  }

  async #makeHalves(rows: readonly SentRow[]): Promise<readonly RowAnswer[]> {
    const middle = Math.ceil(rows.length / 2);
    return [...(await this.#makePart(rows.slice(0, middle))), ...(await this.#makePart(rows.slice(middle)))];
  }

  /** Once: what HubSpot knew then and did not tell, it does not tell of a part either. */
  async #conflictsIn(rows: readonly SentRow[]): Promise<readonly RowAnswer[]> {
    const { conflictsIn } = this.#plan;
    if (conflictsIn === undefined || this.#conflictsAsked) return [];
    this.#conflictsAsked = true;
    this.#requestsLeft -= 1;
    try {
      return await conflictsIn(rows, this.#call);
    } catch (error) {
      if (error instanceof GatewayError) return [];
      throw error;
    }
  }

  /** Never rejects for the service's sake: what another part has written must be told. */
  async #makePart(rows: readonly SentRow[]): Promise<readonly RowAnswer[]> {
    if (rows.length === 0) return [];
    if (this.#requestsLeft === 0) return each(rows, 'not_written', 'refused_with_others');
    try {
      return await this.make(rows);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return each(rows, error.execution === 'unknown' ? 'unknown' : 'not_written', error.code);
    }
  }
}

const write = async <T>(
  http: HttpClient,
  plan: Plan<T>,
  rows: readonly SentRow[],
  options: CallOptions | undefined,
): Promise<BatchWriteAnswer> => {
  const answers = await new BatchWrite(http, plan, options).make(rows);
  return answerOf(answers.toSorted((one, other) => one.index - other.index));
};

const emailOf = ({ properties }: SentRow): string | undefined => properties['email']?.toLowerCase() || undefined;

/** New contacts whose email is another's: HubSpot's refusal names one of those others, and not the row. */
const takenIn = async (http: HttpClient, rows: readonly SentRow[], call: CallOptions): Promise<readonly RowAnswer[]> => {
  const ids = rows.flatMap((row) => emailOf(row) ?? []);
  const { results } = await readContacts(http, { ids, idProperty: 'email', properties: ['email'] }, call);
  const owners = new Map(results.map(({ id, properties }) => [properties['email']?.toLowerCase(), id]));
  return rows.flatMap((row): readonly RowAnswer[] => {
    const email = emailOf(row);
    const existingId = email === undefined ? undefined : owners.get(email);
    return existingId === undefined ? [] : [{ index: row.index, outcome: 'refused', reason: 'contact_exists', details: { existingId } }];
  });
};

const sent = (row: NewRow | ChangedRow, index: number): SentRow => {
  const traceId = traceIdOf(row, index);
  const known = 'id' in row ? { id: row.id, idProperty: row.idProperty } : {};
  const likeness = JSON.stringify({ ...row, objectWriteTraceId: undefined });
  return { index, traceId, ...known, properties: row.properties, input: { ...row, objectWriteTraceId: traceId }, likeness };
};

/** @throws {InvalidRequestError} for no rows, more than 100, contacts of one email, or a row that cannot be sent. */
export const createRecords = async (
  http: HttpClient,
  type: AssociableType,
  input: readonly NewRow[],
  options?: CallOptions,
): Promise<BatchWriteAnswer> => {
  const rows = checked(newRowsSchemaOf(type), input, 'inputs').map(sent);
  const plan: Plan<RecordBatch> = {
    operation: batchCreateOperations[type],
    path: batchPath(type, 'create'),
    answersOf: (some, answer) => joinRows(some, answer, () => 'created'),
    ...(type === 'contacts' && { conflictsIn: (some: readonly SentRow[], call: CallOptions) => takenIn(http, some, call) }),
  };
  return write(http, plan, rows, options);
};

/** @throws {InvalidRequestError} for no rows, more than 100, two of one id, or a row that cannot be sent. */
export const updateRecords = async (
  http: HttpClient,
  type: RecordType,
  input: readonly ChangedRow[],
  options?: CallOptions,
): Promise<BatchWriteAnswer> => {
  const rows = checked(changedRowsSchema, input, 'inputs').map(sent);
  const plan: Plan<RecordBatch> = {
    operation: batchUpdateOperations[type],
    path: batchPath(type, 'update'),
    answersOf: (some, answer) => joinRows(some, answer, () => 'updated'),
  };
  return write(http, plan, rows, options);
};

/** HubSpot repeats the properties that it was sent: by this one it is known whose row is whose. */
const withIdProperty = (row: UpsertedRow): UpsertedRow => ({ ...row, properties: { [row.idProperty]: row.id, ...row.properties } });

/** @throws {InvalidRequestError} for no rows, more than 100, two of one value, or a row that cannot be sent. */
export const upsertRecords = async (
  http: HttpClient,
  type: RecordType,
  input: readonly UpsertedRow[],
  options?: CallOptions,
): Promise<BatchWriteAnswer> => {
  const rows = checked(upsertedRowsSchema, input, 'inputs').map(withIdProperty).map(sent);
  const plan: Plan<UpsertBatch> = {
    operation: batchUpsertOperations[type],
    path: batchPath(type, 'upsert'),
    answersOf: (some, answer) => joinRows(some, answer, (record) => (record['new'] === true ? 'created' : 'updated')),
  };
  return write(http, plan, rows, options);
};

/** @throws {InvalidRequestError} for no rows, more than 100, two of one id, or an id that is none. */
export const archiveRecords = async (
  http: HttpClient,
  type: RecordType,
  input: readonly ArchivedRow[],
  options?: CallOptions,
): Promise<BatchWriteAnswer> => {
  const rows = checked(archivedRowsSchema, input, 'inputs').map(({ id }, index): SentRow => ({
    index,
    traceId: String(index),
    id,
    properties: {},
    input: { id },
    likeness: id,
  }));
  const plan: Plan<unknown> = {
    operation: batchArchiveOperations[type],
    path: batchPath(type, 'archive'),
    // A 204: HubSpot has no word on single rows, and what is not there is archived already.
    answersOf: (some) => some.map(({ index }) => ({ index, outcome: 'archived' })),
  };
  return write(http, plan, rows, options);
};
