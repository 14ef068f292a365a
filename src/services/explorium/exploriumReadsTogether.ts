/**
 * How single matches and enrichments share one request of up to 50 rows. It saves round trips, no quota and no credits:
 * Explorium counts rows, so the request weighs as many as it has.
 */
import { rowsFrom, type BatchedRow, type BatchRule, type Operation, type OperationRequest } from '../../http/operation.ts';
import { upstreamPath } from '../../http/upstreamPath.ts';
import { MAX_ROWS, type FirmographicsBulkAnswer, type MatchBusinessesAnswer } from './exploriumSchemas.ts';

const bodyOf = ({ body }: OperationRequest): Readonly<Record<string, unknown>> => (body ?? {}) as Readonly<Record<string, unknown>>;

const businessIn = (request: OperationRequest): unknown => {
  const businesses = bodyOf(request)['businesses_to_match'];
  return Array.isArray(businesses) && businesses.length === 1 ? (businesses as readonly unknown[])[0] : undefined;
};

/** Rows come in the order asked; a miss of all may come without any. */
export const matchesTogether = (matchOf: (rows: number) => Operation<MatchBusinessesAnswer>): BatchRule => ({
  maxRows: MAX_ROWS,
  group: (request) => (businessIn(request) === undefined ? undefined : 'matches'),
  together: (requests) => {
    const operation = rowsFrom(matchOf(requests.length), (answer) =>
      requests.map((_, index): BatchedRow => {
        const row = answer.matched_businesses?.[index];
        return { kind: 'found', value: { ...answer, matched_businesses: row === undefined ? [] : [row] } };
      }),
    );
    const body = { businesses_to_match: requests.map(businessIn) };
    return { operation, request: { path: upstreamPath`/v1/businesses/match`, body, weight: requests.length } };
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
