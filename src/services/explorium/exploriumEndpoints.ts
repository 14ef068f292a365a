/**
 * Explorium's endpoints. Lookups are reads, though paid ones.
 *
 * Those for many take 1 to 50 rows and answer one for each, in the order asked (`lookUpRows`): one bad row, or one that fails, takes
 * nothing from the others, and what was paid for stays. Equal rows are paid once; rows that are known for a day already, or asked about
 * by others just now, are not paid again; nothing that may have been charged is repeated.
 */
import { z } from 'zod';
import type { CallOptions } from '../../contract/call.ts';
import type { ErrorCode } from '../../errors/gatewayError.ts';
import { UpstreamError } from '../../errors/upstreamErrors.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes, seconds } from '../../time/clock.ts';
import {
  lookUpRows,
  lookupSchema,
  lookupStatus,
  outcomeOfError,
  type AskedRows,
  type BulkLookup,
  type FailedRow,
  type LookedUp,
} from '../bulkRows.ts';
import { endpoint, inProcess, recipe, type Endpoint } from '../endpoint.ts';
import { checked, requireCount } from '../inputs.ts';
import * as answers from './exploriumAnswers.ts';
import * as inputs from './exploriumInputs.ts';
import * as operations from './exploriumOperations.ts';
import { asOneAnswer, type Flags } from './exploriumSteps.ts';

/** @throws {UpstreamRejectedError} 422 `match_failed`, if Explorium could not look the row up. */
const matchOf = async (http: HttpClient, kind: answers.Kind, row: object, call: CallOptions): Promise<operations.Match> => {
  const operation = kind === 'businesses' ? operations.matchBusiness : operations.matchProspect;
  return operations.matchIn(kind, await http.send(operation, operations.matchRequest(kind, [row]), call));
};

/** `undefined`: nothing is known of it. */
const firmographicsOf = async (http: HttpClient, id: string, call: CallOptions): Promise<answers.Firmographics | undefined> => {
  const { response_context: context, data } = await http.send(operations.enrichFirmographics, operations.firmographicsRequest(id), call);
  return context.request_status === 'miss' ? undefined : (data ?? undefined);
};

/**
 * Errors that mean "not now". An unknown outcome and a spent deadline are among them, for nothing was written; a refused
 * key and spent credits are not: waiting fixes neither, and a fallback would hide them.
 */
const TEMPORARY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'circuit_open',
  'upstream_unavailable',
  'upstream_timeout',
  'bulkhead_full',
  'quota_wait_too_long',
  'upstream_rate_limited',
  'outcome_unknown',
  'deadline_exceeded',
]);

/** The answer of last resort: an absent enrichment stops no work. */
const enrichmentUnavailable = { enriched: false, error: 'Enrichment temporarily unavailable', _fallback: true } as const;

/** `no_match`: Explorium does not know the company, or nothing about it. `match_failed`: it could not look this row up. */
const matchThenEnrich = async (http: HttpClient, domain: string, call: CallOptions) => {
  const match = await matchOf(http, 'businesses', { domain }, call);
  if (match.kind !== 'found') return { enriched: false, domain, reason: match.kind } as const;
  const company = await firmographicsOf(http, match.id, call);
  if (company === undefined) return { enriched: false, domain, reason: 'no_match' } as const;
  return { enriched: true, domain, business_id: match.id, company } as const;
};

/** In this process a method takes by position what the body of the route names. */
const taking = <Args extends readonly unknown[], Body, Result>(
  { bind, ...whole }: Endpoint<[body: Body, options?: CallOptions], Result>,
  bodyOf: (...args: Args) => Body,
): Endpoint<[...args: Args, options?: CallOptions], Result> => ({
  ...whole,
  bind: (http) => {
    const run = bind(http);
    return (...args) => run(bodyOf(...(args.slice(0, bodyOf.length) as unknown as Args)), args[bodyOf.length] as CallOptions | undefined);
  },
});

/**
 * What Explorium knows about the company at a domain: matches the domain, then reads the firmographics of the match. While Explorium
 * cannot be reached, answers `enrichmentUnavailable`, unless the caller is `strict`.
 *
 * @throws {InvalidRequestError} if `domain` is none.
 * @throws {UpstreamQuotaExhaustedError} when the credits are spent; and the other errors that waiting does not fix.
 */
