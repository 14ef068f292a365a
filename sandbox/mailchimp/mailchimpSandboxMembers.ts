/**
 * Lists and single members of the simulated Mailchimp.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { isObject, textIn } from '../simulation/simulatedFields.ts';
import { contactId } from './mailchimpSandboxAccount.ts';
import { endpoint, inList, json, ofMember, paged, withFields, type Endpoint, type EndpointCall } from './mailchimpSandboxEndpoint.ts';
import { invalid, methodNotAllowed, problem } from './mailchimpSandboxProblems.ts';
import { absentFields, memberExists, refusalOf, writeMember, type MemberWrite } from './mailchimpSandboxRules.ts';
import { md5, type SimulatedList, type SimulatedMember } from './mailchimpSandboxSeeds.ts';

const API = 'https://us19.api.mailchimp.com';

const links = (path: string) => [
  { rel: 'self', href: `${API}/3.0${path}`, method: 'GET', targetSchema: `${API}/schema/3.0/Definitions${path}/Response.json` },
  { rel: 'delete', href: `${API}/3.0${path}`, method: 'DELETE' },
];

const tagRecord = (name: string) => ({ id: Number.parseInt(md5(name).slice(0, 6), 16), name });

const fullName = ({ mergeFields }: SimulatedMember): string =>
  [mergeFields['FNAME'], mergeFields['LNAME']].filter((part) => typeof part === 'string' && part !== '').join(' ');

/** A member as the API shows it. */
export const memberRecord = (list: SimulatedList, member: SimulatedMember) => ({
  id: member.id,
  email_address: member.email_address,
  unique_email_id: md5(`unique ${list.id} ${member.id}`).slice(0, 10),
  contact_id: contactId(member.id),
  full_name: fullName(member),
  web_id: Number.parseInt(member.id.slice(0, 7), 16),
  email_type: 'html',
  status: member.status,
  consents_to_one_to_one_messaging: true,
  sms_phone_number: '',
  sms_subscription_status: '',
  sms_subscription_last_updated: '',
  merge_fields: { FNAME: '', LNAME: '', ADDRESS: '', PHONE: '', BIRTHDAY: '', COMPANY: '', ...member.mergeFields },
  stats: { avg_open_rate: 0, avg_click_rate: 0, ecommerce_data: { total_revenue: 0, number_of_orders: 0, currency_code: 'USD' } },
  ip_signup: '',
  timestamp_signup: '',
  ip_opt: '203.0.113.7',
  timestamp_opt: member.lastChanged,
  member_rating: 2,
  last_changed: member.lastChanged,
  language: '',
  vip: false,
  email_client: '',
  location: { latitude: 0, longitude: 0, gmtoff: 0, dstoff: 0, country_code: '', timezone: '', region: '' },
  source: 'API',
  tags_count: member.tags.length,
  tags: member.tags.map(tagRecord),
  list_id: list.id,
  _links: links(`/lists/${list.id}/members/${member.id}`),
  ...member.fields,
});

const countOf = (list: SimulatedList, status: string): number =>
  [...list.members.values()].filter((member) => member.status === status).length;

const listRecord = (list: SimulatedList) => ({
  id: list.id,
  web_id: list.webId,
  name: list.name,
  date_created: list.createdAt,
  stats: {
    member_count: countOf(list, 'subscribed'),
    unsubscribe_count: countOf(list, 'unsubscribed'),
    cleaned_count: countOf(list, 'cleaned'),
  },
  _links: links(`/lists/${list.id}`),
});

const listLists = ({ account, query }: EndpointCall): SandboxAnswer => {
  const lists = [...account.lists.values()].map(listRecord);
  return withFields({ lists: paged(lists, query), total_items: lists.length, _links: links('/lists') }, query);
};

const getList = ({ query }: EndpointCall, list: SimulatedList): SandboxAnswer => withFields(listRecord(list), query);

const isShown =
  ({ query }: EndpointCall) =>
  ({ status, lastChanged }: SimulatedMember): boolean => {
    const since = query.get('since_last_changed');
    const wanted = query.get('status');
    if (since !== null && Date.parse(lastChanged) < Date.parse(since)) return false;
    // Archived members show only to those who ask for them.
    return wanted === null ? status !== 'archived' : status === wanted;
  };

const listMembers = (call: EndpointCall, list: SimulatedList): SandboxAnswer => {
  const members = [...list.members.values()].filter(isShown(call));
  const page = paged(members, call.query).map((member) => memberRecord(list, member));
  const path = `/lists/${list.id}/members`;
  return withFields({ members: page, list_id: list.id, total_items: members.length, _links: links(path) }, call.query);
};

