/**
 * Mounted at `/api/explorium`. Lookups are reads, though paid ones: their scope is `explorium:read`.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import type { ExploriumClient } from './exploriumClient.ts';
import {
  businessIdSchema,
  contactTypesSchema,
  creditsAnswer,
  domainSchema,
  domainsSchema,
  firmographicsSchema,
  matchProspectsAnswer,
  prospectContactsAnswer,
  prospectIdsSchema,
  prospectKeysSchema,
} from './exploriumSchemas.ts';

const read = 'explorium:read';

const companyAnswers = [
  z.looseObject({ enriched: z.literal(true), domain: z.string(), business_id: businessIdSchema, company: firmographicsSchema }),
  z.looseObject({ enriched: z.literal(false), domain: z.string(), reason: z.enum(['no_match', 'match_failed']) }),
] as const;

const companyAnswer = z.union([
  ...companyAnswers,
  z.looseObject({ enriched: z.literal(false), error: z.literal('Enrichment temporarily unavailable'), _fallback: z.literal(true) }),
]);

const routes: readonly ((explorium: ExploriumClient) => Route)[] = [
  (explorium) =>
    route({
      method: 'post',
      path: '/companies/enrich',
      summary: 'Enrich a company by its domain',
      description:
        'Matches the domain, then reads its firmographics; both cost credits and are cached for a day. While Explorium is not to be ' +
        'had, the answer is 200 with `_fallback: true`; `Prefer: handling=strict` asks for the error instead.',
      scope: read,
      body: z.strictObject({ domain: domainSchema }),
      answer: companyAnswer,
      handle: async ({ body, call }) => ({ body: await explorium.enrichCompany(body.domain, call) }),
    }),
  (explorium) =>
    route({
      method: 'post',
      path: '/companies/enrich/bulk',
      summary: 'Enrich up to 50 companies by their domains',
      description: 'One row per domain, in the order given; a domain given twice is paid once.',
      scope: read,
      body: z.strictObject({ domains: domainsSchema }),
      answer: z.looseObject({ companies: z.array(z.union(companyAnswers)) }),
      handle: async ({ body, call }) => ({ body: await explorium.enrichCompanies(body.domains, call) }),
    }),
  (explorium) =>
    route({
      method: 'post',
      path: '/prospects/match',
      summary: 'Find the ids of up to 50 people',
      scope: read,
      body: z.strictObject({ prospects: prospectKeysSchema }),
      answer: matchProspectsAnswer,
      handle: async ({ body, call }) => ({ body: await explorium.matchProspects(body.prospects, call) }),
    }),
  (explorium) =>
    route({
      method: 'post',
      path: '/prospects/contacts/enrich',
      summary: 'Get email addresses and phone numbers of up to 50 prospects',
      description: 'An email costs 2 credits, a phone number or both 5.',
      scope: read,
      body: z.strictObject({ prospect_ids: prospectIdsSchema, contact_types: contactTypesSchema.optional() }),
      answer: prospectContactsAnswer,
      handle: async ({ body, call }) => ({ body: await explorium.enrichProspectContacts(body.prospect_ids, body.contact_types, call) }),
    }),
  (explorium) =>
    route({
      method: 'get',
      path: '/credits',
      summary: 'Get the credits that are left',
      scope: read,
      answer: creditsAnswer,
      handle: async ({ call }) => ({ body: await explorium.getCredits(call) }),
    }),
];

export const exploriumRoutes = (explorium: ExploriumClient): readonly Route[] => routes.map((define) => define(explorium));
