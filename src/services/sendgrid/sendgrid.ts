/**
 * SendGrid, for mail and marketing contacts. Facts and their sources: docs/services/sendgrid.md.
 */
import { usualQuota } from '../../pipeline/quota.ts';
import { minutes } from '../../time/clock.ts';
import { defineService } from '../provider.ts';
import { SendgridClient } from './sendgridClient.ts';
import { classifySendgridAnswer } from './sendgridErrors.ts';
import { sendgridOperations } from './sendgridOperations.ts';
import { scopesPath } from './sendgridPaths.ts';
import { sendgridRoutes } from './sendgridRoutes.ts';

export const sendgrid = defineService<SendgridClient>({
  name: 'sendgrid',
  title: 'SendGrid',
  baseUrl: 'https://api.sendgrid.com',
  authenticate: (secret) => ({ authorization: `Bearer ${secret}` }),
  sandboxSecret: 'SG.sandbox.sandbox',
  operations: Object.values(sendgridOperations),
  health: { operation: sendgridOperations.getScopes, request: { path: scopesPath } },
  // Each endpoint has a limit of its own, which is not published: its headers tell. Its operations name their classes.
  quotas: { classes: {}, others: { permits: 'learned', windowMs: minutes(1) } },
  classify: classifySendgridAnswer,
  // All endpoints name their limits by the same headers: only with the operation beside them do they tell which one they mean.
  readQuota: (headers, { operation, wallTime }) => usualQuota(headers, operation, wallTime),
  createClient: (http) => new SendgridClient(http),
  createRoutes: sendgridRoutes,
});
