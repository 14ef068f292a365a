/**
 * Batches of records. HubSpot's rows come in no order, some are left out, and its `numErrors` counts groups, so both
 * ends are joined here by id.
 */
import type { HttpClient } from '../../http/httpClient.ts';
import type { CallOptions } from '../../resilience/call.ts';
import { contextList } from './hubspotBatchErrors.ts';
import { validationFaultsIn, type ValidationFaults } from './hubspotErrors.ts';
import { batchReadSchema, batchRowsSchema, checked, type AssociableType, type BatchRead, type BatchRow } from './hubspotInputs.ts';
import { batchCreateOperations, batchReadContacts } from './hubspotOperations.ts';
import { batchPath } from './hubspotPaths.ts';
import type { BatchError, CrmRecord, RecordBatch } from './hubspotSchemas.ts';

export interface BatchReadAnswer {
  /** In the order of the ids asked for; then those that nobody asked for by this id, as after a merge. */
  readonly results: readonly CrmRecord[];
  /** Ids without a record: unknown, deleted, or merged away. */
  readonly missing: readonly string[];
}

export interface FailedRows extends ValidationFaults {
  /** HubSpot's category, such as `VALIDATION_ERROR`. */
  readonly reason: string;
  readonly traceIds: readonly string[];
}

export interface BatchCreateAnswer {
  readonly results: readonly CrmRecord[];
  readonly failed: readonly FailedRows[];
}

/** A category is a constant of HubSpot's; anything else would be text of theirs, or somebody's data. */
const reasonOf = ({ category = '' }: BatchError): string => (/^[A-Z][A-Z0-9_]{0,63}$/u.test(category) ? category : 'UNKNOWN');

/** Emails and other unique values are compared as HubSpot does: whatever the case. */
const keyOf = (record: CrmRecord, idProperty: string | undefined): string =>
  (idProperty === undefined ? record.id : (record.properties[idProperty] ?? '')).toLowerCase();

const joined = (ids: readonly string[], { results }: RecordBatch, idProperty: string | undefined): BatchReadAnswer => {
  const records = new Map(results.map((record) => [keyOf(record, idProperty), record]));
  const asked = new Set(ids.map((id) => id.toLowerCase()));
  return {
    results: [
      ...[...asked].flatMap((id) => records.get(id) ?? []),
      ...results.filter((record) => !asked.has(keyOf(record, idProperty))),
    ],
    missing: [...new Set(ids)].filter((id) => !records.has(id.toLowerCase())),
  };
};

/** Joining by a property needs its value, so it is asked for along with the others. */
const withIdProperty = (properties: readonly string[] = [], idProperty: string): readonly string[] => [
  ...new Set([...properties, idProperty]),
];

/** @throws {InvalidRequestError} for no ids or more than 100. */
export const readContacts = async (http: HttpClient, batch: BatchRead, options?: CallOptions): Promise<BatchReadAnswer> => {
  const { ids, idProperty, properties } = checked(batchReadSchema, batch, 'batch');
  const body = {
    inputs: [...new Set(ids)].map((id) => ({ id })),
    ...(idProperty === undefined ? { properties: properties ?? [] } : { idProperty, properties: withIdProperty(properties, idProperty) }),
  };
  const answer = await http.send(batchReadContacts, { path: batchPath('contacts', 'read'), body }, options);
  return joined(ids, answer, idProperty);
};

const failedRows = (error: BatchError): FailedRows => ({
  reason: reasonOf(error),
  traceIds: contextList(error, 'objectWriteTraceId'),
  ...validationFaultsIn(error.message ?? ''),
});

/**
 * Creates up to 100 records. Rows without a trace id get their index as one: only if all rows have one do the good rows
 * of a batch with a bad one go in. An email that is taken still refuses the whole batch.
 *
 * @throws {InvalidRequestError} for no rows, more than 100, or a row that cannot be sent.
 */
export const createRecords = async (
  http: HttpClient,
  type: AssociableType,
  rows: readonly BatchRow[],
  options?: CallOptions,
): Promise<BatchCreateAnswer> => {
  const inputs = checked(batchRowsSchema, rows, 'rows').map((row, index) => ({ objectWriteTraceId: String(index), ...row }));
  const answer = await http.send(batchCreateOperations[type], { path: batchPath(type, 'create'), body: { inputs } }, options);
  return { results: answer.results, failed: (answer.errors ?? []).map(failedRows) };
};
