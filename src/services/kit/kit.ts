/**
 * Kit (once ConvertKit), the newsletter service. Facts and their sources: docs/services/kit.md.
 */
import type { HttpClient } from '../../pipeline/httpClient.ts';
import { defineService } from '../provider.ts';
import { KitClient } from './kitClient.ts';
import { credentialHeaders, credentialKindOf, kitQuotas } from './kitCredential.ts';
import { classifyKitAnswer } from './kitErrors.ts';
import { kitOperations } from './kitOperations.ts';
import { accountPath } from './kitPaths.ts';
import { kitRoutes } from './kitRoutes.ts';

export const kit = defineService<KitClient>({
  name: 'kit',
  title: 'Kit',
  baseUrl: 'https://api.kit.com',
  authenticate: credentialHeaders,
  // A token, so that bulk can be tried, too.
  sandboxSecret: 'kit-sandbox-access-token',
  operations: Object.values(kitOperations),
  health: { operation: kitOperations.getAccount, request: { path: accountPath } },
  quotasFor: kitQuotas,
  classify: classifyKitAnswer,
  // Kit tells no limits by its headers.
  readQuota: () => [],
  createClient: (http: HttpClient, secret?: string) => new KitClient(http, credentialKindOf(secret)),
  createRoutes: kitRoutes,
});
