/**
 * The simulated contacts: written by jobs, found by identifiers.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { consistsOf, isObject, listIn, textIn, textsIn } from '../simulation/simulatedFields.ts';
import { identifiersOf } from './sendgridSandboxContactBook.ts';
import type { JobResults, SendgridSimulatedAccount, SimulatedJob } from './sendgridSandboxAccount.ts';
import { contentTooLarge, endpoint, json, notFound, refused, type Endpoint, type EndpointCall } from './sendgridSandboxEndpoint.ts';
import type { SimulatedContact } from './sendgridSandboxSeeds.ts';

const MAX_CONTACTS = 30_000;
const MAX_BYTES = 6_000_000;
const MAX_READ = 100;
const EMAIL = /^[^\s@]{1,64}@[^\s@]+$/u;

type Fields = Readonly<Record<string, unknown>>;

const emptyFields = Object.fromEntries(
  ['address_line_1', 'address_line_2', 'city', 'country', 'email', 'first_name', 'last_name', 'postal_code', 'state_province_region']
    .concat(['phone_number', 'whatsapp', 'line', 'facebook', 'unique_name'])
    .map((name) => [name, '']),
);

export const contactRecord = ({ id, createdAt, updatedAt, fields, listIds }: SimulatedContact) => ({
  ...emptyFields,
  alternate_emails: [],
  custom_fields: {},
  ...fields,
  id,
  list_ids: [...listIds],
  segment_ids: [],
  created_at: createdAt,
  updated_at: updatedAt,
  _metadata: { self: `https://api.sendgrid.com/v3/marketing/contacts/${id}` },
});

/** Addresses are stored in lower case. */
const normalised = (row: Fields): Fields => (typeof row['email'] === 'string' ? { ...row, email: row['email'].toLowerCase() } : row);

type Written = 'created' | 'updated' | 'errored';

/** A known contact is updated only by a row with all the identifiers it has. */
const write = (account: SendgridSimulatedAccount, row: Fields, listIds: readonly string[]): Written => {
  if (row['email'] !== undefined && !EMAIL.test(textIn(row, 'email'))) return 'errored';
  const [known, ...others] = account.contacts.matching(row);
  if (others.length > 0) return 'errored';
  if (known === undefined) {
    const at = account.timestamp();
    account.contacts.add({ id: account.newId(), createdAt: at, updatedAt: at, fields: row, listIds: new Set(listIds) });
    return 'created';
  }
  if (identifiersOf(known.fields).some((name) => textIn(row, name) !== textIn(known.fields, name))) return 'errored';
  known.fields = { ...known.fields, ...row };
  known.updatedAt = account.timestamp();
  for (const id of listIds) known.listIds.add(id);
  account.contacts.add(known);
  return 'updated';
};

const writeAll = (account: SendgridSimulatedAccount, rows: readonly Fields[], listIds: readonly string[]): JobResults => {
  const written = rows.map((row) => write(account, normalised(row), listIds));
  const count = (what: Written): number => written.filter((each) => each === what).length;
  return {
    requested_count: rows.length,
    created_count: count('created'),
    updated_count: count('updated'),
    errored_count: count('errored'),
  };
};

export const accepted = ({ id }: SimulatedJob): SandboxAnswer => json({ job_id: id }, 202);

const upsert = ({ account, body }: EndpointCall): SandboxAnswer => {
  const rows = listIn(body, 'contacts');
  const listIds = listIn(body, 'list_ids').map(String);
  if (rows.length === 0 || rows.length > MAX_CONTACTS) return refused(400, 'contacts must have 1 to 30000 items', 'contacts');
  if (JSON.stringify(body).length > MAX_BYTES) return contentTooLarge;
  const bad = rows.findIndex((row) => !isObject(row) || identifiersOf(row).length === 0);
  if (bad >= 0) return refused(400, 'at least one identifier is required', `contacts[${String(bad)}]`);
  if (listIds.some((id) => !account.lists.has(id))) return refused(400, 'invalid list id', 'list_ids');
  const contacts = rows.filter(isObject);
  return accepted(account.begin('upsert_contacts', contacts.length, () => writeAll(account, contacts, listIds)));
};

