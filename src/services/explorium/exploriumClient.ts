/**
 * Explorium in our words: companies by domain, prospects, credits.
 */
import type { ZodType } from 'zod';
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import type { HttpClient } from '../../http/httpClient.ts';
import { upstreamPath } from '../../http/upstreamPath.ts';
import type { CallOptions } from '../../resilience/call.ts';
import type { ServiceClient } from '../service.ts';
import {
  AnswersOfSteps,
  companyRow,
  enrichmentUnavailable,
  firmographicsOf,
  flagsOf,
  isTemporary,
  readMatches,
  rowsByDomain,
  type CompaniesAnswer,
  type CompanyAnswer,
  type EnrichmentUnavailable,
  type Match,
} from './exploriumEnrichment.ts';
import { exploriumOperations as operations, matchBusinessesOf } from './exploriumOperations.ts';
import {
  domainSchema,
  domainsSchema,
  MAX_ROWS,
  prospectIdsSchema,
  type BusinessKey,
  type ContactType,
  type ProspectKey,
} from './exploriumSchemas.ts';

const MATCH_PATH = upstreamPath`/v1/businesses/match`;

/** @throws {InvalidRequestError} with the place of each fault and its rule, never the value. */
const checked = <T>(schema: ZodType<T>, what: string, value: unknown): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({ at: [what, ...path].join('.'), message }));
  throw new InvalidRequestError(`${what} cannot be sent to Explorium`, faults);
};

const requireRows = (what: string, count: number): void => {
  if (count < 1 || count > MAX_ROWS) throw new InvalidRequestError(`${what} must be 1 to ${String(MAX_ROWS)} in one call`);
};

export class ExploriumClient implements ServiceClient {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  /**
   * What Explorium knows about the company at a domain: matches the domain, then reads the firmographics of the match,
   * under one deadline.
   *
   * While Explorium is not to be had, answers {@link enrichmentUnavailable}, unless `options.strict`.
   *
   * @throws {InvalidRequestError} if `domain` is none.
   * @throws {UpstreamQuotaExhaustedError} when the credits are spent; and the other errors that waiting does not mend.
   */
  async enrichCompany(domain: string, options: CallOptions = {}): Promise<CompanyAnswer | EnrichmentUnavailable> {
    const asked = checked(domainSchema, 'domain', domain);
    const answers = new AnswersOfSteps();
    try {
      const company = await this.#matchThenEnrich(asked, { ...this.#http.startDeadline(options), onAnswer: answers.listen });
      answers.tell(company, options.onAnswer);
      return company;
    } catch (error) {
      if (options.strict === true || !isTemporary(error)) throw error;
      return this.#http.fallBack(enrichmentUnavailable, error.operation, options);
    }
  }

  async #matchThenEnrich(domain: string, options: CallOptions): Promise<CompanyAnswer> {
    const body = { businesses_to_match: [{ domain }] };
    const matched = await this.#http.send(operations.matchBusiness, { path: MATCH_PATH, body }, options);
    const [match = { kind: 'no_match' }] = readMatches(matched, 1);
    if (match.kind !== 'found') return { ...companyRow(domain, match, undefined), ...flagsOf([matched]) };
    const request = { path: upstreamPath`/v1/businesses/firmographics/enrich`, body: { business_id: match.businessId } };
    const enriched = await this.#http.send(operations.enrichFirmographics, request, options);
    return { ...companyRow(domain, match, firmographicsOf(enriched)), ...flagsOf([matched, enriched]) };
  }

  /**
   * The same for up to 50 domains in two calls: one row per domain, in the order given; a domain given twice is paid
   * once. Without an answer of last resort: an error is the whole batch's.
   *
   * @throws {InvalidRequestError} for no domain, more than 50, or one that is none.
   */
  async enrichCompanies(domains: readonly string[], options: CallOptions = {}): Promise<CompaniesAnswer> {
    const asked = checked(domainsSchema, 'domains', domains);
    const unique = [...new Set(asked)];
    const answers = new AnswersOfSteps();
    const steps = { ...this.#http.startDeadline(options), onAnswer: answers.listen };
    const matched = await this.matchBusinesses(unique.map((domain) => ({ domain })), steps);
    const matches = readMatches(matched, unique.length);
    const enriched = await this.#bulkEnrich(matches, steps);
    const result = {
      companies: rowsByDomain(asked, unique, matches, enriched),
      ...flagsOf(enriched === undefined ? [matched] : [matched, enriched]),
    };
    answers.tell(result, options.onAnswer);
    return result;
  }

  async #bulkEnrich(matches: readonly Match[], options: CallOptions) {
    const ids = [...new Set(matches.flatMap((match) => (match.kind === 'found' ? [match.businessId] : [])))];
    if (ids.length === 0) return undefined;
    const path = upstreamPath`/v1/businesses/firmographics/bulk_enrich`;
    return this.#http.send(operations.bulkEnrichFirmographics, { path, body: { business_ids: ids }, weight: ids.length }, options);
  }

  /** Up to 50 businesses by name, domain or address; the answer's rows are in the order asked. */
  async matchBusinesses(businesses: readonly BusinessKey[], options?: CallOptions) {
    requireRows('businesses', businesses.length);
    const request = { path: MATCH_PATH, body: { businesses_to_match: businesses }, weight: businesses.length };
    return this.#http.send(matchBusinessesOf(businesses.length), request, options);
  }

  /** @param search `filters`, and Explorium's own `size`, `page` and `page_size`; it validates them itself. */
  async searchBusinesses(search: Readonly<Record<string, unknown>>, options?: CallOptions) {
    return this.#http.send(operations.searchBusinesses, { path: upstreamPath`/v1/businesses`, body: search }, options);
  }

  /** Up to 50 people; the answer's rows are in the order asked. */
  async matchProspects(prospects: readonly ProspectKey[], options?: CallOptions) {
    requireRows('prospects', prospects.length);
    const body = { request_context: {}, prospects_to_match: prospects };
    return this.#http.send(operations.matchProspects, { path: upstreamPath`/v1/prospects/match`, body, weight: prospects.length }, options);
  }

  /**
   * Email addresses and phone numbers of up to 50 prospects: 2 credits for an email, 5 for a phone or both.
   *
   * @param contactTypes Which; Explorium's default is both.
   * @throws {InvalidRequestError} for an id of another form: one such id would fail the whole batch.
   */
  async enrichProspectContacts(prospectIds: readonly string[], contactTypes?: readonly ContactType[], options?: CallOptions) {
    const ids = checked(prospectIdsSchema, 'prospect_ids', prospectIds);
    const parameters = contactTypes === undefined ? {} : { parameters: { contact_types: contactTypes } };
    const path = upstreamPath`/v1/prospects/contacts_information/bulk_enrich`;
    const request = { path, body: { prospect_ids: ids, ...parameters }, weight: ids.length };
    return this.#http.send(operations.enrichProspectContacts, request, options);
  }

  async getCredits(options?: CallOptions) {
    return this.#http.send(operations.getCredits, { path: upstreamPath`/v1/credits` }, options);
  }

  getCircuitState() {
    return this.#http.getCircuitState();
  }

  getMetrics() {
    return this.#http.getMetrics();
  }

  async healthCheck() {
    return this.#http.healthCheck(operations.getCredits, { path: upstreamPath`/v1/credits` });
  }
}
