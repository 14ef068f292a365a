/**
 * Batch writes, answered row by row, the same for every type of record. Where HubSpot refuses a whole batch although each of its rows
 * has a trace id (an email that is taken), nothing was written: the rows at fault are looked for, and the others are sent without them.
 * None may wait in the queue: some of its rows may be refused, and somebody must be there to read which.
 */
import { z, type RefinementCtx, type ZodType } from 'zod';
import { manyRecords, type Idempotency, type Operation } from '../../contract/operation.ts';
import { countedRows, rowsSchema, statusOfRows } from '../bulkRows.ts';
import { recipe } from '../endpoint.ts';
import { checked, textIn } from '../inputs.ts';
import { anything, record, recordBatch, upsertBatch, type RecordBatch } from './hubspotAnswers.ts';
import { batchReads } from './hubspotBatchReads.ts';
import { joinRows, rowOutcomes, type BatchInput, type RowAnswer } from './hubspotBatchRows.ts';
import { recordTags } from './hubspotCacheTags.ts';
import * as inputs from './hubspotInputs.ts';
import { objectsPath } from './hubspotPaths.ts';
import { writeBatch, type Batch } from './hubspotSplitBatch.ts';

const MAX_ROWS = 100;
/** A hundred rows of ten kilobytes. */
const MAX_BATCH_BYTES = 1_000_000;
/** 100 rows of 250 properties. */
const MAX_BATCH_VALUES = 30_000;

/** A row that brings no trace id gets its place in the list as one. */
const traceable = { objectWriteTraceId: z.string().min(1).max(100).optional() };
const traceIdOf = ({ objectWriteTraceId }: BatchInput, index: number): string => objectWriteTraceId ?? String(index);
const traced = (row: BatchInput, index: number): BatchInput => ({ ...row, objectWriteTraceId: traceIdOf(row, index) });

const newRow = inputs.newRecord.extend(traceable);
/** `id` is a record's id or, with `idProperty`, its value of that unique property. */
const changedRow = inputs.recordChange.extend({ id: inputs.uniqueValue, idProperty: inputs.propertyName.optional(), ...traceable });
const upsertedRow = changedRow.required({ idProperty: true });
const archivedRow = z.strictObject({ id: inputs.recordId });

/** HubSpot refuses all rows for two that name one record, so they are refused here, by their places. */
const unlike =
  <Row>(path: readonly string[], keyOf: (row: Row, index: number) => string | undefined) =>
  (rows: readonly Row[], context: RefinementCtx): void => {
    const keys = rows.map(keyOf);
    for (const [index, key] of keys.entries()) {
      const first = key === undefined ? index : keys.indexOf(key);
      if (first === index) continue;
      context.addIssue({ code: 'custom', path: [index, ...path], message: `must not be the same as that of row ${String(first)}` });
    }
  };

const recordIds = (rows: readonly z.infer<typeof changedRow>[], context: RefinementCtx): void => {
  for (const [index, { id, idProperty }] of rows.entries()) {
    if (idProperty !== undefined || inputs.recordId.safeParse(id).success) continue;
    context.addIssue({ code: 'custom', path: [index, 'id'], message: 'must be 1 to 20 decimal digits, or `idProperty` must be given' });
  }
};

const rowsOf = <Row>(row: ZodType<Row>) =>
  z
    .array(row, 'must be a list of rows')
    .min(1, 'must hold at least one row')
    .max(MAX_ROWS, `must hold at most ${String(MAX_ROWS)} rows`);

const idOf = ({ id = '', idProperty = '' }: BatchInput): string => `${idProperty} ${id.toLowerCase()}`;
const emailOf = ({ properties }: BatchInput): string | undefined => textIn(properties, 'email');
const traceIds = unlike(['objectWriteTraceId'], traceIdOf);

const newRows = rowsOf(newRow).superRefine(traceIds);
/** No two contacts have one email; companies and deals may be alike. */
const newContactRows = newRows.superRefine(unlike(['properties', 'email'], emailOf));
const changedRows = rowsOf(changedRow)
  .superRefine(recordIds)
  .superRefine(unlike(['id'], idOf))
  .superRefine(traceIds);
const upsertedRows = rowsOf(upsertedRow)
  .superRefine(unlike(['id'], idOf))
  .superRefine(traceIds);
const archivedRows = rowsOf(archivedRow).superRefine(unlike(['id'], ({ id }) => id));

/** New contacts whose email is another's: HubSpot's refusal names one of those others, and not the row. */
const takenIn: Batch<RecordBatch>['conflictsIn'] = async (http, rows, call) => {
  const ids = rows.flatMap(({ input }) => emailOf(input) ?? []);
  const body = { inputs: ids.map((id) => ({ id })), idProperty: 'email', properties: ['email'] };
  const { results } = await http.send(batchReads.contacts, { path: objectsPath('contacts', 'batch', 'read'), body }, call);
  const owners = new Map(results.map(({ id, properties }) => [properties['email']?.toLowerCase(), id]));
  return rows.flatMap(({ index, input }): readonly RowAnswer[] => {
    const email = emailOf(input);
    const existingId = email === undefined ? undefined : owners.get(email);
    return existingId === undefined ? [] : [{ index, outcome: 'refused', reason: 'contact_exists', details: { existingId } }];
  });
};

