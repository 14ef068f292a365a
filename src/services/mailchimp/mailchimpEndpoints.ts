/**
 * Mailchimp's lists and their members. Each request weighs 1: it counts connections. No answer of last resort anywhere.
 *
 * Lists are cached, to spare connections. Members never are: acting on an old one writes to a person who said no. Whether the
 * member or the list is gone, Mailchimp says in words alone.
 */
import { createHash } from 'node:crypto';
import { pageOfRecord, pageOfRecords, type OperationRequest, type QueueRule, type UpstreamPath } from '../../contract/operation.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes } from '../../time/clock.ts';
import { endpoint } from '../endpoint.ts';
import { email, textIn } from '../inputs.ts';
import * as answers from './mailchimpAnswers.ts';
import * as inputs from './mailchimpInputs.ts';

const { listId } = inputs;

/** Mailchimp's name for an address. It is a person's data like the address itself, since whoever has one finds the other. */
export const subscriberHash = (address: string): string => createHash('md5').update(address.toLowerCase()).digest('hex');

/** A member is named by its address, plus signs and all. */
export const memberPath = (list: string, address: string): UpstreamPath => upstreamPath`/lists/${list}/members/${subscriberHash(address)}`;

export const memberTagsPath = (list: string, address: string): UpstreamPath =>
  upstreamPath`/lists/${list}/members/${subscriberHash(address)}/tags`;

const MEMBER = /^\/lists\/([^/]+)\/members(?:\/([0-9a-f]{32}))?/u;

/** Which member of which list a write is about, however it names the member: writes of one member are made in their order. */
export const writtenMember = ({ path, body }: OperationRequest): string | undefined => {
  const [, list, hash] = MEMBER.exec(path) ?? [];
  const address = textIn(body, 'email_address');
  const member = hash ?? (address === undefined ? undefined : subscriberHash(address));
  return list === undefined || member === undefined ? undefined : `${list}/${member}`;
};

const queue: QueueRule = { entity: writtenMember };
const creation: QueueRule = { ...queue, alreadyDone: ({ reason }) => reason === 'member_exists' };

export const ofList = {
  goneTags: (_request: OperationRequest, answer?: unknown) => (answer === undefined ? ['lists'] : []),
  params: { listId },
  problems: [404],
};
const ofMember = { ...ofList, params: { listId, email } };

export const listLists = endpoint({
  name: 'list_lists',
  ...pageOfRecords,
  route: 'GET /lists',
  summary: 'List lists',
  description: 'Mailchimp calls them audiences, too. Ten unless `count` says more, at most 1,000.',
  query: inputs.listQuery,
  answer: answers.listsAnswer,
  replies: answers.lists,
  upstream: ({ query }) => ({ path: upstreamPath`/lists`, query: { ...query } }),
  cacheForMs: minutes(1),
  staleForMs: minutes(10),
  cacheTags: () => ['lists'],
});

/** What a page of members is asked for: without it, most of each would be a description of the API. */
const MEMBER_FIELDS = [
  'list_id',
  'total_items',
  ...['id', 'email_address', 'unique_email_id', 'contact_id', 'full_name', 'web_id', 'email_type', 'status', 'merge_fields'].map(
    (field) => `members.${field}`,
  ),
  ...['timestamp_signup', 'timestamp_opt', 'member_rating', 'last_changed', 'language', 'vip', 'tags_count', 'tags', 'list_id'].map(
    (field) => `members.${field}`,
  ),
];

export const listMembers = endpoint({
  name: 'list_members',
  ...pageOfRecord,
  ...ofList,
  route: 'GET /lists/:listId/members',
  summary: 'List members of a list',
  description: 'Ten unless `count` says more, at most 1,000.',
  query: inputs.memberQuery,
  answer: answers.membersAnswer,
  replies: answers.members,
  upstream: ({ params, query }) => ({ path: upstreamPath`/lists/${params.listId}/members`, query: { ...query, fields: MEMBER_FIELDS } }),
});

/** @throws {UpstreamRejectedError} 409 `member_exists`; 422 for addresses Mailchimp does not take. */
export const createMember = endpoint({
  name: 'create_member',
  ...ofList,
  route: 'POST /lists/:listId/members',
  summary: 'Create a member',
  description: '409 `member_exists` where the address is on the list. To create or update, use PUT.',
  query: inputs.memberFlags,
  body: inputs.newMember,
  answer: answers.memberAnswer,
  replies: answers.member,
  status: 201,
  problems: [404, 409],
  upstream: ({ params, query, body }) => ({ path: upstreamPath`/lists/${params.listId}/members`, query: { ...query }, body }),
  idempotency: 'never', // a repeat is refused, and the refusal would call our own success a conflict
  queue: creation,
});

export const getMember = endpoint({
  name: 'get_member',
  ...ofMember,
  route: 'GET /lists/:listId/members/:email',
  summary: 'Get a member by address',
  description: 'Archived members are found, too: see `status`.',
  answer: answers.memberAnswer,
  replies: answers.member,
  upstream: ({ params }) => ({ path: memberPath(params.listId, params.email) }),
});

/** Updates the member with this address, or creates it; tags are a write of their own. */
export const upsertMember = endpoint({
  name: 'upsert_member',
  ...ofMember,
  route: 'PUT /lists/:listId/members/:email',
  summary: 'Create or update a member',
  description: 'One who left comes back only by `status: pending`, which asks for consent; else 422 `member_in_compliance_state`.',
  query: inputs.memberFlags,
  body: inputs.memberUpsert,
  answer: answers.memberAnswer,
  replies: answers.member,
  upstream: ({ params, query, body }) => ({
    path: memberPath(params.listId, params.email),
    query: { ...query },
    body: { email_address: params.email, ...body },
  }),
  idempotency: 'natural',
  queue,
});

export const updateMember = endpoint({
  name: 'update_member',
  ...ofMember,
  route: 'PATCH /lists/:listId/members/:email',
  summary: 'Change a member',
  query: inputs.memberFlags,
  body: inputs.memberChange,
  answer: answers.memberAnswer,
  replies: answers.member,
  upstream: ({ params, query, body }) => ({ path: memberPath(params.listId, params.email), query: { ...query }, body }),
  idempotency: 'natural',
  queue,
});

/** Takes the member off the list and keeps the record; the address may come back. */
export const archiveMember = endpoint({
  name: 'archive_member',
  ...ofMember,
  route: 'DELETE /lists/:listId/members/:email',
  summary: 'Archive a member',
  description: '`already: true` where there was nothing left to archive.',
  problems: [],
  answer: answers.archivedAnswer,
  replies: answers.archived,
  upstream: ({ params }) => ({ path: memberPath(params.listId, params.email) }),
  idempotency: 'natural',
  queue,
});

export const tagMember = endpoint({
  name: 'tag_member',
  ...ofMember,
  route: 'POST /lists/:listId/members/:email/tags',
  summary: 'Add and remove tags of a member',
  description: '`active` adds, `inactive` removes, the others stay; `is_syncing: true` starts no automation.',
  body: inputs.tagChange,
  answer: answers.taggedAnswer,
  replies: answers.tagged,
  upstream: ({ params, body }) => ({ path: memberTagsPath(params.listId, params.email), body }),
  idempotency: 'natural',
  queue,
});

/** The cheapest call: it checks the credential, and shows nothing of the account. */
export const ping = endpoint({
  name: 'ping',
  isOfService: true,
  route: 'GET /ping',
  summary: 'Ask whether Mailchimp is there and takes our credential',
  answer: answers.ping,
  upstream: () => ({ path: upstreamPath`/ping` }),
});
