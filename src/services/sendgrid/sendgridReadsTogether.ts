/**
 * How reads of single contacts share one request: SendGrid takes up to 100 addresses, or 100 ids.
 */
import { rowsFrom, type BatchedRow, type BatchRule, type Operation, type OperationRequest } from '../../contract/operation.ts';
import { lastValueIn } from '../../pipeline/upstreamPath.ts';
import { contactsByEmailPath, contactsByIdPath } from './sendgridPaths.ts';
import type { Contacts, Found } from './sendgridSchemas.ts';

const MAX_ROWS = 100;

/** The one address of a search; `undefined` where it has several. */
const addressIn = ({ body }: OperationRequest): string | undefined => {
  if (typeof body !== 'object' || body === null || !('emails' in body) || !Array.isArray(body.emails)) return undefined;
  return body.emails.length === 1 ? String(body.emails[0]) : undefined;
};

/** Each gets an answer of its own, with the row of its address or none, as it would have alone. */
export const searchesTogether = (find: Operation<Found>): BatchRule => ({
  maxRows: MAX_ROWS,
  group: (request) => (addressIn(request) === undefined ? undefined : 'emails'),
  together: (requests) => {
    const asked = requests.map((request) => addressIn(request) ?? '');
    const operation = rowsFrom(find, (answer) =>
      asked.map((email) => {
        const rows = Object.entries(answer.result).filter(([key]) => key.toLowerCase() === email.toLowerCase());
        return { kind: 'found', value: { ...answer, result: Object.fromEntries(rows) } };
      }),
    );
    const emails = [...new Map(asked.map((email) => [email.toLowerCase(), email])).values()];
    return { operation, request: { path: contactsByEmailPath, body: { emails } } };
  },
});

const idOf = ({ path }: OperationRequest): string => lastValueIn(path);

/** An id without a row is unknown. */
export const contactsTogether = (getContacts: Operation<Contacts>): BatchRule => ({
  maxRows: MAX_ROWS,
  group: () => 'ids',
  together: (requests) => {
    const ids = requests.map(idOf);
    const operation = rowsFrom(getContacts, ({ result }) => {
      const contacts = new Map(result.map((contact) => [contact.id, contact]));
      return ids.map((id): BatchedRow => {
        const value = contacts.get(id);
        return value === undefined ? { kind: 'absent' } : { kind: 'found', value };
      });
    });
    return { operation, request: { path: contactsByIdPath, body: { ids: [...new Set(ids)] } } };
  },
});