const row = {
  outcome: z.enum(rowOutcomes),
  record: record.optional(),
  reason: z.string().optional(),
  details: z.looseObject({}).optional(),
};
const answer = rowsSchema(row, 'created', 'updated', 'archived', 'failed');

/** `failed`: rows that did not go in, or of which nothing is known. */
const failed = ['refused', 'not_written', 'unknown'];
const counts = { created: ['created'], updated: ['updated'], archived: ['archived'], failed };

export type BatchWriteAnswer = { readonly rows: readonly RowAnswer[] } & Readonly<Record<keyof typeof counts, number>>;

const ROW_BY_ROW = 'One row of the answer for each row sent, in their order; 207 where some did not go in, and the good ones stand.';

/** What one kind of batch write has otherwise than the others. */
interface Kind<Row, T> extends Pick<Batch<T>, 'answersOf' | 'conflictsIn'> {
  readonly action: 'create' | 'update' | 'upsert' | 'archive';
  readonly idempotency: Idempotency;
  readonly verb: string;
  readonly description: string;
  readonly rows: ZodType<readonly Row[]>;
  readonly answer: ZodType<T>;
  /** A row as it is sent. */
  readonly input: (row: Row, index: number) => BatchInput;
  readonly status?: number;
}

const batchWrite = <Row, T>(type: inputs.RecordType | 'tickets', kind: Kind<Row, T>) => {
  const { action, idempotency, status = 200 } = kind;
  const tags = recordTags(type);
  const operation: Operation<T> = {
    name: `batch_${action}_${type}`,
    method: 'POST',
    idempotency,
    answer: kind.answer,
    rows: { in: 'body', name: 'inputs' },
    ...manyRecords,
    ...(action !== 'create' && { cacheTags: tags.batchWrite, goneTags: tags.goneRows }),
  };
  const body = z.strictObject({ inputs: kind.rows });
  return recipe({
    route: `POST /${type}/batch/${action}`,
    summary: `${kind.verb} up to 100 ${type}`,
    description: kind.description,
    maxBodyBytes: MAX_BATCH_BYTES,
    maxBodyValues: MAX_BATCH_VALUES,
    body,
    answer,
    status,
    operations: [operation as Operation<unknown>],
    run: async (http, given, options): Promise<BatchWriteAnswer> => {
      const rows = checked(kind.rows, given.body.inputs, 'inputs').map((given, index) => ({ index, input: kind.input(given, index) }));
      const batch = { ...kind, operation, path: objectsPath(type, 'batch', action) };
      return countedRows(await writeBatch(http, batch, rows, options), counts);
    },
    statusOf: (result) => statusOfRows(result, ['created', 'updated', 'archived'], status),
  });
};

/** Not repeated after a lost answer. */
export const batchCreate = (type: inputs.RecordType | 'tickets') =>
  batchWrite(type, {
    action: 'create',
    idempotency: 'never',
    verb: 'Create',
    description: `${ROW_BY_ROW} Not repeated after a lost answer, as that could make them twice.`,
    rows: type === 'contacts' ? newContactRows : newRows,
    answer: recordBatch,
    status: 201,
    input: traced,
    answersOf: (rows, batch) => joinRows(rows, batch, () => 'created'),
    ...(type === 'contacts' && { conflictsIn: takenIn }),
  });

/** The batch writes of one type; all but `create` may be repeated. */
export const batchWrites = (type: inputs.RecordType) => ({
  create: batchCreate(type),
  update: batchWrite(type, {
    action: 'update',
    idempotency: 'natural',
    verb: 'Update',
    description: `By id, or by the unique property that \`idProperty\` names. Safe to repeat. ${ROW_BY_ROW}`,
    rows: changedRows,
    answer: recordBatch,
    input: traced,
    answersOf: (rows, batch) => joinRows(rows, batch, () => 'updated'),
  }),
  upsert: batchWrite(type, {
    action: 'upsert',
    idempotency: 'natural',
    verb: 'Create or update',
    description: `By the unique property that \`idProperty\` names, of which \`id\` is the value. Safe to repeat. ${ROW_BY_ROW}`,
    rows: upsertedRows,
    answer: upsertBatch,
    // HubSpot repeats the properties that it was sent: by this one it is known whose row is whose.
    input: (row, index) => traced({ ...row, properties: { [row.idProperty]: row.id, ...row.properties } }, index),
    answersOf: (rows, batch) => joinRows(rows, batch, (made) => (made['new'] === true ? 'created' : 'updated')),
  }),
  archive: batchWrite(type, {
    action: 'archive',
    idempotency: 'natural',
    verb: 'Archive',
    description: `By id; those that are not there count as archived. HubSpot can restore them for 90 days. Safe to repeat. ${ROW_BY_ROW}`,
    rows: archivedRows,
    answer: anything,
    input: (row) => row,
    // A 204: HubSpot has no word on single rows, and what is not there is archived already.
    answersOf: (rows) => rows.map(({ index }) => ({ index, outcome: 'archived' })),
  }),
});
