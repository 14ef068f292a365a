/**
 * What HubSpot allows, and what its headers say about it. Answers to searches carry none; OAuth apps have no daily limit.
 */
import { quotaFrom, type QuotaReader } from '../../pipeline/quota.ts';
import type { ServiceQuotas } from '../../contract/quotaRule.ts';
import { seconds } from '../../time/clock.ts';

/**
 * Of a private app on the smallest plan; larger ones say so in their headers. Searches are exempt from it, and have a limit of
 * the whole account. The limit of the day is left to the circuit: a spent one opens it until the reset.
 */
export const hubspotQuotas: ServiceQuotas = {
  classes: {
    default: [{ permits: 100, windowMs: seconds(10), reading: 'ten_seconds' }],
    search: [{ permits: 5, windowMs: seconds(1) }],
  },
};

export const readHubspotQuota: QuotaReader = (headers) => [
  ...quotaFrom(headers, 'ten_seconds', { limit: 'x-hubspot-ratelimit-max', remaining: 'x-hubspot-ratelimit-remaining' }),
  ...quotaFrom(headers, 'day', { limit: 'x-hubspot-ratelimit-daily', remaining: 'x-hubspot-ratelimit-daily-remaining' }),
];
