/**
 * What became of each row of a batch write. HubSpot gives the rows that went in without order and mostly without a sign of whose
 * they are, and leaves some out; here each is joined to the row that was sent.
 */
import type { UpstreamDetails } from '../../errors/upstreamErrors.ts';
import { contextList, type BatchedRecord, type BatchError, type CrmRecord } from './hubspotAnswers.ts';
import { refusalOfRow, type Refusal } from './hubspotErrors.ts';

/** `not_written`: it may be sent again. `unknown`: it may or may not have been written. */
export const rowOutcomes = ['created', 'updated', 'archived', 'refused', 'not_written', 'unknown'] as const;

export interface RowAnswer {
  /** Its place among the rows sent. */
  readonly index: number;
  readonly outcome: (typeof rowOutcomes)[number];
  /** Of one created or updated; absent where it could be that of another row, too. */
  readonly record?: CrmRecord;
  /** Of the others. `refused_with_others`: a row that it went with is at fault, or it is itself. */
  readonly reason?: string;
  /** As of the refusal of a single write. */
  readonly details?: UpstreamDetails;
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
const leftOut = { outcome: 'unknown', reason: 'left_out' } as const;

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

const comparable = (value: string | null | undefined): string => (value ?? '').trim().toLowerCase();
const namesRecord = ({ id, idProperty }: SentRow): boolean => id !== undefined && idProperty === undefined;

/** One way to tell whose a record is. Rows of the same `kind` may take each other's records. */
interface Way {
  readonly kind: (row: SentRow) => string;
  readonly fits: (row: SentRow, record: BatchedRecord) => boolean;
}

/** In this order: what is joined by one is not looked at by the next. */
const ways: readonly Way[] = [
  { kind: ({ index }) => String(index), fits: ({ traceId }, { objectWriteTraceId }) => objectWriteTraceId === traceId },
  {
    kind: ({ index }) => String(index),
    fits: ({ id, idProperty }, record) => {
      if (id === undefined) return false;
      return idProperty === undefined ? record.id === id : comparable(record.properties[idProperty]) === comparable(id);
    },
  },
  {
    kind: ({ likeness }) => likeness,
    // Not for rows that name a record's id: one that comes under another id is another record.
    fits: (row, record) =>
      !namesRecord(row) &&
      Object.entries(row.properties).every(([name, value]) => comparable(record.properties[name]) === comparable(value)),
  },
];

/** Rows and records that are not joined yet. */
interface Loose {
  readonly rows: readonly SentRow[];
  readonly records: readonly BatchedRecord[];
}

/** Joins what leaves no doubt: rows that are all alike, as many as the records that fit them and no other row. */
const joinBy = ({ kind, fits }: Way, { rows, records }: Loose, joined: Map<SentRow, BatchedRecord>): Loose => {
  const groups = new Map<string, SentRow[]>();
  for (const row of rows) groups.set(kind(row), [...(groups.get(kind(row)) ?? []), row]);
  const taken = new Set<BatchedRecord>();
  for (const group of groups.values()) {
    const fitting = records.filter((record) => group.every((row) => fits(row, record)));
    const isDoubtful = rows.some((row) => !group.includes(row) && fitting.some((record) => fits(row, record)));
    if (fitting.length !== group.length || isDoubtful) continue;
    for (const [place, record] of fitting.entries()) {
      joined.set(group[place] as SentRow, record);
      taken.add(record);
    }
  }
  return { rows: rows.filter((row) => !joined.has(row)), records: records.filter((record) => !taken.has(record)) };
};

type Outcome = Omit<RowAnswer, 'index'>;
type OutcomeOf = (record: BatchedRecord) => 'created' | 'updated';

/** As many rows as records, and nobody knows which is whose: all went in. */
const outcomeOfLoose = ({ rows, records }: Loose, outcomeOf: OutcomeOf): Outcome => {
  const [outcome, ...others] = new Set(records.map(outcomeOf));
  const [record] = records;
  if (outcome === undefined || record === undefined || others.length > 0 || rows.length !== records.length) return leftOut;
  return { outcome, ...(records.length === 1 && { record }) };
};

/** One answer for each row, in the order sent. */
export const joinRows = (
  rows: readonly SentRow[],
  answer: { readonly results: readonly BatchedRecord[]; readonly errors?: readonly BatchError[] | undefined },
  outcomeOf: OutcomeOf,
): readonly RowAnswer[] => {
  const refusals = refusalsIn(answer.errors ?? [], rows);
  const joined = new Map<SentRow, BatchedRecord>();
  let loose: Loose = { rows: rows.filter((row) => !refusals.has(row)), records: answer.results };
  for (const way of ways) loose = joinBy(way, loose, joined);
  const ofLoose = outcomeOfLoose({ ...loose, rows: loose.rows.filter((row) => !namesRecord(row)) }, outcomeOf);
  return rows.map((row): RowAnswer => {
    const [index, refusal, record] = [row.index, refusals.get(row), joined.get(row)];
    if (refusal !== undefined) return { index, outcome: 'refused', ...refusal };
    if (record !== undefined) return { index, outcome: outcomeOf(record), record };
    return { index, ...(namesRecord(row) ? leftOut : ofLoose) };
  });
};
