/**
 * The routes of tags, forms and sequences. What all three have is said once.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import type { KitClient } from './kitClient.ts';
import {
  bulkMembersSchema,
  formMemberSchema,
  idSchema,
  memberSchema,
  pageSchema,
  subscriberQuerySchema,
  tagInputSchema,
} from './kitInputs.ts';
import { collectionPaths, type Collection } from './kitPaths.ts';
import { formsAnswer, sequencesAnswer, subscriberAnswer, subscribersAnswer, tagAnswer, tagsAnswer } from './kitSchemas.ts';
import { BULK_DESCRIPTION, bulkReply, bulkResultSchema } from './kitSubscriberRoutes.ts';

const read = 'kit:read';
const write = 'kit:write';
const params = z.strictObject({ id: idSchema });

const membersRoute =
  (collection: Collection) =>
  (kit: KitClient): Route =>
    route({
      method: 'get',
      path: `/${collectionPaths[collection]}/:id/subscribers`,
      summary: `List the subscribers of a ${collection}`,
      description: 'Active ones unless `status` says otherwise. Who was added in the last five minutes may be missing.',
      scope: read,
      params,
      query: subscriberQuerySchema,
      answer: subscribersAnswer,
      problems: [404],
      handle: async ({ params: { id }, query, call }) => ({ body: await kit.listMembers(collection, id, query, call) }),
    });

const addRoute =
  (collection: Collection) =>
  (kit: KitClient): Route =>
    route({
      method: 'post',
      path: `/${collectionPaths[collection]}/:id/subscribers`,
      summary: `Add a subscriber to a ${collection}`,
      description: 'By address or by id; the subscriber has to be there: see `/subscriptions` for both at once.',
      scope: write,
      params,
      body: collection === 'form' ? formMemberSchema : memberSchema,
      answer: subscriberAnswer,
      problems: [404],
      queueable: true,
      handle: async ({ params: { id }, body, call }) => ({ body: await kit.addMember(collection, id, body, call) }),
    });

const bulkAddRoute =
  (collection: 'tag' | 'form') =>
  (kit: KitClient): Route =>
    route({
      method: 'post',
      path: `/${collectionPaths[collection]}/:id/subscribers/bulk`,
      summary: `Add up to 100 subscribers to a ${collection}`,
      description: BULK_DESCRIPTION,
      scope: write,
      params,
      body: z.strictObject({ subscriber_ids: bulkMembersSchema }),
      answer: bulkResultSchema,
      handle: async ({ params: { id }, body, call }) => bulkReply(await kit.bulkAddMembers(collection, id, body.subscriber_ids, call)),
    });

const removedSchema = z.object({ tag_id: z.string(), removed: z.literal(true) });

const tagRoutes: readonly ((kit: KitClient) => Route)[] = [
  (kit) =>
    route({
      method: 'get',
      path: '/tags',
      summary: 'List tags',
      scope: read,
      query: pageSchema,
      answer: tagsAnswer,
      handle: async ({ query, call }) => ({ body: await kit.listTags(query, call) }),
    }),
  (kit) =>
    route({
      method: 'post',
      path: '/tags',
      summary: 'Create a tag',
      description: 'A name that is there already answers the tag that has it.',
      scope: write,
      body: tagInputSchema,
      answer: tagAnswer,
      handle: async ({ body, call }) => ({ body: await kit.createTag(body.name, call) }),
    }),
  membersRoute('tag'),
  addRoute('tag'),
  bulkAddRoute('tag'),
  (kit) =>
    route({
      method: 'post',
      path: '/tags/:id/subscribers/remove',
      summary: 'Take a tag off a subscriber, by address or id',
      scope: write,
      params,
      body: memberSchema,
      answer: removedSchema,
      problems: [404],
      queueable: true,
      handle: async ({ params: { id }, body, call }) => ({ body: { ...(await kit.removeFromTag(id, body, call)), tag_id: id } }),
    }),
  (kit) =>
    route({
      method: 'delete',
      path: '/tags/:id/subscribers/:subscriberId',
      summary: 'Take a tag off a subscriber',
      scope: write,
      params: z.strictObject({ id: idSchema, subscriberId: idSchema }),
      answer: removedSchema,
      problems: [404],
      queueable: true,
      handle: async ({ params: { id, subscriberId }, call }) => ({
        body: { ...(await kit.removeFromTag(id, { subscriber_id: Number(subscriberId) }, call)), tag_id: id },
      }),
    }),
];

export const collectionRoutes: readonly ((kit: KitClient) => Route)[] = [
  ...tagRoutes,
  (kit) =>
    route({
      method: 'get',
      path: '/forms',
      summary: 'List forms',
      scope: read,
      query: pageSchema,
      answer: formsAnswer,
      handle: async ({ query, call }) => ({ body: await kit.listForms(query, call) }),
    }),
  membersRoute('form'),
  addRoute('form'),
  bulkAddRoute('form'),
  (kit) =>
    route({
      method: 'get',
      path: '/sequences',
      summary: 'List sequences',
      scope: read,
      query: pageSchema,
      answer: sequencesAnswer,
      handle: async ({ query, call }) => ({ body: await kit.listSequences(query, call) }),
    }),
  membersRoute('sequence'),
  addRoute('sequence'),
];
