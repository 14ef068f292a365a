/**
 * The routes of suppressions: whom SendGrid sends nothing to, and why.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import type { SendgridClient } from './sendgridClient.ts';
import { partlyDone } from './sendgridContactRoutes.ts';
import { emailSchema, groupIdSchema, suppressedSchema, suppressionKindSchema, suppressionQuerySchema } from './sendgridInputs.ts';
import { suppressedReply, suppressionsAnswer, unsuppressedSchema } from './sendgridSchemas.ts';

const read = 'sendgrid:read';
const write = 'sendgrid:write';
const emailParams = z.strictObject({ email: emailSchema });

export const suppressionRoutes: readonly ((sendgrid: SendgridClient) => Route)[] = [
  (sendgrid) =>
    route({
      method: 'get',
      path: '/suppressions/:kind',
      summary: 'List suppressed addresses of a kind',
      description:
        '`bounces`, `blocks`, `spam_reports`, `invalid_emails` or `unsubscribes`; at most 500 of a page. Times are Unix seconds.',
      scope: read,
      params: z.strictObject({ kind: suppressionKindSchema }),
      query: suppressionQuerySchema,
      answer: suppressionsAnswer,
      handle: async ({ params, query, call }) => ({ body: await sendgrid.listSuppressions(params.kind, query, call) }),
    }),
  (sendgrid) =>
    route({
      method: 'get',
      path: '/suppressions/global/:email',
      summary: 'Ask whether an address has unsubscribed from everything',
      scope: read,
      params: emailParams,
      answer: z.object({ email: z.string(), suppressed: z.boolean() }),
      handle: async ({ params: { email }, call }) => ({ body: { email, suppressed: await sendgrid.isSuppressed(email, call) } }),
    }),
  (sendgrid) =>
    route({
      method: 'post',
      path: '/suppressions/global',
      summary: 'Unsubscribe addresses from everything',
      scope: write,
      body: suppressedSchema,
      status: 201,
      answer: suppressedReply,
      queueable: true,
      handle: async ({ body, call }) => partlyDone(await sendgrid.suppress(body.recipient_emails, call)),
    }),
  (sendgrid) =>
    route({
      method: 'delete',
      path: '/suppressions/global/:email',
      summary: 'Let an address be written to again',
      description: '`already: true` where it had not unsubscribed.',
      scope: write,
      params: emailParams,
      answer: unsuppressedSchema,
      queueable: true,
      handle: async ({ params, call }) => ({ body: await sendgrid.unsuppress(params.email, call) }),
    }),
  (sendgrid) =>
    route({
      method: 'post',
      path: '/suppressions/groups/:groupId',
      summary: 'Unsubscribe addresses from a group',
      description: 'Mind the id: of a group that does not exist, SendGrid unsubscribes the addresses from everything.',
      scope: write,
      params: z.strictObject({ groupId: groupIdSchema }),
      body: suppressedSchema,
      status: 201,
      answer: suppressedReply,
      queueable: true,
      handle: async ({ params, body, call }) => partlyDone(await sendgrid.suppressInGroup(params.groupId, body.recipient_emails, call)),
    }),
];
