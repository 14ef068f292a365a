/**
 * The routes of the members of a list.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import type { MailchimpClient } from './mailchimpClient.ts';
import {
  bulkMembersSchema,
  emailSchema,
  listIdSchema,
  memberChangeSchema,
  memberFlagsSchema,
  memberQuerySchema,
  memberUpsertSchema,
  newMemberSchema,
  tagChangeSchema,
} from './mailchimpInputs.ts';
import { archivedSchema, memberPageSchema, memberSchema, taggedSchema } from './mailchimpAnswers.ts';

/** Five hundred members of two kilobytes: twice what most have. */
const MAX_BULK_BYTES = 1_000_000;
/** Of 500 members, sixty each. */
const MAX_BULK_VALUES = 30_000;

const listParams = z.strictObject({ listId: listIdSchema });
const memberParams = z.strictObject({ listId: listIdSchema, email: emailSchema });
const read = 'mailchimp:read';
const write = 'mailchimp:write';

const bulkResultSchema = z.object({
  rows: z.array(
    z.object({
      email_address: z.string(),
      outcome: z.enum(['created', 'updated', 'failed', 'unknown']),
      id: z.string().optional(),
      reason: z.string().optional(),
      field: z.string().optional(),
    }),
  ),
  created: z.number(),
  updated: z.number(),
  failed: z.number(),
});

export const memberRoutes: readonly ((mailchimp: MailchimpClient) => Route)[] = [
  (mailchimp) =>
    route({
      method: 'get',
      path: '/lists/:listId/members',
      summary: 'List members of a list',
      description: 'Ten unless `count` says more, at most 1,000.',
      scope: read,
      params: listParams,
      query: memberQuerySchema,
      answer: memberPageSchema,
      problems: [404],
      handle: async ({ params, query, call }) => ({ body: await mailchimp.listMembers(params.listId, query, call) }),
    }),
  (mailchimp) =>
    route({
      method: 'post',
      path: '/lists/:listId/members',
      summary: 'Create a member',
      description: '409 `member_exists` where the address is on the list. To create or update, use PUT.',
      scope: write,
      params: listParams,
      query: memberFlagsSchema,
      body: newMemberSchema,
      status: 201,
      answer: memberSchema,
      problems: [404, 409],
      queueable: true,
      handle: async ({ params, query, body, call }) => ({ body: await mailchimp.createMember(params.listId, body, query, call) }),
    }),
  (mailchimp) =>
    route({
      method: 'post',
      path: '/lists/:listId/members/bulk',
      summary: 'Create or update up to 500 members',
      description: '207 where some did not go in: each row says what became of it, and the good ones stand.',
      scope: write,
      params: listParams,
      query: memberFlagsSchema,
      body: bulkMembersSchema,
      maxBodyBytes: MAX_BULK_BYTES,
      maxBodyValues: MAX_BULK_VALUES,
      answer: bulkResultSchema,
      problems: [404],
      handle: async ({ params, query, body, call }) => {
        const result = await mailchimp.upsertMembers(params.listId, body, query, call);
        return { status: result.failed === 0 ? 200 : 207, body: result };
      },
    }),
  (mailchimp) =>
    route({
      method: 'get',
      path: '/lists/:listId/members/:email',
      summary: 'Get a member by address',
      description: 'Archived members are found, too: see `status`.',
      scope: read,
      params: memberParams,
      answer: memberSchema,
      problems: [404],
      handle: async ({ params, call }) => ({ body: await mailchimp.getMember(params.listId, params.email, call) }),
    }),
  (mailchimp) =>
    route({
      method: 'put',
      path: '/lists/:listId/members/:email',
      summary: 'Create or update a member',
      description: 'One who left comes back only by `status: pending`, which asks for consent; else 422 `member_in_compliance_state`.',
      scope: write,
      params: memberParams,
      query: memberFlagsSchema,
      body: memberUpsertSchema,
      answer: memberSchema,
      problems: [404],
      queueable: true,
      handle: async ({ params: { listId, email }, query, body, call }) => ({
        body: await mailchimp.upsertMember(listId, email, body, query, call),
      }),
    }),
  (mailchimp) =>
    route({
      method: 'patch',
      path: '/lists/:listId/members/:email',
      summary: 'Change a member',
      scope: write,
      params: memberParams,
      query: memberFlagsSchema,
      body: memberChangeSchema,
      answer: memberSchema,
      problems: [404],
      queueable: true,
      handle: async ({ params: { listId, email }, query, body, call }) => ({
        body: await mailchimp.updateMember(listId, email, body, query, call),
      }),
    }),
  (mailchimp) =>
    route({
      method: 'delete',
      path: '/lists/:listId/members/:email',
      summary: 'Archive a member',
      description: '`already: true` where there was nothing left to archive.',
      scope: write,
      params: memberParams,
      answer: archivedSchema,
      queueable: true,
      handle: async ({ params, call }) => ({ body: await mailchimp.archiveMember(params.listId, params.email, call) }),
    }),
  (mailchimp) =>
    route({
      method: 'post',
      path: '/lists/:listId/members/:email/tags',
      summary: 'Add and remove tags of a member',
      description: '`active` adds, `inactive` removes, the others stay; `is_syncing: true` starts no automation.',
      scope: write,
      params: memberParams,
      body: tagChangeSchema,
      answer: taggedSchema,
      problems: [404],
      queueable: true,
      handle: async ({ params, body, call }) => ({ body: await mailchimp.tagMember(params.listId, params.email, body, call) }),
    }),
];
