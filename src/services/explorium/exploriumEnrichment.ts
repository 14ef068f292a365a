/**
 * From Explorium's two steps, match and firmographics, to one answer about a company. Pure: the client makes the calls.
 */
import type { ErrorCode } from '../../errors/gatewayError.ts';
import { UpstreamError, type CallSite } from '../../errors/upstreamErrors.ts';
import type { Answer, AnswerSource, CallOptions } from '../../contract/call.ts';
import {
  BUSINESS_ID,
  PROSPECT_ID,
  type Firmographics,
  type FirmographicsAnswer,
  type MatchBusinessesAnswer,
  type MatchProspectsAnswer,
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

type Company = EnrichedCompany | UnknownCompany;

/** The flags of an answer made of several: cached if all were, a fallback if any was. */
export interface Flags {
  readonly _cached?: true;
  readonly _fallback?: true;
}

export type CompanyAnswer = Company & Flags;

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

export type Match = { readonly kind: 'found'; readonly id: string } | { readonly kind: 'no_match' | 'match_failed' };

const readRow = (row: { readonly error?: unknown } | undefined, id: string | null | undefined, form: RegExp): Match => {
  if (row?.error !== undefined && row.error !== null) return { kind: 'match_failed' };
  if (id === null || id === undefined) return { kind: 'no_match' };
  // An id of another form would fail the whole of the next step.
  return form.test(id) ? { kind: 'found', id } : { kind: 'match_failed' };
};

/** Of an answer to one row; a miss may come without any. */
export const readBusinessMatch = ({ matched_businesses: rows }: MatchBusinessesAnswer): Match =>
  readRow(rows?.[0], rows?.[0]?.business_id, BUSINESS_ID);

/** The same for a person. */
export const readProspectMatch = ({ matched_prospects: rows }: MatchProspectsAnswer): Match =>
  readRow(rows?.[0], rows?.[0]?.prospect_id, PROSPECT_ID);

/** What a single firmographics answer holds; `undefined` on a miss. */
export const firmographicsOf = ({ response_context: context, data }: FirmographicsAnswer): Firmographics | undefined =>
  context.request_status === 'miss' ? undefined : (data ?? undefined);

export const companyRow = (domain: string, match: Match, company: Firmographics | undefined): Company => {
  if (match.kind !== 'found') return { enriched: false, domain, reason: match.kind };
  if (company === undefined) return { enriched: false, domain, reason: 'no_match' };
  return { enriched: true, domain, business_id: match.id, company };
};

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

  get flags(): Flags {
    const sources = this.#answers.map(({ answer }) => answer.source);
    const isCached = sources.length > 0 && sources.every((source) => source === 'cache' || source === 'stale');
    return { ...(isCached ? { _cached: true as const } : {}), ...(sources.includes('stale') ? { _fallback: true as const } : {}) };
  }

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