export const enrichCompany = taking(
  recipe({
    route: 'POST /companies/enrich',
    summary: 'Enrich a company by its domain',
    description:
      'Matches the domain, then reads its firmographics; both cost credits and are cached for a day. While Explorium is not to be ' +
      'had, the answer is 200 with `_fallback: true`; `Prefer: handling=strict` asks for the error instead.',
    scope: 'read',
    body: z.strictObject({ domain: inputs.domain }),
    answer: z.union([
      z.looseObject({ enriched: z.literal(true), domain: z.string(), business_id: inputs.businessId, company: answers.firmographics }),
      z.looseObject({ enriched: z.literal(false), domain: z.string(), reason: z.enum(['no_match', 'match_failed']) }),
      z.looseObject({ enriched: z.literal(false), error: z.literal('Enrichment temporarily unavailable'), _fallback: z.literal(true) }),
    ]),
    operations: [operations.matchBusiness, operations.matchBusinesses, operations.enrichFirmographics, operations.bulkEnrichFirmographics],
    run: async (http, { body }, options = {}) => {
      const domain = checked(inputs.domain, body.domain, 'domain');
      try {
        return await asOneAnswer(http, options, (call) => matchThenEnrich(http, domain, call));
      } catch (error) {
        if (options.strict === true || !(error instanceof UpstreamError) || !TEMPORARY.has(error.code)) throw error;
        return http.fallBack(enrichmentUnavailable, error.operation, options);
      }
    },
  }),
  (domain: string) => ({ domain }),
);

const ROW_BY_ROW =
  'One row of the answer for each row sent, in their order: `found`, `missing`, `refused` or `failed`; 207 unless all were found. ' +
  'Equal rows, and rows that are known already, are not paid again.';

const bulk = { description: ROW_BY_ROW, scope: 'read', statusOf: lookupStatus } as const;
const business = { business_id: inputs.businessId };
const company = { ...business, company: answers.firmographics };

interface FoundId {
  readonly business_id: string;
}
interface FoundCompany extends FoundId {
  readonly company: answers.Firmographics;
}

interface FoundProspect {
  readonly prospect_id: string;
}
interface FoundContacts extends FoundProspect {
  readonly contacts: z.infer<typeof answers.prospectContacts>;
}

/**
 * Under one deadline, and reported to the caller as one answer.
 *
 * @throws {InvalidRequestError} for no row, or more than 50; and the error of the call, where no row got an answer.
 */
const lookUpAll = async <Row, Found extends object, Known extends object = object>(
  http: HttpClient,
  options: CallOptions = {},
  asked: AskedRows<Row>,
  lookUp: (row: Row, call: CallOptions) => Promise<LookedUp<Found, Known>>,
): Promise<BulkLookup<Found, Known> & Flags> => {
  requireCount(asked.values, inputs.MAX_ROWS, `rows of ${asked.name}`);
  return asOneAnswer(http, options, (call) => lookUpRows<Row, Found, Known>(asked, (row) => lookUp(row, call)));
};

const unmatched = (kind: 'no_match' | 'match_failed'): { readonly outcome: 'missing' } | FailedRow =>
  kind === 'no_match' ? { outcome: 'missing' } : { outcome: 'failed', reason: 'match_failed', retryable: false };

const enriched = async (http: HttpClient, id: string, call: CallOptions): Promise<LookedUp<FoundCompany>> => {
  const known = await firmographicsOf(http, id, call);
  return known === undefined ? { outcome: 'missing' } : { outcome: 'found', business_id: id, company: known };
};

/** A company that was matched keeps its id, whatever becomes of the second step: its match is paid for. */
export const enrichCompanies = taking(
  recipe({
    route: 'POST /companies/enrich/bulk',
    summary: 'Enrich up to 50 companies by their domains',
    ...bulk,
    description: `${ROW_BY_ROW} A company that was matched keeps its \`business_id\`, whatever became of the second step.`,
    body: z.strictObject({ domains: inputs.texts }),
    answer: lookupSchema(company, { business_id: inputs.businessId.optional() }),
    run: (http, { body }, options) =>
      lookUpAll(
        http,
        options,
        { values: body.domains, schema: inputs.domain, name: 'domain' },
        async (domain, call): Promise<LookedUp<FoundCompany, Partial<FoundId>>> => {
          const match = await matchOf(http, 'businesses', { domain }, call);
          if (match.kind !== 'found') return unmatched(match.kind);
          return { ...(await enriched(http, match.id, call).catch(outcomeOfError)), business_id: match.id };
        },
      ),
  }),
  (domains: string[]) => ({ domains }),
);

