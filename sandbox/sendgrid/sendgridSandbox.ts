/**
 * A SendGrid to try things on: mail that arrives twice if it is sent twice, contacts written by jobs, 404 where nobody is
 * known, a 401 that is a used up quota, a limit of each endpoint. What the documentation leaves open is marked in
 * docs/services/sendgrid.md.
 */
import { commaSeparated, consistsOf, isObject, listIn, textIn, textsIn, type Fields } from '../simulation/fields.ts';
import { numberIn, offsetPage, pageFrom } from '../simulation/paging.ts';
import type { RateWindow } from '../simulation/rateWindow.ts';
import { createRouter, type Handler, type Routes } from '../simulation/router.ts';
import { defineSimulator, noContent, type SandboxAnswer, type SandboxRequest } from '../simulation/simulator.ts';
import {
  emptyContact,
  failures,
  identifiersOf,
  SendgridAccount,
  type Contact,
  type Job,
  type JobResults,
  type List,
} from './sendgridAccount.ts';
import { json, mailRoutes, refused, SEND, sendgridWebhooks } from './sendgridMail.ts';

const API = 'https://api.sendgrid.com/v3/marketing';
const CONTACTS = '/v3/marketing/contacts';
const GLOBAL = 'unsubscribes';
const MAX_CONTACTS = 30_000;
const MAX_BYTES = 6_000_000;
const MAX_READ = 100;
const MAX_FOUND = 50;
const MAX_NAME = 100;
const EMAIL = /^[^\s@]{1,64}@[^\s@]+$/u;

type SendgridHandler = Handler<SendgridAccount>;

/** Proxies before it answer with pages. */
const failureOf = (status: number): SandboxAnswer => {
  const words = failures[status];
  if (words !== undefined) return refused(status, words);
  const page = `<html><head><title>${String(status)}</title></head><body><center><h1>${String(status)}</h1></center><hr>nginx</body></html>`;
  return { status, headers: { 'content-type': 'text/html' }, body: page };
};

const notFound = failureOf(404);
const tooMany = failureOf(429);
const invalidGrant = refused(401, 'The provided authorization grant is invalid, expired, or revoked');

const contactRecord = ({ id, createdAt, updatedAt, fields, listIds }: Contact) => ({
  ...emptyContact,
  ...fields,
  id,
  list_ids: listIds,
  segment_ids: [],
  created_at: createdAt,
  updated_at: updatedAt,
  _metadata: { self: `${API}/contacts/${id}` },
});

type Written = 'created' | 'updated' | 'errored';

/** A known contact is updated only by a row with all the identifiers it has. */
const write = (account: SendgridAccount, sent: Fields, listIds: readonly string[]): Written => {
  // Addresses are stored in lower case.
  const row = typeof sent['email'] === 'string' ? { ...sent, email: sent['email'].toLowerCase() } : sent;
  if (row['email'] !== undefined && !EMAIL.test(textIn(row, 'email'))) return 'errored';
  const [known, ...others] = account.contacts.matching(row);
  if (others.length > 0) return 'errored';
  const updatedAt = account.timestamp();
  if (known === undefined) {
    account.contacts.add({ id: account.newId(), createdAt: updatedAt, updatedAt, fields: row, listIds: [...new Set(listIds)] });
    return 'created';
  }
  if (identifiersOf(known.fields).some((name) => textIn(row, name) !== textIn(known.fields, name))) return 'errored';
  known.fields = { ...known.fields, ...row };
  known.updatedAt = updatedAt;
  known.listIds = [...new Set([...known.listIds, ...listIds])];
  account.contacts.add(known);
  return 'updated';
};

const writeAll = (account: SendgridAccount, rows: readonly Fields[], listIds: readonly string[]): JobResults => {
  const written = rows.map((row) => write(account, row, listIds));
  const count = (what: Written): number => written.filter((each) => each === what).length;
  return {
    requested_count: rows.length,
    created_count: count('created'),
    updated_count: count('updated'),
    errored_count: count('errored'),
  };
};

const accepted = ({ id }: Job): SandboxAnswer => json({ job_id: id }, 202);

