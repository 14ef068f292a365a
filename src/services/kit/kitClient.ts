/**
 * Kit in its own words: each method names one operation and where it goes. Writes that can wait answer a {@link Queued} where
 * they were not made but kept; `isQueued` tells.
 */
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import { failedOf, sendInParts, type BulkParts } from '../../pipeline/bulkParts.ts';
import type { Flagged, HttpClient } from '../../pipeline/httpClient.ts';
import type { Operation, UpstreamPath } from '../../contract/operation.ts';
import { isQueued, type CallOptions, type Queued } from '../../contract/call.ts';
import type { ServiceClient } from '../provider.ts';
import { joinParts, type BulkResult } from './kitBulk.ts';
import type { CredentialKind } from './kitCredential.ts';
import {
  bulkMembersSchema,
  checked,
  emailsSchema,
  formMemberSchema,
  MAX_BULK_ROWS,
  memberSchema,
  type BulkSubscriber,
  type FormMember,
  type Member,
  type Page,
  type SubscriberChanges,
  type SubscriberInput,
  type SubscriberQuery,
  type Subscription,
} from './kitInputs.ts';
import { additions, kitOperations as operations, memberLists } from './kitOperations.ts';
import * as paths from './kitPaths.ts';
import type { BulkAnswer, Subscriber, SubscriberAnswer, SubscribersAnswer } from './kitSchemas.ts';
import { latenessOf, subscribe, type QueuedSubscription, type Subscribed } from './kitSubscription.ts';

/** `fields_pending`: more than ten custom fields, which Kit applies some time after its answer. */
export type UpsertedSubscriber = SubscriberAnswer & { readonly fields_pending?: true };

export interface FoundSubscribers {
  /** In the order of the addresses. */
  readonly subscribers: readonly Subscriber[];
  /** Addresses without a subscriber, or with one too new for Kit's lists. */
  readonly missing: readonly string[];
  /** Addresses that Kit failed at, while it answered others: they may be asked for again. Absent: none. */
  readonly failed?: readonly string[];
}

/** Every method throws {@link InvalidRequestError} for what cannot be sent, and the errors of {@link HttpClient}. */
export class KitClient implements ServiceClient {
  readonly #http: HttpClient;
  readonly #credential: CredentialKind;

  /** @param credential Bulk is for OAuth only: with a `key` it is refused here, before the call. */
  constructor(http: HttpClient, credential: CredentialKind = 'unknown') {
    this.#http = http;
    this.#credential = credential;
  }

  /** The account without its people's addresses. */
  async getAccount(options?: CallOptions) {
    return this.#http.send(operations.getAccount, { path: paths.accountPath }, options);
  }

  /** The active ones, unless `status` asks for others. What was written in the last minutes may be missing. */
  async listSubscribers(query: SubscriberQuery = {}, options?: CallOptions): Promise<Flagged<SubscribersAnswer>> {
    return this.#http.send(operations.listSubscribers, { path: paths.subscribersPath, query: { ...query } }, options);
  }

  /** Up to 50 subscribers of any state by address, in one request: Kit's one batch read. It lags as lists do. */
  async findSubscribers(emails: readonly string[], options?: CallOptions): Promise<FoundSubscribers> {
    const asked = checked(emailsSchema, emails, 'email_addresses');
    const unique = [...new Map(asked.map((email) => [email.toLowerCase(), email])).values()];
    const request = { path: paths.subscribersPath, query: { email_address: unique, status: 'all' } };
    const parts = await sendInParts(this.#http, operations.findSubscribers, request, options);
    const failed = failedOf(parts, unique);
    const found = new Map(
      parts.answered.flatMap(({ answer }) => answer.subscribers).map((subscriber) => [subscriber.email_address.toLowerCase(), subscriber]),
    );
    return {
      subscribers: unique.flatMap((email) => found.get(email.toLowerCase()) ?? []),
      missing: unique.filter((email) => !found.has(email.toLowerCase()) && !failed.includes(email)),
      ...(failed.length > 0 && { failed }),
    };
  }

  /** @throws {UpstreamRejectedError} 404 `subscriber_not_found`: unknown, or written in the last minutes. */
  async findSubscriber(email: string, options?: CallOptions): Promise<Subscriber> {
    const { subscribers } = await this.findSubscribers([email], options);
    const [subscriber] = subscribers;
    if (subscriber !== undefined) return subscriber;
    throw new UpstreamRejectedError({ service: 'kit', operation: operations.findSubscribers.name }, 404, 'subscriber_not_found');
  }

  /** Unlike the lists, it sees a subscriber as soon as it is written. */
  async getSubscriber(id: string, options?: CallOptions): Promise<Flagged<SubscriberAnswer>> {
    return this.#http.send(operations.getSubscriber, { path: paths.subscriberPath(id) }, options);
  }

  /** Creates the subscriber, or updates first name and fields of the one with this address; the `state` of a known one stays. */
  async upsertSubscriber(subscriber: SubscriberInput, options?: CallOptions): Promise<UpsertedSubscriber | Queued> {
    return this.#writeWithFields(operations.upsertSubscriber, paths.subscribersPath, subscriber, options);
  }

  async updateSubscriber(id: string, changes: SubscriberChanges, options?: CallOptions): Promise<UpsertedSubscriber | Queued> {
    return this.#writeWithFields(operations.updateSubscriber, paths.subscriberPath(id), changes, options);
  }

  async #writeWithFields(
    operation: Operation<SubscriberAnswer>,
    path: UpstreamPath,
    body: Pick<SubscriberInput, 'fields'>,
    options: CallOptions | undefined,
  ): Promise<UpsertedSubscriber | Queued> {
    const answer = await this.#http.write(operation, { path, body }, options);
    return isQueued(answer) ? answer : { ...answer, ...latenessOf(body.fields) };
  }

