/**
 * A Kit to try things on: keys and tokens with their limits, 429 as bare text, lists that lag, fields and rows that come
 * later, bulk for tokens only. What the documentation leaves open is marked in docs/services/kit.md.
 */
import { isEmail, isObject, textIn, type Fields } from '../simulation/fields.ts';
import { cursorPage } from '../simulation/paging.ts';
import type { RateWindow } from '../simulation/rateWindow.ts';
import { createRouter, type Call, type Handler, type Routes } from '../simulation/router.ts';
import { defineSimulator, noContent, type SandboxAnswer, type SandboxRequest } from '../simulation/simulator.ts';
import { failures, KitAccount, kitWebhooks, type CollectionName, type Subscriber } from './kitAccount.ts';

const WINDOW_MS = 60_000;
const LIMITS = { key: 120, token: 600 } as const;
const MAX_FIELDS = 140;
/** More are applied later, and the answer says 202. */
const FIELDS_AT_ONCE = 10;
const BULK_ROWS_AT_ONCE = 100;
const STANDARD_PAGE = 500;
const MAX_PAGE = 1_000;

const json = (body: unknown, status = 200): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body,
});
const text = (status: number, body: string): SandboxAnswer => ({ status, headers: { 'content-type': 'text/plain' }, body });

/** The one shape of Kit's refusals. */
const refused = (status: number, ...errors: readonly unknown[]): SandboxAnswer => json({ errors }, status);

const notFound = refused(404, 'Not Found');
const invalidEmail = refused(422, 'Email address is invalid');
const tokenInvalid = refused(401, 'The access token is invalid');
const FULL = 'This request would exceed your subscriber limit';

const failureOf = (status: number): SandboxAnswer => {
  if (status === 429) return text(429, 'Retry later');
  // What Kit says of failures of its own is not known: nothing of ours reads it.
  return status >= 500 ? text(status, 'Internal Server Error') : refused(status, failures[status] ?? 'Error');
};

type KitCall = Call<KitAccount>;
type KitHandler = Handler<KitAccount>;

/** The rows a request asks for, newest first, under their name and with Kit's cursors. */
const paged = (name: string, rows: readonly { readonly id: number }[], query: URLSearchParams): SandboxAnswer => {
  const perPage = Math.min(MAX_PAGE, Math.max(1, Number(query.get('per_page') ?? STANDARD_PAGE) || STANDARD_PAGE));
  const page = cursorPage(rows, query, perPage);
  const pagination = {
    has_previous_page: page.hasPrevious,
    has_next_page: page.hasNext,
    start_cursor: page.start,
    end_cursor: page.end,
    per_page: perPage,
  };
  return json({ [name]: page.rows, pagination });
};

type CustomFields = Subscriber['fields'];

/** Kit's fields are texts, whatever they were sent as. */
const asText = (value: unknown): string | null => (typeof value === 'string' || value === null ? value : JSON.stringify(value));

const fieldsIn = ({ fields }: Fields): CustomFields =>
  Object.fromEntries(Object.entries(isObject(fields) ? fields : {}).map(([key, value]) => [key, asText(value)]));

const firstNameIn = ({ first_name: name }: Fields, known: string | null): string | null =>
  typeof name === 'string' || name === null ? name : known;

/** The fields of the account, and a warning for each other: it is left out, and the rest is taken. */
const sorted = ({ seeds }: KitAccount, fields: CustomFields) => {
  const entries = Object.entries(fields);
  return {
    known: Object.fromEntries(entries.filter(([key]) => seeds.fieldKeys.includes(key))),
    warnings: entries.filter(([key]) => !seeds.fieldKeys.includes(key)).map(([key]) => `Custom field ${key} does not exist`),
  };
};

const refusalOf = (account: KitAccount, fields: CustomFields): SandboxAnswer | undefined => {
  if (Object.keys(fields).length > MAX_FIELDS) return refused(422, `Fields cannot exceed ${String(MAX_FIELDS)}`);
  const { warnings } = sorted(account, fields);
  return account.refusesUnknownFields && warnings.length > 0 ? refused(422, ...warnings) : undefined;
};

