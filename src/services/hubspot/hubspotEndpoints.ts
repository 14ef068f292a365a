/**
 * HubSpot's endpoints, apart from its batches and the upsert. Bodies are HubSpot's own, so that its documentation is ours. None has an
 * answer of last resort: an invented record would be worse than an error. Tabled in docs/services/hubspot.md.
 *
 * Writes of single records and associations may wait in the queue. Those of one record are made in their order; a contact is known by
 * its id or by its email, and those two count as different: nothing here knows that they are one.
 */
import { z } from 'zod';
import { isQueued, type CallOptions } from '../../contract/call.ts';
import { manyRecords, pageOfRecord, pageOfRecords, type OperationRequest, type QueueRule } from '../../contract/operation.ts';
import { sendInParts } from '../../pipeline/bulkParts.ts';
import { valuesIn } from '../../pipeline/upstreamPath.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { failedIn, type PartlyFailed } from '../bulkRows.ts';
import { endpoint, recipe, type Endpoint } from '../endpoint.ts';
import { checked, textIn } from '../inputs.ts';
import { fieldsOf } from '../jsonFields.ts';
import * as answers from './hubspotAnswers.ts';
import { batchReads, sharedReads } from './hubspotBatchReads.ts';
import { associationTags, missingAssociationTags, NONE_FOUND, recordTags } from './hubspotCacheTags.ts';
import * as inputs from './hubspotInputs.ts';
import { accountPath, associationsBatchPath, objectsPath } from './hubspotPaths.ts';

/**
 * Half a minute fresh: long enough to take a burst of equal reads, short enough that a write past us is soon seen; one
 * through us is seen at once. For ten minutes more, stale beats an error.
 */
const cached = { cacheForMs: seconds(30), staleForMs: minutes(10) };

/** The first record that the path names, such as `contacts/7`: of an association, the one it starts from. */
const recordOf = ({ path }: OperationRequest): string | undefined => {
  const [type, name] = valuesIn(path).slice(4);
  return name === undefined ? undefined : `${String(type)}/${name.toLowerCase()}`;
};

const newContactOf = ({ body }: OperationRequest): string | undefined => {
  const email = textIn(fieldsOf(body)['properties'], 'email');
  return email && `contacts/${email}`;
};

/** Of one that exists. */
export const writeOfRecord: QueueRule = { entity: recordOf };
/** In an upsert the 409 of a double is answered by its next step. */
export const newContactInUpsert: QueueRule = { entity: newContactOf };
/** HubSpot refuses a second contact with the same email, and takes any number without one. */
const newContact: QueueRule = {
  entity: newContactOf,
  alreadyDone: ({ reason }) => reason === 'contact_exists',
  tellsDoubles: (request) => newContactOf(request) !== undefined,
};
/** A company or a deal: it has no name yet, and HubSpot takes two. */
const newNameless: QueueRule = {};

/** How one record is read, whatever it is named by. */
const readOf = (type: inputs.RecordType) =>
  ({
    query: inputs.readQuery,
    answer: answers.record,
    problems: [404],
    batch: sharedReads(type),
    cacheTags: recordTags(type).read,
    goneTags: recordTags(type).gone,
    ...cached,
  }) as const;

type One = 'contact' | 'company' | 'deal';

const readsOf = (type: inputs.RecordType, one: One) => {
  const get = endpoint({
    name: `get_${one}`,
    route: `GET /${type}/:id`,
    summary: `Get a ${one}`,
    description: 'Up to 30 s old; `Cache-Control: no-cache` asks HubSpot, as you should after a write of your own.',
    params: { id: inputs.recordId },
    ...readOf(type),
    upstream: ({ params, query }) => ({ path: objectsPath(type, params.id), query: { properties: query.properties } }),
  });
  return {
    list: endpoint({
      name: `list_${type}`,
      ...pageOfRecords,
      route: `GET /${type}`,
      summary: `List ${type}`,
      description: 'Page by `paging.next.after`.',
      query: inputs.listQuery,
      answer: answers.recordPage,
      upstream: ({ query: { limit, after, properties } }) => ({ path: objectsPath(type), query: { limit, after, properties } }),
    }),
    get: { ...get, operations: [...get.operations, batchReads[type]] },
    search: endpoint({
      name: `search_${type}`,
      ...pageOfRecord,
      route: `POST /${type}/search`,
      summary: `Search ${type}`,
      description:
        'Sees what was written a few moments ago. HubSpot grants a whole account 5 searches a second, and 10,000 results a query.',
      scope: 'read',
      body: inputs.search,
      answer: answers.searchPage,
      problems: [422],
      upstream: ({ body }) => ({ path: objectsPath(type, 'search'), body }),
      idempotency: 'safe',
      quota: 'search',
    }),
  };
};

