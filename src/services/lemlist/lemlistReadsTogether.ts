/**
 * How reads of single contacts share one request: Lemlist's takes up to 100 ids and addresses.
 */
import { upstreamPath } from '../../http/upstreamPath.ts';
import { rowsFrom, type BatchedRow, type BatchRule, type Operation, type OperationRequest } from '../../http/operation.ts';
import { MAX_CONTACTS } from './lemlistInputs.ts';

interface Contacts {
  readonly contacts: readonly { readonly _id: string; readonly email?: unknown; readonly emails?: unknown }[];
}

const namesIn = ({ query }: OperationRequest): string => String(query?.['idsOrEmails'] ?? '');

const addressOf = (entry: unknown): unknown => (typeof entry === 'object' && entry !== null && 'value' in entry ? entry.value : entry);

const isNamed = ({ _id, email, emails }: Contacts['contacts'][number], name: string): boolean => {
  if (_id === name) return true;
  const addresses = [email, ...(Array.isArray(emails) ? (emails as readonly unknown[]) : [])].map(addressOf);
  return addresses.some((address) => typeof address === 'string' && address.toLowerCase() === name.toLowerCase());
};

/** A row that nobody's name fits may be anybody's: then those without one ask for themselves. */
const rowsOf = (answer: Contacts, names: readonly string[]): readonly BatchedRow[] => {
  const isComplete = answer.contacts.every((contact) => names.some((name) => isNamed(contact, name)));
  return names.map((name): BatchedRow => {
    const contacts = answer.contacts.filter((contact) => isNamed(contact, name));
    return contacts.length > 0 || isComplete ? { kind: 'found', value: { ...answer, contacts } } : { kind: 'unsaid' };
  });
};

/** Each gets a list of its own, with one contact or none, as it would have alone. */
export const contactsTogether = (getContacts: Operation<Contacts>): BatchRule => ({
  maxRows: MAX_CONTACTS,
  group: (request) => (namesIn(request).includes(',') ? undefined : 'contacts'),
  together: (requests) => {
    const names = requests.map(namesIn);
    return {
      operation: rowsFrom(getContacts, (answer) => rowsOf(answer, names)),
      request: { path: upstreamPath`/contacts`, query: { idsOrEmails: [...new Set(names)].join(',') } },
    };
  },
});