/** Writes a subscriber with its fields: at once if they are few, else some time after the answer. */
const written = (account: KitAccount, subscriber: Subscriber, fields: CustomFields, status: number): SandboxAnswer => {
  const { known, warnings } = sorted(account, fields);
  const isLater = Object.keys(fields).length > FIELDS_AT_ONCE;
  const withFields = (one: Subscriber): Subscriber => ({ ...one, fields: { ...one.fields, ...known } });
  const saved = account.save(isLater ? subscriber : withFields(subscriber));
  if (isLater) account.putOff(() => account.save(withFields(account.subscriber(saved.id) ?? saved)));
  return json({ subscriber: saved, ...(warnings.length > 0 && { warnings }) }, isLater ? 202 : status);
};

/** A subscriber who is not there yet; nothing is kept. */
const newSubscriber = (account: KitAccount, body: Fields, email: string): Subscriber => ({
  id: account.newId(),
  first_name: firstNameIn(body, null),
  email_address: email,
  state: typeof body['state'] === 'string' ? body['state'] : 'active',
  created_at: account.timestamp(),
  fields: {},
});

/** The subscriber with the first name of the body; its state stays, as at Kit. */
const renamed = (subscriber: Subscriber, body: Fields): Subscriber => ({
  ...subscriber,
  first_name: firstNameIn(body, subscriber.first_name),
});

const upsert: KitHandler = ({ account, body }) => {
  const email = body['email_address'];
  if (!isEmail(email)) return invalidEmail;
  const fields = fieldsIn(body);
  const refusal = refusalOf(account, fields);
  if (refusal !== undefined) return refusal;
  const known = account.subscriberByEmail(email);
  if (known !== undefined) return written(account, renamed(known, body), fields, 200);
  return account.isFull ? refused(403, FULL) : written(account, newSubscriber(account, body, email), fields, 201);
};

const withSubscriber =
  (respond: (subscriber: Subscriber, call: KitCall) => SandboxAnswer): KitHandler =>
  (call) => {
    const subscriber = call.account.subscriber(Number(call.param('id')));
    return subscriber === undefined ? notFound : respond(subscriber, call);
  };

const update = withSubscriber((subscriber, { account, body }) => {
  const email = body['email_address'] ?? subscriber.email_address;
  if (!isEmail(email)) return invalidEmail;
  const owner = account.subscriberByEmail(email);
  if (owner !== undefined && owner.id !== subscriber.id) return refused(422, 'Email address has already been taken');
  const fields = fieldsIn(body);
  return refusalOf(account, fields) ?? written(account, { ...renamed(subscriber, body), email_address: email }, fields, 200);
});

