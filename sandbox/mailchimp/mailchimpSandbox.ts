/**
 * A Mailchimp to try things on: ten connections at once, problem documents, bulk writes whose failures hide in a 200,
 * batches in their own time. What the documentation leaves open is marked in docs/services/mailchimp.md.
 */
import { drawnUuid, isObject, textIn, textsIn, type Fields } from '../simulation/fields.ts';
import { offsetPage } from '../simulation/paging.ts';
import { createRouter, type Call, type Handler, type Routes } from '../simulation/router.ts';
import { defineSimulator, noContent, type OpenConnections, type SandboxAnswer, type SandboxRequest } from '../simulation/simulator.ts';
import {
  absentFields,
  contactId,
  invalid,
  MailchimpAccount,
  mailchimpWebhooks,
  md5,
  memberTemplate,
  methodNotAllowed,
  missing,
  notFound,
  problem,
  problemNamed,
  PROBLEM_TYPE,
  refusalOf,
  type List,
  type Member,
  type MemberWrite,
  type Refusal,
} from './mailchimpAccount.ts';
import { batchRoutes, json, makeDueBatches } from './mailchimpBatches.ts';

const API = 'https://us19.api.mailchimp.com';
const MAX_ROWS = 500;
const MAX_CONNECTIONS = 10;
/** Who gives up does not free a connection: the work goes on. */
const HELD_FOR_MS = 120_000;

type MailchimpCall = Call<MailchimpAccount>;
type MailchimpHandler = Handler<MailchimpAccount>;

const paged = <Row>(rows: readonly Row[], query: URLSearchParams): readonly Row[] =>
  offsetPage(rows, query, { size: 'count', standard: 10, most: 1_000 });

const picked = (record: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => {
      const inner = names.filter((path) => path === name || path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));
      return inner.length === 0 ? [] : [[name, narrowed(value, inner)] as const];
    }),
  );

const narrowed = (value: unknown, names: readonly string[]): unknown => {
  if (names.includes('')) return value;
  if (Array.isArray(value)) return value.map((part) => narrowed(part, names));
  return isObject(value) ? picked(value, names) : value;
};

/** A record with no more than the `fields` asked for, such as `total_items,members.id`. */
const withFields = (record: Fields, query: URLSearchParams): SandboxAnswer => {
  const fields = query.get('fields');
  return json(fields === null ? record : picked(record, fields.split(',')));
};

/** An endpoint below a list, which has to be there. */
const inList =
  (respond: (call: MailchimpCall, list: List) => SandboxAnswer): MailchimpHandler =>
  (call) => {
    const list = call.account.lists.get(call.param('list'));
    return list === undefined ? notFound : respond(call, list);
  };

/** An endpoint of a member, who has to be there; archived ones are. */
const ofMember = (respond: (call: MailchimpCall, member: Member, list: List) => SandboxAnswer): MailchimpHandler =>
  inList((call, list) => {
    const member = call.account.member(list, call.param('member'));
    return member === undefined ? notFound : respond(call, member, list);
  });

const links = (path: string) => [
  { rel: 'self', href: `${API}/3.0${path}`, method: 'GET', targetSchema: `${API}/schema/3.0/Definitions${path}/Response.json` },
  { rel: 'delete', href: `${API}/3.0${path}`, method: 'DELETE' },
];

const tagRecord = (name: string) => ({ id: Number.parseInt(md5(name).slice(0, 6), 16), name });

/** A member as the API shows it. */
const memberRecord = (list: List, { id, email_address, status, mergeFields, lastChanged, tags, fields }: Member) => ({
  ...memberTemplate,
  id,
  email_address,
  unique_email_id: md5(`unique ${list.id} ${id}`).slice(0, 10),
  contact_id: contactId(id),
  full_name: [mergeFields['FNAME'], mergeFields['LNAME']].filter((part) => typeof part === 'string' && part !== '').join(' '),
  web_id: Number.parseInt(id.slice(0, 7), 16),
  status,
  merge_fields: { ...memberTemplate.merge_fields, ...mergeFields },
  timestamp_opt: lastChanged,
  last_changed: lastChanged,
  tags_count: tags.length,
  tags: tags.map(tagRecord),
  list_id: list.id,
  _links: links(`/lists/${list.id}/members/${id}`),
  ...fields,
});

const listRecord = ({ id, webId, name, createdAt, members }: List) => {
  const count = (status: string): number => [...members.values()].filter((member) => member.status === status).length;
  return {
    id,
    web_id: webId,
    name,
    date_created: createdAt,
    stats: { member_count: count('subscribed'), unsubscribe_count: count('unsubscribed'), cleaned_count: count('cleaned') },
    _links: links(`/lists/${id}`),
  };
};