  /** From everything the account sends. */
  async unsubscribe(id: string, options?: CallOptions) {
    return this.#http.write(operations.unsubscribe, { path: paths.unsubscribePath(id) }, options);
  }

  async listSubscriberTags(id: string, page: Page = {}, options?: CallOptions) {
    return this.#http.send(operations.listSubscriberTags, { path: paths.subscriberTagsPath(id), query: { ...page } }, options);
  }

  /**
   * Upserts a subscriber and adds it to tags, forms and sequences, in that order. Repeating it finishes what an earlier one
   * began; given `subscriber_id` instead of an address it begins with the additions.
   *
   * @throws {UpstreamRejectedError | SubscriptionIncompleteError} whose `details` say what was made before a later step failed.
   */
  async subscribe(subscription: Subscription, options?: CallOptions): Promise<Subscribed | QueuedSubscription> {
    return subscribe(this.#http, subscription, options);
  }

  async listTags(page: Page = {}, options?: CallOptions) {
    return this.#http.send(operations.listTags, { path: paths.collectionPath('tag'), query: { ...page } }, options);
  }

  async listForms(page: Page = {}, options?: CallOptions) {
    return this.#http.send(operations.listForms, { path: paths.collectionPath('form'), query: { ...page } }, options);
  }

  async listSequences(page: Page = {}, options?: CallOptions) {
    return this.#http.send(operations.listSequences, { path: paths.collectionPath('sequence'), query: { ...page } }, options);
  }

  /** A name that is there already answers the tag that has it. */
  async createTag(name: string, options?: CallOptions) {
    return this.#http.send(operations.createTag, { path: paths.collectionPath('tag'), body: { name } }, options);
  }

  async listMembers(collection: paths.Collection, id: string, query: SubscriberQuery = {}, options?: CallOptions) {
    return this.#http.send(memberLists[collection], { path: paths.membersPath(collection, id), query: { ...query } }, options);
  }

  /** Of a subscriber that exists: a 404 means that it, or the tag, form or sequence, does not. */
  async addMember(
    collection: paths.Collection,
    id: string,
    member: FormMember,
    options?: CallOptions,
  ): Promise<Flagged<SubscriberAnswer> | Queued> {
    const { subscriber_id: subscriberId, ...body } = checked(collection === 'form' ? formMemberSchema : memberSchema, member, 'member');
    const path = subscriberId === undefined ? paths.membersPath(collection, id) : paths.memberPath(collection, id, subscriberId);
    return this.#http.write(additions[collection], { path, body }, options);
  }

  /** From a tag. Kit has no way to take anybody off a form or a sequence. */
  async removeFromTag(tagId: string, member: Member, options?: CallOptions) {
    const { subscriber_id: subscriberId, email_address: email } = checked(memberSchema, member, 'member');
    const request =
      subscriberId === undefined
        ? { path: paths.membersPath('tag', tagId), body: { email_address: email } }
        : { path: paths.memberPath('tag', tagId, subscriberId) };
    return this.#http.write(operations.removeFromTag, request, options);
  }

  /**
   * Up to 100 at once, answered row by row.
   *
   * @throws {UpstreamRejectedError} `bulk_needs_oauth`, with an API key.
   */
  async bulkUpsertSubscribers(rows: readonly BulkSubscriber[], options?: CallOptions): Promise<BulkResult> {
    if (rows.length < 1 || rows.length > MAX_BULK_ROWS) {
      throw new InvalidRequestError(`rows must be 1 to ${String(MAX_BULK_ROWS)} in one call`);
    }
    const parts = await this.#bulk(operations.bulkUpsertSubscribers, paths.bulkSubscribersPath, { subscribers: rows }, options);
    return joinParts(
      rows.map((row) => row.email_address),
      parts,
      'email_address',
      'email_address',
    );
  }

  /** Up to 100 subscribers to one tag or form, answered row by row; as {@link bulkUpsertSubscribers}. */
  async bulkAddMembers(
    collection: 'tag' | 'form',
    id: string,
    subscriberIds: readonly number[],
    options?: CallOptions,
  ): Promise<BulkResult> {
    const ids = checked(bulkMembersSchema, subscriberIds, 'subscriber_ids');
    const to = { [`${collection}_id`]: Number(paths.checkedId(id, `${collection}_id`)) };
    const pairs = ids.map((subscriberId) => ({ ...to, subscriber_id: subscriberId }));
    const [operation, body] =
      collection === 'tag' ? [operations.bulkAddToTag, { taggings: pairs }] : [operations.bulkAddToForm, { additions: pairs }];
    return joinParts(ids, await this.#bulk(operation, paths.bulkMembersPath(collection), body, options), 'subscriber_id', 'id');
  }

  async #bulk(
    operation: Operation<BulkAnswer>,
    path: UpstreamPath,
    rows: Readonly<Record<string, unknown>>,
    options: CallOptions | undefined,
  ): Promise<BulkParts<BulkAnswer>> {
    if (this.#credential === 'key') throw new UpstreamRejectedError({ service: 'kit', operation: operation.name }, 403, 'bulk_needs_oauth');
    return sendInParts(this.#http, operation, { path, body: { ...rows, callback_url: null } }, options);
  }

  getCircuitState() {
    return this.#http.getCircuitState();
  }

  getMetrics() {
    return this.#http.getMetrics();
  }

  async healthCheck() {
    return this.#http.healthCheck(operations.getAccount, { path: paths.accountPath });
  }
}
