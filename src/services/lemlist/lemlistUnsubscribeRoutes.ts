/**
 * The routes of the unsubscribe list.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import type { BulkUnsubscribe } from './lemlistBulk.ts';
import type { LemlistClient } from './lemlistClient.ts';
import { pageSchema, unsubscribeValueSchema, unsubscribeValuesSchema } from './lemlistInputs.ts';
import { unsubscribeSchema, unsubscribesSchema } from './lemlistSchemas.ts';

/** Ten thousand values of a hundred bytes: addresses are shorter, LinkedIn pages not much longer. */
const MAX_BULK_BYTES = 1_000_000;
/** The 10,000 values, their list and the object around it. */
const MAX_BULK_VALUES = 10_002;

const valueParams = z.strictObject({ value: unsubscribeValueSchema });
const read = 'lemlist:read';
const write = 'lemlist:write';

const bulkUnsubscribeSchema = z.object({
  rows: z.array(z.object({ index: z.int(), outcome: z.enum(['made', 'refused', 'pending']), reason: z.string().optional() })),
  made: z.int(),
  refused: z.int(),
});

/** 207 tells callers that look at the status alone to look at the rows. What waits in the queue is a 202, whatever is said here. */
const bulkReply = (result: BulkUnsubscribe) => ({ status: result.refused === 0 ? 200 : 207, body: result });

export const unsubscribeRoutes: readonly ((lemlist: LemlistClient) => Route)[] = [
  (lemlist) =>
    route({
      method: 'get',
      path: '/unsubscribes',
      summary: 'List unsubscribed values',
      scope: read,
      query: pageSchema,
      answer: unsubscribesSchema,
      handle: async ({ query, call }) => ({ body: await lemlist.listUnsubscribes(query, call) }),
    }),
  (lemlist) =>
    route({
      method: 'post',
      path: '/unsubscribes',
      summary: 'Unsubscribe an email, @domain, phone number or LinkedIn address',
      scope: write,
      body: z.strictObject({ value: unsubscribeValueSchema }),
      answer: unsubscribeSchema,
      queueable: true,
      handle: async ({ body, call }) => ({ body: await lemlist.unsubscribe(body.value, call) }),
    }),
  (lemlist) =>
    route({
      method: 'post',
      path: '/unsubscribes/bulk',
      summary: 'Unsubscribe up to 10,000 values',
      description:
        'In one request of Lemlist. One row of the answer for each value sent, in their order; 207 where some were refused here, the ' +
        'others are made, or `pending` with the job they wait in.',
      scope: write,
      body: z.strictObject({ values: unsubscribeValuesSchema }),
      maxBodyBytes: MAX_BULK_BYTES,
      maxBodyValues: MAX_BULK_VALUES,
      answer: bulkUnsubscribeSchema,
      queueable: true,
      handle: async ({ body, call }) => bulkReply(await lemlist.bulkUnsubscribe(body.values, call)),
    }),
  (lemlist) =>
    route({
      method: 'get',
      path: '/unsubscribes/:value',
      summary: 'Check whether a value is unsubscribed',
      description: '404 means that it is not.',
      scope: read,
      params: valueParams,
      answer: unsubscribeSchema,
      problems: [404],
      handle: async ({ params, call }) => ({ body: await lemlist.getUnsubscribe(params.value, call) }),
    }),
  (lemlist) =>
    route({
      method: 'delete',
      path: '/unsubscribes/:value',
      summary: 'Take a value off the unsubscribe list',
      description: '409 where the person asked for it, or complained.',
      scope: write,
      params: valueParams,
      answer: z.looseObject({ value: z.string(), unsubscribed: z.literal(false) }),
      problems: [404, 409],
      queueable: true,
      handle: async ({ params: { value }, call }) => ({ body: { ...(await lemlist.removeUnsubscribe(value, call)), value } }),
    }),
];
