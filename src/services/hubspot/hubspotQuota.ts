/**
 * What HubSpot's headers say about the quota. Answers to searches carry none; OAuth apps have no daily limit.
 */
import { quotaFrom, type QuotaReader } from '../../http/quota.ts';

export const readHubspotQuota: QuotaReader = (headers) => [
  ...quotaFrom(headers, 'ten_seconds', { limit: 'x-hubspot-ratelimit-max', remaining: 'x-hubspot-ratelimit-remaining' }),
  ...quotaFrom(headers, 'day', { limit: 'x-hubspot-ratelimit-daily', remaining: 'x-hubspot-ratelimit-daily-remaining' }),
];
