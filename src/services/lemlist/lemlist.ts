/**
 * Lemlist, the outreach service. Facts and their sources: docs/services/lemlist.md.
 */
import { usualQuota } from '../../http/quota.ts';
import { upstreamPath } from '../../http/upstreamPath.ts';
import { seconds } from '../../time/clock.ts';
import { defineService } from '../service.ts';
import { LemlistClient } from './lemlistClient.ts';
import { classifyLemlistAnswer } from './lemlistErrors.ts';
import { lemlistOperations } from './lemlistOperations.ts';
import { lemlistRoutes } from './lemlistRoutes.ts';

export const lemlist = defineService<LemlistClient>({
  name: 'lemlist',
  title: 'Lemlist',
  baseUrl: 'https://api.lemlist.com/api',
  // The user name is empty and the key is the password; a Bearer token is refused.
  authenticate: (secret) => ({ Authorization: `Basic ${Buffer.from(`:${secret}`).toString('base64')}` }),
  sandboxSecret: 'lemlist-sandbox-key',
  operations: Object.values(lemlistOperations),
  health: { operation: lemlistOperations.getTeam, request: { path: upstreamPath`/team` } },
  quotas: { classes: { default: [{ permits: 20, windowMs: seconds(2), reading: 'two_seconds' }] } },
  classify: classifyLemlistAnswer,
  readQuota: (headers, { wallTime }) => usualQuota(headers, 'two_seconds', wallTime),
  createClient: (http) => new LemlistClient(http),
  createRoutes: lemlistRoutes,
  loadSimulator: async () => (await import('./lemlistSandbox.ts')).lemlistSimulator,
});
