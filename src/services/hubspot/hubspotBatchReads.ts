/**
 * HubSpot's batch read, for callers and for single reads at once that share it. Its rows come in no order, some are left out, and its
 * `numErrors` counts groups, so both ends are joined here by id, or by another unique property whatever its case.
 */
import { z } from 'zod';
import {
  pageOfRecord,
  rowsFrom,
  type BatchedRow,
  type BatchRule,
  type Operation,
  type OperationRequest,
} from '../../contract/operation.ts';
import { sendInParts } from '../../pipeline/bulkParts.ts';
import { lastValueIn } from '../../pipeline/upstreamPath.ts';
import { recipe } from '../endpoint.ts';
import { distinctKeys, failedIn, failedKeys, rowKey, rowsByKey, statusOfKeys } from '../bulkRows.ts';
import { checked } from '../inputs.ts';
import { textsIn } from '../jsonFields.ts';
import { contextList, record, recordBatch, type CrmRecord, type RecordBatch } from './hubspotAnswers.ts';
import { recordTags } from './hubspotCacheTags.ts';
import * as inputs from './hubspotInputs.ts';
import { objectsPath } from './hubspotPaths.ts';

const MAX_ROWS = 100;

/** What a single read answers unless asked for more. A batch has to name it; the dates and the id come in any case. */
const USUAL: Readonly<Record<inputs.RecordType, readonly string[]>> = {
  contacts: ['email', 'firstname', 'lastname'],
  companies: ['domain', 'name'],
  deals: ['amount', 'closedate', 'dealname', 'dealstage', 'pipeline'],
};

const batchReadOf = (type: inputs.RecordType): Operation<RecordBatch> => ({
  name: `batch_read_${type}`,
  method: 'POST',
  idempotency: 'safe',
  answer: recordBatch,
  rows: { in: 'body', name: 'inputs' },
  ...pageOfRecord,
  goneTags: recordTags(type).missingRows,
});

export const batchReads = { contacts: batchReadOf('contacts'), companies: batchReadOf('companies'), deals: batchReadOf('deals') };

interface Asked {
  readonly ids: readonly string[];
  readonly idProperty?: string | undefined;
  readonly properties: readonly string[];
}

/** Joining by a property needs its value, so it is asked for along with the others. */
const requestOf = (type: inputs.RecordType, { ids, idProperty, properties }: Asked): OperationRequest => {
  const names = idProperty === undefined ? properties : distinctKeys([...properties, idProperty]);
  const body = { inputs: distinctKeys(ids).map((id) => ({ id })), properties: names, ...(idProperty !== undefined && { idProperty }) };
  return { path: objectsPath(type, 'batch', 'read'), body };
};

/** What a record was asked for by. */
const nameBy =
  (idProperty: string | undefined) =>
  ({ id, properties }: CrmRecord): string =>
    idProperty === undefined ? id : (properties[idProperty] ?? '');

/** Without the property that only the batch needed, to find whose row it is. */
const asAsked = (found: CrmRecord, { idProperty, properties }: Asked): CrmRecord => {
  if (idProperty === undefined || properties.includes(idProperty)) return found;
  return { ...found, properties: Object.fromEntries(Object.entries(found.properties).filter(([name]) => name !== idProperty)) };
};

/** Left out without a word is a record that was merged into another: a single read still finds it. */
const rowsOf = (batch: RecordBatch, asked: Asked): readonly BatchedRow[] => {
  const records = rowsByKey(batch.results, nameBy(asked.idProperty));
  const absent = new Set((batch.errors ?? []).flatMap((error) => contextList(error, 'ids')).map(rowKey));
  return asked.ids.map(rowKey).map((key): BatchedRow => {
    const found = records.get(key);
    if (found !== undefined) return { kind: 'found', value: asAsked(found, asked) };
    return { kind: absent.has(key) ? 'absent' : 'unsaid' };
  });
};

/** The unique property that the request's own name is a value of, and the properties wanted, if it says so. */
const wishesIn = ({ query = {} }: OperationRequest) => ({
  idProperty: textsIn(query, 'idProperty')[0],
  properties: query['properties'] === undefined ? undefined : textsIn(query, 'properties'),
});

/** Reads of one type share a request if they ask for the same properties, by the same kind of id. */
export const sharedReads = (type: inputs.RecordType): BatchRule => ({
  maxRows: MAX_ROWS,
  group: (request) => {
    const { idProperty = '', properties = ['(usual)'] } = wishesIn(request);
    return `${idProperty} ${properties.toSorted().join(',')}`;
  },
  together: (requests) => {
    const { idProperty, properties = USUAL[type] } = wishesIn(requests[0] as OperationRequest);
    const asked: Asked = { ids: requests.map(({ path }) => lastValueIn(path)), idProperty, properties };
    return { operation: rowsFrom(batchReads[type], (batch) => rowsOf(batch, asked)), request: requestOf(type, asked) };
  },
});

/**
 * Up to 100 contacts by id, or by the unique property that `idProperty` names. `results` come in the order of the ids asked for; then
 * those that were not asked for by this id, as after a merge. `missing`: unknown, deleted, or merged away;
 * `failed`: HubSpot failed at them, while it answered others.
 *
 * @throws {InvalidRequestError} for no ids or more than 100.
 */
export const batchReadContacts = recipe({
  route: 'POST /contacts/batch/read',
  summary: 'Get up to 100 contacts',
  description:
    'By id, or by the unique property that `idProperty` names. Those that are not there are listed in `missing`; `failed` are those that ' +
    'HubSpot failed at while it answered others.',
  scope: 'read',
  body: inputs.batchRead,
  answer: z.object({ results: z.array(record), missing: z.array(z.string()), failed: failedKeys }),
  problems: [422],
  run: async (http, { body }, options) => {
    const { ids, idProperty, properties = [] } = checked(inputs.batchRead, body, 'batch');
    const parts = await sendInParts(http, batchReads.contacts, requestOf('contacts', { ids, idProperty, properties }), options);
    const results = parts.answered.flatMap(({ answer }) => answer.results);
    const failures = failedIn(parts, distinctKeys(ids));
    const unknown = new Set(failures.failed?.map(rowKey));
    const nameOf = nameBy(idProperty);
    const records = rowsByKey(results, nameOf);
    const asked = new Set(ids.map(rowKey));
    const unasked = results.filter((each) => !asked.has(rowKey(nameOf(each))));
    return {
      results: [...[...asked].flatMap((key) => records.get(key) ?? []), ...unasked],
      missing: [...new Set(ids)].filter((id) => !records.has(rowKey(id)) && !unknown.has(rowKey(id))),
      ...failures,
    };
  },
  statusOf: statusOfKeys,
});