const isShown =
  (query: URLSearchParams) =>
  ({ status, lastChanged }: Member): boolean => {
    const [since, wanted] = [query.get('since_last_changed'), query.get('status')];
    if (since !== null && Date.parse(lastChanged) < Date.parse(since)) return false;
    // Archived members show only to those who ask for them.
    return wanted === null ? status !== 'archived' : status === wanted;
  };

const listMembers = inList(({ query }, list) => {
  const members = [...list.members.values()].filter(isShown(query));
  const page = paged(members, query).map((member) => memberRecord(list, member));
  const path = `/lists/${list.id}/members`;
  return withFields({ members: page, list_id: list.id, total_items: members.length, _links: links(path) }, query);
});

const written = ({ account }: MailchimpCall, write: MemberWrite, tags?: readonly string[]): SandboxAnswer => {
  const refusal = refusalOf(write);
  if (refusal !== undefined) return problem(400, refusal);
  const member = account.write(write);
  if (tags !== undefined) member.tags = tags;
  return json(memberRecord(write.list, member));
};

const skipsValidation = (query: URLSearchParams): boolean => query.get('skip_merge_validation') === 'true';
const isArchived = ({ status }: Member): boolean => status === 'archived';

const memberExists = (email: string): Refusal => ({
  title: 'Member Exists',
  detail: `${email} is already a list member. Use PUT to insert or update list members.`,
});

const createMember = inList((call, list) => {
  const { account, body, query } = call;
  const absent = absentFields(body, ['email_address', 'status']);
  if (absent !== undefined) return problem(400, absent);
  const email = textIn(body, 'email_address');
  const existing = account.member(list, email);
  if (existing !== undefined && !isArchived(existing)) return problem(400, memberExists(email));
  const write = { list, email, status: body['status'], body, existing, skipsMergeValidation: skipsValidation(query) };
  return written(call, write, textsIn(body, 'tags'));
});

const upsertMember = inList((call, list) => {
  const { account, body, query, param } = call;
  const existing = account.member(list, param('member'));
  const status = existing === undefined || isArchived(existing) ? (body['status'] ?? body['status_if_new']) : body['status'];
  const needed = existing === undefined && status === undefined ? ['email_address', 'status_if_new'] : ['email_address'];
  const absent = absentFields(body, needed);
  if (absent !== undefined) return problem(400, absent);
  const email = existing?.email_address ?? textIn(body, 'email_address');
  return written(call, { list, email, status, body, existing, skipsMergeValidation: skipsValidation(query) });
});

const updateMember = ofMember((call, existing, list) => {
  const { body, query } = call;
  const skipsMergeValidation = skipsValidation(query) || body['merge_fields'] === undefined;
  return written(call, { list, email: existing.email_address, status: body['status'], body, existing, skipsMergeValidation });
});

/** A second time it is refused. Whether by 404 or by this is not documented; both are simulated: strangers get the other. */
const archiveMember = ofMember(({ account }, member, list) => {
  const { status: before } = member;
  if (before === 'archived') return methodNotAllowed;
  member.status = 'archived';
  account.tell(list, member, before);
  return noContent;
});

interface TagChange {
  readonly name: string;
  readonly status: 'active' | 'inactive';
}

const isTagChange = (value: unknown): value is TagChange =>
  isObject(value) && typeof value['name'] === 'string' && (value['status'] === 'active' || value['status'] === 'inactive');

const tagMember = ofMember(({ account, body: { tags } }, member) => {
  if (!Array.isArray(tags)) return problem(400, invalid('tags', 'This value should not be blank.'));
  if (!tags.every(isTagChange)) return problem(400, invalid('tags', 'Schema describes object with name and status'));
  const named = new Set(tags.map(({ name }) => name));
  const added = tags.filter(({ status }) => status === 'active').map(({ name }) => name);
  member.tags = [...new Set([...member.tags.filter((name) => !named.has(name)), ...added])];
  member.lastChanged = account.timestamp();
  return noContent;
});

/** By the whole address, and by any part of address or name. */
const searchMembers: MailchimpHandler = ({ account, query }) => {
  const words = (query.get('query') ?? '').trim().toLowerCase();
  if (words === '') return problem(400, missing(['query']));
  const listId = query.get('list_id');
  if (listId !== null && !account.lists.has(listId)) return notFound;
  const lists = [...account.lists.values()].filter(({ id }) => listId === null || id === listId);
  const all = lists.flatMap((list) =>
    [...list.members.values()].filter((member) => !isArchived(member)).map((member) => memberRecord(list, member)),
  );
  const matches = (members: typeof all) => ({ members, total_items: members.length });
  const exact = all.filter((member) => member.email_address.toLowerCase() === words);
  const some = all.filter((member) => `${member.email_address} ${member.full_name}`.toLowerCase().includes(words));
  return withFields({ exact_matches: matches(exact), full_search: matches(some), _links: [] }, query);
};

