/**
 * Lemlist's endpoints. No answer of last resort anywhere: outreach is better late than made up.
 *
 * Campaigns, activities and the team are cached for seconds, to carry bursts under the 20 requests per 2 s, and stand in for an
 * error for ten minutes. Leads, contacts and unsubscribes never are: acting on an old one writes to a person who said no.
 * Every write may wait in the queue.
 */
import { z } from 'zod';
import { manyRecords, pageOfRecord, pageOfRecords, type OperationRequest } from '../../contract/operation.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { endpoint, inProcess } from '../endpoint.ts';
import * as answers from './lemlistAnswers.ts';
import * as inputs from './lemlistInputs.ts';
import * as waiting from './lemlistQueueRules.ts';

const { campaignId, leadId, email, unsubscribeValue } = inputs;

const listCache = { cacheForMs: seconds(10), staleForMs: minutes(10) };
/** Whoever has made, paused or started a campaign sees that. */
const campaigns = { cacheTags: () => ['campaigns'] };
/** What people did is listed with their addresses: once one of them is gone, or the campaign is, no list from before is answered. */
export const ofPerson = {
  goneTags: (_request: OperationRequest, answer?: unknown) => (answer === undefined ? ['activities', 'campaigns'] : []),
};
const ofCampaign = { params: { campaignId }, problems: [404] };
const ofLead = { ...ofPerson, params: { campaignId, leadId }, idempotency: 'natural', queue: waiting.writeOfLead } as const;
const ofValue = { ...ofPerson, params: { value: unsubscribeValue } };

export const listCampaigns = endpoint({
  name: 'list_campaigns',
  ...pageOfRecords,
  route: 'GET /campaigns',
  summary: 'List campaigns',
  query: inputs.campaignQuery,
  answer: answers.campaignsAnswer,
  replies: answers.campaigns,
  upstream: ({ query }) => ({ path: upstreamPath`/campaigns`, query: { version: 'v2', ...query } }),
  ...listCache,
  ...campaigns,
});

export const createCampaign = endpoint({
  name: 'create_campaign',
  route: 'POST /campaigns',
  summary: 'Create a campaign',
  description: 'Never repeated by the gateway: after `outcome_unknown`, list the campaigns before trying again.',
  body: inputs.campaignInput,
  answer: answers.createdCampaign,
  status: 201,
  upstream: ({ body }) => ({ path: upstreamPath`/campaigns`, body }),
  idempotency: 'never', // Lemlist knows no key for campaigns: a repeat makes a second one of the same name
  queue: waiting.newCampaign,
  ...campaigns,
});

export const getCampaign = endpoint({
  name: 'get_campaign',
  route: 'GET /campaigns/:campaignId',
  summary: 'Get a campaign',
  ...ofCampaign,
  answer: answers.campaign,
  upstream: ({ params }) => ({ path: upstreamPath`/campaigns/${params.campaignId}` }),
  ...listCache,
  ...campaigns,
});

const campaignSwitch = (
  action: 'pause' | 'start',
  route: 'POST /campaigns/:campaignId/pause' | 'POST /campaigns/:campaignId/start',
  summary: string,
) =>
  endpoint({
    name: `${action}_campaign`,
    route,
    summary,
    ...ofCampaign,
    answer: answers.acknowledgement,
    replies: z.looseObject({ campaignId: z.string() }),
    reply: (answer, { params }) => ({ ...answer, campaignId: params.campaignId }),
    upstream: ({ params }) => ({ path: upstreamPath`/campaigns/${params.campaignId}/${action}` }),
    idempotency: 'natural',
    queue: waiting.writeOfCampaign,
    ...campaigns,
  });

export const pauseCampaign = campaignSwitch('pause', 'POST /campaigns/:campaignId/pause', 'Pause a campaign');
export const startCampaign = campaignSwitch('start', 'POST /campaigns/:campaignId/start', 'Start a campaign');

