/**
 * Explorium's paid operations, and how single lookups share one request.
 *
 * They are reads that cost money, and there is no idempotency key: a repeat after a timeout may be charged again. So they are declared
 * `never`, and repeated only when the service refused them or never got them. Their answers change in months, so they are kept for
 * long, and equal questions at once share one request: both save credits. Stale ones stand in for ten minutes more.
 *
 * Each lookup is of one row and weighs one permit. Up to 50 at once become one request, which saves round trips, no quota and no
 * credits: Explorium counts rows, so it weighs as many as it has. What each row costs was paid once, whatever the other rows come to.
 */
import { manyRecords, rowsFrom, type BatchedRow, type BatchRule, type Operation, type OperationRequest } from '../../contract/operation.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes } from '../../time/clock.ts';
import { readsTogether } from '../bulkRows.ts';
import { fieldsOf, rowsIn, textsIn } from '../jsonFields.ts';
import * as answers from './exploriumAnswers.ts';
import { enrichmentTags, matchTags, nothingTags } from './exploriumCacheTags.ts';
import { BUSINESS_ID, MAX_ROWS, PROSPECT_ID } from './exploriumInputs.ts';

const paid = { method: 'POST', idempotency: 'never', abandonable: true, staleForMs: minutes(10), ...manyRecords } as const;
const DAY_MS = minutes(24 * 60);

export const matchRequest = (kind: answers.Kind, rows: readonly unknown[]): OperationRequest =>
  kind === 'businesses'
    ? { path: upstreamPath`/v1/businesses/match`, body: { businesses_to_match: rows } }
    : { path: upstreamPath`/v1/prospects/match`, body: { request_context: {}, prospects_to_match: rows } };

export const firmographicsRequest = (businessId: string): OperationRequest => ({
  path: upstreamPath`/v1/businesses/firmographics/enrich`,
  body: { business_id: businessId },
});

/** @param parameters Absent: Explorium's default. */
export const contactsRequest = (prospectIds: readonly unknown[], parameters?: unknown): OperationRequest => ({
  path: upstreamPath`/v1/prospects/contacts_information/bulk_enrich`,
  body: { prospect_ids: prospectIds, ...(parameters !== undefined && { parameters }) },
});

/** The one row in a list of the body; `undefined` where there are more. */
const onlyRowIn = ({ body }: OperationRequest, list: string): unknown => {
  const rows = rowsIn(body, list);
  return rows.length === 1 ? rows[0] : undefined;
};

export type Match = { readonly kind: 'found'; readonly id: string } | { readonly kind: 'no_match' | 'match_failed' };

/** Of one row of a match; a miss may come without any. */
export const matchIn = (kind: answers.Kind, { matched_businesses: businesses, matched_prospects: prospects }: answers.Matches): Match => {
  const row = (kind === 'businesses' ? businesses : prospects)?.[0];
  const [id, form] = kind === 'businesses' ? [row?.business_id, BUSINESS_ID] : [row?.prospect_id, PROSPECT_ID];
  if (row?.error !== undefined && row.error !== null) return { kind: 'match_failed' };
  if (id === null || id === undefined) return { kind: 'no_match' };
  // An id of another form would fail the whole of the next step.
  return form.test(id) ? { kind: 'found', id } : { kind: 'match_failed' };
};

/**
 * Rows come in the order asked; a miss of all may come without any. A row that Explorium could not look up, or an id of another form, is
 * nobody's answer and kept by no cache. It is not asked for again by itself either, for it may have been charged.
 */
const sharedMatches = (kind: answers.Kind, matchOf: (rows: number) => Operation<answers.Matches>): BatchRule => ({
  maxRows: MAX_ROWS,
  group: (request) => (onlyRowIn(request, `${kind}_to_match`) === undefined ? undefined : 'matches'),
  together: (requests) => {
    const operation = rowsFrom(matchOf(requests.length), (answer) =>
      requests.map((_, index): BatchedRow => {
        const value = { ...answer, [`matched_${kind}`]: rowsIn(answer, `matched_${kind}`).slice(index, index + 1) };
        const isFailed = matchIn(kind, value).kind === 'match_failed';
        return isFailed ? { kind: 'refused', status: 422, reason: 'match_failed' } : { kind: 'found', value };
      }),
    );
    const rows = requests.map((request) => onlyRowIn(request, `${kind}_to_match`));
    return { operation, request: { ...matchRequest(kind, rows), weight: requests.length } };
  },
});

