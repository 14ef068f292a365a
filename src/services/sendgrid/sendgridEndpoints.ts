/**
 * SendGrid's lists, and suppressions: whom it sends nothing to, and why. Lists are cached. Contacts and suppressions never are:
 * acting on old ones writes to a person who said no. No answer of last resort anywhere.
 *
 * A write that may wait answers 200 where SendGrid has accepted it, be it for later: 202 is that it waits here.
 */
import { z } from 'zod';
import { isQueued, type CallOptions, type Queued } from '../../contract/call.ts';
import { manyRecords, pageOfRecords, type Operation, type OperationRequest, type QueueRule } from '../../contract/operation.ts';
import { writeInParts } from '../../pipeline/bulkParts.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import { lastValueIn, upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes } from '../../time/clock.ts';
import { failedIn, statusOfKeys, type PartlyFailed } from '../bulkRows.ts';
import { endpoint, recipe, type Endpoint } from '../endpoint.ts';
import { checked, email } from '../inputs.ts';
import * as answers from './sendgridAnswers.ts';
import * as inputs from './sendgridInputs.ts';

/** SendGrid counts requests of each endpoint apart: an operation's own name is that of its limit. */
export const named = (name: string) => ({ name, quota: name });

/** A list that it names may be what is gone. */
export const onLists = {
  goneTags: (_request: OperationRequest, answer?: unknown) => (answer === undefined ? ['lists'] : []),
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The only element of a list; a write of several people has no one it belongs to. */
const onlyOf = (list: unknown): unknown => (Array.isArray(list) && list.length === 1 ? (list as readonly unknown[])[0] : undefined);

const entity = (kind: string, value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? `${kind}/${value.toLowerCase()}` : undefined;

const IDENTIFIERS = ['email', 'phone_number_id', 'external_id', 'anonymous_id'] as const;

/** By the first identifier of an upsert, or the id of a deletion: SendGrid alone knows whether the two are one person. */
export const writtenContact = ({ body, query = {} }: OperationRequest): string | undefined => {
  const contact = isFields(body) ? onlyOf(body['contacts']) : undefined;
  if (!isFields(contact)) return entity('id', onlyOf(query['ids'] ?? query['contact_ids']));
  const identifier = IDENTIFIERS.find((name) => typeof contact[name] === 'string');
  return identifier === undefined ? undefined : entity(identifier, contact[identifier]);
};

/** An address, whether it stands in the path or in the body. */
export const writtenSuppression = ({ path, body }: OperationRequest): string | undefined =>
  entity('suppression', isFields(body) ? onlyOf(body['recipient_emails']) : /\/global\/[^/]+$/u.test(path) ? lastValueIn(path) : undefined);

/** Writes of one contact, and of one address' suppression, wait in their order. */
export const ofContact = { idempotency: 'natural', queue: { entity: writtenContact } as QueueRule } as const;
const ofSuppression = { idempotency: 'natural', queue: { entity: writtenSuppression } as QueueRule } as const;

/** A write of many, by parts where SendGrid fails at it. Where it waits, it waits as a whole. */
const writeMany = async <T extends object, Whole extends object>(
  http: HttpClient,
  operation: Operation<T>,
  request: OperationRequest & { readonly keys: readonly string[] },
  options: CallOptions | undefined,
  whole: (answers: readonly T[]) => Whole,
): Promise<(Whole & PartlyFailed) | Queued> => {
  const { keys, ...sent } = request;
  const parts = await writeInParts(http, operation, sent, options);
  const answers: (T | Queued)[] = parts.answered.map(({ answer }) => answer);
  return answers.find(isQueued) ?? { ...whole(answers.filter((answer): answer is T => !isQueued(answer))), ...failedIn(parts, keys) };
};

/** The first job, and all where there are several. */
export interface Jobs {
  readonly job_id: string;
  readonly job_ids?: readonly string[];
}

export const jobsOf = (jobs: readonly answers.Job[]): Jobs => {
  const ids = jobs.map(({ job_id: id }) => id);
  return { job_id: ids[0] ?? '', ...(ids.length > 1 && { job_ids: ids }) };
};

export const writeJobs = (
  http: HttpClient,
  operation: Operation<answers.Job>,
  request: OperationRequest & { readonly keys: readonly string[] },
  options: CallOptions | undefined,
): Promise<(Jobs & PartlyFailed) | Queued> => writeMany(http, operation, request, options, jobsOf);

export const getScopes = endpoint({
  ...named('get_scopes'),
  isOfService: true,
  route: 'GET /scopes',
  summary: 'See what our key may do at SendGrid',
  answer: answers.scopes,
  upstream: () => ({ path: upstreamPath`/v3/scopes` }),
});

/** Whoever has made a list finds it in the list of lists. */
const cacheTags = () => ['lists'];

export const listLists = endpoint({
  ...named('list_lists'),
  ...pageOfRecords,
  route: 'GET /lists',
  summary: 'List lists',
  description: 'A hundred unless `page_size` says more, at most 1,000; the next page is behind the `page_token` of `_metadata.next`.',
  query: inputs.listQuery,
  answer: answers.lists,
  upstream: ({ query }) => ({ path: upstreamPath`/v3/marketing/lists`, query: { ...query } }),
  cacheForMs: minutes(1),
  staleForMs: minutes(10),
  cacheTags,
});

/** Not queued: its id is what the caller asks for. */
export const createList = endpoint({
  ...named('create_list'),
  route: 'POST /lists',
  summary: 'Create a list',
  body: inputs.listInput,
  answer: answers.list,
  status: 201,
  upstream: ({ body }) => ({ path: upstreamPath`/v3/marketing/lists`, body }),
  idempotency: 'never', // nobody promises that a second list of one name is refused
  cacheTags,
});

const removal: Operation<answers.Job> = {
  ...named('remove_from_list'),
  ...onLists,
  method: 'DELETE',
  answer: answers.job,
  rows: { in: 'query', name: 'contact_ids' },
  ...ofContact,
};

/** Takes up to 100 contacts off a list; they stay contacts. */
export const removeFromList: Endpoint<
  [listId: string, contactIds: readonly string[], options?: CallOptions],
  (Jobs & PartlyFailed) | Queued
> = {
  operations: [removal],
  bind: (http) => async (listId, contactIds, options) => {
    const path = upstreamPath`/v3/marketing/lists/${checked(inputs.id, listId, 'listId')}/contacts`;
    const keys = checked(inputs.ids, contactIds, 'contactIds');
    return writeJobs(http, removal, { path, query: { contact_ids: keys }, keys }, options);
  },
};

export const removeContactFromList = recipe({
  route: 'DELETE /lists/:listId/contacts/:contactId',
  summary: 'Take a contact off a list',
  description: 'Accepted, not done: SendGrid does it in its own time.',
  params: { listId: inputs.id, contactId: inputs.id },
  answer: answers.job,
  problems: [404],
  queueable: true,
  run: (http, { params }, options) => removeFromList.bind(http)(params.listId, [params.contactId], options),
});

const listOfKind = (name: string): Operation<answers.Suppressions> => ({
  ...named(name),
  method: 'GET',
  idempotency: 'safe',
  answer: answers.suppressions,
  ...manyRecords,
  isOfService: true,
});

/** What keeps SendGrid from sending to an address. */
const suppressionLists = {
  bounces: listOfKind('list_bounces'),
  blocks: listOfKind('list_blocks'),
  spam_reports: listOfKind('list_spam_reports'),
  invalid_emails: listOfKind('list_invalid_emails'),
  unsubscribes: listOfKind('list_unsubscribes'),
} as const;
const suppressionKind = z.enum(['bounces', 'blocks', 'spam_reports', 'invalid_emails', 'unsubscribes']);

/** Newest first. */
export const listSuppressions = recipe({
  route: 'GET /suppressions/:kind',
  summary: 'List suppressed addresses of a kind',
  description: '`bounces`, `blocks`, `spam_reports`, `invalid_emails` or `unsubscribes`; at most 500 of a page. Times are Unix seconds.',
  params: { kind: suppressionKind },
  query: inputs.suppressionQuery,
  answer: answers.suppressions,
  operations: Object.values(suppressionLists),
  run: (http, { params, query }, options) => {
    const kind = suppressionKind.parse(params.kind);
    return http.send(suppressionLists[kind], { path: upstreamPath`/v3/suppression/${kind}`, query: { ...query } }, options);
  },
});

export const isSuppressed = endpoint({
  ...named('get_global_suppression'),
  route: 'GET /suppressions/global/:email',
  summary: 'Ask whether an address has unsubscribed from everything',
  params: { email },
  answer: answers.globalSuppression,
  replies: z.object({ email: z.string(), suppressed: z.boolean() }),
  reply: ({ suppressed }, { params }) => ({ email: params.email, suppressed }),
  upstream: ({ params }) => ({ path: upstreamPath`/v3/asm/suppressions/global/${params.email}` }),
});

const suppressionOf = (name: string): Operation<answers.Suppressed> => ({
  ...named(name),
  method: 'POST',
  answer: answers.suppressed,
  rows: { in: 'body', name: 'recipient_emails' },
  ...ofSuppression,
});

/** What suppressing addresses has in common, wherever; `failed` are those that SendGrid failed at. */
const suppression = {
  body: inputs.suppressed,
  answer: answers.suppressedReply,
  status: 201,
  queueable: true,
  statusOf: statusOfKeys,
};

const suppressAt = (
  http: HttpClient,
  operation: Operation<answers.Suppressed>,
  { path, body: given }: OperationRequest,
  options: CallOptions | undefined,
) => {
  const body = checked(inputs.suppressed, given, 'body');
  return writeMany(http, operation, { path, body, keys: body.recipient_emails }, options, (made) => ({
    recipient_emails: made.flatMap((answer) => answer.recipient_emails),
  }));
};

const suppressEverywhere = suppressionOf('add_global_suppressions');

export const suppress = recipe({
  route: 'POST /suppressions/global',
  summary: 'Unsubscribe addresses from everything',
  ...suppression,
  operations: [suppressEverywhere],
  run: async (http, { body }, options) =>
    suppressAt(http, suppressEverywhere, { path: upstreamPath`/v3/asm/suppressions/global`, body }, options),
});

export const unsuppress = endpoint({
  ...named('remove_global_suppression'),
  route: 'DELETE /suppressions/global/:email',
  summary: 'Let an address be written to again',
  description: '`already: true` where it had not unsubscribed.',
  params: { email },
  answer: answers.unsuppressedAnswer,
  replies: answers.unsuppressed,
  upstream: ({ params }) => ({ path: upstreamPath`/v3/asm/suppressions/global/${params.email}` }),
  ...ofSuppression,
});

const suppressGroup = suppressionOf('add_group_suppressions');

export const suppressInGroup = recipe({
  route: 'POST /suppressions/groups/:groupId',
  summary: 'Unsubscribe addresses from a group',
  description: 'Mind the id: of a group that does not exist, SendGrid unsubscribes the addresses from everything.',
  params: { groupId: inputs.groupId },
  ...suppression,
  operations: [suppressGroup],
  run: async (http, { params, body }, options) =>
    suppressAt(http, suppressGroup, { path: upstreamPath`/v3/asm/groups/${params.groupId}/suppressions`, body }, options),
});
