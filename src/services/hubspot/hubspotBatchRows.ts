/**
 * What became of each row of a batch write. HubSpot gives the rows that went in without order and mostly without a sign of whose
 * they are, and leaves some out; here each is joined to the row that was sent.
 */
import type { UpstreamDetails } from '../../errors/upstreamErrors.ts';
import { contextList, type BatchedRecord, type CrmRecord } from './hubspotAnswers.ts';
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

/** A row as HubSpot is sent it. */
export interface BatchInput {
  readonly id?: string;
  /** Which property `id` is a value of; absent: it is the record's id. */
  readonly idProperty?: string | undefined;
  readonly properties?: Readonly<Record<string, string>>;
  /** By which HubSpot tells its refusal from those of other rows. */
  readonly objectWriteTraceId?: string | undefined;
}

export interface SentRow {
  readonly index: number;
  readonly input: BatchInput;
}

/** HubSpot's answer has no word on the row. In an update that is a record which was merged into another. */
const leftOut = { outcome: 'unknown', reason: 'left_out' } as const;

/** By trace id, or by the id that the row names. */
const refusalsIn = (errors: readonly unknown[], rows: readonly SentRow[]): ReadonlyMap<SentRow, Refusal> => {
  const refusals = new Map<SentRow, Refusal>();
  for (const error of errors) {
    const traceIds = contextList(error, 'objectWriteTraceId');
    const ids = contextList(error, 'ids').map((id) => id.toLowerCase());
    for (const row of rows) {
      const { objectWriteTraceId = '', id = '' } = row.input;
      if (traceIds.includes(objectWriteTraceId) || ids.includes(id.toLowerCase())) refusals.set(row, refusalOfRow(error));
    }
  }
  return refusals;
};

const comparable = (value: string | null | undefined): string => (value ?? '').trim().toLowerCase();
const namesRecord = ({ id, idProperty }: BatchInput): boolean => id !== undefined && idProperty === undefined;
const withoutTrace = ({ input }: SentRow): string => JSON.stringify({ ...input, objectWriteTraceId: undefined });

/** One way to find whose a record is. Rows that are `alike` may take each other's records. */
interface Way {
  readonly alike: (row: SentRow) => unknown;
  readonly fits: (input: BatchInput, record: BatchedRecord) => boolean;
}

/** In this order: what is joined by one is not looked at by the next. */
const ways: readonly Way[] = [
  { alike: (row) => row, fits: (input, { objectWriteTraceId }) => input.objectWriteTraceId === objectWriteTraceId },
  {
    alike: (row) => row,
    fits: ({ id, idProperty }, { id: recordId, properties }) =>
      id !== undefined && (idProperty === undefined ? recordId === id : comparable(properties[idProperty]) === comparable(id)),
  },
  {
    alike: withoutTrace,
    // Not for rows that name a record's id: one that comes under another id is another record.
    fits: (input, record) =>
      !namesRecord(input) &&
      Object.entries(input.properties ?? {}).every(([name, value]) => comparable(record.properties[name]) === comparable(value)),
  },
];

type Pair = readonly [row: SentRow, record: BatchedRecord];

/** What leaves no doubt: rows that are all alike, as many as the records that fit them and no other row. */
const pairsBy = ({ alike, fits }: Way, rows: readonly SentRow[], records: readonly BatchedRecord[]): readonly Pair[] => {
  const groups = new Map<unknown, SentRow[]>();
  for (const row of rows) groups.set(alike(row), [...(groups.get(alike(row)) ?? []), row]);
  return [...groups.values()].flatMap((group) => {
    const fitting = records.filter((record) => group.every(({ input }) => fits(input, record)));
    if (fitting.length !== group.length) return [];
    const isDoubtful = rows.some((row) => !group.includes(row) && fitting.some((record) => fits(row.input, record)));
    return isDoubtful ? [] : fitting.map((record, place): Pair => [group[place] as SentRow, record]);
  });
};

type OutcomeOf = (record: BatchedRecord) => 'created' | 'updated';

/** As many rows as records, and it is unknown which is whose: all went in. */
const outcomeOfLoose = (rows: readonly SentRow[], records: readonly BatchedRecord[], outcomeOf: OutcomeOf): Omit<RowAnswer, 'index'> => {
  const [outcome, ...others] = new Set(records.map(outcomeOf));
  if (outcome === undefined || others.length > 0 || rows.length !== records.length) return leftOut;
  return { outcome, ...(records.length === 1 && { record: records[0] as BatchedRecord }) };
};

/** One answer for each row, in the order sent. */
export const joinRows = (
  rows: readonly SentRow[],
  answer: { readonly results: readonly BatchedRecord[]; readonly errors?: readonly unknown[] | undefined },
  outcomeOf: OutcomeOf,
): readonly RowAnswer[] => {
  const refusals = refusalsIn(answer.errors ?? [], rows);
  const joined = new Map<SentRow, BatchedRecord>();
  let looseRows = rows.filter((row) => !refusals.has(row));
  let looseRecords = answer.results;
  for (const way of ways) {
    const taken = new Map(pairsBy(way, looseRows, looseRecords));
    for (const [row, record] of taken) joined.set(row, record);
    looseRows = looseRows.filter((row) => !taken.has(row));
    looseRecords = looseRecords.filter((record) => ![...taken.values()].includes(record));
  }
  const nameless = looseRows.filter(({ input }) => !namesRecord(input));
  const ofLoose = outcomeOfLoose(nameless, looseRecords, outcomeOf);
  return rows.map((row): RowAnswer => {
    const [index, refusal, record] = [row.index, refusals.get(row), joined.get(row)];
    if (refusal !== undefined) return { index, outcome: 'refused', ...refusal };
    if (record !== undefined) return { index, outcome: outcomeOf(record), record };
    return { index, ...(namesRecord(row.input) ? leftOut : ofLoose) };
  });
};
