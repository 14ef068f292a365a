/**
 * Mailchimp's Marketing API. Facts and their sources: docs/services/mailchimp.md.
 */
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { defineService } from '../provider.ts';
import { mailchimpBaseUrl, mailchimpCredential } from './mailchimpAccess.ts';
import { MailchimpClient } from './mailchimpClient.ts';
import { classifyMailchimpAnswer } from './mailchimpErrors.ts';
import { mailchimpOperations } from './mailchimpOperations.ts';
import { mailchimpRoutes } from './mailchimpRoutes.ts';

const sandboxSecret = '00000000000000000000000000000000-us19';

export const mailchimp = defineService<MailchimpClient>({
  name: 'mailchimp',
  title: 'Mailchimp',
  baseUrl: mailchimpBaseUrl(sandboxSecret),
  baseUrlFor: mailchimpBaseUrl,
  authenticate: mailchimpCredential,
  sandboxSecret,
  operations: Object.values(mailchimpOperations),
  health: { operation: mailchimpOperations.ping, request: { path: upstreamPath`/ping` } },
  // Ten for everything of the user. What we gave up it may be at until its own limit of two minutes.
  quotas: { classes: { default: [{ connections: 10, suspectMs: minutes(2), patienceMs: seconds(1) }] } },
  classify: classifyMailchimpAnswer,
  // It limits connections, not rates, and no header tells how many are in use.
  readQuota: () => [],
  createClient: (http) => new MailchimpClient(http),
  createRoutes: mailchimpRoutes,
});