/** Whether a list with this query shows the subscriber; of a state nobody asked for, only active ones. */
const isAskedFor = ({ state, email_address, created_at }: Subscriber, query: URLSearchParams): boolean => {
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

const subscriberRoutes: Routes<KitAccount> = {
  'GET /v4/subscribers': ({ account, query }) =>
    paged(
      'subscribers',
      account.listed().filter((subscriber) => isAskedFor(subscriber, query)),
      query,
    ),
  'POST /v4/subscribers': upsert,
  'GET /v4/subscribers/:id': withSubscriber((subscriber) => json({ subscriber })),
  'PUT /v4/subscribers/:id': update,
  'POST /v4/subscribers/:id/unsubscribe': withSubscriber((subscriber, { account }) => {
    account.save({ ...subscriber, state: 'cancelled' });
    return noContent;
  }),
  'GET /v4/subscribers/:id/tags': withSubscriber(({ id }, { account, query }) => {
    const tags = [...account.tags.values()].filter((tag) => account.membership('tags', tag.id, id) !== undefined);
    return paged('tags', tags, query);
  }),
};

/** How an addition's moment is called in the answer. */
const momentOf = (name: CollectionName): string => (name === 'tags' ? 'tagged_at' : 'added_at');

/** A collection's endpoint for one person, by number in the path, or by address in the body, on DELETE too. */
const withMember =
  (name: CollectionName, respond: (id: number, person: Subscriber, call: KitCall) => SandboxAnswer): KitHandler =>
  (call) => {
    const { account, body, param } = call;
    const id = Number(call.param('id'));
    const isByNumber = param('subscriber') !== '';
    const person = isByNumber ? account.subscriber(Number(param('subscriber'))) : account.subscriberByEmail(body['email_address']);
    return !account[name].has(id) || person === undefined ? notFound : respond(id, person, call);
  };

const add = (name: CollectionName): KitHandler =>
  withMember(name, (id, person, { account, body }) => {
    // Seen as a list inside the list.
    if (account[name].get(id)?.active === false) return refused(422, ['Sequence is inactive']);
    const known = account.membership(name, id, person.id);
    const referrer = typeof body['referrer'] === 'string' ? body['referrer'] : null;
    const membership = known ?? account.addMember(name, id, person.id, referrer);
    const more = name === 'forms' ? { referrer: membership.referrer } : {};
    return json({ subscriber: { ...person, [momentOf(name)]: membership.addedAt, ...more } }, known === undefined ? 201 : 200);
  });

const removeTag = withMember('tags', (id, person, { account }) => {
  account.removeTag(id, person.id);
  return noContent;
});

const members =
  (name: CollectionName): KitHandler =>
  (call) => {
    const { account, query } = call;
    const id = Number(call.param('id'));
    if (!account[name].has(id)) return notFound;
    const rows = account.listed().flatMap((person) => {
      const membership = account.membership(name, id, person.id);
      const isListed = membership !== undefined && account.parts.now() >= membership.listedAt && isAskedFor(person, query);
      return isListed ? [{ ...person, [momentOf(name)]: membership.addedAt }] : [];
    });
    return paged('subscribers', rows, query);
  };

const createTag: KitHandler = ({ account, body }) => {
  const name = textIn(body, 'name').trim();
  if (name === '') return refused(422, "Name can't be blank");
  const known = [...account.tags.values()].find((tag) => tag.name === name);
  if (known !== undefined) return json({ tag: known });
  const tag = { id: account.newId(), name, created_at: account.timestamp() };
  account.tags.set(tag.id, tag);
  return json({ tag }, 201);
};

const collectionRoutes = (name: CollectionName): Routes<KitAccount> => ({
  [`GET /v4/${name}`]: ({ account, query }) => paged(name, [...account[name].values()], query),
  [`GET /v4/${name}/:id/subscribers`]: members(name),
  [`POST /v4/${name}/:id/subscribers`]: add(name),
  [`POST /v4/${name}/:id/subscribers/:subscriber`]: add(name),
});

type RowResult = { readonly made: Fields } | { readonly failure: Fields };

/** Fisher and Yates: the answer's order is not the input's. */
const shuffled = <Item>(items: readonly Item[], random: () => number): readonly Item[] => {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as Item, result[last] as Item];
  }
  return result;
};

/** Up to 100 rows are answered, in another order; more are put off, and nobody is told: the simulator calls no address of a request. */
const bulk =
  (list: string, work: (account: KitAccount, row: Fields) => RowResult): KitHandler =>
  ({ account, body }) => {
    const rows = body[list];
    if (account.isBulkQueueFull) return failureOf(413);
    if (!Array.isArray(rows)) return refused(422, `${list} is missing`);
    const todo = rows.filter(isObject);
    if (todo.length > BULK_ROWS_AT_ONCE) {
      account.putOff(() => {
        for (const row of todo) work(account, row);
      });
      return json({}, 202);
    }
    const done = todo.map((row) => work(account, row));
    const results = shuffled(done, account.parts.random);
    return json({
      subscribers: results.flatMap((result) => ('made' in result ? [result.made] : [])),
      failures: results.flatMap((result) => ('failure' in result ? [result.failure] : [])),
    });
  };

/** A bulk row has no custom fields, and its answer shows none. */
const upsertRow = (account: KitAccount, row: Fields): RowResult => {
  const email = row['email_address'];
  const failure = (error: string): RowResult => ({
    failure: {
      subscriber: { first_name: row['first_name'] ?? null, email_address: email ?? null, state: 'active', created_at: null },
      errors: [error],
    },
  });
  if (!isEmail(email)) return failure('Email address is invalid');
  const known = account.subscriberByEmail(email);
  if (known === undefined && account.isFull) return failure(FULL);
  const { fields: _fields, ...made } = account.save(known === undefined ? newSubscriber(account, row, email) : renamed(known, row));
  return { made };
};