const writesOf = (type: inputs.RecordType, one: One) => ({
  create: endpoint({
    name: `create_${one}`,
    route: `POST /${type}`,
    summary: `Create a ${one}`,
    description: 'Not repeated after a lost answer, as that could make a second one. `associations` ties it to other records at once.',
    body: inputs.newRecord,
    answer: answers.record,
    status: 201,
    problems: [409, 422],
    upstream: ({ body }) => ({ path: objectsPath(type), body }),
    // A repeat makes a second company or deal. Of a contact it would answer 409, and call our own success a conflict;
    // one without an email it would double. Callers that want repeats ask for an upsert.
    idempotency: 'never',
    queue: one === 'contact' ? newContact : newNameless,
  }),
  update: endpoint({
    name: `update_${one}`,
    route: `PATCH /${type}/:id`,
    summary: `Update a ${one}`,
    description: "Sets the properties named; '' clears one. Answers the changed properties and HubSpot's own, not the whole record.",
    params: { id: inputs.recordId },
    body: inputs.recordChange,
    answer: answers.record,
    problems: [404, 409, 422],
    upstream: ({ params, body }) => ({ path: objectsPath(type, params.id), body }),
    idempotency: 'natural',
    queue: writeOfRecord,
    cacheTags: recordTags(type).write,
    goneTags: recordTags(type).gone,
  }),
});

/** What can be done with every type of record, batches apart. */
const recordEndpoints = (type: inputs.RecordType, one: One) => ({ ...readsOf(type, one), ...writesOf(type, one) });

export const contacts = recordEndpoints('contacts', 'contact');
export const companies = recordEndpoints('companies', 'company');
export const deals = recordEndpoints('deals', 'deal');

export const getContactByEmail = endpoint({
  name: 'get_contact_by_email',
  route: 'GET /contacts/by-email/:email',
  summary: 'Get a contact by email',
  description: 'Sees a contact as soon as it is written, as a search does not; but up to 30 s old without `Cache-Control: no-cache`.',
  params: { email: inputs.email },
  ...readOf('contacts'),
  upstream: ({ params, query: { properties } }) => ({
    path: objectsPath('contacts', params.email),
    query: { idProperty: 'email', properties },
  }),
});

export const getAccount = endpoint({
  name: 'get_account',
  isOfService: true,
  route: 'GET /account',
  summary: 'Get the account that the credential belongs to',
  answer: answers.account,
  upstream: () => ({ path: accountPath }),
  ...cached,
});

const manyEnds = { fromType: inputs.associableType, fromId: inputs.recordId, toType: inputs.associableType };
const ends = { ...manyEnds, toId: inputs.recordId };
const associationPath = ({ fromType, fromId, toType, toId }: Readonly<Record<keyof typeof ends, string>>) =>
  objectsPath(fromType, fromId, 'associations', toType, toId);
const write = { idempotency: 'natural', goneTags: associationTags, queue: writeOfRecord } as const;

export const readAssociations = endpoint({
  name: 'read_associations',
  ...pageOfRecord,
  route: 'GET /:fromType/:fromId/associations/:toType',
  summary: 'List the records that one is associated with',
  description: 'Page by `paging.next.after`.',
  params: manyEnds,
  query: inputs.associationQuery,
  answer: answers.associationPage,
  problems: [404],
  upstream: ({ params, query }) => ({
    path: objectsPath(params.fromType, params.fromId, 'associations', params.toType),
    query: { ...query },
  }),
  idempotency: 'safe',
  goneTags: associationTags,
});

