/**
 * HubSpot's CRM: contacts, companies, deals. Facts, limits and dates with their sources: docs/services/hubspot.md.
 */
import { quotaFrom, type QuotaReader } from '../../pipeline/quota.ts';
import { seconds } from '../../time/clock.ts';
import { serviceOf } from '../endpoint.ts';
import { hubspotEndpoints } from './hubspotClient.ts';
import { classifyHubspot } from './hubspotErrors.ts';
import { accountPath } from './hubspotPaths.ts';

/** Answers to searches carry no headers; OAuth apps have no daily limit. */
export const readHubspotQuota: QuotaReader = (headers) => [
  ...quotaFrom(headers, 'ten_seconds', { limit: 'x-hubspot-ratelimit-max', remaining: 'x-hubspot-ratelimit-remaining' }),
  ...quotaFrom(headers, 'day', { limit: 'x-hubspot-ratelimit-daily', remaining: 'x-hubspot-ratelimit-daily-remaining' }),
];

export const hubspot = serviceOf({
  name: 'hubspot',
  title: 'HubSpot',
  baseUrl: 'https://api.hubapi.com',
  authenticate: (secret) => ({ authorization: `Bearer ${secret}` }),
  sandboxSecret: 'pat-na1-00000000-0000-4000-8000-000000000000',
  example: '/contacts/101',
  overrides: { attemptTimeoutMs: seconds(4), deadlineMs: seconds(10), bulkhead: { maxConcurrent: 100, maxQueued: 100 } },
  endpoints: hubspotEndpoints,
  // The cheapest call, and one that needs no scope of the CRM.
  health: { operation: hubspotEndpoints.getAccount.operation, request: { path: accountPath } },
  deadlines: [
    {
      endsOn: '2027-09-01',
      actBy: '2027-06-01',
      what: 'tokens of legacy private apps',
      act: 'put a service key or an OAuth token into HUBSPOT_API_KEY',
    },
    {
      endsOn: '2027-09-30',
      actBy: '2027-06-30',
      what: 'the API version 2026-03 (18 months old)',
      act: 'set VERSION in hubspotPaths.ts to 2026-09 or newer, and run the contract suite',
    },
  ],
  /**
   * Of a private app on the smallest plan; larger ones say so in their headers. Searches are exempt from it, and have a limit of
   * the whole account. The limit of the day is left to the circuit: a spent one opens it until the reset.
   */
  quotas: {
    classes: {
      default: [{ permits: 100, windowMs: seconds(10), reading: 'ten_seconds' }],
      search: [{ permits: 5, windowMs: seconds(1) }],
    },
  },
  classify: classifyHubspot,
  readQuota: readHubspotQuota,
});
