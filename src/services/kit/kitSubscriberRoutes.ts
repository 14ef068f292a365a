/**
 * The routes of subscribers and subscriptions.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import type { BulkResult } from './kitBulk.ts';
import type { KitClient } from './kitClient.ts';
import {
  bulkSubscribersSchema,
  emailSchema,
  emailsSchema,
  idSchema,
  pageSchema,
  subscriberChangesSchema,
  subscriberInputSchema,
  subscriberQuerySchema,
  subscriptionSchema,
} from './kitInputs.ts';
import { subscriberAnswer, subscribersAnswer, subscriberSchema, tagsAnswer } from './kitSchemas.ts';

const read = 'kit:read';
const write = 'kit:write';
const subscriberParams = z.strictObject({ id: idSchema });

const writtenSchema = subscriberAnswer.extend({ fields_pending: z.literal(true).optional() });
const stepSchema = z.object({ step: z.string(), outcome: z.enum(['made', 'queued']), job: z.string().optional() });
const subscribedSchema = writtenSchema.extend({ steps: z.array(stepSchema) });

export const bulkResultSchema = z.object({
  rows: z.array(
    z.object({
      index: z.int(),
      outcome: z.enum(['made', 'refused', 'unknown', 'not_written', 'pending']),
      subscriber: z.looseObject({}).optional(),
      reason: z.string().optional(),
    }),
  ),
  made: z.int(),
  refused: z.int(),
});

/** 207 tells callers that look at the status alone to look at the rows. */
export const bulkReply = (result: BulkResult) => ({ status: result.made === result.rows.length ? 200 : 207, body: result });

export const BULK_DESCRIPTION =
  'Only with an OAuth token of Kit; else 422 `bulk_needs_oauth`. One row of the answer for each row sent, in their order; 207 unless all ' +
  'were made.';

export const subscriberRoutes: readonly ((kit: KitClient) => Route)[] = [
  (kit) =>
    route({
      method: 'get',
      path: '/subscribers',
      summary: 'List subscribers',
      description: 'Active ones unless `status` says otherwise. What was written in the last five minutes may be missing.',
      scope: read,
      query: subscriberQuerySchema,
      answer: subscribersAnswer,
      handle: async ({ query, call }) => ({ body: await kit.listSubscribers(query, call) }),
    }),
  (kit) =>
    route({
      method: 'post',
      path: '/subscribers',
      summary: 'Create or update a subscriber by address',
      description: 'The state of a known subscriber stays. `fields_pending`: more than ten fields, applied some time later.',
      scope: write,
      body: subscriberInputSchema,
      answer: writtenSchema,
      queueable: true,
      handle: async ({ body, call }) => ({ body: await kit.upsertSubscriber(body, call) }),
    }),
  (kit) =>
    route({
      method: 'post',
      path: '/subscribers/find',
      summary: 'Find up to 50 subscribers by address',
      description:
        'In one request of Kit; whatever their state. `missing` may be there, but written in the last five minutes; Kit failed at those in `failed`.',
      scope: read,
      body: z.strictObject({ email_addresses: emailsSchema }),
      answer: z.object({ subscribers: z.array(subscriberSchema), missing: z.array(z.string()), failed: z.array(z.string()).optional() }),
      handle: async ({ body, call }) => {
        const found = await kit.findSubscribers(body.email_addresses, call);
        return { ...(found.failed !== undefined && { status: 207 }), body: found };
      },
    }),
  (kit) =>
    route({
      method: 'post',
      path: '/subscribers/bulk',
      summary: 'Create or update up to 100 subscribers',
      description: BULK_DESCRIPTION,
      scope: write,
      body: z.strictObject({ subscribers: bulkSubscribersSchema }),
      answer: bulkResultSchema,
      handle: async ({ body, call }) => bulkReply(await kit.bulkUpsertSubscribers(body.subscribers, call)),
    }),
  (kit) =>
    route({
      method: 'get',
      path: '/subscribers/by-email/:email',
      summary: 'Find a subscriber by address',
      description: 'Whatever its state. 404 also for one written in the last five minutes: by its id it is there at once.',
      scope: read,
      params: z.strictObject({ email: emailSchema }),
      answer: subscriberSchema,
      problems: [404],
      handle: async ({ params, call }) => ({ body: await kit.findSubscriber(params.email, call) }),
    }),
  (kit) =>
    route({
      method: 'get',
      path: '/subscribers/:id',
      summary: 'Get a subscriber',
      scope: read,
      params: subscriberParams,
      answer: subscriberAnswer,
      problems: [404],
      handle: async ({ params, call }) => ({ body: await kit.getSubscriber(params.id, call) }),
    }),
  (kit) =>
    route({
      method: 'patch',
      path: '/subscribers/:id',
      summary: 'Change a subscriber',
      scope: write,
      params: subscriberParams,
      body: subscriberChangesSchema,
      answer: writtenSchema,
      problems: [404],
      queueable: true,
      handle: async ({ params, body, call }) => ({ body: await kit.updateSubscriber(params.id, body, call) }),
    }),
  (kit) =>
    route({
      method: 'post',
      path: '/subscribers/:id/unsubscribe',
      summary: 'Unsubscribe a person from everything',
      scope: write,
      params: subscriberParams,
      answer: z.object({ subscriber_id: z.string(), unsubscribed: z.literal(true) }),
      problems: [404],
      queueable: true,
      handle: async ({ params: { id }, call }) => ({ body: { ...(await kit.unsubscribe(id, call)), subscriber_id: id } }),
    }),
  (kit) =>
    route({
      method: 'get',
      path: '/subscribers/:id/tags',
      summary: 'List the tags of a subscriber',
      scope: read,
      params: subscriberParams,
      query: pageSchema,
      answer: tagsAnswer,
      problems: [404],
      handle: async ({ params, query, call }) => ({ body: await kit.listSubscriberTags(params.id, query, call) }),
    }),
  (kit) =>
    route({
      method: 'post',
      path: '/subscriptions',
      summary: 'Subscribe: upsert a subscriber and add it to tags, forms and sequences',
      description:
        'Up to ten additions, tags first, then forms, then sequences. If one fails, the error says what was made before it; the same ' +
        'request once more finishes it. With `subscriber_id` instead of `email_address` it begins with the additions.',
      scope: write,
      body: subscriptionSchema,
      answer: subscribedSchema,
      problems: [404],
      queueable: true,
      handle: async ({ body, call }) => ({ body: await kit.subscribe(body, call) }),
    }),
];
