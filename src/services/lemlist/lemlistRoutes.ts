/**
 * Mounted at `/api/lemlist`.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import type { LemlistClient } from './lemlistClient.ts';
import { contactRoutes } from './lemlistContactRoutes.ts';
import { activityQuerySchema, campaignIdSchema, campaignInputSchema, campaignQuerySchema } from './lemlistInputs.ts';
import { campaignLeadRoutes, leadRoutes } from './lemlistLeadRoutes.ts';
import { activitiesSchema, campaignAnswer, campaignsSchema, createdCampaignAnswer, teamSchema } from './lemlistSchemas.ts';
import { unsubscribeRoutes } from './lemlistUnsubscribeRoutes.ts';

const campaignParams = z.strictObject({ campaignId: campaignIdSchema });
const campaignAcknowledgement = z.looseObject({ campaignId: z.string() });
const read = 'lemlist:read';
const write = 'lemlist:write';

const campaignRoutes: readonly ((lemlist: LemlistClient) => Route)[] = [
  (lemlist) =>
    route({
      method: 'get',
      path: '/campaigns',
      summary: 'List campaigns',
      scope: read,
      query: campaignQuerySchema,
      answer: campaignsSchema,
      handle: async ({ query, call }) => ({ body: await lemlist.listCampaigns(query, call) }),
    }),
  (lemlist) =>
    route({
      method: 'post',
      path: '/campaigns',
      summary: 'Create a campaign',
      description: 'Never repeated by the gateway: after `outcome_unknown`, list the campaigns before trying again.',
      scope: write,
      body: campaignInputSchema,
      status: 201,
      answer: createdCampaignAnswer,
      queueable: true,
      handle: async ({ body, call }) => ({ body: await lemlist.createCampaign(body, call) }),
    }),
  (lemlist) =>
    route({
      method: 'get',
      path: '/campaigns/:campaignId',
      summary: 'Get a campaign',
      scope: read,
      params: campaignParams,
      answer: campaignAnswer,
      problems: [404],
      handle: async ({ params, call }) => ({ body: await lemlist.getCampaign(params.campaignId, call) }),
    }),
  (lemlist) =>
    route({
      method: 'post',
      path: '/campaigns/:campaignId/pause',
      summary: 'Pause a campaign',
      scope: write,
      params: campaignParams,
      answer: campaignAcknowledgement,
      problems: [404],
      queueable: true,
      handle: async ({ params: { campaignId }, call }) => ({ body: { ...(await lemlist.pauseCampaign(campaignId, call)), campaignId } }),
    }),
  (lemlist) =>
    route({
      method: 'post',
      path: '/campaigns/:campaignId/start',
      summary: 'Start a campaign',
      scope: write,
      params: campaignParams,
      answer: campaignAcknowledgement,
      problems: [404],
      queueable: true,
      handle: async ({ params: { campaignId }, call }) => ({ body: { ...(await lemlist.startCampaign(campaignId, call)), campaignId } }),
    }),
];

const accountRoutes: readonly ((lemlist: LemlistClient) => Route)[] = [
  (lemlist) =>
    route({
      method: 'get',
      path: '/activities',
      summary: 'List activities',
      scope: read,
      query: activityQuerySchema,
      answer: activitiesSchema,
      handle: async ({ query, call }) => ({ body: await lemlist.listActivities(query, call) }),
    }),
  (lemlist) =>
    route({
      method: 'get',
      path: '/team',
      summary: 'Get the team the API key belongs to',
      description: 'Without its API key, hooks and webhooks.',
      scope: read,
      answer: teamSchema,
      handle: async ({ call }) => ({ body: await lemlist.getTeam(call) }),
    }),
];

export const lemlistRoutes = (lemlist: LemlistClient): readonly Route[] =>
  [...campaignRoutes, ...campaignLeadRoutes, ...leadRoutes, ...contactRoutes, ...unsubscribeRoutes, ...accountRoutes].map((define) =>
    define(lemlist),
  );
