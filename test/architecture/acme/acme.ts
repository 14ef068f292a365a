/**
 * A toy service, as somebody would write it who follows docs/adding-a-service.md. `toyService.test.ts` puts this folder
 * into a copy of `src/services/`.
 */
import { usualQuota } from '../../../src/http/quota.ts';
import { defineService } from '../../../src/services/service.ts';
import { AcmeClient, health } from './acmeClient.ts';
import { getInvoice } from './acmeOperations.ts';
import { acmeRoutes } from './acmeRoutes.ts';

export const acme = defineService<AcmeClient>({
  name: 'acme',
  title: 'Acme',
  baseUrl: 'https://api.acme.example',
  authenticate: (secret) => ({ authorization: `Bearer ${secret}` }),
  sandboxSecret: 'acme-sandbox-key',
  operations: [getInvoice],
  health,
  classify: () => undefined,
  readQuota: (headers, { wallTime }) => usualQuota(headers, 'minute', wallTime),
  createClient: (http) => new AcmeClient(http),
  createRoutes: acmeRoutes,
  loadSimulator: async () => (await import('./acmeSandbox.ts')).acmeSimulator,
});
