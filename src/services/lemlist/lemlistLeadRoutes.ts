/**
 * The routes of leads, in a campaign and across campaigns.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import type { LemlistClient } from './lemlistClient.ts';
import {
  addLeadFlagsSchema,
  campaignIdSchema,
  campaignLeadsQuerySchema,
  emailSchema,
  leadChangesSchema,
  leadIdSchema,
  newLeadSchema,
} from './lemlistInputs.ts';
import { addedLeadSchema, leadSchema, leadsSchema } from './lemlistSchemas.ts';

const campaignParams = z.strictObject({ campaignId: campaignIdSchema });
const leadParams = z.strictObject({ campaignId: campaignIdSchema, leadId: leadIdSchema });
const read = 'lemlist:read';
const write = 'lemlist:write';

export const campaignLeadRoutes: readonly ((lemlist: LemlistClient) => Route)[] = [
  (lemlist) =>
    route({
      method: 'get',
      path: '/campaigns/:campaignId/leads',
      summary: 'List leads of a campaign',
      description: 'At most 500 of a state; Lemlist offers no way to the ones behind.',
      scope: read,
      params: campaignParams,
      query: campaignLeadsQuerySchema,
      answer: leadsSchema,
      problems: [404],
      handle: async ({ params, query, call }) => ({ body: await lemlist.listCampaignLeads(params.campaignId, query, call) }),
    }),
  (lemlist) =>
    route({
      method: 'post',
      path: '/campaigns/:campaignId/leads',
      summary: 'Add a lead to a campaign',
      description:
        'Keys beside the named ones are custom variables. `deduplicate` refuses a lead of another campaign; the other flags spend ' +
        'credits. After `outcome_unknown`, add it once more without flags: 409 `lead_exists` in the same campaign then means success.',
      scope: write,
      params: campaignParams,
      query: addLeadFlagsSchema,
      body: newLeadSchema,
      status: 201,
      answer: addedLeadSchema,
      problems: [404, 409],
      queueable: true,
      handle: async ({ params, query, body, call }) => ({ body: await lemlist.addLead(params.campaignId, body, query, call) }),
    }),
  (lemlist) =>
    route({
      method: 'patch',
      path: '/campaigns/:campaignId/leads/:leadId',
      summary: 'Change variables of a lead',
      scope: write,
      params: leadParams,
      body: leadChangesSchema,
      answer: z.looseObject({ leadId: z.string() }),
      problems: [404, 409],
      queueable: true,
      handle: async ({ params: { campaignId, leadId }, body, call }) => ({
        body: { ...(await lemlist.updateLead(campaignId, leadId, body, call)), leadId },
      }),
    }),
  (lemlist) =>
    route({
      method: 'delete',
      path: '/campaigns/:campaignId/leads/:leadId',
      summary: 'Remove a lead from a campaign',
      description: 'Removes; it does not unsubscribe the person.',
      scope: write,
      params: leadParams,
      answer: z.looseObject({ leadId: z.string(), removed: z.literal(true) }),
      problems: [404, 409],
      queueable: true,
      handle: async ({ params: { campaignId, leadId }, call }) => ({
        body: { ...(await lemlist.removeLead(campaignId, leadId, call)), leadId },
      }),
    }),
  (lemlist) =>
    route({
      method: 'post',
      path: '/campaigns/:campaignId/leads/:leadId/pause',
      summary: 'Pause a lead in a campaign',
      scope: write,
      params: leadParams,
      answer: leadsSchema,
      problems: [404],
      queueable: true,
      handle: async ({ params, call }) => ({ body: await lemlist.pauseLead(params.campaignId, params.leadId, call) }),
    }),
  (lemlist) =>
    route({
      method: 'post',
      path: '/campaigns/:campaignId/leads/:leadId/resume',
      summary: 'Resume a lead in a campaign',
      scope: write,
      params: leadParams,
      answer: leadsSchema,
      problems: [404],
      queueable: true,
      handle: async ({ params, call }) => ({ body: await lemlist.resumeLead(params.campaignId, params.leadId, call) }),
    }),
];

export const leadRoutes: readonly ((lemlist: LemlistClient) => Route)[] = [
  (lemlist) =>
    route({
      method: 'get',
      path: '/leads',
      summary: 'Get a lead by its id',
      scope: read,
      query: z.strictObject({ id: leadIdSchema }),
      answer: leadSchema,
      problems: [404],
      handle: async ({ query, call }) => ({ body: await lemlist.getLead(query.id, call) }),
    }),
  (lemlist) =>
    route({
      method: 'get',
      path: '/leads/:email',
      summary: 'Get a lead by email, one row per campaign',
      scope: read,
      params: z.strictObject({ email: emailSchema }),
      answer: leadsSchema,
      problems: [404],
      handle: async ({ params, call }) => ({ body: await lemlist.getLeadsByEmail(params.email, call) }),
    }),
];