const written = (call: EndpointCall, write: MemberWrite): SandboxAnswer => {
  const refusal = refusalOf(write);
  return refusal === undefined ? json(memberRecord(write.list, writeMember(call.account, write))) : problem(400, refusal);
};

const skipsMergeValidation = ({ query }: EndpointCall): boolean => query.get('skip_merge_validation') === 'true';

const tagNames = (tags: unknown): readonly string[] =>
  Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [];

const createMember = (call: EndpointCall, list: SimulatedList): SandboxAnswer => {
  const { account, body } = call;
  const absent = absentFields(body, ['email_address', 'status']);
  if (absent !== undefined) return problem(400, absent);
  const email = textIn(body, 'email_address');
  const existing = account.member(list, email);
  if (existing !== undefined && existing.status !== 'archived') return problem(400, memberExists(email));
  const write = { list, email, status: body['status'], body, existing, skipsMergeValidation: skipsMergeValidation(call) };
  const refusal = refusalOf(write);
  if (refusal !== undefined) return problem(400, refusal);
  const member = writeMember(account, write);
  member.tags = tagNames(body['tags']);
  return json(memberRecord(list, member));
};

const upsertMember = (call: EndpointCall, list: SimulatedList): SandboxAnswer => {
  const { account, body, params } = call;
  const existing = account.member(list, params['member'] ?? '');
  const status = existing === undefined || existing.status === 'archived' ? (body['status'] ?? body['status_if_new']) : body['status'];
  const needed = existing === undefined && status === undefined ? ['email_address', 'status_if_new'] : ['email_address'];
  const absent = absentFields(body, needed);
  if (absent !== undefined) return problem(400, absent);
  const email = existing?.email_address ?? textIn(body, 'email_address');
  return written(call, { list, email, status, body, existing, skipsMergeValidation: skipsMergeValidation(call) });
};

const updateMember = (call: EndpointCall, existing: SimulatedMember, list: SimulatedList): SandboxAnswer => {
  const { body } = call;
  const skips = skipsMergeValidation(call) || body['merge_fields'] === undefined;
  return written(call, { list, email: existing.email_address, status: body['status'], body, existing, skipsMergeValidation: skips });
};

/** A second time it is refused. Whether by 404 or by this is not documented; both are simulated: strangers get the other. */
const archiveMember = ({ account }: EndpointCall, member: SimulatedMember, list: SimulatedList): SandboxAnswer => {
  const { status: before } = member;
  if (before === 'archived') return methodNotAllowed;
  member.status = 'archived';
  account.tell(list, member, before);
  return { status: 204 };
};

interface TagChange {
  readonly name: string;
  readonly status: 'active' | 'inactive';
}

const isTagChange = (value: unknown): value is TagChange =>
  isObject(value) && typeof value['name'] === 'string' && (value['status'] === 'active' || value['status'] === 'inactive');

const tagMember = ({ account, body: { tags } }: EndpointCall, member: SimulatedMember): SandboxAnswer => {
  if (!Array.isArray(tags)) return problem(400, invalid([{ field: 'tags', message: 'This value should not be blank.' }]));
  if (!tags.every(isTagChange)) return problem(400, invalid([{ field: 'tags', message: 'Schema describes object with name and status' }]));
  const named = new Set(tags.map(({ name }) => name));
  const added = tags.filter(({ status }) => status === 'active').map(({ name }) => name);
  member.tags = [...new Set([...member.tags.filter((name) => !named.has(name)), ...added])];
  member.lastChanged = account.timestamp();
  return { status: 204 };
};

const listTags = ({ query }: EndpointCall, { tags, lastChanged }: SimulatedMember): SandboxAnswer => {
  const rows = tags.map((name) => ({ ...tagRecord(name), date_added: lastChanged }));
  return withFields({ tags: paged(rows, query), total_items: rows.length }, query);
};

const getMember = ({ query }: EndpointCall, member: SimulatedMember, list: SimulatedList): SandboxAnswer =>
  withFields(memberRecord(list, member), query);

export const memberEndpoints: readonly Endpoint[] = [
  endpoint('GET /ping', () => json({ health_status: "Everything's Chimpy!" })),
  endpoint('GET /lists', listLists),
  inList('GET /lists/:list', getList),
  inList('GET /lists/:list/members', listMembers),
  inList('POST /lists/:list/members', createMember),
  ofMember('GET /lists/:list/members/:member', getMember),
  inList('PUT /lists/:list/members/:member', upsertMember),
  ofMember('PATCH /lists/:list/members/:member', updateMember),
  ofMember('DELETE /lists/:list/members/:member', archiveMember),
  ofMember('GET /lists/:list/members/:member/tags', listTags),
  ofMember('POST /lists/:list/members/:member/tags', tagMember),
];
