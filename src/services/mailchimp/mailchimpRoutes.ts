/**
 * Mounted at `/api/mailchimp`.
 */
import { z } from 'zod';
import { locationOf } from '../../config/percentEncoding.ts';
import { route, type Route } from '../../web/route.ts';
import { batchInputSchema, batchOutcomes } from './mailchimpBatches.ts';
import type { MailchimpClient } from './mailchimpClient.ts';
import { batchIdSchema, listQuerySchema } from './mailchimpInputs.ts';
import { memberRoutes } from './mailchimpMemberRoutes.ts';
import { batchSchema, listsSchema, pingSchema, startedBatchSchema } from './mailchimpAnswers.ts';

/** A thousand operations of a kilobyte. */
const MAX_BATCH_BYTES = 1_000_000;
/** Of 1,000 operations, thirty each. */
const MAX_BATCH_VALUES = 30_000;

const read = 'mailchimp:read';
const write = 'mailchimp:write';

const listRoutes: readonly ((mailchimp: MailchimpClient) => Route)[] = [
  (mailchimp) =>
    route({
      method: 'get',
      path: '/lists',
      summary: 'List lists',
      description: 'Mailchimp calls them audiences, too. Ten unless `count` says more, at most 1,000.',
      scope: read,
      query: listQuerySchema,
      answer: listsSchema,
      handle: async ({ query, call }) => ({ body: await mailchimp.listLists(query, call) }),
    }),
];

const batchRoutes: readonly ((mailchimp: MailchimpClient) => Route)[] = [
  (mailchimp) =>
    route({
      method: 'post',
      path: '/batches',
      summary: 'Start a batch of up to 1,000 operations on members',
      description:
        'Mailchimp makes them in its own time; `GET /batches/:batchId` tells how far it is. Never repeated by the gateway: after ' +
        '`outcome_unknown` the batch may run, and whoever starts another one writes everything twice.',
      scope: write,
      body: batchInputSchema,
      maxBodyBytes: MAX_BATCH_BYTES,
      maxBodyValues: MAX_BATCH_VALUES,
      status: 202,
      answer: startedBatchSchema,
      handle: async ({ body, call }) => {
        const batch = await mailchimp.startBatch(body, call);
        return { ...locationOf('/api/mailchimp/batches', batch.id), body: batch };
      },
    }),
  (mailchimp) =>
    route({
      method: 'get',
      path: '/batches/:batchId',
      summary: 'See how far a batch is, and how it ended',
      description: '`finished` only means that no operation is left: `outcome` says whether they went well.',
      scope: read,
      params: z.strictObject({ batchId: batchIdSchema }),
      answer: batchSchema.extend({ outcome: z.enum(batchOutcomes) }),
      problems: [404],
      handle: async ({ params, call }) => ({ body: await mailchimp.getBatch(params.batchId, call) }),
    }),
];

const accountRoutes: readonly ((mailchimp: MailchimpClient) => Route)[] = [
  (mailchimp) =>
    route({
      method: 'get',
      path: '/ping',
      summary: 'Ask whether Mailchimp is there and takes our credential',
      scope: read,
      answer: pingSchema,
      handle: async ({ call }) => ({ body: await mailchimp.ping(call) }),
    }),
];

export const mailchimpRoutes = (mailchimp: MailchimpClient): readonly Route[] =>
  [...listRoutes, ...memberRoutes, ...batchRoutes, ...accountRoutes].map((define) => define(mailchimp));
