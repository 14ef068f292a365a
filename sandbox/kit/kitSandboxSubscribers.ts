/**
 * Subscribers of the simulated Kit.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { isObject } from '../simulation/simulatedFields.ts';
import type { KitSimulatedAccount } from './kitSandboxAccount.ts';
import { endpoint, json, noContent, notFound, paged, refused, type Endpoint, type EndpointCall } from './kitSandboxEndpoint.ts';
import type { SimulatedSubscriber } from './kitSandboxSeeds.ts';

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/u;
const MAX_FIELDS = 140;
/** More are applied later, and the answer says 202. */
const FIELDS_AT_ONCE = 10;

type Fields = SimulatedSubscriber['fields'];
type Body = EndpointCall['body'];

export const isEmail = (value: unknown): value is string => typeof value === 'string' && EMAIL.test(value);

/** Kit's fields are texts, whatever they were sent as. */
const asText = (value: unknown): string | null => (typeof value === 'string' || value === null ? value : JSON.stringify(value));

const fieldsIn = (body: Body): Fields => {
  const entries = isObject(body['fields']) ? Object.entries(body['fields']) : [];
  return Object.fromEntries(entries.map(([key, value]) => [key, asText(value)]));
};

const firstNameIn = (body: Body, known: string | null): string | null => {
  const name = body['first_name'];
  return typeof name === 'string' || name === null ? name : known;
};

/** The fields of the account, and a warning for each other: it is left out, and the rest is taken. */
const sorted = (account: KitSimulatedAccount, fields: Fields): { readonly known: Fields; readonly warnings: readonly string[] } => {
  const entries = Object.entries(fields);
  return {
    known: Object.fromEntries(entries.filter(([key]) => account.knowsField(key))),
    warnings: entries.filter(([key]) => !account.knowsField(key)).map(([key]) => `Custom field ${key} does not exist`),
  };
};

const refusalOf = (account: KitSimulatedAccount, fields: Fields): SandboxAnswer | undefined => {
  if (Object.keys(fields).length > MAX_FIELDS) return refused(422, `Fields cannot exceed ${String(MAX_FIELDS)}`);
  const { warnings } = sorted(account, fields);
  return account.refusesUnknownFields && warnings.length > 0 ? refused(422, ...warnings) : undefined;
};

/** Writes a subscriber with its fields: at once if they are few, else some time after the answer. */
const written = (account: KitSimulatedAccount, subscriber: SimulatedSubscriber, fields: Fields, status: number): SandboxAnswer => {
  const { known, warnings } = sorted(account, fields);
  const isLater = Object.keys(fields).length > FIELDS_AT_ONCE;
  const withFields = (one: SimulatedSubscriber): SimulatedSubscriber => ({ ...one, fields: { ...one.fields, ...known } });
  const saved = account.save(isLater ? subscriber : withFields(subscriber));
  if (isLater) account.putOff(() => account.save(withFields(account.subscriber(saved.id) ?? saved)));
  return json({ subscriber: saved, ...(warnings.length > 0 && { warnings }) }, isLater ? 202 : status);
};

/** A subscriber who is not there yet; nothing is kept. */
export const newSubscriber = (account: KitSimulatedAccount, body: Body, email: string): SimulatedSubscriber => ({
  id: account.newId(),
  first_name: firstNameIn(body, null),
  email_address: email,
  state: typeof body['state'] === 'string' ? body['state'] : 'active',
  created_at: account.timestamp(),
  fields: {},
});

/** The subscriber with the first name of the body; its state stays, as at Kit. */
export const renamed = (subscriber: SimulatedSubscriber, body: Body): SimulatedSubscriber => ({
  ...subscriber,
  first_name: firstNameIn(body, subscriber.first_name),
});

const upsert = ({ account, body }: EndpointCall): SandboxAnswer => {
  const email = body['email_address'];
  if (!isEmail(email)) return refused(422, 'Email address is invalid');
  const fields = fieldsIn(body);
  const refusal = refusalOf(account, fields);
  if (refusal !== undefined) return refusal;
  const known = account.subscriberByEmail(email);
  if (known !== undefined) return written(account, renamed(known, body), fields, 200);
  if (account.isFull) return refused(403, 'This request would exceed your subscriber limit');
  return written(account, newSubscriber(account, body, email), fields, 201);
};

const withSubscriber =
  (answer: (subscriber: SimulatedSubscriber, call: EndpointCall) => SandboxAnswer): Endpoint['answer'] =>
  (call) => {
    const subscriber = call.account.subscriber(call.params['id'] ?? 0);
    return subscriber === undefined ? notFound() : answer(subscriber, call);
  };

const update = withSubscriber((subscriber, { account, body }) => {
  const email = body['email_address'] ?? subscriber.email_address;
  if (!isEmail(email)) return refused(422, 'Email address is invalid');
  const owner = account.subscriberByEmail(email);
  if (owner !== undefined && owner.id !== subscriber.id) return refused(422, 'Email address has already been taken');
  const fields = fieldsIn(body);
  return refusalOf(account, fields) ?? written(account, { ...renamed(subscriber, body), email_address: email }, fields, 200);
});

const unsubscribe = withSubscriber((subscriber, { account }) => {
  account.save({ ...subscriber, state: 'cancelled' });
  return noContent;
});

const subscriberTags = withSubscriber(({ id }, { account, request }) => {
  const tags = [...account.tags.values()].filter((tag) => account.membership('tags', tag.id, id) !== undefined);
  return paged('tags', tags, request.query);
});

/** Whether a list with this query shows the subscriber; of a state nobody asked for, only active ones. */
export const isAskedFor = ({ state, email_address, created_at }: SimulatedSubscriber, query: URLSearchParams): boolean => {
  const status = query.get('status') ?? 'active';
  const emails = query.get('email_address')?.toLowerCase().split(',');
  const [after, before] = [query.get('created_after'), query.get('created_before')];
  return (
    (status === 'all' || state === status) &&
    (emails === undefined || emails.includes(email_address.toLowerCase())) &&
    (after === null || created_at > after) &&
    (before === null || created_at < before)
  );
};

const list = ({ account, request: { query } }: EndpointCall): SandboxAnswer =>
  paged(
    'subscribers',
    account.listed().filter((subscriber) => isAskedFor(subscriber, query)),
    query,
  );

export const subscriberEndpoints: readonly Endpoint[] = [
  endpoint('GET /v4/subscribers', list),
  endpoint('POST /v4/subscribers', upsert),
  endpoint(
    'GET /v4/subscribers/:id',
    withSubscriber((subscriber) => json({ subscriber })),
  ),
  endpoint('PUT /v4/subscribers/:id', update),
  endpoint('POST /v4/subscribers/:id/unsubscribe', unsubscribe),
  endpoint('GET /v4/subscribers/:id/tags', subscriberTags),
];
