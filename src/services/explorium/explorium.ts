/**
 * Explorium, the enrichment service. Facts and their sources: docs/services/explorium.md.
 */
import { usualQuota } from '../../pipeline/quota.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { serviceOf } from '../endpoint.ts';
import { exploriumEndpoints } from './exploriumClient.ts';
import { classifyExploriumAnswer } from './exploriumErrors.ts';

export const explorium = serviceOf({
  name: 'explorium',
  title: 'Explorium',
  baseUrl: 'https://api.explorium.ai',
  authenticate: (secret) => ({ api_key: secret }),
  sandboxSecret: 'explorium-sandbox-key',
  overrides: {
    attemptTimeoutMs: seconds(12),
    deadlineMs: seconds(30),
    circuit: { openForCapMs: seconds(60) },
    bulkhead: { maxConcurrent: 50, maxQueued: 50 },
  },
  endpoints: exploriumEndpoints,
  health: { operation: exploriumEndpoints.getCredits.operation, request: { path: upstreamPath`/v1/credits` } },
  // It counts entities, not requests: a call weighs as much as it has rows.
  quotas: { classes: { default: [{ permits: 200, windowMs: minutes(1), reading: 'minute' }] } },
  classify: classifyExploriumAnswer,
  readQuota: (headers, { wallTime }) => usualQuota(headers, 'minute', wallTime),
});
