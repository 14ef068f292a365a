/**
 * Contacts: the people behind the leads of all campaigns. Reads of single contacts share a request: Lemlist's takes up to 100 ids and
 * addresses.
 */
import { z } from 'zod';
import { manyRecords, rowsFrom, type BatchedRow, type BatchRule, type Operation, type OperationRequest } from '../../contract/operation.ts';
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { lookUpRows, lookupSchema, lookupStatus, type BulkLookup, type LookedUp } from '../bulkRows.ts';
import { inProcess, recipe } from '../endpoint.ts';
import { requireCount } from '../inputs.ts';
import { contact, contactsAnswer, upsertedContact } from './lemlistAnswers.ts';
import { contactName, contactNames, MAX_CONTACTS } from './lemlistInputs.ts';
import { ofPerson } from './lemlistEndpoints.ts';
import { writeOfContact } from './lemlistQueueRules.ts';

type Contacts = z.infer<typeof contactsAnswer>;

const namesIn = ({ query }: OperationRequest): string => String(query?.['idsOrEmails'] ?? '');

const addressOf = (entry: unknown): unknown => (typeof entry === 'object' && entry !== null && 'value' in entry ? entry.value : entry);

const isNamed = (each: Contacts['contacts'][number], name: string): boolean => {
  if (each._id === name) return true;
  const { email, emails } = each as { readonly email?: unknown; readonly emails?: unknown };
  const addresses = [email, ...(Array.isArray(emails) ? (emails as readonly unknown[]) : [])].map(addressOf);
  return addresses.some((address) => typeof address === 'string' && address.toLowerCase() === name.toLowerCase());
};

/** A row that fits no name may be anybody's: then those without a row ask alone. */
const rowsOf = (answer: Contacts, names: readonly string[]): readonly BatchedRow[] => {
  const isComplete = answer.contacts.every((each) => names.some((name) => isNamed(each, name)));
  return names.map((name): BatchedRow => {
    const contacts = answer.contacts.filter((each) => isNamed(each, name));
    return contacts.length > 0 || isComplete ? { kind: 'found', value: { ...answer, contacts } } : { kind: 'unsaid' };
  });
};

const readContacts: Omit<Operation<Contacts>, 'queue'> = {
  name: 'get_contacts',
  method: 'GET',
  idempotency: 'safe',
  answer: contactsAnswer,
  ...ofPerson,
  ...manyRecords,
};

const together: BatchRule = {
  maxRows: MAX_CONTACTS,
  group: (request) => (namesIn(request).includes(',') ? undefined : 'contacts'),
  together: (requests) => {
    const names = requests.map(namesIn);
    return {
      operation: rowsFrom(readContacts, (answer) => rowsOf(answer, names)),
      request: { path: upstreamPath`/contacts`, query: { idsOrEmails: [...new Set(names)].join(',') } },
    };
  },
};

const batchedRead = { ...readContacts, batch: together };

/** Creates or updates a contact by its contactId, email or linkedinUrl; null and empty values change nothing. */
export const upsertContact = inProcess(
  { name: 'upsert_contact', ...ofPerson, method: 'POST', idempotency: 'natural', answer: upsertedContact, queue: writeOfContact },
  (body: Readonly<Record<string, unknown>>) => ({ path: upstreamPath`/contacts`, body }),
);

/** Up to 100 contacts by id or email in one call: Lemlist's one batch read. */
export const getContacts = inProcess(batchedRead, (idsOrEmails: readonly string[]) => {
  requireCount(idsOrEmails, MAX_CONTACTS, 'contacts');
  if (idsOrEmails.some((value) => value.includes(','))) throw new InvalidRequestError('a contact id or email must not hold a comma');
  return { path: upstreamPath`/contacts`, query: { idsOrEmails: idsOrEmails.join(',') } };
});

interface FoundContact {
  readonly contact: z.infer<typeof contact>;
}

/** @throws {InvalidRequestError} for none, or more than 100; and the error of the call, if no row got an answer. */
export const findContacts = recipe({
  route: 'POST /contacts/find',
  summary: 'Find up to 100 contacts by id or address',
  description:
    'In one request of Lemlist. One row of the answer for each row sent, in their order: `found`, `missing`, `refused` (not sent) or ' +
    '`failed`; 207 unless all were found.',
  scope: 'read',
  body: z.strictObject({ ids_or_emails: contactNames }),
  answer: lookupSchema({ contact }),
  run: async (http, { body: { ids_or_emails: values } }, options = {}): Promise<BulkLookup<FoundContact>> => {
    requireCount(values, MAX_CONTACTS, 'contacts');
    const steps = http.startDeadline(options);
    return lookUpRows({ values, schema: contactName, name: 'id_or_email' }, async (name): Promise<LookedUp<FoundContact>> => {
      const [found] = (await getContacts.bind(http)([name], steps)).contacts;
      return found === undefined ? { outcome: 'missing' } : { outcome: 'found', contact: found };
    });
  },
  statusOf: lookupStatus,
});

/** @throws {UpstreamRejectedError} 404 `contact_not_found`. */
export const findContact = recipe({
  route: 'GET /contacts/:idOrEmail',
  summary: 'Get a contact by id or address',
  params: { idOrEmail: contactName },
  answer: contact,
  problems: [404],
  run: async (http, { params }, options) => {
    const [found] = (await getContacts.bind(http)([params.idOrEmail], options)).contacts;
    if (found !== undefined) return found;
    throw new UpstreamRejectedError({ service: 'lemlist', operation: readContacts.name }, 404, 'contact_not_found');
  },
});
