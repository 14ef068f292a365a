/**
 * SendGrid in its own words: each method names one operation and where it goes. Writes that can wait answer a {@link Queued}
 * where they were not made but kept; `isQueued` tells.
 */
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import { failedOf, sendInParts, writeInParts, type BulkParts } from '../../pipeline/bulkParts.ts';
import type { Flagged, HttpClient } from '../../pipeline/httpClient.ts';
import type { Operation, OperationRequest, UpstreamPath } from '../../contract/operation.ts';
import { isQueued, type CallOptions, type Queued } from '../../contract/call.ts';
import type { ServiceClient } from '../provider.ts';
import {
  findContacts,
  jobsOf,
  outcomeOf,
  upsertContacts,
  type BulkUpsert,
  type FoundContacts,
  type ImportOutcome,
} from './sendgridContacts.ts';
import {
  checked,
  contactUpsertSchema,
  idsSchema,
  suppressedSchema,
  type BulkContacts,
  type ContactUpsert,
  type ListInput,
  type ListQuery,
  type SuppressionKind,
  type SuppressionQuery,
} from './sendgridInputs.ts';
import { traced } from './sendgridMail.ts';
import type { Mail } from './sendgridMailInput.ts';
import { sendgridOperations as operations, suppressionLists } from './sendgridOperations.ts';
import * as paths from './sendgridPaths.ts';
import type {
  Contact,
  Contacts,
  Import,
  Job,
  Jobs,
  List,
  Lists,
  MailAccepted,
  MailBatch,
  Scopes,
  Suppressed,
  Suppressions,
  Unsuppressed,
} from './sendgridSchemas.ts';

/** Where it waits, it waits as a whole. */
const queuedIn = ({ answered }: BulkParts<object>): Queued | undefined => answered.map(({ answer }) => answer).find(isQueued);

const failedIn = (parts: BulkParts<unknown>, values: readonly string[]): { failed?: string[] } =>
  parts.failed.length > 0 ? { failed: [...failedOf(parts, values)] } : {};

/** Every method throws {@link InvalidRequestError} for what cannot be sent, and the errors of {@link HttpClient}. */
export class SendgridClient implements ServiceClient {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  /** What the key may do; the cheapest call. */
  async getScopes(options?: CallOptions): Promise<Flagged<Scopes>> {
    return this.#http.send(operations.getScopes, { path: paths.scopesPath }, options);
  }

  /**
   * Hands a mail over for delivery; refusals of mailboxes are not told here. Never sent a second time where the first may have
   * arrived. A request of ours leaves its id in the mail's `custom_args`, as `gateway_request_id`.
   *
   * @throws {OutcomeUnknownError} if it may have been accepted: look for it in SendGrid's events before repeating it.
   */
  async sendMail(mail: Mail, options?: CallOptions): Promise<Flagged<MailAccepted> | Queued> {
    const request = { path: paths.mailPath, body: traced(mail, options?.queue?.requestId) };
    const answer = await this.#http.write(operations.sendMail, request, options);
    const isTrial = mail.mail_settings?.sandbox_mode?.enable === true;
    return isQueued(answer) || !isTrial ? answer : { ...answer, sent_to_nobody: true };
  }

  /** An id under which scheduled mails can be cancelled together, in SendGrid. */
  async createMailBatch(options?: CallOptions): Promise<Flagged<MailBatch>> {
    return this.#http.send(operations.createMailBatch, { path: paths.mailBatchPath }, options);
  }

  /** Creates the contact, or updates the one with these identifiers. It is accepted, not done: {@link getImport} tells. */
  async upsertContact(contact: ContactUpsert, options?: CallOptions): Promise<Flagged<Job> | Queued> {
    const { list_ids, ...fields } = checked(contactUpsertSchema, contact, 'contact');
    const body = { ...(list_ids === undefined ? {} : { list_ids }), contacts: [fields] };
    return this.#http.write(operations.upsertContact, { path: paths.contactsPath, body }, options);
  }

