/**
 * How reads of single records share one request: HubSpot's batch read, up to 100 rows for one of the quota.
 */
import {
  pageOfRecord,
  rowsFrom,
  type BatchedRow,
  type BatchRule,
  type Operation,
  type OperationRequest,
} from '../../contract/operation.ts';
import { lastValueIn } from '../../pipeline/upstreamPath.ts';
import { contextList } from './hubspotBatchErrors.ts';
import { tagsOfMissingRows } from './hubspotCacheTags.ts';
import type { RecordType } from './hubspotInputs.ts';
import { batchPath } from './hubspotPaths.ts';
import { recordBatchSchema, type CrmRecord, type RecordBatch } from './hubspotSchemas.ts';

const MAX_ROWS = 100;

/** What a single read answers unless asked for more. A batch has to name it; the dates and the id come in any case. */
const USUAL: Readonly<Record<RecordType, readonly string[]>> = {
  contacts: ['email', 'firstname', 'lastname'],
  companies: ['domain', 'name'],
  deals: ['amount', 'closedate', 'dealname', 'dealstage', 'pipeline'],
};

export const batchRead = (type: RecordType): Operation<RecordBatch> => ({
  name: `batch_read_${type}`,
  method: 'POST',
  idempotency: 'safe',
  weight: 1,
  answer: recordBatchSchema,
  rows: { in: 'body', name: 'inputs' },
  ...pageOfRecord,
  goneTags: tagsOfMissingRows(type),
});

const idOf = ({ path }: OperationRequest): string => lastValueIn(path);

const askedIn = ({ query }: OperationRequest): readonly string[] | undefined => {
  const properties = query?.['properties'];
  return Array.isArray(properties) ? (properties as readonly string[]) : undefined;
};

const idPropertyIn = ({ query }: OperationRequest): string | undefined => {
  const name = query?.['idProperty'];
  return typeof name === 'string' ? name : undefined;
};

/** What a row is found by: emails and other unique values whatever their case, as HubSpot compares them. */
const keyOf = (record: CrmRecord, idProperty: string | undefined): string =>
  (idProperty === undefined ? record.id : (record.properties[idProperty] ?? '')).toLowerCase();

/** Without the property that only the batch needed, to tell whose row it is. */
const asAsked = (record: CrmRecord, { idProperty, properties }: Asked): CrmRecord => {
  if (idProperty === undefined || properties.includes(idProperty)) return record;
  return { ...record, properties: Object.fromEntries(Object.entries(record.properties).filter(([name]) => name !== idProperty)) };
};

interface Asked {
  readonly ids: readonly string[];
  readonly idProperty: string | undefined;
  readonly properties: readonly string[];
}

/** Left out without a word is a record that was merged into another: a single read still finds it. */
const rowsOf = (batch: RecordBatch, asked: Asked): readonly BatchedRow[] => {
  const records = new Map(batch.results.map((record) => [keyOf(record, asked.idProperty), record]));
  const absent = new Set((batch.errors ?? []).flatMap((error) => contextList(error, 'ids')).map((id) => id.toLowerCase()));
  return asked.ids.map((id): BatchedRow => {
    const record = records.get(id.toLowerCase());
    if (record !== undefined) return { kind: 'found', value: asAsked(record, asked) };
    return { kind: absent.has(id.toLowerCase()) ? 'absent' : 'unsaid' };
  });
};

const distinct = (values: readonly string[]): readonly string[] => [
  ...new Map(values.map((value) => [value.toLowerCase(), value])).values(),
];

/** Reads of one type go together if they ask for the same properties, by the same kind of id. */
export const recordsTogether = (type: RecordType): BatchRule => {
  const operation = batchRead(type);
  return {
    maxRows: MAX_ROWS,
    group: (request) => `${idPropertyIn(request) ?? ''} ${[...(askedIn(request) ?? ['(usual)'])].sort().join(',')}`,
    together: (requests) => {
      const [first] = requests;
      const idProperty = first && idPropertyIn(first);
      const asked: Asked = { ids: requests.map(idOf), idProperty, properties: (first && askedIn(first)) ?? USUAL[type] };
      const body = {
        inputs: distinct(asked.ids).map((id) => ({ id })),
        properties: distinct([...asked.properties, ...(idProperty === undefined ? [] : [idProperty])]),
        ...(idProperty === undefined ? {} : { idProperty }),
      };
      return {
        operation: rowsFrom(operation, (batch) => rowsOf(batch, asked)),
        request: { path: batchPath(type, 'read'), body },
      };
    },
  };
};
