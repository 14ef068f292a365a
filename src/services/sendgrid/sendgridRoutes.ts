/**
 * Mounted at `/api/sendgrid`. A write that may wait answers 200 where SendGrid has accepted it, be it for later: 202 is that
 * it waits here.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import { contactRoutes } from './sendgridContactRoutes.ts';
import type { SendgridClient } from './sendgridClient.ts';
import { idSchema, listInputSchema, listQuerySchema } from './sendgridInputs.ts';
import { mailSchema } from './sendgridMailInput.ts';
import { jobSchema, listSchema, listsSchema, mailAcceptedSchema, mailBatchSchema, scopesSchema } from './sendgridSchemas.ts';
import { suppressionRoutes } from './sendgridSuppressionRoutes.ts';

/** Ours: SendGrid takes about 30 MB, but so much would seldom be sent within one attempt. */
const MAX_MAIL_BYTES = 10_000_000;
/** A thousand personalizations with data for their templates. */
const MAX_MAIL_VALUES = 30_000;

const read = 'sendgrid:read';
const write = 'sendgrid:write';

const mailRoutes: readonly ((sendgrid: SendgridClient) => Route)[] = [
  (sendgrid) =>
    route({
      method: 'post',
      path: '/mail/send',
      summary: 'Send a mail',
      description:
        'Accepted is not delivered: refusals of mailboxes come by SendGrid’s events. Never sent twice: after `outcome_unknown` it may ' +
        'have been accepted; look for its `gateway_request_id` in the events before you repeat it.',
      scope: write,
      body: mailSchema,
      maxBodyBytes: MAX_MAIL_BYTES,
      maxBodyValues: MAX_MAIL_VALUES,
      answer: mailAcceptedSchema,
      queueable: true,
      handle: async ({ body, call }) => ({ body: await sendgrid.sendMail(body, call) }),
    }),
  (sendgrid) =>
    route({
      method: 'post',
      path: '/mail/batch',
      summary: 'Make an id under which scheduled mails can be cancelled',
      description: 'Give it as `batch_id` to each mail of the batch.',
      scope: write,
      status: 201,
      answer: mailBatchSchema,
      handle: async ({ call }) => ({ body: await sendgrid.createMailBatch(call) }),
    }),
];

const listRoutes: readonly ((sendgrid: SendgridClient) => Route)[] = [
  (sendgrid) =>
    route({
      method: 'get',
      path: '/lists',
      summary: 'List lists',
      description: 'A hundred unless `page_size` says more, at most 1,000; the next page is behind the `page_token` of `_metadata.next`.',
      scope: read,
      query: listQuerySchema,
      answer: listsSchema,
      handle: async ({ query, call }) => ({ body: await sendgrid.listLists(query, call) }),
    }),
  (sendgrid) =>
    route({
      method: 'post',
      path: '/lists',
      summary: 'Create a list',
      scope: write,
      body: listInputSchema,
      status: 201,
      answer: listSchema,
      handle: async ({ body, call }) => ({ body: await sendgrid.createList(body, call) }),
    }),
  (sendgrid) =>
    route({
      method: 'delete',
      path: '/lists/:listId/contacts/:contactId',
      summary: 'Take a contact off a list',
      description: 'Accepted, not done: SendGrid does it in its own time.',
      scope: write,
      params: z.strictObject({ listId: idSchema, contactId: idSchema }),
      answer: jobSchema,
      problems: [404],
      queueable: true,
      handle: async ({ params: { listId, contactId }, call }) => ({ body: await sendgrid.removeFromList(listId, [contactId], call) }),
    }),
];

const scopesRoute = (sendgrid: SendgridClient): Route =>
  route({
    method: 'get',
    path: '/scopes',
    summary: 'See what our key may do at SendGrid',
    scope: read,
    answer: scopesSchema,
    handle: async ({ call }) => ({ body: await sendgrid.getScopes(call) }),
  });

export const sendgridRoutes = (sendgrid: SendgridClient): readonly Route[] =>
  [scopesRoute, ...mailRoutes, ...contactRoutes, ...listRoutes, ...suppressionRoutes].map((define) => define(sendgrid));
