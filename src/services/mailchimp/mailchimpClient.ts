/**
 * Mailchimp in its own words: each method names one operation and where it goes. Members are named by their address.
 */
import type { Flagged, HttpClient } from '../../pipeline/httpClient.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import type { CallOptions, Queued } from '../../contract/call.ts';
import type { ServiceClient } from '../provider.ts';
import { batchBody, outcomeOf, type BatchInput, type BatchOutcome } from './mailchimpBatches.ts';
import { upsertMembers, type BulkResult } from './mailchimpBulk.ts';
import {
  batchIdSchema,
  checked,
  type BulkMembers,
  type ListQuery,
  type MemberChange,
  type MemberFlags,
  type MemberQuery,
  type MemberUpsert,
  type NewMember,
  type TagChange,
} from './mailchimpInputs.ts';
import { memberPath, membersPath, memberTagsPath } from './mailchimpMembers.ts';
import { mailchimpOperations as operations } from './mailchimpOperations.ts';
import type { Archived, Batch, Lists, Member, MemberPage, Ping, StartedBatch, Tagged } from './mailchimpAnswers.ts';

const pingRequest = { path: upstreamPath`/ping` };

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

/**
 * Every method rejects with {@link InvalidRequestError} for an id or an address that is none, and with the errors of
 * {@link HttpClient.send}. Writes of single members may be queued instead of made; then they resolve with {@link Queued}.
 */
export class MailchimpClient implements ServiceClient {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  /** The audiences; ten of them unless `count` says more, at most 1,000. Up to a minute old. */
  async listLists(query: ListQuery = {}, options?: CallOptions): Promise<Flagged<Lists>> {
    return this.#http.send(operations.listLists, { path: upstreamPath`/lists`, query: { ...query } }, options);
  }

  /** Ten of them unless `count` says more, at most 1,000. */
  async listMembers(listId: string, query: MemberQuery = {}, options?: CallOptions): Promise<Flagged<MemberPage>> {
    const request = { path: membersPath(listId), query: { ...query, fields: MEMBER_FIELDS } };
    return this.#http.send(operations.listMembers, request, options);
  }

  /** An archived member is found, too: see its status. @throws {UpstreamRejectedError} 404 `not_found`. */
  async getMember(listId: string, email: string, options?: CallOptions): Promise<Flagged<Member>> {
    return this.#http.send(operations.getMember, { path: memberPath(listId, email) }, options);
  }

  /** Never repeated by itself. @throws {UpstreamRejectedError} 409 `member_exists`; 422 for addresses Mailchimp does not take. */
  async createMember(listId: string, member: NewMember, flags: MemberFlags = {}, options?: CallOptions): Promise<Flagged<Member> | Queued> {
    return this.#http.write(operations.createMember, { path: membersPath(listId), query: { ...flags }, body: member }, options);
  }

  /** Updates the member with this address, or creates it; tags are a write of their own. */
  async upsertMember(
    listId: string,
    email: string,
    member: MemberUpsert,
    flags: MemberFlags = {},
    options?: CallOptions,
  ): Promise<Flagged<Member> | Queued> {
    const request = { path: memberPath(listId, email), query: { ...flags }, body: { email_address: email, ...member } };
    return this.#http.write(operations.upsertMember, request, options);
  }

  /** @throws {UpstreamRejectedError} 404 `not_found`; 422 `member_in_compliance_state` for one who left and must be asked (`pending`). */
  async updateMember(
    listId: string,
    email: string,
    change: MemberChange,
    flags: MemberFlags = {},
    options?: CallOptions,
  ): Promise<Flagged<Member> | Queued> {
    return this.#http.write(operations.updateMember, { path: memberPath(listId, email), query: { ...flags }, body: change }, options);
  }

  /** Takes the member off the list and keeps the record; the address may come back. One who is not there is archived `already`. */
  async archiveMember(listId: string, email: string, options?: CallOptions): Promise<Flagged<Archived> | Queued> {
    return this.#http.write(operations.archiveMember, { path: memberPath(listId, email) }, options);
  }

  /** Adds the active tags and removes the inactive ones; all others stay. */
  async tagMember(listId: string, email: string, change: TagChange, options?: CallOptions): Promise<Flagged<Tagged> | Queued> {
    return this.#http.write(operations.tagMember, { path: memberTagsPath(listId, email), body: change }, options);
  }

  /** Up to 500 at once; what became of each is told row by row, and those that failed leave the others as they are. */
  async upsertMembers(listId: string, input: BulkMembers, flags: MemberFlags = {}, options?: CallOptions): Promise<BulkResult> {
    return upsertMembers(this.#http, listId, input, flags, options);
  }

  /** Up to 1,000 operations, made in Mailchimp's own time. Never repeated by itself: {@link getBatch} tells what became of it. */
  async startBatch(input: BatchInput, options?: CallOptions): Promise<StartedBatch> {
    return this.#http.send(operations.startBatch, { path: upstreamPath`/batches`, body: batchBody(input) }, options);
  }

  /** With an outcome that tells a batch that went well from one that is merely finished. */
  async getBatch(batchId: string, options?: CallOptions): Promise<Flagged<Batch> & { readonly outcome: BatchOutcome }> {
    const path = upstreamPath`/batches/${checked(batchIdSchema, batchId, 'batchId')}`;
    const batch = await this.#http.send(operations.getBatch, { path }, options);
    return { ...batch, outcome: outcomeOf(batch) };
  }

  /** The cheapest call: it checks the credential, and shows nothing of the account. */
  async ping(options?: CallOptions): Promise<Flagged<Ping>> {
    return this.#http.send(operations.ping, pingRequest, options);
  }

  getCircuitState() {
    return this.#http.getCircuitState();
  }

  getMetrics() {
    return this.#http.getMetrics();
  }

  async healthCheck() {
    return this.#http.healthCheck(operations.ping, pingRequest);
  }
}
