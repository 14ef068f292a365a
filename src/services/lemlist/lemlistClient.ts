/**
 * Lemlist in its own words: each method names one operation and where it goes.
 */
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import type { HttpClient } from '../../http/httpClient.ts';
import { upstreamPath } from '../../http/upstreamPath.ts';
import type { CallOptions } from '../../resilience/call.ts';
import { lookUpRows, type BulkLookup, type LookedUp } from '../bulkLookup.ts';
import type { ServiceClient } from '../service.ts';
import { unsubscribeAll, type BulkUnsubscribe } from './lemlistBulk.ts';
import {
  campaignIdSchema,
  contactNameSchema,
  leadIdSchema,
  MAX_BULK_UNSUBSCRIBES,
  MAX_CONTACTS,
  type ActivityQuery,
  type AddLeadFlags,
  type CampaignInput,
  type CampaignLeadsQuery,
  type CampaignQuery,
  type LeadChanges,
  type NewLead,
  type Page,
} from './lemlistInputs.ts';
import { lemlistOperations as operations } from './lemlistOperations.ts';
import type { Contact } from './lemlistSchemas.ts';

interface FoundContact {
  readonly contact: Contact;
}

const campaign = (id: string): string => {
  if (!campaignIdSchema.safeParse(id).success) throw new InvalidRequestError('a campaign id must look like cam_…');
  return id;
};

const lead = (id: string): string => {
  if (!leadIdSchema.safeParse(id).success) throw new InvalidRequestError('a lead id must look like lea_…');
  return id;
};

const requireCount = (what: string, count: number, max: number): void => {
  if (count < 1 || count > max) throw new InvalidRequestError(`${what} must be 1 to ${String(max)} in one call`);
};

/**
 * Every method throws {@link InvalidRequestError} for an id that is none, and the errors of {@link HttpClient.send}.
 * A write that cannot be made now waits in the durable queue, and its answer says so: `{queued: true, …}`, told from the
 * others by `isQueued`. Whoever wants an error instead asks for it with `strict`.
 */
export class LemlistClient implements ServiceClient {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  async listCampaigns(query: CampaignQuery = {}, options?: CallOptions) {
    return this.#http.send(operations.listCampaigns, { path: upstreamPath`/campaigns`, query: { version: 'v2', ...query } }, options);
  }

  /** Never repeated: Lemlist would make a second campaign of the same name. */
  async createCampaign(input: CampaignInput, options?: CallOptions) {
    return this.#http.write(operations.createCampaign, { path: upstreamPath`/campaigns`, body: input }, options);
  }

  async getCampaign(campaignId: string, options?: CallOptions) {
    return this.#http.send(operations.getCampaign, { path: upstreamPath`/campaigns/${campaign(campaignId)}` }, options);
  }

  async pauseCampaign(campaignId: string, options?: CallOptions) {
    return this.#http.write(operations.pauseCampaign, { path: upstreamPath`/campaigns/${campaign(campaignId)}/pause` }, options);
  }

  async startCampaign(campaignId: string, options?: CallOptions) {
    return this.#http.write(operations.startCampaign, { path: upstreamPath`/campaigns/${campaign(campaignId)}/start` }, options);
  }

  /**
   * Adds a lead to a campaign; never repeated by itself.
   *
   * After `outcome_unknown` the caller may add the same lead once more with the enrichment flags off. A rejection
   * `lead_exists` with `where: 'same_campaign'` then means that the first call succeeded.
   *
   * @param flags `deduplicate` refuses a lead of another campaign; the others spend enrichment credits.
   * @throws {UpstreamRejectedError} 409 `lead_exists`, `lead_in_graveyard`; 404 `campaign_not_found`.
   */
  async addLead(campaignId: string, variables: NewLead, flags: AddLeadFlags = {}, options?: CallOptions) {
    // The trailing slash is part of Lemlist's path.
    const path = upstreamPath`/campaigns/${campaign(campaignId)}/leads/`;
    return this.#http.write(operations.addLead, { path, query: { ...flags }, body: variables }, options);
  }

  /** The lead as each campaign knows it: one row per campaign. */
  async getLeadsByEmail(email: string, options?: CallOptions) {
    return this.#http.send(operations.getLeadsByEmail, { path: upstreamPath`/leads/${email}`, query: { version: 'v2' } }, options);
  }

  async getLead(leadId: string, options?: CallOptions) {
    return this.#http.send(operations.getLead, { path: upstreamPath`/leads`, query: { id: lead(leadId), version: 'v2' } }, options);
  }

  /** At most 500, and no way to the ones behind: Lemlist documents no offset. */
  async listCampaignLeads(campaignId: string, query: CampaignLeadsQuery = {}, options?: CallOptions) {
    const path = upstreamPath`/campaigns/${campaign(campaignId)}/leads/`;
    return this.#http.send(operations.listCampaignLeads, { path, query: { ...query } }, options);
  }

  /** @throws {UpstreamRejectedError} 409 `lead_in_graveyard`, which Lemlist answers as 500. */
  async updateLead(campaignId: string, leadId: string, changes: LeadChanges, options?: CallOptions) {
    const path = upstreamPath`/campaigns/${campaign(campaignId)}/leads/${lead(leadId)}`;
    return this.#http.write(operations.updateLead, { path, body: changes }, options);
  }

