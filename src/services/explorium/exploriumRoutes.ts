/**
 * Mounted at `/api/explorium`. Lookups are reads, though paid ones: their scope is `explorium:read`.
 */
import { z } from 'zod';
import { route, type Route } from '../../web/route.ts';
import { bulkRoutes } from './exploriumBulkRoutes.ts';
import type { ExploriumClient } from './exploriumClient.ts';
import { businessIdSchema, creditsAnswer, domainSchema, firmographicsSchema } from './exploriumSchemas.ts';

const read = 'explorium:read';

const companyAnswer = z.union([
  z.looseObject({ enriched: z.literal(true), domain: z.string(), business_id: businessIdSchema, company: firmographicsSchema }),
  z.looseObject({ enriched: z.literal(false), domain: z.string(), reason: z.enum(['no_match', 'match_failed']) }),
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
  ...bulkRoutes,
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
