/**
 * Mounted at `/api/hubspot`. Bodies are HubSpot's own, so that its documentation is ours.
 */
import { route, type Route } from '../../web/route.ts';
import { associationRoutes } from './hubspotAssociationRoutes.ts';
import { batchWriteRoutes } from './hubspotBatchRoutes.ts';
import type { HubspotClient } from './hubspotClient.ts';
import { contactRoutes } from './hubspotContactRoutes.ts';
import { recordTypes } from './hubspotInputs.ts';
import { recordRoutes } from './hubspotRecordRoutes.ts';
import { accountSchema } from './hubspotSchemas.ts';

/** Names before ids: a path that fits two routes belongs to the first. */
export const hubspotRoutes = (client: HubspotClient): readonly Route[] => [
  route({
    method: 'get',
    path: '/account',
    summary: 'Get the account that the credential belongs to',
    scope: 'hubspot:read',
    answer: accountSchema,
    handle: async ({ call }) => ({ body: await client.getAccount(call) }),
  }),
  ...contactRoutes(client),
  ...recordRoutes('contacts', 'contact', client.records('contacts')),
  ...recordRoutes('companies', 'company', client.records('companies')),
  ...recordRoutes('deals', 'deal', client.records('deals')),
  ...recordTypes.flatMap((type) => batchWriteRoutes(type, client)),
  ...associationRoutes(client),
];
