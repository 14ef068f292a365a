/**
 * How searches for single addresses share one request: Kit's list takes many addresses as a filter.
 */
import { rowsFrom, type BatchRule, type Operation, type OperationRequest } from '../../contract/operation.ts';
import { MAX_ADDRESSES } from './kitInputs.ts';
import type { SubscribersAnswer } from './kitSchemas.ts';

/** The one address of a search; `undefined` where it has several. */
const addressIn = ({ query }: OperationRequest): string | undefined => {
  const addresses: unknown = query?.['email_address'];
  return Array.isArray(addresses) && addresses.length === 1 ? String(addresses[0]) : undefined;
};

/** Each gets a list of its own, with one subscriber or none, as it would have alone. */
export const searchesTogether = (find: Operation<SubscribersAnswer>): BatchRule => ({
  maxRows: MAX_ADDRESSES,
  group: (request) => (addressIn(request) === undefined ? undefined : String(request.query?.['status'])),
  together: (requests) => {
    const asked = requests.map((request) => (addressIn(request) ?? '').toLowerCase());
    const operation = rowsFrom(find, (answer) =>
      asked.map((address) => {
        const subscribers = answer.subscribers.filter(({ email_address: email }) => email.toLowerCase() === address);
        return { kind: 'found', value: { ...answer, subscribers } };
      }),
    );
    const [first] = requests;
    const path = first?.path;
    if (path === undefined) throw new Error('a batch has at least one read');
    return { operation, request: { path, query: { ...first?.query, email_address: [...new Set(asked)] } } };
  },
});
