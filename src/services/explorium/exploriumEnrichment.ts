/**
 * From Explorium's two steps, match and firmographics, to one answer about a company. Pure: the client makes the calls.
 */
import type { ErrorCode } from '../../errors/gatewayError.ts';
import { UpstreamError, type CallSite } from '../../errors/upstreamErrors.ts';
import type { Answer, AnswerSource, CallOptions } from '../../resilience/call.ts';
import {
  BUSINESS_ID,
  type Firmographics,
  type FirmographicsAnswer,
  type FirmographicsBulkAnswer,
  type MatchBusinessesAnswer,
  type MatchedBusiness,
} from './exploriumSchemas.ts';

interface EnrichedCompany {
  readonly enriched: true;
  readonly domain: string;
  readonly business_id: string;
  readonly company: Firmographics;
}

/** `no_match`: Explorium does not know the company, or nothing about it. `match_failed`: it could not look this row up. */
interface UnknownCompany {
  readonly enriched: false;
  readonly domain: string;
  readonly reason: 'no_match' | 'match_failed';
}

export interface EnrichmentUnavailable {
  readonly enriched: false;
  readonly error: 'Enrichment temporarily unavailable';
  readonly _fallback: true;
}

export type Company = EnrichedCompany | UnknownCompany;

/** The flags of an answer made of several: cached if all were, a fallback if any was. */
interface Flags {
  readonly _cached?: true;
  readonly _fallback?: true;
}

export type CompanyAnswer = Company & Flags;
export type CompaniesAnswer = { readonly companies: readonly Company[] } & Flags;

/** The answer of last resort: an absent enrichment stops nobody's work. */
export const enrichmentUnavailable: EnrichmentUnavailable = {
  enriched: false,
  error: 'Enrichment temporarily unavailable',
  _fallback: true,
};

/**
 * Errors that mean "not now". An unknown outcome and a spent deadline are among them, for nothing was written; a refused
 * key and spent credits are not: waiting mends neither, and a fallback would hide them.
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

export const isTemporary = (error: unknown): error is UpstreamError => error instanceof UpstreamError && TEMPORARY.has(error.code);

export type Match = { readonly kind: 'found'; readonly businessId: string } | { readonly kind: 'no_match' | 'match_failed' };

const readRow = ({ business_id: id, error }: MatchedBusiness): Match => {
  if (error !== undefined && error !== null) return { kind: 'match_failed' };
  if (id === null || id === undefined) return { kind: 'no_match' };
  // An id of another form would fail the whole of the next step.
  return BUSINESS_ID.test(id) ? { kind: 'found', businessId: id } : { kind: 'match_failed' };
};

/** One match for each row asked for, in the order asked. The answer's schema has seen to their number. */
export const readMatches = ({ matched_businesses: rows }: MatchBusinessesAnswer, asked: number): readonly Match[] =>
  rows === null || rows === undefined || rows.length === 0
    ? Array.from({ length: asked }, () => ({ kind: 'no_match' }))
    : rows.map(readRow);

/** What a single firmographics answer holds; `undefined` on a miss. */
export const firmographicsOf = ({ response_context: context, data }: FirmographicsAnswer): Firmographics | undefined =>
  context.request_status === 'miss' ? undefined : (data ?? undefined);

export const companyRow = (domain: string, match: Match, company: Firmographics | undefined): Company => {
  if (match.kind !== 'found') return { enriched: false, domain, reason: match.kind };
  if (company === undefined) return { enriched: false, domain, reason: 'no_match' };
  return { enriched: true, domain, business_id: match.businessId, company };
};

/** What a bulk answer holds, by business id: its rows need not be in the order asked. */
const firmographicsById = (answer: FirmographicsBulkAnswer | undefined): ReadonlyMap<string, Firmographics> =>
  new Map((answer?.data ?? []).flatMap(({ business_id: id, data }) => (data === null || data === undefined ? [] : [[id, data]])));

/**
 * One row for each domain of `asked`, in its order.
 *
 * @param unique The domains that were matched, in the order of `matches`.
 */
export const rowsByDomain = (
  asked: readonly string[],
  unique: readonly string[],
  matches: readonly Match[],
  enriched: FirmographicsBulkAnswer | undefined,
): readonly Company[] => {
  const companies = firmographicsById(enriched);
  const matchOf = new Map(unique.map((domain, index) => [domain, matches[index]]));
  return asked.map((domain) => {
    const match = matchOf.get(domain) ?? { kind: 'match_failed' };
    return companyRow(domain, match, match.kind === 'found' ? companies.get(match.businessId) : undefined);
  });
};

export const flagsOf = (parts: readonly Flags[]): Flags => ({
  ...(parts.every(({ _cached }) => _cached === true) ? { _cached: true as const } : {}),
  ...(parts.some(({ _fallback }) => _fallback === true) ? { _fallback: true as const } : {}),
});

const combinedSource = (sources: readonly AnswerSource[]): AnswerSource => {
  if (sources.includes('stale')) return 'stale';
  if (sources.includes('upstream')) return 'upstream';
  return sources.includes('coalesced') ? 'coalesced' : 'cache';
};

/** Where the steps' answers came from, told to the caller as one: the least fresh of them counts. */
export class AnswersOfSteps {
  readonly #answers: { readonly answer: Answer<unknown>; readonly site: CallSite }[] = [];

  readonly listen: NonNullable<CallOptions['onAnswer']> = (answer, site) => {
    this.#answers.push({ answer, site });
  };

  tell(value: unknown, onAnswer: CallOptions['onAnswer']): void {
    const last = this.#answers.at(-1);
    if (last === undefined || onAnswer === undefined) return;
    const answers = this.#answers.map(({ answer }) => answer);
    const fresh = answers.flatMap(({ freshForMs }) => (freshForMs === undefined ? [] : [freshForMs]));
    const combined: Answer<unknown> = {
      value,
      source: combinedSource(answers.map(({ source }) => source)),
      ageMs: Math.max(...answers.map(({ ageMs }) => ageMs)),
      ...(fresh.length === 0 ? {} : { freshForMs: Math.min(...fresh) }),
    };
    onAnswer(combined, last.site);
  }
}
