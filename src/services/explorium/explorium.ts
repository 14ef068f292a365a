/**
 * Explorium, the enrichment service. Facts and their sources: docs/services/explorium.md.
 */
import { usualQuota } from '../../pipeline/quota.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { defineService } from '../provider.ts';
import { ExploriumClient } from './exploriumClient.ts';
import { classifyExploriumAnswer } from './exploriumErrors.ts';
import { exploriumOperations } from './exploriumOperations.ts';
import { exploriumRoutes } from './exploriumRoutes.ts';

export const explorium = defineService<ExploriumClient>({
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
  operations: Object.values(exploriumOperations),
  health: { operation: exploriumOperations.getCredits, request: { path: upstreamPath`/v1/credits` } },
  // It counts entities, not requests: a call weighs as much as it has rows.
  quotas: { classes: { default: [{ permits: 200, windowMs: minutes(1), reading: 'minute' }] } },
  classify: classifyExploriumAnswer,
  readQuota: (headers, { wallTime }) => usualQuota(headers, 'minute', wallTime),
  createClient: (http) => new ExploriumClient(http),
  createRoutes: exploriumRoutes,
});
