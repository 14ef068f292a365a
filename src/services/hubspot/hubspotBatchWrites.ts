/**
 * Batch writes, answered row by row. Where HubSpot refuses a whole batch although each of its rows has a trace id (an email that
 * is taken), nothing was written: the rows at fault are looked for, and the others are sent without them. What HubSpot fails at is
 * parted as in all services (`http/bulkParts.ts`).
 */
import { GatewayError } from '../../errors/gatewayError.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import { sendInParts, type Apart } from '../../pipeline/bulkParts.ts';
import { halvesOf } from '../../pipeline/stages/batchedReads.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import type { Operation, UpstreamPath } from '../../contract/operation.ts';
import type { CallOptions } from '../../contract/call.ts';
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
import { answerOf, joinRows, type BatchWriteAnswer, type RowAnswer, type SentRow } from './hubspotBatchRows.ts';
import { checked, type AssociableType, type RecordType } from './hubspotInputs.ts';
import { batchReadContacts } from './hubspotOperations.ts';
import { batchPath } from './hubspotPaths.ts';
import type { RecordBatch, UpsertBatch } from './hubspotSchemas.ts';

/** To find refused rows. For one among a hundred 15 are needed; where many are, the quota is worth more than finding them all. */
const MAX_REQUESTS = 20;

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

/** Rows of a conflict that HubSpot names when it is asked. What it did not tell of the whole, it does not tell of a part either. */
const conflictsOf = async (
  conflictsIn: Plan<unknown>['conflictsIn'],
  rows: readonly SentRow[],
  call: CallOptions,
): Promise<readonly RowAnswer[]> => {
  try {
    return (await conflictsIn?.(rows, call)) ?? [];
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
};

const write = async <T>(
  http: HttpClient,
  { operation, path, answersOf, conflictsIn }: Plan<T>,
  rows: readonly SentRow[],
  options: CallOptions | undefined,
): Promise<BatchWriteAnswer> => {
  const call = http.startDeadline(options);
  const answers: RowAnswer[] = [];
  const at = (places: readonly number[]): readonly SentRow[] => places.flatMap((place) => rows[place] ?? []);
  let conflictsAsked = false;
  const apart: Apart = async (places, refusal, requests) => {
    const some = at(places);
    const [row] = some;
    if (!isAboutRows(refusal) || row === undefined) return undefined;
    if (some.length === 1) {
      answers.push(refused(row, refusal));
      return [];
    }
    const isAsked = refusal.status === 409 && !conflictsAsked;
    conflictsAsked ||= isAsked;
    const conflicts = isAsked ? await conflictsOf(conflictsIn, some, call) : [];
    answers.push(...conflicts);
    const atFault = new Set(conflicts.map(({ index }) => index));
    if (conflicts.length > 0) return [places.filter((place) => !atFault.has(place))].filter(({ length }) => length > 0);
    if (requests + 2 <= MAX_REQUESTS) return halvesOf(places);
    answers.push(...each(some, 'not_written', 'refused_with_others'));
    return [];
  };
  const parts = await sendInParts(http, operation, { path, body: { inputs: rows.map(({ input }) => input) } }, call, apart);
  for (const { places, answer } of parts.answered) answers.push(...answersOf(at(places), answer));
  for (const { places, outcome, reason } of parts.failed) answers.push(...each(at(places), outcome, reason));
  return answerOf(answers.toSorted((one, other) => one.index - other.index));
};

const emailOf = ({ properties }: SentRow): string | undefined => properties['email']?.toLowerCase() || undefined;

/** New contacts whose email is another's: HubSpot's refusal names one of those others, and not the row. */
const takenIn = async (http: HttpClient, rows: readonly SentRow[], call: CallOptions): Promise<readonly RowAnswer[]> => {
  const ids = rows.flatMap((row) => emailOf(row) ?? []);
  const body = { inputs: ids.map((id) => ({ id })), idProperty: 'email', properties: ['email'] };
  const { results } = await http.send(batchReadContacts, { path: batchPath('contacts', 'read'), body }, call);
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