const memberRoutes: Routes<MailchimpAccount> = {
  'GET /ping': () => json({ health_status: "Everything's Chimpy!" }),
  'GET /lists': ({ account, query }) => {
    const lists = [...account.lists.values()].map(listRecord);
    return withFields({ lists: paged(lists, query), total_items: lists.length, _links: links('/lists') }, query);
  },
  'GET /lists/:list': inList(({ query }, list) => withFields(listRecord(list), query)),
  'GET /lists/:list/members': listMembers,
  'POST /lists/:list/members': createMember,
  'GET /lists/:list/members/:member': ofMember(({ query }, member, list) => withFields(memberRecord(list, member), query)),
  'PUT /lists/:list/members/:member': upsertMember,
  'PATCH /lists/:list/members/:member': updateMember,
  'DELETE /lists/:list/members/:member': archiveMember,
  'GET /lists/:list/members/:member/tags': ofMember(({ query }, { tags, lastChanged }) => {
    const rows = tags.map((name) => ({ ...tagRecord(name), date_added: lastChanged }));
    return withFields({ tags: paged(rows, query), total_items: rows.length }, query);
  }),
  'POST /lists/:list/members/:member/tags': tagMember,
  'GET /search-members': searchMembers,
};

type RowResult = { readonly kind: 'new' | 'updated'; readonly member: Member } | { readonly kind: 'error'; readonly error: Fields };

const failed = (email: string, { detail, faults }: Refusal, code = 'ERROR_GENERIC'): RowResult => {
  const { field, message } = faults?.[0] ?? { field: '', message: '' };
  return { kind: 'error', error: { email_address: email, error: detail, error_code: code, field, field_message: message } };
};

const rowWriter =
  ({ account, body, query }: MailchimpCall, list: List, isTwice: (email: string) => boolean) =>
  (row: Fields): RowResult => {
    const email = textIn(row, 'email_address');
    const absent = absentFields(row, ['email_address']);
    if (absent !== undefined) return failed(email, absent);
    if (isTwice(email)) return failed(email, { title: '', detail: `Duplicate items found with email address ${email}` });
    const existing = account.member(list, email);
    const isThere = existing !== undefined && !isArchived(existing);
    if (isThere && body['update_existing'] !== true) return failed(email, memberExists(email), 'ERROR_CONTACT_EXISTS');
    if (!isThere && row['status'] === undefined) return failed(email, missing(['status']));
    const write = { list, email, status: row['status'], body: row, existing, skipsMergeValidation: skipsValidation(query) };
    const refusal = refusalOf(write);
    if (refusal !== undefined) return failed(email, refusal);
    const member = account.write(write);
    member.tags = [...new Set([...(body['sync_tags'] === true ? [] : member.tags), ...textsIn(row, 'tags')])];
    return { kind: isThere ? 'updated' : 'new', member };
  };

/** Whether an address comes twice in a request: unless told not to look, Mailchimp refuses both rows. */
const duplicates = (rows: readonly Fields[], query: URLSearchParams): ((email: string) => boolean) => {
  const skips = query.get('skip_duplicate_check') === 'true';
  const addresses = rows.map((row) => textIn(row, 'email_address').toLowerCase());
  const twice = new Set(addresses.filter((address, index) => addresses.indexOf(address) !== index));
  return (email) => !skips && twice.has(email.toLowerCase());
};

/** Many members at once: 200 whatever became of them, and the failures inside. */
const writeMembers = inList((call, list) => {
  const { members } = call.body;
  if (!Array.isArray(members) || !members.every(isObject)) return problem(400, missing(['members']));
  if (members.length > MAX_ROWS) return problem(400, invalid('members', 'Cannot exceed 500 items'));
  const results = members.map(rowWriter(call, list, duplicates(members, call.query)));
  const records = (kind: 'new' | 'updated') =>
    results.flatMap((result) => (result.kind === kind ? [memberRecord(list, result.member)] : []));
  const [created, updated] = [records('new'), records('updated')];
  const errors = results.flatMap((result) => (result.kind === 'error' ? [result.error] : []));
  const counts = { total_created: created.length, total_updated: updated.length, error_count: errors.length };
  return json({ new_members: created, updated_members: updated, errors, ...counts, _links: [] });
});

