/**
 * The routes that contacts, companies and deals have alike.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import { listQuerySchema, newRecordSchema, readQuerySchema, recordChangeSchema, recordIdSchema, type RecordType } from './hubspotInputs.ts';
import type { HubspotRecords } from './hubspotRecords.ts';
import { recordPageSchema, recordSchema, searchAnswerSchema } from './hubspotSchemas.ts';
import { searchSchema } from './hubspotSearchInput.ts';

const idParams = z.strictObject({ id: recordIdSchema });

/** `email,firstname` as a list; HubSpot's own choice if nothing is asked for. */
export const namesIn = (properties: string | undefined): readonly string[] | undefined => properties?.split(',');

const readRoutes = (type: RecordType, one: string, records: HubspotRecords): readonly Route[] => [
  route({
    method: 'get',
    path: `/${type}`,
    summary: `List ${type}`,
    description: 'Page by `paging.next.after`.',
    scope: 'hubspot:read',
    query: listQuerySchema,
    answer: recordPageSchema,
    handle: async ({ query, call }) => ({
      body: await records.list({ ...call, limit: query.limit, after: query.after, properties: namesIn(query.properties) }),
    }),
  }),
  route({
    method: 'get',
    path: `/${type}/:id`,
    summary: `Get a ${one}`,
    description: 'Up to 30 s old; `Cache-Control: no-cache` asks HubSpot, as you should after a write of your own.',
    scope: 'hubspot:read',
    params: idParams,
    query: readQuerySchema,
    answer: recordSchema,
    problems: [404],
    handle: async ({ params, query, call }) => ({ body: await records.get(params.id, { ...call, properties: namesIn(query.properties) }) }),
  }),
  route({
    method: 'post',
    path: `/${type}/search`,
    summary: `Search ${type}`,
    description: 'Sees what was written a few moments ago. HubSpot grants a whole account 5 searches a second, and 10,000 results a query.',
    scope: 'hubspot:read',
    body: searchSchema,
    answer: searchAnswerSchema,
    problems: [422],
    handle: async ({ body, call }) => ({ body: await records.search(body, call) }),
  }),
];

const writeRoutes = (type: RecordType, one: string, records: HubspotRecords): readonly Route[] => [
  route({
    method: 'post',
    path: `/${type}`,
    summary: `Create a ${one}`,
    description: 'Not repeated after a lost answer, as that could make a second one. `associations` ties it to other records at once.',
    scope: 'hubspot:write',
    body: newRecordSchema,
    status: 201,
    answer: recordSchema,
    problems: [409, 422],
    queueable: true,
    handle: async ({ body, call }) => ({ body: await records.create(body, call) }),
  }),
  route({
    method: 'patch',
    path: `/${type}/:id`,
    summary: `Update a ${one}`,
    description: "Sets the properties named; '' clears one. Answers the changed properties and HubSpot's own, not the whole record.",
    scope: 'hubspot:write',
    params: idParams,
    body: recordChangeSchema,
    answer: recordSchema,
    problems: [404, 409, 422],
    queueable: true,
    handle: async ({ params, body, call }) => ({ body: await records.update(params.id, body, call) }),
  }),
];

export const recordRoutes = (type: RecordType, one: string, records: HubspotRecords): readonly Route[] => [
  ...readRoutes(type, one, records),
  ...writeRoutes(type, one, records),
];
