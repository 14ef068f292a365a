/**
 * The simulated lists.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { textIn } from '../simulation/simulatedFields.ts';
import type { SendgridSimulatedAccount } from './sendgridSandboxAccount.ts';
import { accepted } from './sendgridSandboxContacts.ts';
import { endpoint, json, notFound, numberIn, refused, type Endpoint, type EndpointCall } from './sendgridSandboxEndpoint.ts';
import type { SimulatedList } from './sendgridSandboxSeeds.ts';

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;
const MAX_NAME = 100;
const PLACE = 'https://api.sendgrid.com/v3/marketing/lists';

const listRecord = (account: SendgridSimulatedAccount, { id, name }: SimulatedList) => ({
  id,
  name,
  contact_count: account.contacts.all.filter(({ listIds }) => listIds.has(id)).length,
  _metadata: { self: `${PLACE}/${id}` },
});

/** A token is the place of its page's first row. */
const list = ({ account, query }: EndpointCall): SandboxAnswer => {
  const size = Math.min(MAX_PAGE, Math.max(1, numberIn(query, 'page_size', DEFAULT_PAGE)));
  const from = numberIn(query, 'page_token', 0);
  const all = [...account.lists.values()];
  const next = from + size < all.length ? { next: `${PLACE}?page_size=${String(size)}&page_token=${String(from + size)}` } : {};
  const result = all.slice(from, from + size).map((each) => listRecord(account, each));
  return json({ result, _metadata: { self: PLACE, ...next, count: all.length } });
};

const create = ({ account, body }: EndpointCall): SandboxAnswer => {
  const name = textIn(body, 'name');
  if (name === '' || name.length > MAX_NAME) return refused(400, 'name must have 1 to 100 characters', 'name');
  const made = { id: account.newId(), name };
  account.lists.set(made.id, made);
  return json(listRecord(account, made), 201);
};

const removeContacts = ({ account, params, query }: EndpointCall): SandboxAnswer => {
  const id = params['id'] ?? '';
  const contactIds = (query.get('contact_ids') ?? '').split(',').filter((contactId) => contactId !== '');
  if (!account.lists.has(id)) return notFound;
  if (contactIds.length === 0) return refused(400, 'contact_ids is required', 'contact_ids');
  return accepted(
    account.begin('remove_contacts_from_list', contactIds.length, () => {
      for (const contactId of contactIds) account.contacts.get(contactId)?.listIds.delete(id);
      return { requested_count: contactIds.length, errored_count: 0 };
    }),
  );
};

export const listEndpoints: readonly Endpoint[] = [
  endpoint('GET /v3/marketing/lists', list),
  endpoint('POST /v3/marketing/lists', create),
  endpoint('DELETE /v3/marketing/lists/:id/contacts', removeContacts),
];
