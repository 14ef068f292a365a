/**
 * SendGrid, for mail and marketing contacts. Facts and their sources: docs/services/sendgrid.md.
 */
import { usualQuota } from '../../pipeline/quota.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes } from '../../time/clock.ts';
import { serviceOf } from '../endpoint.ts';
import { sendgridEndpoints } from './sendgridClient.ts';
import { classifySendgridAnswer } from './sendgridErrors.ts';

export const sendgrid = serviceOf({
  name: 'sendgrid',
  title: 'SendGrid',
  baseUrl: 'https://api.sendgrid.com',
  authenticate: (secret) => ({ authorization: `Bearer ${secret}` }),
  sandboxSecret: 'SG.sandbox.sandbox',
  overrides: { bulkhead: { maxConcurrent: 100, maxQueued: 100 } },
  endpoints: sendgridEndpoints,
  health: { operation: sendgridEndpoints.getScopes.operation, request: { path: upstreamPath`/v3/scopes` } },
  // Each endpoint has a limit of its own, which is not published: its headers tell. Its operations name their classes.
  quotas: { classes: {}, others: { permits: 'learned', windowMs: minutes(1) } },
  classify: classifySendgridAnswer,
  // All endpoints name their limits by the same headers: only with the operation beside them do they tell which one they mean.
  readQuota: (headers, { operation, wallTime }) => usualQuota(headers, operation, wallTime),
});
