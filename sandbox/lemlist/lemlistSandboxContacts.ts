/**
 * Contacts and the unsubscribe list of the simulated Lemlist.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import type { LemlistAccount } from './lemlistSandboxAccount.ts';
import { endpoint, json, mislabelled, paged, sentence, type Endpoint, type EndpointCall } from './lemlistSandboxEndpoint.ts';
import type { SimulatedContact, SimulatedUnsubscribe } from './lemlistSandboxSeeds.ts';

const MAX_BULK = 10_000;
const MAX_CONTACTS = 100;
/** What a contact is found by. */
const IDENTIFIERS: readonly string[] = ['contactId', 'email', 'linkedinUrl'];

const record = ({ _id, value, source }: SimulatedUnsubscribe): Record<string, string> => ({ _id, value, variable: value, source });

const unsubscribe = ({ account, params }: EndpointCall): SandboxAnswer => json(record(account.unsubscribe(params['value'] ?? '', 'api')));

const bulkUnsubscribe = ({ account, body: { values } }: EndpointCall): SandboxAnswer => {
  if (!Array.isArray(values) || values.length === 0 || values.length > MAX_BULK) return sentence(400, 'Invalid values');
  for (const value of values) account.unsubscribe(String(value), 'api');
  return mislabelled('Variables unsubscribed');
};

const withEntry =
  (answer: (entry: SimulatedUnsubscribe, account: LemlistAccount) => SandboxAnswer): Endpoint['answer'] =>
  ({ account, params }) => {
    const entry = account.unsubscribes.get(params['value'] ?? '');
    return entry === undefined ? sentence(404, 'Variable not found') : answer(entry, account);
  };

const removeUnsubscribe = withEntry((entry, account) => {
  if (entry.source !== 'api') return sentence(409, 'Variable cannot be resubscribed');
  account.unsubscribes.delete(entry.value);
  return json(record(entry));
});

const listUnsubscribes = ({ account, request }: EndpointCall): SandboxAnswer =>
  json(paged([...account.unsubscribes.values()].map(record), request.query));

/** The deprecated check: it calls bad input a failure of its own. */
const deprecatedCheck = ({ account, params }: EndpointCall): SandboxAnswer => {
  const value = params['value'] ?? '';
  if (!value.includes('@')) return sentence(500, 'Invalid email address or domain');
  const entry = account.unsubscribes.get(value);
  return entry === undefined ? sentence(404, 'Variable not found') : json(record(entry));
};

const knownContact = ({ account, body }: EndpointCall): SimulatedContact | undefined => {
  const { contactId, email, linkedinUrl } = body;
  if (typeof contactId === 'string') return account.contacts.get(contactId);
  if (typeof email === 'string') return account.contactByEmail(email);
  return [...account.contacts.values()].find((contact) => contact.linkedinUrl === linkedinUrl);
};

const withoutIdentifiers = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => !IDENTIFIERS.includes(key)));

/** Null and empty values change nothing. */
const telling = (body: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ''));

const upsertContact = (call: EndpointCall): SandboxAnswer => {
  const fields = telling(call.body);
  if (IDENTIFIERS.every((key) => fields[key] === undefined)) {
    return json({ success: false, error: { code: 'MISSING_IDENTIFIER', message: 'contactId, email or linkedinUrl is required' } }, 400);
  }
  const known = knownContact({ ...call, body: fields });
  if (known === undefined) {
    const created = call.account.addContact(fields);
    return json({ success: true, data: { ...created, source: 'api', unsubscribed: false, created: true } }, 201);
  }
  known.fields = { ...known.fields, ...withoutIdentifiers(fields) };
  return json({ success: true, data: { ...known, unsubscribed: false, updated: true } });
};

const getContacts = ({ account, request }: EndpointCall): SandboxAnswer => {
  const asked = (request.query.get('idsOrEmails') ?? '').split(',').filter((value) => value !== '');
  if (asked.length > MAX_CONTACTS) return sentence(400, 'Too many contacts');
  const found = asked.map((value) => account.contacts.get(value) ?? account.contactByEmail(value));
  return json(found.filter((contact) => contact !== undefined));
};

export const contactEndpoints: readonly Endpoint[] = [
  endpoint('POST /contacts', upsertContact),
  endpoint('GET /contacts', getContacts),
  endpoint('POST /v2/unsubscribes/variables', bulkUnsubscribe),
  endpoint('GET /v2/unsubscribes/variables', listUnsubscribes),
  endpoint('POST /v2/unsubscribes/variables/:value', unsubscribe),
  endpoint(
    'GET /v2/unsubscribes/variables/:value',
    withEntry((entry) => json(record(entry))),
  ),
  endpoint('DELETE /v2/unsubscribes/variables/:value', removeUnsubscribe),
  endpoint('GET /unsubscribes/:value', deprecatedCheck),
];
