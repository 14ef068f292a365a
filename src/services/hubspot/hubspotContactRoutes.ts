/**
 * The routes that only contacts have: by email, and in batches.
 */
import { z } from 'zod';
import { isQueued } from '../../contract/call.ts';
import { route, type Route } from '../../web/route.ts';
import type { HubspotClient } from './hubspotClient.ts';
import { batchReadSchema, emailSchema, readQuerySchema, recordChangeSchema } from './hubspotInputs.ts';
import { namesIn } from './hubspotRecordRoutes.ts';
import { recordSchema } from './hubspotSchemas.ts';

const emailParams = z.strictObject({ email: emailSchema });

const batchAnswerSchema = z.object({
  results: z.array(recordSchema),
  missing: z.array(z.string()),
  failed: z.array(z.string()).optional(),
});

const byEmailRoutes = (client: HubspotClient): readonly Route[] => [
  route({
    method: 'get',
    path: '/contacts/by-email/:email',
    summary: 'Get a contact by email',
    description: 'Sees a contact as soon as it is written, as a search does not; but up to 30 s old without `Cache-Control: no-cache`.',
    scope: 'hubspot:read',
    params: emailParams,
    query: readQuerySchema,
    answer: recordSchema,
    problems: [404],
    handle: async ({ params, query, call }) => ({
      body: await client.getContactByEmail(params.email, { ...call, properties: namesIn(query.properties) }),
    }),
  }),
  route({
    method: 'put',
    path: '/contacts/by-email/:email',
    summary: 'Create or update the contact with this email',
    description: 'Safe to repeat. Answers 201 if the contact is new, else 200. The properties must not hold an `email`.',
    scope: 'hubspot:write',
    params: emailParams,
    body: recordChangeSchema,
    answer: recordSchema,
    problems: [422],
    queueable: true,
    handle: async ({ params, body, call }) => {
      const upserted = await client.upsertContact(params.email, body, call);
      if (isQueued(upserted)) return { body: upserted };
      return { status: upserted.created ? 201 : 200, body: upserted.contact };
    },
  }),
];

const batchReadRoute = (client: HubspotClient): Route =>
  route({
    method: 'post',
    path: '/contacts/batch/read',
    summary: 'Get up to 100 contacts',
    description:
      'By id, or by the unique property that `idProperty` names. Those that are not there are listed in `missing`; `failed` are those that HubSpot failed at while it answered others.',
    scope: 'hubspot:read',
    body: batchReadSchema,
    answer: batchAnswerSchema,
    problems: [422],
    handle: async ({ body, call }) => {
      const read = await client.batchReadContacts(body, call);
      return { ...(read.failed !== undefined && { status: 207 }), body: read };
    },
  });

export const contactRoutes = (client: HubspotClient): readonly Route[] => [...byEmailRoutes(client), batchReadRoute(client)];