export const listCampaignLeads = endpoint({
  name: 'list_campaign_leads',
  ...pageOfRecord,
  ...ofPerson,
  route: 'GET /campaigns/:campaignId/leads',
  summary: 'List leads of a campaign',
  description: 'At most 500 of a state; Lemlist offers no way to the ones behind.',
  ...ofCampaign,
  query: inputs.campaignLeadsQuery,
  answer: answers.leadsAnswer,
  replies: answers.leads,
  // The trailing slash is part of Lemlist's path.
  upstream: ({ params, query }) => ({ path: upstreamPath`/campaigns/${params.campaignId}/leads/`, query: { ...query } }),
});

/**
 * Not repeated within a call: a repeat may spend the enrichment credits again, and is answered with a refusal that hides the
 * success. In the queue that refusal is understood.
 *
 * @throws {UpstreamRejectedError} 409 `lead_exists`, `lead_in_graveyard`; 404 `campaign_not_found`.
 */
export const addLead = endpoint({
  name: 'add_lead',
  ...ofPerson,
  route: 'POST /campaigns/:campaignId/leads',
  summary: 'Add a lead to a campaign',
  description:
    'Keys beside the named ones are custom variables. `deduplicate` refuses a lead of another campaign; the other flags spend ' +
    'credits. After `outcome_unknown`, add it once more without flags: 409 `lead_exists` in the same campaign then means success.',
  params: { campaignId },
  query: inputs.addLeadFlags,
  body: inputs.newLead,
  answer: answers.addedLead,
  status: 201,
  problems: [404, 409],
  upstream: ({ params, query, body }) => ({ path: upstreamPath`/campaigns/${params.campaignId}/leads/`, query: { ...query }, body }),
  idempotency: 'never',
  queue: waiting.newLead,
});

/** @throws {UpstreamRejectedError} 409 `lead_in_graveyard`, which Lemlist answers as 500. */
export const updateLead = endpoint({
  name: 'update_lead',
  route: 'PATCH /campaigns/:campaignId/leads/:leadId',
  summary: 'Change variables of a lead',
  ...ofLead,
  body: inputs.leadChanges,
  answer: answers.updatedLead,
  replies: z.looseObject({ leadId: z.string() }),
  reply: (answer, { params }) => ({ ...answer, leadId: params.leadId }),
  problems: [404, 409],
  upstream: ({ params, body }) => ({ path: upstreamPath`/campaigns/${params.campaignId}/leads/${params.leadId}`, body }),
});

export const removeLead = endpoint({
  name: 'remove_lead',
  route: 'DELETE /campaigns/:campaignId/leads/:leadId',
  summary: 'Remove a lead from a campaign',
  description: 'Removes; it does not unsubscribe the person.',
  ...ofLead,
  answer: answers.removedLead,
  replies: z.looseObject({ leadId: z.string(), removed: z.literal(true) }),
  reply: (answer, { params }) => ({ ...answer, leadId: params.leadId }),
  problems: [404, 409],
  // Without the action Lemlist only unsubscribes the lead.
  upstream: ({ params }) => ({ path: upstreamPath`/campaigns/${params.campaignId}/leads/${params.leadId}`, query: { action: 'remove' } }),
  queue: waiting.removalOfLead,
});

type LeadSwitch = 'POST /campaigns/:campaignId/leads/:leadId/pause' | 'POST /campaigns/:campaignId/leads/:leadId/resume';

const leadSwitch = (name: string, route: LeadSwitch, action: 'pause' | 'start', summary: string) =>
  endpoint({
    name,
    route,
    summary,
    ...ofLead,
    answer: answers.leadsAnswer,
    replies: answers.leads,
    problems: [404],
    upstream: ({ params }) => ({ path: upstreamPath`/leads/${action}/${params.leadId}`, query: { campaignId: params.campaignId } }),
  });

export const pauseLead = leadSwitch('pause_lead', 'POST /campaigns/:campaignId/leads/:leadId/pause', 'pause', 'Pause a lead in a campaign');
export const resumeLead = leadSwitch(
  'resume_lead',
  'POST /campaigns/:campaignId/leads/:leadId/resume',
  'start',
  'Resume a lead in a campaign',
);

