/**
 * Explorium in our words: companies by domain, prospects, credits.
 */
import type { ZodType } from 'zod';
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import type { CallOptions } from '../../contract/call.ts';
import type { ServiceClient } from '../provider.ts';
import {
  AnswersOfSteps,
  companyRow,
  enrichmentUnavailable,
  isTemporary,
  type CompanyAnswer,
  type EnrichmentUnavailable,
} from './exploriumEnrichment.ts';
import * as lookups from './exploriumLookups.ts';
import { exploriumOperations as operations } from './exploriumOperations.ts';
import { domainSchema, MAX_ROWS, type BusinessKey, type ContactType, type ProspectKey } from './exploriumSchemas.ts';

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

/**
 * Methods for many take 1 to 50 rows and answer one for each, in the order asked ({@link lookUpRows}): `found`, `missing`,
 * `refused` or `failed`. Equal rows are paid once; rows that are known for a day already, or asked about by others just now, are
 * not paid again; nothing that may have been charged is repeated.
 *
 * They throw {@link InvalidRequestError} for another number of rows, and the error of the call where no row got an answer.
 */
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
      const company = await this.#matchThenEnrich(asked, answers, { ...this.#http.startDeadline(options), onAnswer: answers.listen });
      answers.tell(company, options.onAnswer);
      return company;
    } catch (error) {
      if (options.strict === true || !isTemporary(error)) throw error;
      return this.#http.fallBack(enrichmentUnavailable, error.operation, options);
    }
  }

  async #matchThenEnrich(domain: string, answers: AnswersOfSteps, options: CallOptions): Promise<CompanyAnswer> {
    const match = await lookups.matchBusiness(this.#http, { domain }, options);
    const company = match.kind === 'found' ? await lookups.enrichBusiness(this.#http, match.id, options) : undefined;
    return { ...companyRow(domain, match, company), ...answers.flags };
  }

  /**
   * The same for up to 50 domains, without an answer of last resort. A domain that is none is refused, and no other suffers
   * for it. A company that was matched and not enriched keeps its `business_id`, for {@link enrichBusinesses}.
   */
  async enrichCompanies(domains: readonly string[], options: CallOptions = {}) {
    requireRows('domains', domains.length);
    return lookups.enrichDomains(this.#http, domains, options);
  }

  /** The ids of up to 50 businesses by name, domain or address. */
  async matchBusinesses(businesses: readonly BusinessKey[], options: CallOptions = {}) {
    requireRows('businesses', businesses.length);
    return lookups.matchBusinesses(this.#http, businesses, options);
  }

  /** The firmographics of up to 50 businesses by id. */
  async enrichBusinesses(businessIds: readonly string[], options: CallOptions = {}) {
    requireRows('business_ids', businessIds.length);
    return lookups.enrichBusinesses(this.#http, businessIds, options);
  }

  /** @param search `filters`, and Explorium's own `size`, `page` and `page_size`; it validates them itself. */
  async searchBusinesses(search: Readonly<Record<string, unknown>>, options?: CallOptions) {
    return this.#http.send(operations.searchBusinesses, { path: upstreamPath`/v1/businesses`, body: search }, options);
  }

  /** The ids of up to 50 people. */
  async matchProspects(prospects: readonly ProspectKey[], options: CallOptions = {}) {
    requireRows('prospects', prospects.length);
    return lookups.matchProspects(this.#http, prospects, options);
  }

  /**
   * Email addresses and phone numbers of up to 50 prospects: 2 credits for an email, 5 for a phone or both.
   *
   * @param contactTypes Which; Explorium's default is both.
   */
  async enrichProspectContacts(prospectIds: readonly string[], contactTypes?: readonly ContactType[], options: CallOptions = {}) {
    requireRows('prospect_ids', prospectIds.length);
    return lookups.enrichContacts(this.#http, prospectIds, contactTypes, options);
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