  async pauseLead(campaignId: string, leadId: string, options?: CallOptions) {
    const request = { path: upstreamPath`/leads/pause/${lead(leadId)}`, query: { campaignId: campaign(campaignId) } };
    return this.#http.write(operations.pauseLead, request, options);
  }

  async resumeLead(campaignId: string, leadId: string, options?: CallOptions) {
    const request = { path: upstreamPath`/leads/start/${lead(leadId)}`, query: { campaignId: campaign(campaignId) } };
    return this.#http.write(operations.resumeLead, request, options);
  }

  /** Takes the lead out of the campaign. A repeat after success is answered 404 `lead_not_found`. */
  async removeLead(campaignId: string, leadId: string, options?: CallOptions) {
    const path = upstreamPath`/campaigns/${campaign(campaignId)}/leads/${lead(leadId)}`;
    // Without the action Lemlist only unsubscribes the lead.
    return this.#http.write(operations.removeLead, { path, query: { action: 'remove' } }, options);
  }

  /** @param value An email, `@domain`, phone number or LinkedIn address. */
  async unsubscribe(value: string, options?: CallOptions) {
    return this.#http.write(operations.unsubscribe, { path: upstreamPath`/v2/unsubscribes/variables/${value}` }, options);
  }

  /**
   * Up to 10,000 values, answered row by row: those that are none are refused, and the others go.
   *
   * @throws {InvalidRequestError} for no value, or more than 10,000.
   */
  async bulkUnsubscribe(values: readonly string[], options?: CallOptions): Promise<BulkUnsubscribe> {
    requireCount('values', values.length, MAX_BULK_UNSUBSCRIBES);
    return unsubscribeAll(this.#http, values, options);
  }

  /** @throws {UpstreamRejectedError} 404 if the value is not unsubscribed. */
  async getUnsubscribe(value: string, options?: CallOptions) {
    return this.#http.send(operations.getUnsubscribe, { path: upstreamPath`/v2/unsubscribes/variables/${value}` }, options);
  }

  /** @throws {UpstreamRejectedError} 409 `unsubscribe_is_final` if the person asked for it, or complained. */
  async removeUnsubscribe(value: string, options?: CallOptions) {
    return this.#http.write(operations.removeUnsubscribe, { path: upstreamPath`/v2/unsubscribes/variables/${value}` }, options);
  }

  async listUnsubscribes(page: Page = {}, options?: CallOptions) {
    return this.#http.send(operations.listUnsubscribes, { path: upstreamPath`/v2/unsubscribes/variables`, query: { ...page } }, options);
  }

  async listActivities(query: ActivityQuery = {}, options?: CallOptions) {
    return this.#http.send(operations.listActivities, { path: upstreamPath`/activities`, query: { version: 'v2', ...query } }, options);
  }

  /** The team without its API key, hooks and webhooks. */
  async getTeam(options?: CallOptions) {
    return this.#http.send(operations.getTeam, { path: upstreamPath`/team` }, options);
  }

  async getTeamCredits(options?: CallOptions) {
    return this.#http.send(operations.getTeamCredits, { path: upstreamPath`/team/credits` }, options);
  }

  /** Creates or updates a contact by its contactId, email or linkedinUrl; null and empty values change nothing. */
  async upsertContact(contact: Readonly<Record<string, unknown>>, options?: CallOptions) {
    return this.#http.write(operations.upsertContact, { path: upstreamPath`/contacts`, body: contact }, options);
  }

  /** Up to 100 contacts by id or email in one call: Lemlist's one batch read. */
  async getContacts(idsOrEmails: readonly string[], options?: CallOptions) {
    requireCount('contacts', idsOrEmails.length, MAX_CONTACTS);
    if (idsOrEmails.some((value) => value.includes(','))) throw new InvalidRequestError('a contact id or email must not hold a comma');
    const query = { idsOrEmails: idsOrEmails.join(',') };
    return this.#http.send(operations.getContacts, { path: upstreamPath`/contacts`, query }, options);
  }

  /** @throws {UpstreamRejectedError} 404 `contact_not_found`. */
  async findContact(idOrEmail: string, options?: CallOptions): Promise<Contact> {
    const { contacts } = await this.getContacts([idOrEmail], options);
    const [contact] = contacts;
    if (contact !== undefined) return contact;
    throw new UpstreamRejectedError({ service: 'lemlist', operation: operations.getContacts.name }, 404, 'contact_not_found');
  }

  /**
   * Up to 100 contacts by id or email, answered row by row; they share a request, as all single reads at the same time do.
   *
   * @throws {InvalidRequestError} for none, or more than 100; and the error of the call, if no row got an answer.
   */
  async findContacts(idsOrEmails: readonly string[], options: CallOptions = {}): Promise<BulkLookup<FoundContact>> {
    requireCount('contacts', idsOrEmails.length, MAX_CONTACTS);
    const steps = this.#http.startDeadline(options);
    const asked = { values: idsOrEmails, schema: contactNameSchema, name: 'id_or_email' };
    return lookUpRows(asked, async (name): Promise<LookedUp<FoundContact>> => {
      const { contacts } = await this.getContacts([name], steps);
      const [contact] = contacts;
      return contact === undefined ? { outcome: 'missing' } : { outcome: 'found', contact };
    });
  }

  getCircuitState() {
    return this.#http.getCircuitState();
  }

  getMetrics() {
    return this.#http.getMetrics();
  }

  async healthCheck() {
    return this.#http.healthCheck(operations.getTeam, { path: upstreamPath`/team` });
  }
}
