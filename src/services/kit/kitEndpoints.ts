/**
 * Kit's endpoints. Every write may be repeated: subscribers are upserted by address, and adding twice is adding once. No answer
 * of last resort anywhere: an invented subscriber would be worse than an error.
 *
 * Tags, forms and sequences are cached for half a minute, to carry bursts under the 120 requests a minute. Subscribers never
 * are: acting on an old one writes to a person who has left.
 */
import { z, type ZodType } from 'zod';
import {
  manyRecords,
  pageOfRecord,
  pageOfRecords,
  type Operation,
  type OperationRequest,
  type QueueRule,
} from '../../contract/operation.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { endpoint, recipe } from '../endpoint.ts';
import { checked, textIn } from '../inputs.ts';
import * as answers from './kitAnswers.ts';
import * as inputs from './kitInputs.ts';

const { id } = inputs;

/** What a subscriber can be added to; the plural is the path's. */
export const collectionPaths = { tag: 'tags', form: 'forms', sequence: 'sequences' } as const;
export type Collection = keyof typeof collectionPaths;

const listCache = { cacheForMs: seconds(30), staleForMs: minutes(10) };
/** Where one of the collection, or its subscriber, is gone. */
export const goneFrom = (collection: string) => ({
  goneTags: (_request: OperationRequest, answer?: unknown) => (answer === undefined ? [collection] : []),
});

/**
 * The subscriber a write is about: the number in its path, else the address in its body. Writes of one person by number
 * and by address are two entities, since nothing here knows that they are one.
 */
export const subscriberOf = ({ path, body }: OperationRequest): string | undefined =>
  /\/subscribers\/(\d+)/u.exec(path)?.[1] ?? textIn(body, 'email_address');

const write = { idempotency: 'natural', queue: { entity: subscriberOf } } as const satisfies Partial<Operation<unknown>>;
/** Whoever is not there any more is not tagged either, so a 404 after a lost answer is the answer. */
const removal: QueueRule = { entity: subscriberOf, alreadyDone: ({ status }) => status === 404 };
const ofSubscriber = { params: { id }, problems: [404] };

export const getAccount = endpoint({
  name: 'get_account',
  isOfService: true,
  route: 'GET /account',
  summary: 'Get the account that the credential belongs to',
  description: 'Without the addresses of its people.',
  answer: answers.accountAnswer,
  replies: answers.account,
  upstream: () => ({ path: upstreamPath`/v4/account` }),
  cacheForMs: minutes(1),
  staleForMs: minutes(10),
});

export const listSubscribers = endpoint({
  name: 'list_subscribers',
  ...pageOfRecords,
  route: 'GET /subscribers',
  summary: 'List subscribers',
  description: 'Active ones unless `status` says otherwise. What was written in the last five minutes may be missing.',
  query: inputs.subscriberQuery,
  answer: answers.subscribers,
  upstream: ({ query }) => ({ path: upstreamPath`/v4/subscribers`, query: { ...query } }),
});

/** More than this many custom fields are applied some time after the answer (202). */
const FIELDS_AT_ONCE = 10;

/** `fields_pending`: fields are still to come, which Kit tells by its status alone. */
export const latenessOf = (fields: Readonly<Record<string, unknown>> | undefined): { readonly fields_pending?: true } =>
  Object.keys(fields ?? {}).length > FIELDS_AT_ONCE ? { fields_pending: true } : {};

/** Creates the subscriber, or updates first name and fields of the one with this address. */
export const upsertSubscriber = endpoint({
  name: 'upsert_subscriber',
  route: 'POST /subscribers',
  summary: 'Create or update a subscriber by address',
  description: 'The state of a known subscriber stays. `fields_pending`: more than ten fields, applied some time later.',
  body: inputs.subscriberInput,
  answer: answers.written,
  adds: ({ body }) => latenessOf(body.fields),
  upstream: ({ body }) => ({ path: upstreamPath`/v4/subscribers`, body }),
  ...write,
});

/** Unlike the lists, it sees a subscriber as soon as it is written. */
export const getSubscriber = endpoint({
  name: 'get_subscriber',
  route: 'GET /subscribers/:id',
  summary: 'Get a subscriber',
  ...ofSubscriber,
  answer: answers.subscriber,
  upstream: ({ params }) => ({ path: upstreamPath`/v4/subscribers/${params.id}` }),
});

export const updateSubscriber = endpoint({
  name: 'update_subscriber',
  route: 'PATCH /subscribers/:id',
  method: 'PUT',
  summary: 'Change a subscriber',
  ...ofSubscriber,
  body: inputs.subscriberChanges,
  answer: answers.written,
  adds: ({ body }) => latenessOf(body.fields),
  upstream: ({ params, body }) => ({ path: upstreamPath`/v4/subscribers/${params.id}`, body }),
  ...write,
});

/** From everything the account sends. */
export const unsubscribe = endpoint({
  name: 'unsubscribe',
  route: 'POST /subscribers/:id/unsubscribe',
  summary: 'Unsubscribe a person from everything',
  ...ofSubscriber,
  answer: answers.unsubscribed,
  replies: z.object({ subscriber_id: z.string(), unsubscribed: z.literal(true) }),
  reply: (answer, { params }) => ({ ...answer, subscriber_id: params.id }),
  upstream: ({ params }) => ({ path: upstreamPath`/v4/subscribers/${params.id}/unsubscribe` }),
  ...write,
});

