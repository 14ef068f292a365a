/**
 * One batch write with all the requests that it takes, under one deadline. A batch that HubSpot refuses is split until the rows at fault
 * stand alone; one that it fails at is sent by parts as in all services (`pipeline/bulkParts.ts`).
 */
import type { CallOptions } from '../../contract/call.ts';
import type { Operation, UpstreamPath } from '../../contract/operation.ts';
import { GatewayError } from '../../errors/gatewayError.ts';
import type { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import { sendInParts, type Apart } from '../../pipeline/bulkParts.ts';
import { halvesOf } from '../../pipeline/stages/batchedReads.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import type { RowAnswer, SentRow } from './hubspotBatchRows.ts';

/** To find refused rows. For one among a hundred 15 are needed; where many are, the quota is worth more than finding them all. */
const MAX_REQUESTS = 20;

/** 400: a row is not valid; 409: an email is taken. Other refusals are not about rows. */
const isAboutRows = ({ status }: UpstreamRejectedError): boolean => status === 400 || status === 409;

export interface Batch<T> {
  readonly operation: Operation<T>;
  readonly path: UpstreamPath;
  readonly answersOf: (rows: readonly SentRow[], answer: T) => readonly RowAnswer[];
  /** Rows of a conflict that are at fault, where HubSpot can be asked for them. Absent: halves are tried. */
  readonly conflictsIn?: (http: HttpClient, rows: readonly SentRow[], call: CallOptions) => Promise<readonly RowAnswer[]>;
}

const each = (rows: readonly SentRow[], outcome: 'not_written' | 'unknown', reason: string): readonly RowAnswer[] =>
  rows.map(({ index }) => ({ index, outcome, reason }));

const refused = ({ index }: SentRow, { reason, details }: UpstreamRejectedError): RowAnswer => ({
  index,
  outcome: 'refused',
  reason,
  ...(Object.keys(details).length > 0 && { details }),
});

/** No rows where HubSpot cannot say which are at fault. */
const conflictsAmong = async (lookUp: () => Promise<readonly RowAnswer[]> | undefined): Promise<readonly RowAnswer[]> => {
  try {
    return (await lookUp()) ?? [];
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
};

/** @throws {UpstreamError} if the request fails otherwise than by a refusal of rows, and no part of it was answered. */
export const writeBatch = async <T>(
  http: HttpClient,
  { operation, path, answersOf, conflictsIn }: Batch<T>,
  rows: readonly SentRow[],
  options: CallOptions | undefined,
): Promise<readonly RowAnswer[]> => {
  const call = http.startDeadline(options);
  const answers: RowAnswer[] = [];
  const at = (places: readonly number[]): readonly SentRow[] => places.flatMap((place) => rows[place] ?? []);
  let conflictsAsked = false;
  const apart: Apart = async (places, refusal, requests) => {
    const part = at(places);
    const [row] = part;
    if (!isAboutRows(refusal) || row === undefined) return undefined;
    if (part.length === 1) {
      answers.push(refused(row, refusal));
      return [];
    }
    // Once: what HubSpot did not say of all rows, it does not say of a part either.
    const isAsked = refusal.status === 409 && !conflictsAsked;
    conflictsAsked ||= isAsked;
    const conflicts = isAsked ? await conflictsAmong(() => conflictsIn?.(http, part, call)) : [];
    answers.push(...conflicts);
    const atFault = new Set(conflicts.map(({ index }) => index));
    if (conflicts.length > 0) return [places.filter((place) => !atFault.has(place))].filter(({ length }) => length > 0);
    if (requests + 2 <= MAX_REQUESTS) return halvesOf(places);
    answers.push(...each(part, 'not_written', 'refused_with_others'));
    return [];
  };
  const parts = await sendInParts(http, operation, { path, body: { inputs: rows.map(({ input }) => input) } }, call, apart);
  for (const { places, answer } of parts.answered) answers.push(...answersOf(at(places), answer));
  for (const { places, outcome, reason } of parts.failed) answers.push(...each(at(places), outcome, reason));
  return answers.toSorted((one, other) => one.index - other.index);
};
