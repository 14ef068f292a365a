/**
 * The routes for many rows: up to 50, Explorium's limit, each answered by itself.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import { lookupSchema, lookupStatus, type BulkLookup } from '../bulkRows.ts';
import type { ExploriumClient } from './exploriumClient.ts';
import {
  businessIdSchema,
  businessKeyRowsSchema,
  contactTypesSchema,
  firmographicsSchema,
  prospectContactsSchema,
  prospectIdSchema,
  prospectKeyRowsSchema,
  textRowsSchema,
} from './exploriumSchemas.ts';

const read = 'explorium:read';

const lookupReply = (result: BulkLookup<object>) => ({ status: lookupStatus(result), body: result });

const ROW_BY_ROW =
  'One row of the answer for each row sent, in their order: `found`, `missing`, `refused` or `failed`; 207 unless all were found. ' +
  'Equal rows, and rows that are known already, are not paid again.';

const business = { business_id: businessIdSchema };
const company = { ...business, company: firmographicsSchema };

export const bulkRoutes: readonly ((explorium: ExploriumClient) => Route)[] = [
  (explorium) =>
    route({
      method: 'post',
      path: '/companies/enrich/bulk',
      summary: 'Enrich up to 50 companies by their domains',
      description: `${ROW_BY_ROW} A company that was matched keeps its \`business_id\`, whatever became of the second step.`,
      scope: read,
      body: z.strictObject({ domains: textRowsSchema }),
      answer: lookupSchema(company, { business_id: businessIdSchema.optional() }),
      handle: async ({ body, call }) => lookupReply(await explorium.enrichCompanies(body.domains, call)),
    }),
  (explorium) =>
    route({
      method: 'post',
      path: '/companies/match/bulk',
      summary: 'Find the ids of up to 50 companies by name, domain, url or linkedin_url',
      description: ROW_BY_ROW,
      scope: read,
      body: z.strictObject({ companies: businessKeyRowsSchema }),
      answer: lookupSchema(business),
      handle: async ({ body, call }) => lookupReply(await explorium.matchBusinesses(body.companies, call)),
    }),
  (explorium) =>
    route({
      method: 'post',
      path: '/companies/firmographics/bulk',
      summary: 'Enrich up to 50 companies by their ids',
      description: ROW_BY_ROW,
      scope: read,
      body: z.strictObject({ business_ids: textRowsSchema }),
      answer: lookupSchema(company),
      handle: async ({ body, call }) => lookupReply(await explorium.enrichBusinesses(body.business_ids, call)),
    }),
  (explorium) =>
    route({
      method: 'post',
      path: '/prospects/match',
      summary: 'Find the ids of up to 50 people',
      description: ROW_BY_ROW,
      scope: read,
      body: z.strictObject({ prospects: prospectKeyRowsSchema }),
      answer: lookupSchema({ prospect_id: prospectIdSchema }),
      handle: async ({ body, call }) => lookupReply(await explorium.matchProspects(body.prospects, call)),
    }),
  (explorium) =>
    route({
      method: 'post',
      path: '/prospects/contacts/enrich',
      summary: 'Get email addresses and phone numbers of up to 50 prospects',
      description: `An email costs 2 credits, a phone number or both 5. ${ROW_BY_ROW}`,
      scope: read,
      body: z.strictObject({ prospect_ids: textRowsSchema, contact_types: contactTypesSchema.optional() }),
      answer: lookupSchema({ prospect_id: prospectIdSchema, contacts: prospectContactsSchema }),
      handle: async ({ body, call }) => lookupReply(await explorium.enrichProspectContacts(body.prospect_ids, body.contact_types, call)),
    }),
];
