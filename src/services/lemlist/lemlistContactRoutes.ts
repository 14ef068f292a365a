/**
 * The routes of contacts, the people behind the leads of all campaigns.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import { lookupReply, lookupSchema } from '../bulkLookup.ts';
import type { LemlistClient } from './lemlistClient.ts';
import { contactNameSchema, contactNamesSchema } from './lemlistInputs.ts';
import { contactSchema } from './lemlistSchemas.ts';

const read = 'lemlist:read';

export const contactRoutes: readonly ((lemlist: LemlistClient) => Route)[] = [
  (lemlist) =>
    route({
      method: 'post',
      path: '/contacts/find',
      summary: 'Find up to 100 contacts by id or address',
      description:
        'In one request of Lemlist. One row of the answer for each row sent, in their order: `found`, `missing`, `refused` (not sent) or ' +
        '`failed`; 207 unless all were found.',
      scope: read,
      body: z.strictObject({ ids_or_emails: contactNamesSchema }),
      answer: lookupSchema({ contact: contactSchema }),
      handle: async ({ body, call }) => lookupReply(await lemlist.findContacts(body.ids_or_emails, call)),
    }),
  (lemlist) =>
    route({
      method: 'get',
      path: '/contacts/:idOrEmail',
      summary: 'Get a contact by id or address',
      scope: read,
      params: z.strictObject({ idOrEmail: contactNameSchema }),
      answer: contactSchema,
      problems: [404],
      handle: async ({ params, call }) => ({ body: await lemlist.findContact(params.idOrEmail, call) }),
    }),
];
