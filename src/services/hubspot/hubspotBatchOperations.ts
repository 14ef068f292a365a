/**
 * Batch writes as data. None may wait in the queue: some of its rows may be refused, and somebody must be there to read which.
 */
import type { Idempotency } from '../../contract/operation.ts';
import { manyRecords, type Operation } from '../../contract/operation.ts';
import { tagsOfBatch, tagsOfRowsNotThere } from './hubspotCacheTags.ts';
import type { AssociableType, RecordType } from './hubspotInputs.ts';
import { anythingSchema, recordBatchSchema, upsertBatchSchema, type RecordBatch, type UpsertBatch } from './hubspotSchemas.ts';

const batchWrite = (name: string, idempotency: Idempotency) =>
  ({ name, method: 'POST', idempotency, weight: 1, rows: { in: 'body', name: 'inputs' }, ...manyRecords }) as const;

const batchCreate = (type: AssociableType): Operation<RecordBatch> => ({
  ...batchWrite(`batch_create_${type}`, 'never'),
  answer: recordBatchSchema,
});

const batchUpdate = (type: RecordType): Operation<RecordBatch> => ({
  ...batchWrite(`batch_update_${type}`, 'natural'),
  answer: recordBatchSchema,
  cacheTags: tagsOfBatch(type),
  goneTags: tagsOfRowsNotThere(type),
});

const batchUpsert = (type: RecordType): Operation<UpsertBatch> => ({
  ...batchWrite(`batch_upsert_${type}`, 'natural'),
  answer: upsertBatchSchema,
  cacheTags: tagsOfBatch(type),
  goneTags: tagsOfRowsNotThere(type),
});

const batchArchive = (type: RecordType): Operation<unknown> => ({
  ...batchWrite(`batch_archive_${type}`, 'natural'),
  answer: anythingSchema,
  cacheTags: tagsOfBatch(type),
  goneTags: tagsOfRowsNotThere(type),
});

const ofEachType = <T>(make: (type: RecordType) => Operation<T>): Readonly<Record<RecordType, Operation<T>>> => ({
  contacts: make('contacts'),
  companies: make('companies'),
  deals: make('deals'),
});

export const batchCreateOperations: Readonly<Record<AssociableType, Operation<RecordBatch>>> = {
  ...ofEachType(batchCreate),
  tickets: batchCreate('tickets'),
};
export const batchUpdateOperations = ofEachType(batchUpdate);
export const batchUpsertOperations = ofEachType(batchUpsert);
export const batchArchiveOperations = ofEachType(batchArchive);

/** All of them. */
export const batchWriteOperations: readonly Operation<unknown>[] = [
  ...Object.values(batchCreateOperations),
  ...Object.values(batchUpdateOperations),
  ...Object.values(batchUpsertOperations),
  ...Object.values(batchArchiveOperations),
];
