/**
 * SendGrid's contacts. Writes of contacts are jobs: accepted at once, done in its own time. Reads of single contacts share one
 * request, since SendGrid takes up to 100 addresses, or 100 ids.
 */
import { z } from 'zod';
import { locationOf } from '../../config/percentEncoding.ts';
import { isQueued, type CallOptions } from '../../contract/call.ts';
import { manyRecords, type Operation, type OperationRequest } from '../../contract/operation.ts';
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import { sendInParts } from '../../pipeline/bulkParts.ts';
import { lastValueIn, upstreamPath } from '../../pipeline/upstreamPath.ts';
import { mapInSlices } from '../../time/nextTurn.ts';
import {
  countedRows,
  distinctKeys,
  failedIn,
  failedKeys,
  failedWrites,
  faultsIn,
  readsTogether,
  rowKey,
  rowsSchema,
  statusOfKeys,
  statusOfRows,
  type FailedWrite,
} from '../bulkRows.ts';
import { endpoint, recipe } from '../endpoint.ts';
import { checked, email } from '../inputs.ts';
import * as answers from './sendgridAnswers.ts';
import { jobsOf, named, ofContact, onLists, writeJobs, type Jobs } from './sendgridEndpoints.ts';
import * as inputs from './sendgridInputs.ts';

const path = upstreamPath`/v3/marketing/contacts`;
const searchPath = upstreamPath`/v3/marketing/contacts/search/emails`;

/** A POST that reads: abandoning or repeating it harms nobody. */
const search: Operation<answers.Found> = {
  ...named('find_contacts'),
  method: 'POST',
  idempotency: 'safe',
  answer: answers.foundAnswer,
  rows: { in: 'body', name: 'emails' },
  ...manyRecords,
};

/** The one address of a search; `undefined` where it has several. */
const addressIn = ({ body }: OperationRequest): string | undefined => {
  const { emails } = body as { readonly emails: readonly string[] };
  return emails.length === 1 ? emails[0] : undefined;
};

const searches: Operation<answers.Found> = {
  ...search,
  batch: readsTogether(search, {
    maxRows: inputs.MAX_READ,
    keyOf: addressIn,
    request: (emails) => ({ path: searchPath, body: { emails: distinctKeys(emails) } }),
    // Each gets an answer of its own, with the row of its address or none, as it would have alone.
    row: (answer, address) => {
      const rows = Object.entries(answer.result).filter(([key]) => rowKey(key) === rowKey(address));
      return { kind: 'found', value: { ...answer, result: Object.fromEntries(rows) } };
    },
  }),
};

/**
 * In the order of the addresses. `missing`: without a contact; `refused`: SendGrid would not look them up, such as malformed ones;
 * `failed`: SendGrid failed at them, while it answered others.
 */
const foundContacts = z.object({
  contacts: z.array(answers.contact),
  missing: z.array(z.string()),
  refused: z.array(z.string()),
  failed: failedKeys,
});

const NOT_FOUND = 'contact not found';

const find = async (http: HttpClient, emails: readonly string[], options?: CallOptions) => {
  const asked = distinctKeys(checked(inputs.emails, emails, 'emails'));
  const parts = await sendInParts(http, searches, { path: searchPath, body: { emails: asked } }, options);
  const failures = failedIn(parts, asked);
  const looked = asked.filter((address) => failures.failed?.includes(address) !== true);
  // SendGrid's keys are in lower case. An address without a word on it is as good as unknown.
  const results = parts.answered.flatMap(({ answer }) => Object.entries(answer.result));
  const rows = new Map(results.map(([address, row]) => [rowKey(address), row]));
  const contactOf = (address: string) => rows.get(rowKey(address))?.contact;
  const isRefused = (address: string): boolean =>
    contactOf(address) === undefined && (rows.get(rowKey(address))?.error ?? NOT_FOUND).toLowerCase() !== NOT_FOUND;
  return {
    contacts: looked.flatMap((address) => contactOf(address) ?? []),
    missing: looked.filter((address) => contactOf(address) === undefined && !isRefused(address)),
    refused: looked.filter(isRefused),
    ...failures,
  };
};

export const findContacts = recipe({
  route: 'POST /contacts/find',
  summary: 'Find up to 100 contacts by address',
  description: 'In one request of SendGrid. Unknown addresses are `missing`, even if all are; `refused` are those it would not look up.',
  scope: 'read',
  body: z.strictObject({ emails: inputs.emails }),
  answer: foundContacts,
  operations: [searches],
  run: (http, { body }, options) => find(http, body.emails, options),
  statusOf: statusOfKeys,
});