const upsert: SendgridHandler = ({ account, body }) => {
  const rows = listIn(body, 'contacts');
  const listIds = listIn(body, 'list_ids').map(String);
  if (rows.length === 0 || rows.length > MAX_CONTACTS) return refused(400, 'contacts must have 1 to 30000 items', 'contacts');
  if (JSON.stringify(body).length > MAX_BYTES) return failureOf(413);
  const bad = rows.findIndex((row) => !isObject(row) || identifiersOf(row).length === 0);
  if (bad >= 0) return refused(400, 'at least one identifier is required', `contacts[${String(bad)}]`);
  if (listIds.some((id) => !account.lists.has(id))) return refused(400, 'invalid list id', 'list_ids');
  const contacts = rows.filter(isObject);
  return accepted(account.begin('upsert_contacts', contacts.length, () => writeAll(account, contacts, listIds)));
};

const remove: SendgridHandler = ({ account, query }) => {
  const ids = commaSeparated(query.get('ids'));
  if (ids.length === 0) return refused(400, 'ids or delete_all_contacts is required', 'ids');
  const work = (): JobResults => {
    const deleted = ids.filter((id) => account.contacts.delete(id)).length;
    return { requested_count: ids.length, deleted_count: deleted, errored_count: 0 };
  };
  return accepted(account.begin('delete_contacts', ids.length, work));
};

const findByEmail: SendgridHandler = ({ account, body }) => {
  const emails = textsIn(body, 'emails').map((email) => email.toLowerCase());
  if (emails.length === 0 || emails.length > MAX_READ) return refused(400, 'emails must have 1 to 100 items', 'emails');
  const found = new Map(emails.flatMap((email) => account.contacts.matching({ email }).map((contact) => [email, contact] as const)));
  // In an order of its own, like SendGrid.
  const result = emails.toReversed().map((email) => {
    const contact = found.get(email);
    return [email, contact === undefined ? { error: 'contact not found' } : { contact: contactRecord(contact) }] as const;
  });
  return found.size > 0 ? json({ result: Object.fromEntries(result) }) : notFound;
};

/** `email = 'ada@example.com'`, or `LIKE` with `%` for anything; of the query language no more is simulated. */
const CONDITION = /^\s*(email|first_name|last_name)\s+(?:=|LIKE)\s+'([^']*)'\s*$/iu;

const searchByQuery: SendgridHandler = ({ account, body }) => {
  const [, field, wanted] = CONDITION.exec(textIn(body, 'query')) ?? [];
  if (field === undefined || wanted === undefined) return refused(400, 'invalid query', 'query');
  const parts = wanted.toLowerCase().split('%');
  const found = account.contacts.all.filter(({ fields }) => consistsOf(textIn(fields, field.toLowerCase()).toLowerCase(), parts));
  return json({ result: found.slice(0, MAX_FOUND).map(contactRecord), contact_count: found.length });
};

const getImport: SendgridHandler = ({ account, param }) => {
  const job = account.jobs.get(param('id'));
  if (job === undefined) return notFound;
  const { id, type, startedAt, requested, results, finishedAt } = job;
  const common = { id, job_type: type, started_at: account.timestamp(startedAt) };
  if (results === undefined) return json({ ...common, status: 'pending', results: { requested_count: requested } });
  const { requested_count: all, errored_count: errored } = results;
  const failed = errored === all ? 'failed' : 'errored';
  // Leads nowhere: the rows that failed are not simulated.
  const errors = errored === 0 ? {} : { errors_url: `https://imports.example.com/${id}.csv?signature=sandbox` };
  const status = errored === 0 ? 'completed' : failed;
  return json({ ...common, status, results: { ...results, ...errors }, finished_at: account.timestamp(finishedAt) });
};

