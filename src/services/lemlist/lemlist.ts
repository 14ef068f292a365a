/**
 * Lemlist, the outreach service. Facts and their sources: docs/services/lemlist.md.
 */
import { usualQuota } from '../../pipeline/quota.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { seconds } from '../../time/clock.ts';
import { serviceOf } from '../endpoint.ts';
import { lemlistEndpoints } from './lemlistClient.ts';
import { classifyLemlistAnswer } from './lemlistErrors.ts';

export const lemlist = serviceOf({
  name: 'lemlist',
  title: 'Lemlist',
  baseUrl: 'https://api.lemlist.com/api',
  // The user name is empty and the key is the password; a Bearer token is refused.
  authenticate: (secret) => ({ Authorization: `Basic ${Buffer.from(`:${secret}`).toString('base64')}` }),
  sandboxSecret: 'lemlist-sandbox-key',
  example: '/campaigns',
  overrides: { attemptTimeoutMs: seconds(6) },
  endpoints: lemlistEndpoints,
  health: { operation: lemlistEndpoints.getTeam.operation, request: { path: upstreamPath`/team` } },
  quotas: { classes: { default: [{ permits: 20, windowMs: seconds(2), reading: 'two_seconds' }] } },
  classify: classifyLemlistAnswer,
  readQuota: (headers, { wallTime }) => usualQuota(headers, 'two_seconds', wallTime),
});