/** @throws {UpstreamRejectedError} 404 `contact_not_found`. */
export const findContact = recipe({
  route: 'GET /contacts/by-email/:email',
  summary: 'Find a contact by address',
  params: { email },
  answer: answers.contact,
  problems: [404],
  run: async (http, { params }, options) => {
    const [contact] = (await find(http, [params.email], options)).contacts;
    if (contact !== undefined) return contact;
    throw new UpstreamRejectedError({ service: 'sendgrid', operation: search.name }, 404, 'contact_not_found');
  },
});

const readMany: Operation<z.infer<typeof answers.contacts>> = {
  ...named('get_contacts'),
  ...manyRecords,
  method: 'POST',
  idempotency: 'safe',
  answer: answers.contacts,
  rows: { in: 'body', name: 'ids' },
};
const readManyPath = upstreamPath`/v3/marketing/contacts/batch`;

export const getContacts = recipe({
  route: 'POST /contacts/batch',
  summary: 'Get up to 100 contacts by id',
  description: 'In one request of SendGrid; unknown ones are not in its answer.',
  scope: 'read',
  body: z.strictObject({ ids: inputs.ids }),
  answer: answers.contactsReply,
  operations: [readMany],
  run: async (http, { body }, options) => {
    const ids = [...new Set(checked(inputs.ids, body.ids, 'ids'))];
    const parts = await sendInParts(http, readMany, { path: readManyPath, body: { ids } }, options);
    const [first] = parts.answered;
    return { ...first?.answer, result: parts.answered.flatMap(({ answer }) => answer.result), ...failedIn(parts, ids) };
  },
  statusOf: statusOfKeys,
});

export const getContact = endpoint({
  ...named('get_contact'),
  route: 'GET /contacts/:id',
  summary: 'Get a contact',
  params: { id: inputs.contactId },
  answer: answers.contact,
  problems: [404],
  upstream: ({ params }) => ({ path: upstreamPath`/v3/marketing/contacts/${params.id}` }),
  batch: readsTogether(readMany, {
    maxRows: inputs.MAX_READ,
    keyOf: (request) => lastValueIn(request.path),
    request: (ids) => ({ path: readManyPath, body: { ids: [...new Set(ids)] } }),
    // An id without a row is unknown.
    row: ({ result }, id) => {
      const value = result.find((contact) => contact.id === id);
      return value === undefined ? { kind: 'absent' } : { kind: 'found', value };
    },
  }),
});

const outcomes = new Map<string, (typeof answers.importOutcomes)[number]>([
  ['completed', 'succeeded'],
  ['errored', 'partly_failed'],
  ['failed', 'failed'],
]);

/** What `errored` hides, that most went in, and `completed` might, that some did not. */
const outcomeOf = ({ status, results }: answers.Import) =>
  status === 'completed' && (results?.errored_count ?? 0) > 0 ? 'partly_failed' : (outcomes.get(status) ?? 'running');

export const getImport = endpoint({
  ...named('get_import'),
  route: 'GET /contacts/imports/:jobId',
  summary: 'See how far an upsert or a deletion is, and how it ended',
  description: '`errored` of SendGrid means that some rows failed, `failed` that all did: `outcome` says it plainly.',
  params: { jobId: inputs.id },
  answer: answers.imported.transform((job) => ({ ...job, outcome: outcomeOf(job) })),
  replies: answers.imported.extend({ outcome: z.enum(answers.importOutcomes) }),
  problems: [404],
  upstream: ({ params }) => ({ path: upstreamPath`/v3/marketing/contacts/imports/${params.jobId}` }),
});

const placeOf = (jobId: string) => locationOf('/api/sendgrid/contacts/imports', jobId).headers;

export const upsertContact = endpoint({
  ...named('upsert_contact'),
  ...onLists,
  route: 'PUT /contacts',
  summary: 'Create or update a contact',
  description:
    'By its identifiers; those that SendGrid knows of it must all be sent, or it cannot be updated. Accepted, not done: the address ' +
    'under `Location` tells how it ends.',
  body: inputs.contactUpsert,
  answer: answers.job,
  headersOf: (job) => (isQueued(job) ? undefined : placeOf(job.job_id)),
  upstream: ({ body }) => {
    const { list_ids, ...fields } = checked(inputs.contactUpsert, body, 'contact');
    return { path, body: { ...(list_ids !== undefined && { list_ids }), contacts: [fields] } };
  },
  ...ofContact,
});

/**
 * A row is `accepted`: it is in the job, whose end tells how many went in. Or `refused`: it was not sent; `fields` says where it is at
 * fault. There is no job where no row could be sent, and several where the rows were sent by parts: SendGrid failed at some.
 */
