/**
 * What became of each row of a batch write. HubSpot gives the rows that went in without order and mostly without a sign of whose
 * they are, and leaves some out; here each is joined to the row that was sent.
 */
import type { UpstreamDetails } from '../../errors/upstreamErrors.ts';
import { contextList } from './hubspotBatchErrors.ts';
import { refusalOfRow, type Refusal } from './hubspotErrors.ts';
import type { BatchedRecord, BatchError, CrmRecord } from './hubspotSchemas.ts';

export const rowOutcomes = ['created', 'updated', 'archived', 'refused', 'not_written', 'unknown'] as const;

export type RowOutcome =
  /** `record` is absent where it could be that of another row, too. */
  | { readonly outcome: 'created' | 'updated'; readonly record?: CrmRecord }
  | { readonly outcome: 'archived' }
  /** `reason` and `details` are those of the refusal of a single write. */
  | { readonly outcome: 'refused'; readonly reason: string; readonly details?: UpstreamDetails }
  /** It may be sent again. `refused_with_others`: a row that it went with is at fault, or it is itself. */
  | { readonly outcome: 'not_written'; readonly reason: string }
  /** It may or may not have been written. */
  | { readonly outcome: 'unknown'; readonly reason: string };

export type RowAnswer = { readonly index: number } & RowOutcome;

export interface BatchWriteAnswer {
  /** One for each row that was sent, in the same order; `index` is the place there. */
  readonly rows: readonly RowAnswer[];
  readonly created: number;
  readonly updated: number;
  readonly archived: number;
  /** Those that did not go in, or of which nothing is known. */
  readonly failed: number;
}

/** A row as it is sent, and how its record is known. */
export interface SentRow {
  readonly index: number;
  readonly traceId: string;
  readonly id?: string | undefined;
  /** Which property `id` is a value of; absent: it is the record's id. */
  readonly idProperty?: string | undefined;
  readonly properties: Readonly<Record<string, string>>;
  /** What HubSpot is sent of it. */
  readonly input: unknown;
  /** The same for rows that are alike in all but the trace id. */
  readonly likeness: string;
}

/** HubSpot's answer has no word on the row. In an update that is a record which was merged into another. */
const leftOut: RowOutcome = { outcome: 'unknown', reason: 'left_out' };

export const answerOf = (rows: readonly RowAnswer[]): BatchWriteAnswer => {
  const count = (counted: RowOutcome['outcome']): number => rows.filter(({ outcome }) => outcome === counted).length;
  const done = { created: count('created'), updated: count('updated'), archived: count('archived') };
  return { rows, ...done, failed: rows.length - done.created - done.updated - done.archived };
};

/** By trace id, or by the id that the row names. */
const refusalsIn = (errors: readonly BatchError[], rows: readonly SentRow[]): ReadonlyMap<SentRow, Refusal> => {
  const refusals = new Map<SentRow, Refusal>();
  for (const error of errors) {
    const traceIds = new Set(contextList(error, 'objectWriteTraceId'));
    const ids = new Set(contextList(error, 'ids').map((id) => id.toLowerCase()));
    for (const row of rows) {
      if (traceIds.has(row.traceId) || (row.id !== undefined && ids.has(row.id.toLowerCase()))) refusals.set(row, refusalOfRow(error));
    }
  }
  return refusals;
};

type Fits = (row: SentRow, record: BatchedRecord) => boolean;

const comparable = (value: string | null | undefined): string => (value ?? '').trim().toLowerCase();

const byTraceId: Fits = ({ traceId }, { objectWriteTraceId }) => objectWriteTraceId === traceId;

const byId: Fits = ({ id, idProperty }, record) => {
  if (id === undefined) return false;
  return idProperty === undefined ? record.id === id : comparable(record.properties[idProperty]) === comparable(id);
};

/** Not for rows that name a record's id: one that comes under another id is another record. */
const byValues: Fits = ({ id, idProperty, properties }, record) =>
  (id === undefined || idProperty !== undefined) &&
  Object.entries(properties).every(([name, value]) => comparable(record.properties[name]) === comparable(value));

/** Rows and records that are not joined yet. */
interface Loose {
  readonly rows: readonly SentRow[];
  readonly records: readonly BatchedRecord[];
}

type Groups = (rows: readonly SentRow[]) => readonly (readonly SentRow[])[];

const singly: Groups = (rows) => rows.map((row) => [row]);

const byLikeness: Groups = (rows) => {
  const groups = new Map<string, SentRow[]>();
  for (const row of rows) groups.set(row.likeness, [...(groups.get(row.likeness) ?? []), row]);
  return [...groups.values()];
};

/** Joins what leaves no doubt: rows that are all alike, as many as the records that fit them and no other row. */
const joinBy = ({ rows, records }: Loose, fits: Fits, groupsOf: Groups, joined: Map<SentRow, BatchedRecord>): Loose => {
  const taken = new Set<BatchedRecord>();
  for (const group of groupsOf(rows)) {
    const fitting = records.filter((record) => group.every((row) => fits(row, record)));
    const isDoubtful = rows.some((row) => !group.includes(row) && fitting.some((record) => fits(row, record)));
    if (fitting.length !== group.length || isDoubtful) continue;
    for (const [place, record] of fitting.entries()) {
      const row = group[place];
      if (row !== undefined) joined.set(row, record);
      taken.add(record);
    }
  }
  return { rows: rows.filter((row) => !joined.has(row)), records: records.filter((record) => !taken.has(record)) };
};

type OutcomeOf = (record: BatchedRecord) => 'created' | 'updated';

/** As many rows as records, and nobody knows which is whose: all went in. */
const outcomeOfLoose = ({ rows, records }: Loose, outcomeOf: OutcomeOf): RowOutcome => {
  const [outcome, ...others] = new Set(records.map(outcomeOf));
  if (outcome === undefined || others.length > 0 || rows.length !== records.length) return leftOut;
  const [record] = records;
  return { outcome, ...(record !== undefined && records.length === 1 && { record }) };
};

const namesRecord = ({ id, idProperty }: SentRow): boolean => id !== undefined && idProperty === undefined;

/** One answer for each row, in the order sent. */
export const joinRows = (
  rows: readonly SentRow[],
  answer: { readonly results: readonly BatchedRecord[]; readonly errors?: readonly BatchError[] | undefined },
  outcomeOf: OutcomeOf,
): readonly RowAnswer[] => {
  const refusals = refusalsIn(answer.errors ?? [], rows);
  const joined = new Map<SentRow, BatchedRecord>();
  let loose: Loose = { rows: rows.filter((row) => !refusals.has(row)), records: answer.results };
  for (const fits of [byTraceId, byId]) loose = joinBy(loose, fits, singly, joined);
  loose = joinBy(loose, byValues, byLikeness, joined);
  const ofLoose = outcomeOfLoose({ ...loose, rows: loose.rows.filter((row) => !namesRecord(row)) }, outcomeOf);
  return rows.map((row): RowAnswer => {
    const [index, refusal, record] = [row.index, refusals.get(row), joined.get(row)];
    if (refusal !== undefined) return { index, outcome: 'refused', ...refusal };
    if (record !== undefined) return { index, outcome: outcomeOf(record), record };
    return { index, ...(namesRecord(row) ? leftOut : ofLoose) };
  });
};