export const matchBusinesses = taking(
  recipe({
    route: 'POST /companies/match/bulk',
    summary: 'Find the ids of up to 50 companies by name, domain, url or linkedin_url',
    ...bulk,
    body: z.strictObject({ companies: inputs.businessKeys }),
    answer: lookupSchema(business),
    run: (http, { body }, options) =>
      lookUpAll(
        http,
        options,
        { values: body.companies, schema: inputs.businessKey, name: 'company' },
        async (key, call): Promise<LookedUp<FoundId>> => {
          const match = await matchOf(http, 'businesses', key, call);
          return match.kind === 'found' ? { outcome: 'found', business_id: match.id } : unmatched(match.kind);
        },
      ),
  }),
  (companies: z.infer<typeof inputs.businessKeys>) => ({ companies }),
);

export const enrichBusinesses = taking(
  recipe({
    route: 'POST /companies/firmographics/bulk',
    summary: 'Enrich up to 50 companies by their ids',
    ...bulk,
    body: z.strictObject({ business_ids: inputs.texts }),
    answer: lookupSchema(company),
    run: (http, { body }, options) =>
      lookUpAll(http, options, { values: body.business_ids, schema: inputs.businessId, name: 'business_id' }, (id, call) =>
        enriched(http, id, call),
      ),
  }),
  (business_ids: string[]) => ({ business_ids }),
);

export const matchProspects = taking(
  recipe({
    route: 'POST /prospects/match',
    summary: 'Find the ids of up to 50 people',
    ...bulk,
    body: z.strictObject({ prospects: inputs.prospectKeys }),
    answer: lookupSchema({ prospect_id: inputs.prospectId }),
    operations: [operations.matchProspect],
    run: (http, { body }, options) =>
      lookUpAll(
        http,
        options,
        { values: body.prospects, schema: inputs.prospectKey, name: 'prospect' },
        async (key, call): Promise<LookedUp<FoundProspect>> => {
          const match = await matchOf(http, 'prospects', key, call);
          return match.kind === 'found' ? { outcome: 'found', prospect_id: match.id } : unmatched(match.kind);
        },
      ),
  }),
  (prospects: z.infer<typeof inputs.prospectKeys>) => ({ prospects }),
);

export const enrichProspectContacts = taking(
  recipe({
    route: 'POST /prospects/contacts/enrich',
    summary: 'Get email addresses and phone numbers of up to 50 prospects',
    ...bulk,
    description: `An email costs 2 credits, a phone number or both 5. ${ROW_BY_ROW}`,
    body: z.strictObject({ prospect_ids: inputs.texts, contact_types: inputs.contactTypes.optional() }),
    answer: lookupSchema({ prospect_id: inputs.prospectId, contacts: answers.prospectContacts }),
    operations: [operations.enrichProspectContacts],
    run: (http, { body: { prospect_ids: values, contact_types } }, options) =>
      lookUpAll(
        http,
        options,
        { values, schema: inputs.prospectId, name: 'prospect_id' },
        async (id, call): Promise<LookedUp<FoundContacts>> => {
          const request = operations.contactsRequest([id], contact_types && { contact_types });
          const { data } = await http.send(operations.enrichProspectContacts, request, call);
          const contacts = data?.find((row) => row.prospect_id === id)?.data ?? undefined;
          return contacts === undefined ? { outcome: 'missing' } : { outcome: 'found', prospect_id: id, contacts };
        },
      ),
  }),
  (prospect_ids: string[], contact_types?: z.infer<typeof inputs.contactTypes>) => ({ prospect_ids, contact_types }),
);

/** `search`: `filters`, and Explorium's own `size`, `page` and `page_size`; it validates them itself. */
export const searchBusinesses = inProcess(operations.searchBusinesses, (search: Readonly<Record<string, unknown>>) => ({
  path: upstreamPath`/v1/businesses`,
  body: search,
}));

export const getCredits = endpoint({
  name: 'get_credits',
  isOfService: true,
  route: 'GET /credits',
  summary: 'Get the credits that are left',
  answer: answers.credits,
  upstream: () => ({ path: upstreamPath`/v1/credits` }),
  cacheForMs: seconds(10),
  staleForMs: minutes(10),
});
