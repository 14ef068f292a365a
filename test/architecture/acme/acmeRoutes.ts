import { z } from 'zod';
import { route, type Route } from '../../../src/web/route.ts';
import type { AcmeClient } from './acmeClient.ts';
import { invoiceSchema } from './acmeOperations.ts';

export const acmeRoutes = (acme: AcmeClient): readonly Route[] => [
  route({
    method: 'get',
    path: '/invoices/:id',
    summary: 'Get an invoice',
    scope: 'acme:read',
    params: z.object({ id: z.string().regex(/^\d+$/u) }),
    answer: invoiceSchema,
    problems: [404],
    handle: async ({ params, call }) => ({ body: await acme.getInvoice(params.id, call) }),
  }),
];