const contactRoutes: Routes<SendgridAccount> = {
  [`PUT ${CONTACTS}`]: upsert,
  [`DELETE ${CONTACTS}`]: remove,
  [`POST ${CONTACTS}/search`]: searchByQuery,
  [`POST ${CONTACTS}/search/emails`]: findByEmail,
  [`POST ${CONTACTS}/batch`]: ({ account, body }) => {
    const ids = listIn(body, 'ids').map(String);
    if (ids.length === 0 || ids.length > MAX_READ) return refused(400, 'ids must have 1 to 100 items', 'ids');
    return json({ result: [...new Set(ids)].flatMap((id) => account.contacts.get(id) ?? []).map(contactRecord) });
  },
  [`GET ${CONTACTS}/imports/:id`]: getImport,
  [`GET ${CONTACTS}/:id`]: ({ account, param }) => {
    const contact = account.contacts.get(param('id'));
    return contact === undefined ? notFound : json(contactRecord(contact));
  },
};

const listRecord = ({ contacts }: SendgridAccount, { id, name }: List) => ({
  id,
  name,
  contact_count: contacts.all.filter(({ listIds }) => listIds.includes(id)).length,
  _metadata: { self: `${API}/lists/${id}` },
});

const listRoutes: Routes<SendgridAccount> = {
  // A token is the place of its page's first row.
  'GET /v3/marketing/lists': ({ account, query }) => {
    const size = Math.min(1_000, Math.max(1, numberIn(query, 'page_size', 100)));
    const { rows, next } = pageFrom([...account.lists.values()], numberIn(query, 'page_token', 0), size);
    const more = next === undefined ? {} : { next: `${API}/lists?page_size=${String(size)}&page_token=${String(next)}` };
    const result = rows.map((each) => listRecord(account, each));
    return json({ result, _metadata: { self: `${API}/lists`, ...more, count: account.lists.size } });
  },
  'POST /v3/marketing/lists': ({ account, body }) => {
    const name = textIn(body, 'name');
    if (name === '' || name.length > MAX_NAME) return refused(400, 'name must have 1 to 100 characters', 'name');
    const made = { id: account.newId(), name };
    account.lists.set(made.id, made);
    return json(listRecord(account, made), 201);
  },
  'DELETE /v3/marketing/lists/:id/contacts': ({ account, param, query }) => {
    const list = param('id');
    const ids = commaSeparated(query.get('contact_ids'));
    if (!account.lists.has(list)) return notFound;
    if (ids.length === 0) return refused(400, 'contact_ids is required', 'contact_ids');
    const work = (): JobResults => {
      for (const contact of ids.flatMap((id) => account.contacts.get(id) ?? [])) {
        contact.listIds = contact.listIds.filter((id) => id !== list);
      }
      return { requested_count: ids.length, errored_count: 0 };
    };
    return accepted(account.begin('remove_contacts_from_list', ids.length, work));
  },
};

const listSuppressed =
  (kind: string): SendgridHandler =>
  ({ account, query }) => {
    const [from, to] = [numberIn(query, 'start_time', 0), numberIn(query, 'end_time', Number.MAX_SAFE_INTEGER)];
    const email = query.get('email')?.toLowerCase();
    const rows = [...account.suppressed(kind).values()]
      .filter((row) => row.created >= from && row.created <= to && (email === undefined || row.email === email))
      .sort((one, other) => other.created - one.created);
    return json(offsetPage(rows, query, { size: 'limit', standard: 500, most: 500 }));
  };

/** Adds the addresses of the request. @param setFor Chosen by the path; the global list without one. */
const suppress =
  (setFor: (account: SendgridAccount, id: string) => Set<string> | undefined): SendgridHandler =>
  ({ account, body, param }) => {
    const emails = textsIn(body, 'recipient_emails').map((email) => email.toLowerCase());
    if (emails.length === 0) return refused(400, 'recipient_emails is required', 'recipient_emails');
    const group = setFor(account, param('id'));
    const created = Math.floor(account.now / 1000);
    for (const email of emails) {
      if (group === undefined) account.suppressed(GLOBAL).set(email, { email, created });
      else group.add(email);
    }
    return json({ recipient_emails: emails }, 201);
  };

