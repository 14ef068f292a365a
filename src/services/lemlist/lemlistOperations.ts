/**
 * Lemlist's operations as data. No answer of last resort anywhere: outreach is better late than made up.
 *
 * Campaigns, activities and the team are cached for seconds, to carry bursts under the 20 requests per 2 s, and stand
 * in for an error for ten minutes. Leads, contacts and unsubscribes never are: acting on an old one writes to a person
 * who said no. Every write may wait in the queue.
 */
import { manyRecords, pageOfRecords, type Operation, type OperationRequest } from '../../http/operation.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { contactsTogether } from './lemlistReadsTogether.ts';
import * as queueRules from './lemlistQueueRules.ts';
import * as answers from './lemlistSchemas.ts';

const operation = <T>(definition: Operation<T>): Operation<T> => definition;
const listCache = { cacheForMs: seconds(10), staleForMs: minutes(10) };
/** Whoever has made, paused or started a campaign sees that. */
const campaigns = { cacheTags: () => ['campaigns'] };
/** What people did is listed with their addresses: once one of them is gone, or the campaign is, no list from before is answered. */
const ofPerson = { goneTags: (_request: OperationRequest, answer?: unknown) => (answer === undefined ? ['activities', 'campaigns'] : []) };

const getContacts = operation({ name: 'get_contacts', ...ofPerson, method: 'GET', idempotency: 'safe', answer: answers.contactsAnswer, ...manyRecords });

export const lemlistOperations = {
  listCampaigns: operation({
    name: 'list_campaigns',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.campaignsAnswer,
    ...pageOfRecords,
    ...listCache,
    ...campaigns,
  }),
  /** Lemlist knows no key for campaigns: a repeat makes a second one of the same name. */
  createCampaign: operation({
    name: 'create_campaign',
    method: 'POST',
    idempotency: 'never',
    answer: answers.createdCampaignAnswer,
    queue: queueRules.newCampaign,
    ...campaigns,
  }),
  getCampaign: operation({
    name: 'get_campaign',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.campaignAnswer,
    ...listCache,
    ...campaigns,
  }),
  pauseCampaign: operation({
    name: 'pause_campaign',
    method: 'POST',
    idempotency: 'natural',
    answer: answers.acknowledgementAnswer,
    queue: queueRules.writeOfCampaign,
    ...campaigns,
  }),
  startCampaign: operation({
    name: 'start_campaign',
    method: 'POST',
    idempotency: 'natural',
    answer: answers.acknowledgementAnswer,
    queue: queueRules.writeOfCampaign,
    ...campaigns,
  }),

  /**
   * Not repeated within a call: a repeat may spend the enrichment credits again, and is answered with a refusal that hides the
   * success. In the queue that refusal is understood.
   */
  addLead: operation({
    name: 'add_lead',
    ...ofPerson,
    method: 'POST',
    idempotency: 'never',
    answer: answers.addedLeadSchema,
    queue: queueRules.newLead,
  }),
  getLeadsByEmail: operation({ name: 'get_leads_by_email', ...ofPerson, method: 'GET', idempotency: 'safe', answer: answers.leadsAnswer }),
  getLead: operation({ name: 'get_lead', ...ofPerson, method: 'GET', idempotency: 'safe', answer: answers.leadSchema }),
  listCampaignLeads: operation({ name: 'list_campaign_leads', ...ofPerson, method: 'GET', idempotency: 'safe', answer: answers.leadsAnswer, ...pageOfRecords }),
  updateLead: operation({
    name: 'update_lead',
    ...ofPerson,
    method: 'PATCH',
    idempotency: 'natural',
    answer: answers.updatedLeadAnswer,
    queue: queueRules.writeOfLead,
  }),
  pauseLead: operation({
    name: 'pause_lead',
    ...ofPerson,
    method: 'POST',
    idempotency: 'natural',
    answer: answers.leadsAnswer,
    queue: queueRules.writeOfLead,
  }),
  resumeLead: operation({
    name: 'resume_lead',
    ...ofPerson,
    method: 'POST',
    idempotency: 'natural',
    answer: answers.leadsAnswer,
    queue: queueRules.writeOfLead,
  }),
  removeLead: operation({
    name: 'remove_lead',
    ...ofPerson,
    method: 'DELETE',
    idempotency: 'natural',
    answer: answers.removedLeadAnswer,
    queue: queueRules.removalOfLead,
  }),

  unsubscribe: operation({
    name: 'unsubscribe',
    ...ofPerson,
    method: 'POST',
    idempotency: 'natural',
    answer: answers.unsubscribeSchema,
    queue: queueRules.unsubscription,
  }),
  bulkUnsubscribe: operation({
    name: 'bulk_unsubscribe',
    method: 'POST',
    idempotency: 'natural',
    answer: answers.bulkUnsubscribeAnswer,
    queue: queueRules.bulkUnsubscription,
  }),
  getUnsubscribe: operation({ name: 'get_unsubscribe', ...ofPerson, method: 'GET', idempotency: 'safe', answer: answers.unsubscribeSchema }),
  removeUnsubscribe: operation({
    name: 'remove_unsubscribe',
    ...ofPerson,
    method: 'DELETE',
    idempotency: 'natural',
    answer: answers.removedUnsubscribeAnswer,
    queue: queueRules.resubscription,
  }),
  listUnsubscribes: operation({ name: 'list_unsubscribes', method: 'GET', idempotency: 'safe', answer: answers.unsubscribesAnswer, ...manyRecords }),

  listActivities: operation({
    name: 'list_activities',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.activitiesAnswer,
    ...pageOfRecords,
    ...listCache,
    cacheTags: () => ['activities'],
  }),
  getTeam: operation({
    name: 'get_team',
    method: 'GET',
    idempotency: 'safe',
    answer: answers.teamAnswer,
    cacheForMs: minutes(1),
    staleForMs: minutes(10),
  }),
  getTeamCredits: operation({ name: 'get_team_credits', method: 'GET', idempotency: 'safe', answer: answers.teamCreditsAnswer }),

  upsertContact: operation({
    name: 'upsert_contact',
    ...ofPerson,
    method: 'POST',
    idempotency: 'natural',
    answer: answers.upsertedContactAnswer,
    queue: queueRules.writeOfContact,
  }),
  getContacts: operation({ ...getContacts, batch: contactsTogether(getContacts) }),
} as const;