export const getLead = endpoint({
  name: 'get_lead',
  ...ofPerson,
  route: 'GET /leads',
  summary: 'Get a lead by its id',
  query: z.strictObject({ id: leadId }),
  answer: answers.lead,
  problems: [404],
  upstream: ({ query }) => ({ path: upstreamPath`/leads`, query: { id: query.id, version: 'v2' } }),
});

/** The lead as each campaign knows it: one row per campaign. */
export const getLeadsByEmail = endpoint({
  name: 'get_leads_by_email',
  ...ofPerson,
  route: 'GET /leads/:email',
  summary: 'Get a lead by email, one row per campaign',
  params: { email },
  answer: answers.leadsAnswer,
  replies: answers.leads,
  problems: [404],
  upstream: ({ params }) => ({ path: upstreamPath`/leads/${params.email}`, query: { version: 'v2' } }),
});

export const listUnsubscribes = endpoint({
  name: 'list_unsubscribes',
  ...manyRecords,
  route: 'GET /unsubscribes',
  summary: 'List unsubscribed values',
  query: inputs.page,
  answer: answers.unsubscribesAnswer,
  replies: answers.unsubscribes,
  upstream: ({ query }) => ({ path: upstreamPath`/v2/unsubscribes/variables`, query: { ...query } }),
});

export const unsubscribe = endpoint({
  name: 'unsubscribe',
  ...ofPerson,
  route: 'POST /unsubscribes',
  summary: 'Unsubscribe an email, @domain, phone number or LinkedIn address',
  body: z.strictObject({ value: unsubscribeValue }),
  answer: answers.unsubscribe,
  upstream: ({ body }) => ({ path: upstreamPath`/v2/unsubscribes/variables/${body.value}` }),
  idempotency: 'natural',
  queue: waiting.unsubscription,
});

export const getUnsubscribe = endpoint({
  name: 'get_unsubscribe',
  route: 'GET /unsubscribes/:value',
  summary: 'Check whether a value is unsubscribed',
  description: '404 means that it is not.',
  ...ofValue,
  answer: answers.unsubscribe,
  problems: [404],
  upstream: ({ params }) => ({ path: upstreamPath`/v2/unsubscribes/variables/${params.value}` }),
});

/** @throws {UpstreamRejectedError} 409 `unsubscribe_is_final` if the person asked for it, or complained. */
export const removeUnsubscribe = endpoint({
  name: 'remove_unsubscribe',
  route: 'DELETE /unsubscribes/:value',
  summary: 'Take a value off the unsubscribe list',
  description: '409 where the person asked for it, or complained.',
  ...ofValue,
  answer: answers.removedUnsubscribe,
  replies: z.looseObject({ value: z.string(), unsubscribed: z.literal(false) }),
  reply: (answer, { params }) => ({ ...answer, value: params.value }),
  problems: [404, 409],
  upstream: ({ params }) => ({ path: upstreamPath`/v2/unsubscribes/variables/${params.value}` }),
  idempotency: 'natural',
  queue: waiting.resubscription,
});

export const listActivities = endpoint({
  name: 'list_activities',
  ...pageOfRecords,
  route: 'GET /activities',
  summary: 'List activities',
  query: inputs.activityQuery,
  answer: answers.activitiesAnswer,
  replies: answers.activities,
  cacheTags: () => ['activities'],
  upstream: ({ query }) => ({ path: upstreamPath`/activities`, query: { version: 'v2', ...query } }),
  ...listCache,
});

export const getTeam = endpoint({
  name: 'get_team',
  isOfService: true,
  route: 'GET /team',
  summary: 'Get the team the API key belongs to',
  description: 'Without its API key, hooks and webhooks.',
  answer: answers.teamAnswer,
  replies: answers.team,
  upstream: () => ({ path: upstreamPath`/team` }),
  cacheForMs: minutes(1),
  staleForMs: minutes(10),
});

export const getTeamCredits = inProcess(
  { name: 'get_team_credits', method: 'GET', idempotency: 'safe', answer: answers.teamCredits, isOfService: true },
  () => ({ path: upstreamPath`/team/credits` }),
);
