/**
 * Single lookups, and many of them row by row: one bad row, or one that fails, takes nothing from the others, and what was paid
 * for stays.
 */
import type { HttpClient } from '../../pipeline/httpClient.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import type { CallOptions } from '../../contract/call.ts';
import { lookUpRows, outcomeOfError, type AskedRows, type BulkLookup, type FailedRow, type LookedUp } from '../bulkRows.ts';
import { AnswersOfSteps, firmographicsOf, readBusinessMatch, readProspectMatch, type Flags, type Match } from './exploriumEnrichment.ts';
import { exploriumOperations as operations } from './exploriumOperations.ts';
import {
  businessIdSchema,
  businessKeySchema,
  domainSchema,
  prospectIdSchema,
  prospectKeySchema,
  type BusinessKey,
  type ContactType,
  type Firmographics,
  type ProspectContacts,
} from './exploriumSchemas.ts';

export interface FoundBusiness {
  readonly business_id: string;
}
export interface FoundCompany extends FoundBusiness {
  readonly company: Firmographics;
}
export interface FoundProspect {
  readonly prospect_id: string;
}
export interface FoundContacts extends FoundProspect {
  readonly contacts: ProspectContacts;
}

/** `Known`: what the first of two steps brought, where the second brought nothing. */
export type Rows<Found extends object, Known extends object = object> = BulkLookup<Found, Known> & Flags;

/** @throws {UpstreamRejectedError} 422 `match_failed`, if Explorium could not look the row up. */
export const matchBusiness = async (http: HttpClient, business: BusinessKey, options?: CallOptions): Promise<Match> => {
  const request = { path: upstreamPath`/v1/businesses/match`, body: { businesses_to_match: [business] } };
  return readBusinessMatch(await http.send(operations.matchBusiness, request, options));
};

/** `undefined`: nothing is known of it. */
export const enrichBusiness = async (http: HttpClient, businessId: string, options?: CallOptions): Promise<Firmographics | undefined> => {
  const request = { path: upstreamPath`/v1/businesses/firmographics/enrich`, body: { business_id: businessId } };
  return firmographicsOf(await http.send(operations.enrichFirmographics, request, options));
};

const matchProspect = async (http: HttpClient, prospect: object, options: CallOptions): Promise<Match> => {
  const request = { path: upstreamPath`/v1/prospects/match`, body: { request_context: {}, prospects_to_match: [prospect] } };
  return readProspectMatch(await http.send(operations.matchProspects, request, options));
};

const unmatched = (kind: 'no_match' | 'match_failed'): { readonly outcome: 'missing' } | FailedRow =>
  kind === 'no_match' ? { outcome: 'missing' } : { outcome: 'failed', reason: 'match_failed', retryable: false };

/** Under one deadline, and told to the caller as one answer. */
const lookUpAll = async <Row, Found extends object, Known extends object = object>(
  http: HttpClient,
  asked: AskedRows<Row>,
  options: CallOptions,
  lookUp: (row: Row, options: CallOptions) => Promise<LookedUp<Found, Known>>,
): Promise<Rows<Found, Known>> => {
  const answers = new AnswersOfSteps();
  const steps = { ...http.startDeadline(options), onAnswer: answers.listen };
  const rows = await lookUpRows<Row, Found, Known>(asked, (row) => lookUp(row, steps));
  const result = { ...rows, ...answers.flags };
  answers.tell(result, options.onAnswer);
  return result;
};

export const matchBusinesses = (http: HttpClient, values: readonly unknown[], options: CallOptions): Promise<Rows<FoundBusiness>> => {
  const asked = { values, schema: businessKeySchema, name: 'company' };
  return lookUpAll(http, asked, options, async (business, steps): Promise<LookedUp<FoundBusiness>> => {
    const match = await matchBusiness(http, business, steps);
    return match.kind === 'found' ? { outcome: 'found', business_id: match.id } : unmatched(match.kind);
  });
};

/** A company that was matched keeps its id, whatever becomes of the second step: its match is paid for. */
export const enrichDomains = (
  http: HttpClient,
  values: readonly unknown[],
  options: CallOptions,
): Promise<Rows<FoundCompany, Partial<FoundBusiness>>> => {
  const asked = { values, schema: domainSchema, name: 'domain' };
  return lookUpAll(http, asked, options, async (domain, steps): Promise<LookedUp<FoundCompany, Partial<FoundBusiness>>> => {
    const match = await matchBusiness(http, { domain }, steps);
    if (match.kind !== 'found') return unmatched(match.kind);
    return { ...(await enriched(http, match.id, steps).catch(outcomeOfError)), business_id: match.id };
  });
};

const enriched = async (http: HttpClient, businessId: string, options: CallOptions): Promise<LookedUp<FoundCompany>> => {
  const company = await enrichBusiness(http, businessId, options);
  return company === undefined ? { outcome: 'missing' } : { outcome: 'found', business_id: businessId, company };
};

export const enrichBusinesses = (http: HttpClient, values: readonly unknown[], options: CallOptions): Promise<Rows<FoundCompany>> =>
  lookUpAll(http, { values, schema: businessIdSchema, name: 'business_id' }, options, (id, steps) => enriched(http, id, steps));

export const matchProspects = (http: HttpClient, values: readonly unknown[], options: CallOptions): Promise<Rows<FoundProspect>> => {
  const asked = { values, schema: prospectKeySchema, name: 'prospect' };
  return lookUpAll(http, asked, options, async (prospect, steps): Promise<LookedUp<FoundProspect>> => {
    const match = await matchProspect(http, prospect, steps);
    return match.kind === 'found' ? { outcome: 'found', prospect_id: match.id } : unmatched(match.kind);
  });
};

export const enrichContacts = (
  http: HttpClient,
  values: readonly unknown[],
  contactTypes: readonly ContactType[] | undefined,
  options: CallOptions,
): Promise<Rows<FoundContacts>> => {
  const asked = { values, schema: prospectIdSchema, name: 'prospect_id' };
  return lookUpAll(http, asked, options, async (id, steps): Promise<LookedUp<FoundContacts>> => {
    const types = contactTypes === undefined ? {} : { parameters: { contact_types: contactTypes } };
    const request = { path: upstreamPath`/v1/prospects/contacts_information/bulk_enrich`, body: { prospect_ids: [id], ...types } };
    const { data } = await http.send(operations.enrichProspectContacts, request, steps);
    const contacts = data?.find((row) => row.prospect_id === id)?.data ?? undefined;
    return contacts === undefined ? { outcome: 'missing' } : { outcome: 'found', prospect_id: id, contacts };
  });
};
