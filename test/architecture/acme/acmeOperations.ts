import { z } from 'zod';
import type { Operation } from '../../../src/http/operation.ts';

export const invoiceSchema = z.looseObject({ id: z.string(), total: z.number() });
type Invoice = z.infer<typeof invoiceSchema>;

export const getInvoice: Operation<Invoice> = { name: 'get_invoice', method: 'GET', idempotency: 'safe', answer: invoiceSchema };