const addRow =
  (name: CollectionName, key: string, wrapper: string, kind: string) =>
  (account: KitAccount, row: Fields): RowResult => {
    const [id, subscriberId] = [Number(row[key]), Number(row['subscriber_id'])];
    const person = account.subscriber(subscriberId);
    const failure = (error: string, wrong: Fields): RowResult => ({
      failure: { [wrapper]: { [key]: id, subscriber_id: subscriberId, ...wrong }, errors: [error] },
    });
    // What does not exist is left out of the failure, so a row can't always be told from it.
    if (!account[name].has(id)) return failure(`${kind} does not exist`, { [key]: null });
    if (person === undefined) return failure('Subscriber does not exist', { subscriber_id: null });
    const { addedAt } = account.membership(name, id, person.id) ?? account.addMember(name, id, person.id);
    const { fields: _fields, ...made } = person;
    return { made: { ...made, [momentOf(name)]: addedAt } };
  };

const find = createRouter<KitAccount>(
  {
    'GET /v4/account': ({ account }) => json(account.seeds.account),
    ...subscriberRoutes,
    ...collectionRoutes('tags'),
    ...collectionRoutes('forms'),
    ...collectionRoutes('sequences'),
    'POST /v4/tags': createTag,
    'DELETE /v4/tags/:id/subscribers': removeTag,
    'DELETE /v4/tags/:id/subscribers/:subscriber': removeTag,
    'POST /v4/bulk/subscribers': bulk('subscribers', upsertRow),
    'POST /v4/bulk/tags/subscribers': bulk('taggings', addRow('tags', 'tag_id', 'tagging', 'Tag')),
    'POST /v4/bulk/forms/subscribers': bulk('additions', addRow('forms', 'form_id', 'addition', 'Form')),
  },
  { notFound, methodNotAllowed: notFound, malformed: refused(400, 'Invalid JSON'), variable: /^\d{1,15}$/u },
);

interface Credential {
  readonly value: string;
  readonly kind: keyof typeof LIMITS;
}

const KEY = /^[\w-]{8,100}$/u;
const BEARER = /^Bearer ([\w.~+/-]{8,2000}=*)$/u;

/** A token where there is one: what needs it is refused without. */
const credentialIn = ({ headers }: SandboxRequest): Credential | undefined => {
  const token = BEARER.exec(headers['authorization'] ?? '')?.[1];
  if (token !== undefined) return { value: token, kind: 'token' };
  const key = headers['x-kit-api-key'] ?? '';
  return KEY.test(key) ? { value: key, kind: 'key' } : undefined;
};

/** Requests in a rolling minute, for each credential apart. No header tells of it. */
const windowOf = ({ windows }: KitAccount, { value, kind }: Credential): RateWindow =>
  windows.of(value, { limit: LIMITS[kind], lengthMs: WINDOW_MS, kind: 'rolling' });

const answer = (account: KitAccount, request: SandboxRequest): SandboxAnswer => {
  const credential = credentialIn(request);
  if (credential === undefined || account.credential === 'revoked') return tokenInvalid;
  if (account.credential === 'expired') return refused(401, 'The access token expired');
  if (!windowOf(account, credential).take(account.parts.now())) return failureOf(429);
  account.settle();
  if (account.credential === 'forbidden' && request.path !== '/v4/account') return failureOf(403);
  const { route, respond } = find(request);
  const isBulk = route?.includes(' /v4/bulk/') === true;
  return isBulk && credential.kind !== 'token' ? tokenInvalid : respond(account);
};

export const kitSimulator = defineSimulator<KitAccount>({
  name: 'kit',
  webhooks: kitWebhooks,
  open: (parts) => new KitAccount(parts),
  answer,
  throttled: (account, request) => {
    const credential = credentialIn(request);
    if (credential !== undefined) windowOf(account, credential).exhaust(account.parts.now());
    return failureOf(429);
  },
  failure: (_account, status) => failureOf(status),
  settle: (account) => account.settle(),
  scenarios: {
    bulk_queue_full: (account) => (account.isBulkQueueFull = true),
    credential_revoked: (account) => (account.credential = 'revoked'),
    missing_scopes: (account) => (account.credential = 'forbidden'),
    no_subscribers: (account) => account.removeAllSubscribers(),
    sequences_inactive: ({ sequences }) => {
      for (const sequence of sequences.values()) sequence.active = false;
    },
    subscriber_limit: (account) => (account.isFull = true),
    token_expired: (account) => (account.credential = 'expired'),
    unknown_fields_refused: (account) => (account.refusesUnknownFields = true),
  },
});