export const listSubscriberTags = endpoint({
  name: 'list_subscriber_tags',
  ...pageOfRecord,
  route: 'GET /subscribers/:id/tags',
  summary: 'List the tags of a subscriber',
  ...ofSubscriber,
  query: inputs.page,
  answer: answers.tags,
  upstream: ({ params, query }) => ({ path: upstreamPath`/v4/subscribers/${params.id}/tags`, query: { ...query } }),
});

const listOf = <T>(collection: 'tags' | 'forms' | 'sequences', answer: ZodType<T>) =>
  endpoint({
    name: `list_${collection}`,
    ...pageOfRecords,
    route: `GET /${collection}`,
    summary: `List ${collection}`,
    query: inputs.page,
    answer,
    upstream: ({ query }) => ({ path: upstreamPath`/v4/${collection}`, query: { ...query } }),
    ...listCache,
    // Whoever has made a tag finds it in the list.
    cacheTags: () => [collection],
  });

export const listTags = listOf('tags', answers.tags);
export const listForms = listOf('forms', answers.forms);
export const listSequences = listOf('sequences', answers.sequences);

/** Not queued: who makes a tag wants its id. */
export const createTag = endpoint({
  name: 'create_tag',
  route: 'POST /tags',
  summary: 'Create a tag',
  description: 'A name that is there already answers the tag that has it.',
  body: inputs.tagInput,
  answer: answers.tag,
  upstream: ({ body }) => ({ path: upstreamPath`/v4/tags`, body }),
  idempotency: 'natural',
  cacheTags: () => ['tags'],
});

const membersOf = (collection: Collection) =>
  endpoint({
    name: `list_${collection}_subscribers`,
    ...manyRecords,
    ...goneFrom(collectionPaths[collection]),
    route: `GET /${collectionPaths[collection]}/:id/subscribers`,
    summary: `List the subscribers of a ${collection}`,
    description: 'Active ones unless `status` says otherwise. Who was added in the last five minutes may be missing.',
    params: { id },
    problems: [404],
    query: inputs.subscriberQuery,
    answer: answers.subscribers,
    upstream: ({ params, query }) => ({
      path: upstreamPath`/v4/${collectionPaths[collection]}/${params.id}/subscribers`,
      query: { ...query },
    }),
  });

export const listTagSubscribers = membersOf('tag');
export const listFormSubscribers = membersOf('form');
export const listSequenceSubscribers = membersOf('sequence');

/** Names the person by number in the path, or else by address in the body. */
export const memberRequest = (
  collection: Collection,
  collectionId: string,
  { subscriber_id: subscriberId, ...body }: inputs.FormMember,
): OperationRequest => {
  const collections = collectionPaths[collection];
  if (subscriberId === undefined) return { path: upstreamPath`/v4/${collections}/${collectionId}/subscribers`, body };
  return { path: upstreamPath`/v4/${collections}/${collectionId}/subscribers/${String(subscriberId)}`, body };
};

/** Of a subscriber that exists: a 404 means that it, or the tag, form or sequence, does not. */
const additionTo = (collection: Collection, member: ZodType<inputs.FormMember>) =>
  endpoint({
    name: `add_to_${collection}`,
    ...goneFrom(collectionPaths[collection]),
    route: `POST /${collectionPaths[collection]}/:id/subscribers`,
    summary: `Add a subscriber to a ${collection}`,
    description: 'By address or by id; the subscriber has to be there: see `/subscriptions` for both at once.',
    params: { id },
    problems: [404],
    body: member,
    answer: answers.subscriber,
    upstream: ({ params, body }) => memberRequest(collection, params.id, checked(member, body, 'body')),
    ...write,
  });

export const addToTag = additionTo('tag', inputs.member);
export const addToForm = additionTo('form', inputs.formMember);
export const addToSequence = additionTo('sequence', inputs.member);

const untagged = z.object({ tag_id: z.string(), removed: z.literal(true) });

/** Kit has no way to take anybody off a form or a sequence. */
export const removeFromTag = endpoint({
  name: 'remove_from_tag',
  ...goneFrom('tags'),
  route: 'POST /tags/:id/subscribers/remove',
  method: 'DELETE',
  summary: 'Take a tag off a subscriber, by address or id',
  params: { id },
  problems: [404],
  body: inputs.member,
  answer: answers.untagged,
  replies: untagged,
  reply: (answer, { params }) => ({ ...answer, tag_id: params.id }),
  upstream: ({ params, body }) => {
    const request = memberRequest('tag', params.id, checked(inputs.member, body, 'body'));
    return body.subscriber_id === undefined ? request : { path: request.path };
  },
  idempotency: 'natural',
  queue: removal,
});

export const removeFromTagById = recipe({
  route: 'DELETE /tags/:id/subscribers/:subscriberId',
  summary: 'Take a tag off a subscriber',
  params: { id, subscriberId: id },
  problems: [404],
  answer: untagged,
  queueable: true,
  run: (http, { params }, options) => removeFromTag.bind(http)(params.id, { subscriber_id: Number(params.subscriberId) }, options),
  reply: (answer, { params }) => ({ ...answer, tag_id: params.id }),
});