const route = createRouter<MailchimpAccount>(
  { ...memberRoutes, 'POST /lists/:list': writeMembers, ...batchRoutes },
  { notFound, methodNotAllowed, malformed: problemNamed('malformedJson') },
);

/** Mailchimp's own path begins with its version; whoever sets only the address of the sandbox leaves it out. */
const respond = (account: MailchimpAccount, request: SandboxRequest): SandboxAnswer =>
  route(request, request.path.replace(/^\/3\.0(?=\/)/u, '')).respond(account);

const keyInvalid = problemNamed('keyInvalid');
const wrongDataCentre = problemNamed('wrongDataCentre');

const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/u;
const BEARER = /^Bearer ([\w.-]{8,200})$/u;
const KEY = /^[^:]*:\w{4,64}-([a-z]{2,10}\d{1,4})$/u;
const HOST = /^([a-z]+\d+)\.api\.mailchimp\.com$/u;

/** `undefined` for a token, and for any user name with a key, at the host that its key names; else Mailchimp's refusal. */
const credentialRefusal = ({ headers }: SandboxRequest): SandboxAnswer | undefined => {
  const authorization = headers['authorization'] ?? '';
  if (BEARER.test(authorization)) return undefined;
  const [, encoded = ''] = BASIC.exec(authorization) ?? [];
  const [, dataCentre] = KEY.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  if (dataCentre === undefined) return keyInvalid;
  const [, asked = dataCentre] = HOST.exec(headers['host'] ?? '') ?? [];
  return asked === dataCentre ? undefined : wrongDataCentre;
};

/** @param connections What the sandbox counted; without it nobody counted, and the request is alone. */
const hasFreeConnection = (connections: OpenConnections | undefined, now: number): boolean => {
  if (connections === undefined) return true;
  const held = connections.abandonedAt.filter((at) => now - at < HELD_FOR_MS).length;
  return connections.open + held <= MAX_CONNECTIONS;
};

/** What the edge says in Mailchimp's place: markup, and no problem. */
const edgePage = (status: number): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<HTML><HEAD><TITLE>Error ${String(status)}</TITLE></HEAD><BODY><H1>Error ${String(status)}</H1>Reference #18.0</BODY></HTML>`,
});

const forbidden = problemNamed('forbidden');
const wellKnown = [
  ...[keyInvalid, forbidden, notFound, methodNotAllowed, problemNamed('tooManyConnections'), problemNamed('internal')],
  problem(400, invalid('', 'The request was refused')),
];

const settle = (account: MailchimpAccount): boolean => makeDueBatches(account, (batched) => respond(account, batched));

export const mailchimpSimulator = defineSimulator<MailchimpAccount>({
  name: 'mailchimp',
  webhooks: mailchimpWebhooks,
  open: (parts) => new MailchimpAccount(parts),
  answer: (account, request) => {
    settle(account);
    const refused = hasFreeConnection(request.connections, account.now) ? credentialRefusal(request) : account.throttled;
    return refused ?? account.standing(request) ?? respond(account, request);
  },
  throttled: (account) => account.throttled,
  // Gateways before it answer with pages.
  failure: (_account, status) => wellKnown.find((known) => known.status === status) ?? edgePage(status),
  settle,
  finish: ({ parts }, answer) => {
    if (answer.headers?.['content-type'] !== PROBLEM_TYPE || !isObject(answer.body)) return answer;
    return { ...answer, body: { ...answer.body, instance: drawnUuid(parts.random) } };
  },
  scenarios: {
    key_revoked: (account) => (account.standing = () => keyInvalid),
    wrong_datacenter: (account) => (account.standing = () => wrongDataCentre),
    connections_taken: (account) => (account.standing = () => account.throttled),
    missing_scopes: (account) => (account.standing = ({ path }) => (path.endsWith('/ping') ? undefined : forbidden)),
    high_volume: (account) => (account.standing = () => ({ status: 403 })),
    edge_pages: (account) => (account.standing = () => edgePage(404)),
    throttled_by_a_page: (account) => (account.throttled = edgePage(429)),
    throttled_without_a_word: (account) => (account.throttled = { status: 429 }),
    writes_disabled: (account) =>
      (account.standing = ({ method }) => (method === 'GET' ? undefined : problemNamed('disabledForCompliance'))),
    members_in_compliance_state: ({ lists }) => {
      for (const { members } of lists.values()) for (const member of members.values()) member.isInComplianceState = true;
    },
  },
});