const match = (kind: answers.Kind, name: string, rows: number): Operation<answers.Matches> => ({
  ...paid,
  name,
  answer: answers.matchesOf(kind, rows),
});

export const matchBusiness: Operation<answers.Matches> = {
  ...match('businesses', 'match_business', 1),
  cacheTags: matchTags('businesses'),
  cacheForMs: DAY_MS,
  // Each lookup keeps its own row, the answer to all is not kept.
  batch: sharedMatches('businesses', (rows) => match('businesses', 'match_businesses', rows)),
};

/** Made only of lookups that share it; its answer has as many rows as it was asked for. */
export const matchBusinesses: Operation<answers.Matches> = { ...paid, name: 'match_businesses', answer: answers.matches };

/** Of one person. Kept briefly, since it was asked about a person. */
export const matchProspect: Operation<answers.Matches> = {
  ...match('prospects', 'match_prospects', 1),
  cacheTags: matchTags('prospects'),
  cacheForMs: minutes(10),
  batch: sharedMatches('prospects', (rows) => match('prospects', 'match_prospects', rows)),
};

export const bulkEnrichFirmographics = { ...paid, name: 'bulk_enrich_firmographics', answer: answers.firmographicsBulkAnswer } as const;

/** Rows come in any order. One that is not there is a miss, as a single enrichment answers it. */
const sharedEnrichments = readsTogether(bulkEnrichFirmographics, {
  maxRows: MAX_ROWS,
  keyOf: ({ body }) => textsIn(body, 'business_id')[0],
  request: (keys) => {
    const ids = [...new Set(keys)];
    return { path: upstreamPath`/v1/businesses/firmographics/bulk_enrich`, body: { business_ids: ids }, weight: ids.length };
  },
  row: ({ response_context: context, data }, entity_id) => {
    const known = data?.find(({ business_id: id }) => id === entity_id)?.data ?? null;
    const response_context = { ...context, request_status: known === null ? 'miss' : 'success' };
    return { kind: 'found', value: { response_context, data: known, entity_id } };
  },
});

export const enrichFirmographics = {
  ...paid,
  name: 'enrich_firmographics',
  answer: answers.firmographicsAnswer,
  cacheTags: enrichmentTags('businesses'),
  goneTags: nothingTags('businesses'),
  cacheForMs: DAY_MS,
  batch: sharedEnrichments,
} as const;

/** Addresses and phone numbers of people: kept no longer than a caller's repeats take. */
const enrichContacts = {
  ...paid,
  name: 'enrich_prospect_contacts',
  answer: answers.prospectContactsAnswer,
  cacheTags: enrichmentTags('prospects'),
  goneTags: nothingTags('prospects'),
  cacheForMs: minutes(10),
} as const;

/** Those of the same kinds of contacts. Rows come in any order; one that is not there is a miss. */
const sharedContacts: BatchRule = {
  maxRows: MAX_ROWS,
  group: (request) =>
    onlyRowIn(request, 'prospect_ids') === undefined ? undefined : JSON.stringify(fieldsOf(request.body)['parameters'] ?? {}),
  together: (requests) => {
    const ids = requests.map((request) => onlyRowIn(request, 'prospect_ids'));
    const operation = rowsFrom(enrichContacts, (answer) =>
      ids.map((id): BatchedRow => ({
        kind: 'found',
        value: { ...answer, data: (answer.data ?? []).filter((row) => row.prospect_id === id) },
      })),
    );
    const unique = [...new Set(ids)];
    const { parameters } = fieldsOf(requests[0]?.body);
    return { operation, request: { ...contactsRequest(unique, parameters), weight: unique.length } };
  },
};

export const enrichProspectContacts = { ...enrichContacts, batch: sharedContacts } as const;

export const searchBusinesses = { ...paid, name: 'search_businesses', answer: answers.searchAnswer, cacheForMs: minutes(10) } as const;