const associateByDefault = { name: 'associate', method: 'PUT', answer: answers.anything, ...write } as const;
const associateLabelled = { name: 'associate_labelled', method: 'PUT', answer: answers.labelledAssociation, ...write } as const;

export const associate = recipe({
  route: 'PUT /:fromType/:fromId/associations/:toType/:toId',
  summary: 'Associate two records',
  description: 'Without a body by the default type; with a list of types by those. Safe to repeat.',
  params: ends,
  body: inputs.labels.optional(),
  answer: z.object({ from: z.string(), to: z.string(), labels: z.array(z.string()) }),
  problems: [404, 422],
  operations: [associateByDefault, associateLabelled],
  queueable: true,
  run: async (http, { params, body }, options) => {
    const named = { from: params.fromId, to: params.toId };
    if (body === undefined) {
      const made = await http.write(
        associateByDefault,
        { path: objectsPath(params.fromType, params.fromId, 'associations', 'default', params.toType, params.toId) },
        options,
      );
      return isQueued(made) ? { ...made, ...named } : { ...named, labels: [] };
    }
    const made = await http.write(associateLabelled, { path: associationPath(params), body }, options);
    return isQueued(made) ? { ...made, ...named } : { ...named, labels: made.labels ?? [] };
  },
});

/** All types and labels between the two. */
export const removeAssociation = endpoint({
  name: 'remove_association',
  route: 'DELETE /:fromType/:fromId/associations/:toType/:toId',
  summary: 'Remove every association between two records',
  params: ends,
  answer: answers.anything,
  status: 204,
  problems: [404],
  reply: (answer) => (isQueued(answer) ? answer : undefined),
  upstream: ({ params }) => ({ path: associationPath(params) }),
  ...write,
});

export interface AssociatedRecords {
  readonly id: string;
  /** Empty if there are none: HubSpot calls that an error, we do not. */
  readonly to: readonly answers.Association[];
  /** Where this record's next page begins, if it has more. */
  readonly after?: string;
}

const readMany = {
  name: 'batch_read_associations',
  method: 'POST',
  idempotency: 'safe',
  answer: answers.associationBatch,
  rows: { in: 'body', name: 'inputs' },
  ...manyRecords,
  goneTags: missingAssociationTags,
} as const;

const associatedIn = (batches: readonly answers.AssociationBatch[]): ReadonlyMap<string, AssociatedRecords> => {
  const without = batches
    .flatMap(({ errors = [] }) => errors)
    .filter(({ subCategory }) => subCategory === NONE_FOUND)
    .flatMap((error) => answers.contextList(error, 'fromObjectId'))
    .map((id) => ({ id, to: [] }));
  const associated = batches
    .flatMap(({ results }) => results)
    .map(({ from, to, paging }) => ({ id: from.id, to, ...(paging?.next && { after: paging.next.after }) }));
  return new Map([...without, ...associated].map((row) => [row.id, row]));
};

/** Of up to 1,000 records, in the order asked for; `missing` are ids without an answer: no such record. In this process only. */
export const batchReadAssociations: Endpoint<
  [fromType: string, toType: string, asked: z.infer<typeof inputs.associationInputs>, options?: CallOptions],
  PartlyFailed & { readonly results: readonly AssociatedRecords[]; readonly missing: readonly string[] }
> = {
  operations: [readMany],
  bind: (http) => async (fromType, toType, asked, options) => {
    const body = { inputs: checked(inputs.associationInputs, asked, 'inputs') };
    const sent = body.inputs.map(({ id }) => id);
    const parts = await sendInParts(http, readMany, { path: associationsBatchPath(fromType, toType), body }, options);
    const rows = associatedIn(parts.answered.map(({ answer }) => answer));
    const failed = new Set(failedIn(parts, sent).failed);
    const ids = [...new Set(sent)];
    return {
      results: ids.flatMap((id) => rows.get(id) ?? []),
      missing: ids.filter((id) => !rows.has(id) && !failed.has(id)),
      ...(failed.size > 0 && { failed: [...failed] }),
    };
  },
};
