/**
 * A toy service, as somebody would write it who follows docs/adding-a-service.md. `toyService.test.ts` puts this folder
 * into a copy of `src/services/`.
 */
import { z } from 'zod';
import { usualQuota } from '../../../src/pipeline/quota.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import { endpoint, serviceOf } from '../../../src/services/endpoint.ts';

const id = z.string().regex(/^\d+$/u);
const invoice = z.looseObject({ id: z.string(), total: z.number() });

const getInvoice = endpoint({
  name: 'get_invoice',
  route: 'GET /invoices/:id',
  summary: 'Get an invoice',
  params: { id },
  answer: invoice,
  problems: [404],
  upstream: ({ params }) => ({ path: upstreamPath`/v1/invoices/${params.id}` }),
  idempotency: 'safe',
});

const payInvoice = endpoint({
  name: 'pay_invoice',
  route: 'POST /invoices/:id/payments',
  summary: 'Pay an invoice',
  params: { id },
  body: z.strictObject({ amount: z.number().positive() }),
  answer: invoice,
  status: 201,
  upstream: ({ params, body }) => ({ path: upstreamPath`/v1/invoices/${params.id}/payments`, body }),
  idempotency: 'never', // Acme takes the money again
});

export const acme = serviceOf({
  name: 'acme',
  title: 'Acme',
  baseUrl: 'https://api.acme.example',
  authenticate: (secret) => ({ authorization: `Bearer ${secret}` }),
  sandboxSecret: 'acme-sandbox-key',
  endpoints: { getInvoice, payInvoice },
  health: { operation: getInvoice.operation, request: { path: upstreamPath`/v1/invoices/1` } },
  classify: () => undefined,
  readQuota: (headers, { wallTime }) => usualQuota(headers, 'minute', wallTime),
});