  /** Up to 30,000 contacts or 6 MB at once; rows that cannot be sent leave the others as they are. */
  async upsertContacts(input: BulkContacts, options?: CallOptions): Promise<BulkUpsert> {
    return upsertContacts(this.#http, input, options);
  }

  /** How far an upsert or a deletion is, with an outcome that tells one that went well from one that is merely over. */
  async getImport(jobId: string, options?: CallOptions): Promise<Flagged<Import> & { readonly outcome: ImportOutcome }> {
    const job = await this.#http.send(operations.getImport, { path: paths.importPath(jobId) }, options);
    return { ...job, outcome: outcomeOf(job) };
  }

  /** Up to 100 contacts by address, in one request. Those that are unknown are no error, even if all are. */
  async findContacts(emails: readonly string[], options?: CallOptions): Promise<FoundContacts> {
    return findContacts(this.#http, emails, options);
  }

  /** @throws {UpstreamRejectedError} 404 `contact_not_found`. */
  async findContact(email: string, options?: CallOptions): Promise<Contact> {
    const { contacts } = await this.findContacts([email], options);
    const [contact] = contacts;
    if (contact !== undefined) return contact;
    throw new UpstreamRejectedError({ service: 'sendgrid', operation: operations.findContacts.name }, 404, 'contact_not_found');
  }

  /** Up to 100 contacts by id, in one request; those that are unknown are missing. */
  async getContacts(ids: readonly string[], options?: CallOptions): Promise<Flagged<Contacts>> {
    const unique = [...new Set(checked(idsSchema, ids, 'ids'))];
    const parts = await sendInParts(this.#http, operations.getContacts, { path: paths.contactsByIdPath, body: { ids: unique } }, options);
    const [first] = parts.answered;
    return { ...first?.answer, result: parts.answered.flatMap(({ answer }) => answer.result), ...failedIn(parts, unique) };
  }

  /** @throws {UpstreamRejectedError} 404 `not_found`. */
  async getContact(id: string, options?: CallOptions): Promise<Flagged<Contact>> {
    return this.#http.send(operations.getContact, { path: paths.contactPath(id) }, options);
  }

  /** Up to 100 contacts by id. It is accepted, not done. */
  async deleteContacts(ids: readonly string[], options?: CallOptions): Promise<Flagged<Jobs> | Queued> {
    const query = { ids: checked(idsSchema, ids, 'ids') };
    return this.#jobs(operations.deleteContacts, { path: paths.contactsPath, query }, query.ids, options);
  }

  /** A hundred unless `page_size` says more, at most 1,000. Up to a minute old. */
  async listLists(query: ListQuery = {}, options?: CallOptions): Promise<Flagged<Lists>> {
    return this.#http.send(operations.listLists, { path: paths.listsPath, query: { ...query } }, options);
  }

  /** Never repeated by itself. */
  async createList(list: ListInput, options?: CallOptions): Promise<Flagged<List>> {
    return this.#http.send(operations.createList, { path: paths.listsPath, body: list }, options);
  }

  /** Takes up to 100 contacts off a list; they stay contacts. It is accepted, not done. */
  async removeFromList(listId: string, contactIds: readonly string[], options?: CallOptions): Promise<Flagged<Jobs> | Queued> {
    const query = { contact_ids: checked(idsSchema, contactIds, 'contactIds') };
    return this.#jobs(operations.removeFromList, { path: paths.listContactsPath(listId), query }, query.contact_ids, options);
  }

  async #jobs(operation: Operation<Job>, request: OperationRequest, ids: readonly string[], options: CallOptions | undefined) {
    const parts = await writeInParts(this.#http, operation, request, options);
    const queued = queuedIn(parts);
    return queued ?? { ...jobsOf(parts.answered.map(({ answer }) => answer as Flagged<Job>)), ...failedIn(parts, ids) };
  }

  async #suppress(operation: Operation<Suppressed>, path: UpstreamPath, emails: readonly string[], options: CallOptions | undefined) {
    const body = checked(suppressedSchema, { recipient_emails: emails }, 'body');
    const parts = await writeInParts(this.#http, operation, { path, body }, options);
    const made = parts.answered.flatMap(({ answer }) => (isQueued(answer) ? [] : answer.recipient_emails));
    return queuedIn(parts) ?? { recipient_emails: made, ...failedIn(parts, body.recipient_emails) };
  }

  /** Up to 500 of a kind, newest first. */
  async listSuppressions(kind: SuppressionKind, query: SuppressionQuery = {}, options?: CallOptions): Promise<Suppressions> {
    const path = paths.suppressionsPath(kind);
    return this.#http.send(suppressionLists[kind], { path, query: { ...query } }, options);
  }

  /** Whether an address has unsubscribed from everything. */
  async isSuppressed(email: string, options?: CallOptions): Promise<boolean> {
    const answer = await this.#http.send(operations.getGlobalSuppression, { path: paths.globalSuppressionPath(email) }, options);
    return answer.recipient_email !== undefined;
  }

  /** Unsubscribes addresses from everything. */
  async suppress(emails: readonly string[], options?: CallOptions): Promise<Flagged<Suppressed> | Queued> {
    return this.#suppress(operations.addGlobalSuppressions, paths.globalSuppressionsPath, emails, options);
  }

  /** Lets an address be written to again. One who had not unsubscribed is removed `already`. */
  async unsuppress(email: string, options?: CallOptions): Promise<Flagged<Unsuppressed> | Queued> {
    return this.#http.write(operations.removeGlobalSuppression, { path: paths.globalSuppressionPath(email) }, options);
  }

  /** Unsubscribes addresses from a group. Of a group that does not exist, SendGrid unsubscribes them from **everything**. */
  async suppressInGroup(groupId: string, emails: readonly string[], options?: CallOptions): Promise<Flagged<Suppressed> | Queued> {
    return this.#suppress(operations.addGroupSuppressions, paths.groupSuppressionsPath(groupId), emails, options);
  }

  getCircuitState() {
    return this.#http.getCircuitState();
  }

  getMetrics() {
    return this.#http.getMetrics();
  }

  async healthCheck() {
    return this.#http.healthCheck(operations.getScopes, { path: paths.scopesPath });
  }
}