const remove = ({ account, query }: EndpointCall): SandboxAnswer => {
  const ids = (query.get('ids') ?? '').split(',').filter((id) => id !== '');
  if (ids.length === 0) return refused(400, 'ids or delete_all_contacts is required', 'ids');
  const make = (): JobResults => {
    const deleted = ids.filter((id) => account.contacts.delete(id)).length;
    return { requested_count: ids.length, deleted_count: deleted, errored_count: 0 };
  };
  return accepted(account.begin('delete_contacts', ids.length, make));
};

const findByEmail = ({ account, body }: EndpointCall): SandboxAnswer => {
  const emails = textsIn(body, 'emails').map((email) => email.toLowerCase());
  if (emails.length === 0 || emails.length > MAX_READ) return refused(400, 'emails must have 1 to 100 items', 'emails');
  const found = new Map(emails.flatMap((email) => account.contacts.matching({ email }).map((contact) => [email, contact] as const)));
  // In an order of its own, like SendGrid.
  const result = emails.toReversed().map((email) => {
    const contact = found.get(email);
    return [email, contact === undefined ? { error: 'contact not found' } : { contact: contactRecord(contact) }] as const;
  });
  return emails.some((email) => found.has(email)) ? json({ result: Object.fromEntries(result) }) : notFound;
};

const findById = ({ account, body }: EndpointCall): SandboxAnswer => {
  const ids = listIn(body, 'ids').map(String);
  if (ids.length === 0 || ids.length > MAX_READ) return refused(400, 'ids must have 1 to 100 items', 'ids');
  const found = [...new Set(ids)].flatMap((id) => account.contacts.get(id) ?? []);
  return json({ result: found.map(contactRecord) });
};

/** `email = 'ada@example.com'`, or `LIKE` with `%` for anything; of the query language no more is simulated. */
const CONDITION = /^\s*(email|first_name|last_name)\s+(?:=|LIKE)\s+'([^']*)'\s*$/iu;
const MAX_SHOWN = 50;

const searchByQuery = ({ account, body }: EndpointCall): SandboxAnswer => {
  const [, field, wanted] = CONDITION.exec(textIn(body, 'query')) ?? [];
  if (field === undefined || wanted === undefined) return refused(400, 'invalid query', 'query');
  const parts = wanted.toLowerCase().split('%');
  const found = account.contacts.all.filter(({ fields }) => consistsOf(textIn(fields, field.toLowerCase()).toLowerCase(), parts));
  return json({ result: found.slice(0, MAX_SHOWN).map(contactRecord), contact_count: found.length });
};

const get = ({ account, params }: EndpointCall): SandboxAnswer => {
  const contact = account.contacts.get(params['id'] ?? '');
  return contact === undefined ? notFound : json(contactRecord(contact));
};

const statusOf = ({ requested_count: requested, errored_count: errored }: JobResults): string => {
  if (errored === 0) return 'completed';
  return errored === requested ? 'failed' : 'errored';
};

const getImport = ({ account, params }: EndpointCall): SandboxAnswer => {
  const job = account.jobs.get(params['id'] ?? '');
  if (job === undefined) return notFound;
  const { id, type, startedAt, requested, results } = job;
  const common = { id, job_type: type, started_at: account.timestamp(startedAt) };
  if (results === undefined) return json({ ...common, status: 'pending', results: { requested_count: requested } });
  // Leads nowhere: the rows that failed are not simulated.
  const errors = results.errored_count === 0 ? {} : { errors_url: `https://imports.example.com/${id}.csv?signature=sandbox` };
  return json({ ...common, status: statusOf(results), results: { ...results, ...errors }, finished_at: account.timestamp(job.finishedAt) });
};

export const contactEndpoints: readonly Endpoint[] = [
  endpoint('PUT /v3/marketing/contacts', upsert),
  endpoint('DELETE /v3/marketing/contacts', remove),
  endpoint('POST /v3/marketing/contacts/search', searchByQuery),
  endpoint('POST /v3/marketing/contacts/search/emails', findByEmail),
  endpoint('POST /v3/marketing/contacts/batch', findById),
  endpoint('GET /v3/marketing/contacts/imports/:id', getImport),
  endpoint('GET /v3/marketing/contacts/:id', get),
];
