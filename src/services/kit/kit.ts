/**
 * Kit (once ConvertKit), the newsletter service. Facts and their sources: docs/services/kit.md.
 */
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { serviceOf } from '../endpoint.ts';
import { kitEndpoints } from './kitClient.ts';
import { credentialHeaders, kitQuotas } from './kitCredential.ts';
import { classifyKitAnswer } from './kitErrors.ts';

export const kit = serviceOf({
  name: 'kit',
  title: 'Kit',
  baseUrl: 'https://api.kit.com',
  authenticate: credentialHeaders,
  // A token, so that bulk can be tried, too.
  sandboxSecret: 'kit-sandbox-access-token',
  overrides: { bulkhead: { maxConcurrent: 50, maxQueued: 50 } },
  endpoints: kitEndpoints,
  health: { operation: kitEndpoints.getAccount.operation, request: { path: upstreamPath`/v4/account` } },
  quotasFor: kitQuotas,
  classify: classifyKitAnswer,
  // Kit tells no limits by its headers.
  readQuota: () => [],
});