const bulkUpsert = z.object({
  job_id: z.string().optional(),
  job_ids: z.array(z.string()).optional(),
  ...rowsSchema(
    {
      outcome: z.enum(['accepted', 'refused', 'unknown', 'not_written']),
      fields: z.array(z.string()).optional(),
      reason: z.string().optional(),
    },
    'accepted',
    'refused',
  ).shape,
});
type RowAnswer = ReturnType<typeof judged> | ({ readonly index: number } & FailedWrite);

/** Rows judged in a millisecond or two. */
const ROWS_IN_A_SLICE = 500;

const judged = (row: unknown, index: number) => {
  const { error } = inputs.contact.safeParse(row);
  if (error === undefined) return { index, outcome: 'accepted' as const };
  return { index, outcome: 'refused' as const, fields: faultsIn(error, 'contact') };
};

const counted = (rows: readonly RowAnswer[]) => countedRows(rows, { accepted: ['accepted'], refused: ['refused'] });

/** Not queued: who sends rows waits for what became of each. */
const bulkOperation: Operation<answers.Job> = {
  ...named('upsert_contacts'),
  ...onLists,
  method: 'PUT',
  idempotency: 'natural',
  answer: answers.job,
  rows: { in: 'body', name: 'contacts' },
};

/** @throws {InvalidRequestError} for no contacts, more than 30,000, or more than 6 MB. */
export const upsertContacts = recipe({
  route: 'POST /contacts/bulk',
  summary: 'Create or update up to 30,000 contacts',
  description:
    'Or 6 MB, whichever comes first. One row of the answer for each row sent, in their order; 207 where some were refused here, or ' +
    'SendGrid failed at them; the others are in the job, or in `job_ids`. SendGrid tells only by counts, under `Location`, how many of ' +
    'those went in.',
  body: inputs.bulkContacts,
  maxBodyBytes: inputs.MAX_BULK_BYTES,
  maxBodyValues: inputs.MAX_BULK_VALUES,
  status: 202,
  answer: bulkUpsert,
  operations: [bulkOperation],
  run: async (http, { body: given }, options): Promise<Partial<Jobs> & ReturnType<typeof counted>> => {
    const { list_ids, contacts } = checked(inputs.bulkContacts, given, 'body');
    const rows = await mapInSlices(contacts, ROWS_IN_A_SLICE, judged);
    const places = rows.flatMap(({ outcome, index }) => (outcome === 'accepted' ? index : []));
    if (places.length === 0) return counted(rows);
    const body = { ...(list_ids !== undefined && { list_ids }), contacts: contacts.filter((_, at) => rows[at]?.outcome === 'accepted') };
    if (Buffer.byteLength(JSON.stringify(body)) > inputs.MAX_BULK_BYTES) {
      throw new InvalidRequestError(`contacts must have at most ${String(inputs.MAX_BULK_BYTES)} bytes together, as JSON`);
    }
    const parts = await sendInParts(http, bulkOperation, { path, body }, options);
    const failures = new Map([...failedWrites(parts)].map(([place, failure]) => [places[place], failure]));
    const ended = rows.map((row): RowAnswer => {
      const failure = failures.get(row.index);
      return failure === undefined ? row : { index: row.index, ...failure };
    });
    return { ...jobsOf(parts.answered.map(({ answer }) => answer)), ...counted(ended) };
  },
  statusOf: (result) => statusOfRows(result, ['accepted'], 202),
  headersOf: ({ job_id }) => (job_id === undefined ? undefined : placeOf(job_id)),
});

const deletion: Operation<answers.Job> = {
  ...named('delete_contacts'),
  method: 'DELETE',
  answer: answers.job,
  rows: { in: 'query', name: 'ids' },
  ...ofContact,
};

export const deleteContacts = recipe({
  route: 'POST /contacts/delete',
  summary: 'Delete up to 100 contacts',
  description: 'By id, from all lists. Accepted, not done.',
  body: z.strictObject({ ids: inputs.ids }),
  answer: answers.jobs,
  operations: [deletion],
  queueable: true,
  run: async (http, { body }, options) => {
    const keys = checked(inputs.ids, body.ids, 'ids');
    return writeJobs(http, deletion, { path, query: { ids: keys }, keys }, options);
  },
  statusOf: statusOfKeys,
});

export const deleteContact = recipe({
  route: 'DELETE /contacts/:id',
  summary: 'Delete a contact',
  description: 'From all lists. Accepted, not done.',
  params: { id: inputs.id },
  answer: answers.job,
  queueable: true,
  run: (http, { params }, options) => deleteContacts.bind(http)({ ids: [params.id] }, options),
});