const suppressionRoutes: Routes<SendgridAccount> = {
  ...Object.fromEntries(
    ['bounces', 'blocks', 'spam_reports', 'invalid_emails', GLOBAL].map((kind) => [`GET /v3/suppression/${kind}`, listSuppressed(kind)]),
  ),
  'POST /v3/asm/suppressions/global': suppress(() => undefined),
  'GET /v3/asm/suppressions/global/:email': ({ account, param }) => {
    const email = param('email').toLowerCase();
    return json(account.suppressed(GLOBAL).has(email) ? { recipient_email: email } : {});
  },
  'DELETE /v3/asm/suppressions/global/:email': ({ account, param }) =>
    account.suppressed(GLOBAL).delete(param('email').toLowerCase()) ? noContent : notFound,
  // Addresses for a group that does not exist go to the global list, as SendGrid has it.
  'POST /v3/asm/groups/:id/suppressions': suppress(({ groups }, id) => groups.get(id)),
};

const SCOPES = 'GET /v3/scopes';

const find = createRouter<SendgridAccount>(
  {
    [SCOPES]: ({ account }) => json({ scopes: account.seeds.scopes }),
    ...mailRoutes,
    ...contactRoutes,
    ...listRoutes,
    ...suppressionRoutes,
  },
  { notFound, methodNotAllowed: failureOf(405), malformed: refused(400, 'Bad Request') },
);

const limited = (window: RateWindow, now: number, respond: () => SandboxAnswer): SandboxAnswer => {
  const response = window.take(now) ? respond() : tooMany;
  const headers = {
    'x-ratelimit-limit': String(window.limit),
    'x-ratelimit-remaining': String(window.remaining(now)),
    'x-ratelimit-reset': String(Math.ceil(window.resetsAt(now) / 1000)),
  };
  return { ...response, headers: { ...response.headers, ...headers } };
};

const BEARER = /^Bearer (SG\.[\w.-]{4,200})$/u;

const answer = (account: SendgridAccount, request: SandboxRequest): SandboxAnswer => {
  const { authorization } = request.headers;
  if (authorization === undefined) return failureOf(401);
  if (!BEARER.test(authorization)) return invalidGrant;
  account.settle();
  const { route, respond } = find(request);
  if (route === undefined) return respond(account);
  const answered = (): SandboxAnswer => account.standing(route) ?? respond(account);
  // Whether mail has a limit that its headers tell is not known.
  return route === SEND ? answered() : limited(account.window(`${authorization} ${route}`), account.now, answered);
};

const throttled = (account: SendgridAccount, request: SandboxRequest): SandboxAnswer => {
  const { route = request.path } = find(request);
  const window = account.window(`${request.headers['authorization'] ?? ''} ${route}`);
  window.exhaust(account.now);
  return limited(window, account.now, () => tooMany);
};

/** Answers in the place of one route. */
const instead =
  (route: string, response: SandboxAnswer) =>
  (account: SendgridAccount): void => {
    account.standing = (asked) => (asked === route ? response : undefined);
  };

/** A key without the scopes of an area, such as `mail`. */
const without =
  (area: string, field: string | null) =>
  (account: SendgridAccount): void => {
    const scopes = account.seeds.scopes.filter((scope) => !scope.startsWith(`${area}.`));
    account.standing = (route) => {
      if (route.includes(` /v3/${area}/`)) return refused(403, 'access forbidden', field);
      return route === SCOPES ? json({ scopes }) : undefined;
    };
  };

const SENDER_UNVERIFIED = 'The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.';

export const sendgridSimulator = defineSimulator<SendgridAccount>({
  name: 'sendgrid',
  webhooks: sendgridWebhooks,
  open: (parts) => new SendgridAccount(parts),
  answer,
  throttled,
  failure: (_account, status) => failureOf(status),
  settle: (account) => account.settle(),
  scenarios: {
    credits_exceeded: instead(SEND, refused(401, 'Maximum credits exceeded')),
    eu_host: (account) => (account.standing = (route) => (route.includes(' /v3/marketing/') ? notFound : undefined)),
    imports_failed: (account) => (account.imports = 'failed'),
    imports_stuck: (account) => (account.imports = 'stuck'),
    key_revoked: (account) => (account.standing = () => invalidGrant),
    mail_scope_missing: without('mail', 'null'),
    marketing_scope_missing: without('marketing', null),
    sender_unverified: instead(SEND, refused(403, SENDER_UNVERIFIED, 'from')),
  },
});
