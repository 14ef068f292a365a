/**
 * Batch reads. HubSpot's rows come in no order, some are left out, and its `numErrors` counts groups, so both ends are
 * joined here by id.
 */
import { failedOf, sendInParts } from '../../pipeline/bulkParts.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import type { CallOptions } from '../../contract/call.ts';
import { batchReadSchema, checked, type BatchRead } from './hubspotInputs.ts';
import { batchReadContacts } from './hubspotOperations.ts';
import { batchPath } from './hubspotPaths.ts';
import type { CrmRecord, RecordBatch } from './hubspotSchemas.ts';

export interface BatchReadAnswer {
  /** In the order of the ids asked for; then those that nobody asked for by this id, as after a merge. */
  readonly results: readonly CrmRecord[];
  /** Ids without a record: unknown, deleted, or merged away. */
  readonly missing: readonly string[];
  /** Ids that HubSpot failed at, while it answered others: they may be asked for again. Absent: none. */
  readonly failed?: readonly string[];
}

/** Emails and other unique values are compared as HubSpot does: whatever the case. */
const keyOf = (record: CrmRecord, idProperty: string | undefined): string =>
  (idProperty === undefined ? record.id : (record.properties[idProperty] ?? '')).toLowerCase();

const joined = (
  ids: readonly string[],
  results: RecordBatch['results'],
  failed: readonly string[],
  idProperty: string | undefined,
): BatchReadAnswer => {
  const unknown = new Set(failed.map((id) => id.toLowerCase()));
  const records = new Map(results.map((record) => [keyOf(record, idProperty), record]));
  const asked = new Set(ids.map((id) => id.toLowerCase()));
  return {
    results: [...[...asked].flatMap((id) => records.get(id) ?? []), ...results.filter((record) => !asked.has(keyOf(record, idProperty)))],
    missing: [...new Set(ids)].filter((id) => !records.has(id.toLowerCase()) && !unknown.has(id.toLowerCase())),
    ...(failed.length > 0 && { failed }),
  };
};

/** Joining by a property needs its value, so it is asked for along with the others. */
const withIdProperty = (properties: readonly string[] = [], idProperty: string): readonly string[] => [
  ...new Set([...properties, idProperty]),
];

/** @throws {InvalidRequestError} for no ids or more than 100. */
export const readContacts = async (http: HttpClient, batch: BatchRead, options?: CallOptions): Promise<BatchReadAnswer> => {
  const { ids, idProperty, properties } = checked(batchReadSchema, batch, 'batch');
  const unique = [...new Set(ids)];
  const body = {
    inputs: unique.map((id) => ({ id })),
    ...(idProperty === undefined ? { properties: properties ?? [] } : { idProperty, properties: withIdProperty(properties, idProperty) }),
  };
  const parts = await sendInParts(http, batchReadContacts, { path: batchPath('contacts', 'read'), body }, options);
  return joined(
    ids,
    parts.answered.flatMap(({ answer }) => answer.results),
    failedOf(parts, unique),
    idProperty,
  );
};
