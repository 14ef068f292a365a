/**
 * Kit's operations as data. Every write may be repeated: subscribers are upserted by address, and adding twice is adding
 * once. No answer of last resort anywhere: an invented subscriber would be worse than an error.
 *
 * Tags, forms and sequences are cached for half a minute, to carry bursts under the 120 requests a minute. Subscribers never
 * are: acting on an old one writes to a person who has left.
 */
import {
  manyRecords,
  pageOfRecord,
  pageOfRecords,
  type Operation,
  type OperationRequest,
  type QueueRule,
} from '../../contract/operation.ts';
import { minutes, seconds } from '../../time/clock.ts';
import type { Collection } from './kitPaths.ts';
import { searchesTogether } from './kitReadsTogether.ts';
import * as answers from './kitSchemas.ts';

const operation = <T>(definition: Operation<T>): Operation<T> => definition;
const listCache = { cacheForMs: seconds(30), staleForMs: minutes(10) };
/** Whoever has made a tag finds it in the list. */
const tagList = { cacheTags: () => ['tags'] };
/** Where one of the collection, or its subscriber, is gone. */
const goneFrom = (collection: string): Pick<Operation<unknown>, 'goneTags'> => ({
  goneTags: (_request, answer) => (answer === undefined ? [collection] : []),
});

const addressIn = (body: unknown): string | undefined => {
  if (typeof body !== 'object' || body === null || !('email_address' in body)) return undefined;
  return typeof body.email_address === 'string' ? body.email_address.toLowerCase() : undefined;
};

/**
 * The subscriber a write is about: the number in its path, else the address in its body. Writes of one person by number
 * and by address are two entities, since nothing here knows that they are one.
 */
export const subscriberOf = ({ path, body }: OperationRequest): string | undefined =>
  /\/subscribers\/(\d+)/u.exec(path)?.[1] ?? addressIn(body);

const waits: QueueRule = { entity: subscriberOf };
/** Whoever is not there any more is not tagged either, so a 404 after a lost answer is the answer. */
const removalWaits: QueueRule = { entity: subscriberOf, alreadyDone: ({ status }) => status === 404 };

const add = (name: string, collection?: string): Operation<answers.SubscriberAnswer> =>
  operation({
    name,
    method: 'POST',
    idempotency: 'natural',
    answer: answers.subscriberAnswer,
    queue: waits,
    ...(collection && goneFrom(collection)),
  });

const members = (name: string, collection?: string): Operation<answers.SubscribersAnswer> =>
  operation({
    name,
    method: 'GET',
    idempotency: 'safe',
    answer: answers.subscribersAnswer,
    ...manyRecords,
    ...(collection && goneFrom(collection)),
  });

/** Only for OAuth. Not queued: a job has no place for what became of each row. */
const bulk = (name: string, rows: string, collection?: string): Operation<answers.BulkAnswer> =>
  operation({
    name,
    rows: { in: 'body', name: rows },
    method: 'POST',
    idempotency: 'natural',
    answer: answers.bulkAnswer,
    ...manyRecords,
    ...(collection && goneFrom(collection)),
  });

const findSubscribers: Operation<answers.SubscribersAnswer> = {
  ...members('find_subscribers'),
  rows: { in: 'query', name: 'email_address' },
};

export const kitOperations = {
  getAccount: operation({
    name: 'get_account',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.accountAnswer,
    isOfService: true,
    cacheForMs: minutes(1),
    staleForMs: minutes(10),
  }),

  listSubscribers: operation({ ...members('list_subscribers'), ...pageOfRecords }),
  findSubscribers: operation({ ...findSubscribers, batch: searchesTogether(findSubscribers) }),
  getSubscriber: operation({ name: 'get_subscriber', method: 'GET', idempotency: 'safe', answer: answers.subscriberAnswer }),
  upsertSubscriber: add('upsert_subscriber'),
  updateSubscriber: operation({
    name: 'update_subscriber',
    method: 'PUT',
    idempotency: 'natural',
    answer: answers.subscriberAnswer,
    queue: waits,
  }),
  unsubscribe: operation({
    name: 'unsubscribe',
    method: 'POST',
    idempotency: 'natural',
    answer: answers.unsubscribedAnswer,
    queue: waits,
  }),
  listSubscriberTags: operation({
    name: 'list_subscriber_tags',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.tagsAnswer,
    ...pageOfRecord,
  }),

  listTags: operation({
    name: 'list_tags',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.tagsAnswer,
    ...pageOfRecords,
    ...listCache,
    ...tagList,
  }),
  listForms: operation({
    name: 'list_forms',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.formsAnswer,
    ...pageOfRecords,
    ...listCache,
    cacheTags: () => ['forms'],
  }),
  listSequences: operation({
    name: 'list_sequences',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.sequencesAnswer,
    ...pageOfRecords,
    ...listCache,
    cacheTags: () => ['sequences'],
  }),
  /** Not queued: who makes a tag wants its id. */
  createTag: operation({ name: 'create_tag', method: 'POST', idempotency: 'natural', answer: answers.tagAnswer, ...tagList }),

  addToTag: add('add_to_tag', 'tags'),
  addToForm: add('add_to_form', 'forms'),
  addToSequence: add('add_to_sequence', 'sequences'),
  removeFromTag: operation({
    name: 'remove_from_tag',
    ...goneFrom('tags'),
    method: 'DELETE',
    idempotency: 'natural',
    answer: answers.untaggedAnswer,
    queue: removalWaits,
  }),
  listTagSubscribers: members('list_tag_subscribers', 'tags'),
  listFormSubscribers: members('list_form_subscribers', 'forms'),
  listSequenceSubscribers: members('list_sequence_subscribers', 'sequences'),

  bulkUpsertSubscribers: bulk('bulk_upsert_subscribers', 'subscribers'),
  bulkAddToTag: bulk('bulk_add_to_tag', 'taggings', 'tags'),
  bulkAddToForm: bulk('bulk_add_to_form', 'additions', 'forms'),
} as const;

export const additions: Readonly<Record<Collection, Operation<answers.SubscriberAnswer>>> = {
  tag: kitOperations.addToTag,
  form: kitOperations.addToForm,
  sequence: kitOperations.addToSequence,
};

export const memberLists: Readonly<Record<Collection, Operation<answers.SubscribersAnswer>>> = {
  tag: kitOperations.listTagSubscribers,
  form: kitOperations.listFormSubscribers,
  sequence: kitOperations.listSequenceSubscribers,
};
