/**
 * How single lookups share one request of up to 50 rows. It saves round trips, no quota and no credits: Explorium counts rows,
 * so the request weighs as many as it has. What each row costs was paid once, whatever the other rows come to.
 */
import { rowsFrom, type BatchedRow, type BatchRule, type Operation, type OperationRequest } from '../../contract/operation.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import {
  BUSINESS_ID,
  MAX_ROWS,
  PROSPECT_ID,
  type FirmographicsBulkAnswer,
  type MatchBusinessesAnswer,
  type MatchProspectsAnswer,
  type ProspectContactsAnswer,
} from './exploriumSchemas.ts';

const bodyOf = ({ body }: OperationRequest): Readonly<Record<string, unknown>> => (body ?? {}) as Readonly<Record<string, unknown>>;

/** The one row in a list of the body; `undefined` where there are more. */
const onlyRowIn = (request: OperationRequest, list: string): unknown => {
  const rows = bodyOf(request)[list];
  return Array.isArray(rows) && rows.length === 1 ? (rows as readonly unknown[])[0] : undefined;
};

type MatchRow = Readonly<Record<string, unknown>>;

/**
 * A row that Explorium could not look up, or an id of another form, is nobody's answer and kept by no cache. It is not asked for
 * again by itself either, for it may have been charged.
 */
const matchRow = (row: MatchRow | undefined, id: string, form: RegExp, value: unknown): BatchedRow => {
  const isFailed = row?.['error'] !== undefined && row['error'] !== null;
  const isUnusable = typeof row?.[id] === 'string' && !form.test(row[id]);
  return isFailed || isUnusable ? { kind: 'refused', status: 422, reason: 'match_failed' } : { kind: 'found', value };
};

/** Rows come in the order asked; a miss of all may come without any. */
export const matchesTogether = (matchOf: (rows: number) => Operation<MatchBusinessesAnswer>): BatchRule => ({
  maxRows: MAX_ROWS,
  group: (request) => (onlyRowIn(request, 'businesses_to_match') === undefined ? undefined : 'matches'),
  together: (requests) => {
    const operation = rowsFrom(matchOf(requests.length), (answer) =>
      requests.map((_, index) => {
        const row = answer.matched_businesses?.[index];
        return matchRow(row, 'business_id', BUSINESS_ID, { ...answer, matched_businesses: row === undefined ? [] : [row] });
      }),
    );
    const body = { businesses_to_match: requests.map((request) => onlyRowIn(request, 'businesses_to_match')) };
    return { operation, request: { path: upstreamPath`/v1/businesses/match`, body, weight: requests.length } };
  },
});

/** The same for people. */
export const prospectMatchesTogether = (matchOf: (rows: number) => Operation<MatchProspectsAnswer>): BatchRule => ({
  maxRows: MAX_ROWS,
  group: (request) => (onlyRowIn(request, 'prospects_to_match') === undefined ? undefined : 'matches'),
  together: (requests) => {
    const operation = rowsFrom(matchOf(requests.length), (answer) =>
      requests.map((_, index) => {
        const row = answer.matched_prospects?.[index];
        return matchRow(row, 'prospect_id', PROSPECT_ID, { ...answer, matched_prospects: row === undefined ? [] : [row] });
      }),
    );
    const body = { request_context: {}, prospects_to_match: requests.map((request) => onlyRowIn(request, 'prospects_to_match')) };
    return { operation, request: { path: upstreamPath`/v1/prospects/match`, body, weight: requests.length } };
  },
});

/** Those of the same kinds of contacts. Rows come in any order; one that is not there is a miss. */
export const contactsTogether = (enrich: Operation<ProspectContactsAnswer>): BatchRule => ({
  maxRows: MAX_ROWS,
  group: (request) => (onlyRowIn(request, 'prospect_ids') === undefined ? undefined : JSON.stringify(bodyOf(request)['parameters'] ?? {})),
  together: (requests) => {
    const ids = requests.map((request) => onlyRowIn(request, 'prospect_ids'));
    const operation = rowsFrom(enrich, (answer) =>
      ids.map((id): BatchedRow => ({
        kind: 'found',
        value: { ...answer, data: (answer.data ?? []).filter((row) => row.prospect_id === id) },
      })),
    );
    const unique = [...new Set(ids)];
    const body = { ...bodyOf(requests[0] as OperationRequest), prospect_ids: unique };
    return { operation, request: { path: upstreamPath`/v1/prospects/contacts_information/bulk_enrich`, body, weight: unique.length } };
  },
});

/** Rows come in any order. One that is not there is a miss, as a single enrichment answers it. */
export const enrichmentsTogether = (bulkEnrich: Operation<FirmographicsBulkAnswer>): BatchRule => ({
  maxRows: MAX_ROWS,
  group: () => 'firmographics',
  together: (requests) => {
    const ids = requests.map((request) => String(bodyOf(request)['business_id']));
    const operation = rowsFrom(bulkEnrich, ({ response_context, data }) => {
      const rows = new Map((data ?? []).map((row) => [row.business_id, row.data]));
      return ids.map((id): BatchedRow => {
        const firmographics = rows.get(id) ?? null;
        const context = { ...response_context, request_status: firmographics === null ? 'miss' : 'success' };
        return { kind: 'found', value: { response_context: context, data: firmographics, entity_id: id } };
      });
    });
    const unique = [...new Set(ids)];
    const request = { path: upstreamPath`/v1/businesses/firmographics/bulk_enrich`, body: { business_ids: unique }, weight: unique.length };
    return { operation, request };
  },
});
