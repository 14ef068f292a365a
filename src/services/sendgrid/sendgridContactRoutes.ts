/**
 * The routes of contacts. Writes of contacts are jobs at SendGrid: accepted at once, done in its own time.
 */
import { z } from 'zod';
import { locationOf } from '../../config/percentEncoding.ts';
import { isQueued } from '../../contract/call.ts';
import { route, type Route } from '../../web/route.ts';
import type { SendgridClient } from './sendgridClient.ts';
import { importOutcomes, type BulkUpsert } from './sendgridContacts.ts';
import {
  bulkContactsSchema,
  contactUpsertSchema,
  emailSchema,
  emailsSchema,
  idSchema,
  idsSchema,
  MAX_BULK_BYTES,
  MAX_BULK_VALUES,
} from './sendgridInputs.ts';
import { contactAnswer, contactsReply, importSchema, jobSchema, jobsReply } from './sendgridSchemas.ts';

const read = 'sendgrid:read';
const write = 'sendgrid:write';
const contactParams = z.strictObject({ id: idSchema });

const foundSchema = z.object({
  contacts: z.array(contactAnswer),
  missing: z.array(z.string()),
  refused: z.array(z.string()),
  failed: z.array(z.string()).optional(),
});

const bulkUpsertSchema = z.object({
  job_id: z.string().optional(),
  job_ids: z.array(z.string()).optional(),
  rows: z.array(
    z.object({
      index: z.int(),
      outcome: z.enum(['accepted', 'refused', 'unknown', 'not_written']),
      fields: z.array(z.string()).optional(),
      reason: z.string().optional(),
    }),
  ),
  accepted: z.int(),
  refused: z.int(),
});

const placeOf = (jobId: string) => locationOf('/api/sendgrid/contacts/imports', jobId);

/** 207 tells callers that look at the status alone to look at the rows. */
const bulkReply = (result: BulkUpsert) => ({
  status: result.accepted === result.rows.length ? 202 : 207,
  ...(result.job_id === undefined ? {} : placeOf(result.job_id)),
  body: result,
});

/** What SendGrid failed at is in `failed`. */
export const partlyDone = <T extends object>(body: T) => ('failed' in body ? { status: 207, body } : { body });

const readRoutes: readonly ((sendgrid: SendgridClient) => Route)[] = [
  (sendgrid) =>
    route({
      method: 'post',
      path: '/contacts/find',
      summary: 'Find up to 100 contacts by address',
      description:
        'In one request of SendGrid. Unknown addresses are `missing`, even if all are; `refused` are those it would not look up.',
      scope: read,
      body: z.strictObject({ emails: emailsSchema }),
      answer: foundSchema,
      handle: async ({ body, call }) => partlyDone(await sendgrid.findContacts(body.emails, call)),
    }),
  (sendgrid) =>
    route({
      method: 'post',
      path: '/contacts/batch',
      summary: 'Get up to 100 contacts by id',
      description: 'In one request of SendGrid; unknown ones are not in its answer.',
      scope: read,
      body: z.strictObject({ ids: idsSchema }),
      answer: contactsReply,
      handle: async ({ body, call }) => partlyDone(await sendgrid.getContacts(body.ids, call)),
    }),
  (sendgrid) =>
    route({
      method: 'get',
      path: '/contacts/by-email/:email',
      summary: 'Find a contact by address',
      scope: read,
      params: z.strictObject({ email: emailSchema }),
      answer: contactAnswer,
      problems: [404],
      handle: async ({ params, call }) => ({ body: await sendgrid.findContact(params.email, call) }),
    }),
  (sendgrid) =>
    route({
      method: 'get',
      path: '/contacts/imports/:jobId',
      summary: 'See how far an upsert or a deletion is, and how it ended',
      description: '`errored` of SendGrid means that some rows failed, `failed` that all did: `outcome` says it plainly.',
      scope: read,
      params: z.strictObject({ jobId: idSchema }),
      answer: importSchema.extend({ outcome: z.enum(importOutcomes) }),
      problems: [404],
      handle: async ({ params, call }) => ({ body: await sendgrid.getImport(params.jobId, call) }),
    }),
  (sendgrid) =>
    route({
      method: 'get',
      path: '/contacts/:id',
      summary: 'Get a contact',
      scope: read,
      params: contactParams,
      answer: contactAnswer,
      problems: [404],
      handle: async ({ params, call }) => ({ body: await sendgrid.getContact(params.id, call) }),
    }),
];

const writeRoutes: readonly ((sendgrid: SendgridClient) => Route)[] = [
  (sendgrid) =>
    route({
      method: 'put',
      path: '/contacts',
      summary: 'Create or update a contact',
      description:
        'By its identifiers; those that SendGrid knows of it must all be sent, or it cannot be updated. Accepted, not done: the address ' +
        'under `Location` tells how it ends.',
      scope: write,
      body: contactUpsertSchema,
      answer: jobSchema,
      queueable: true,
      handle: async ({ body, call }) => {
        const job = await sendgrid.upsertContact(body, call);
        return isQueued(job) ? { body: job } : { ...placeOf(job.job_id), body: job };
      },
    }),
  (sendgrid) =>
    route({
      method: 'post',
      path: '/contacts/bulk',
      summary: 'Create or update up to 30,000 contacts',
      description:
        'Or 6 MB, whichever comes first. One row of the answer for each row sent, in their order; 207 where some were refused here, or ' +
        'SendGrid failed at them; the others are in the job, or in `job_ids`. SendGrid tells only by counts, under `Location`, how many of those went in.',
      scope: write,
      body: bulkContactsSchema,
      maxBodyBytes: MAX_BULK_BYTES,
      maxBodyValues: MAX_BULK_VALUES,
      status: 202,
      answer: bulkUpsertSchema,
      handle: async ({ body, call }) => bulkReply(await sendgrid.upsertContacts(body, call)),
    }),
  (sendgrid) =>
    route({
      method: 'post',
      path: '/contacts/delete',
      summary: 'Delete up to 100 contacts',
      description: 'By id, from all lists. Accepted, not done.',
      scope: write,
      body: z.strictObject({ ids: idsSchema }),
      answer: jobsReply,
      queueable: true,
      handle: async ({ body, call }) => partlyDone(await sendgrid.deleteContacts(body.ids, call)),
    }),
  (sendgrid) =>
    route({
      method: 'delete',
      path: '/contacts/:id',
      summary: 'Delete a contact',
      description: 'From all lists. Accepted, not done.',
      scope: write,
      params: contactParams,
      answer: jobSchema,
      queueable: true,
      handle: async ({ params, call }) => ({ body: await sendgrid.deleteContacts([params.id], call) }),
    }),
];

export const contactRoutes = [...readRoutes, ...writeRoutes];
