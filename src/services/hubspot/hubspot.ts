import { defineService } from '../provider.ts';
import { HubspotClient } from './hubspotClient.ts';
import { hubspotDeadlines } from './hubspotDeadlines.ts';
import { classifyHubspot } from './hubspotErrors.ts';
import { getAccount, hubspotOperations } from './hubspotOperations.ts';
import { accountPath } from './hubspotPaths.ts';
import { hubspotQuotas, readHubspotQuota } from './hubspotQuota.ts';
import { hubspotRoutes } from './hubspotRoutes.ts';

/** HubSpot's CRM: contacts, companies, deals. Facts, limits and dates: `docs/services/hubspot.md`. */
export const hubspot = defineService({
  name: 'hubspot',
  title: 'HubSpot',
  baseUrl: 'https://api.hubapi.com',
  authenticate: (secret) => ({ authorization: `Bearer ${secret}` }),
  sandboxSecret: 'pat-na1-00000000-0000-4000-8000-000000000000',
  operations: hubspotOperations,
  health: { operation: getAccount, request: { path: accountPath } },
  deadlines: hubspotDeadlines,
  quotas: hubspotQuotas,
  classify: classifyHubspot,
  readQuota: readHubspotQuota,
  createClient: (http) => new HubspotClient(http),
  createRoutes: hubspotRoutes,
});
