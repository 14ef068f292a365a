/**
 * What the simulator's batches have in common: their rows, and the form of their answers.
 */
import { z } from 'zod';
import type { SandboxAnswer } from '../simulation/simulator.ts';
import type { SimulatedAccount } from './hubspotSandboxAccount.ts';
import { badInput } from './hubspotSandboxErrors.ts';

/** The rows of a batch. */
export const rowsOf = <Row extends z.ZodType>(row: Row) => z.array(row).min(1).max(100, 'must hold at most 100 rows');

interface Traced {
  readonly objectWriteTraceId?: string | undefined;
}

export const traced = { objectWriteTraceId: z.string().optional() };

/** How a row names its record. */
export interface Named {
  readonly id: string;
  readonly idProperty?: string | undefined;
}

/** Two rows of a batch must not name one record. */
export const repeatedIds = (rows: readonly Named[]): SandboxAnswer | undefined => {
  const names = new Set(rows.map(({ idProperty = '', id }) => `${idProperty} ${id.toLowerCase()}`));
  return names.size < rows.length ? badInput('Duplicate IDs found in batch input') : undefined;
};

/** The outer form of a batch's answer: 207 as soon as a row failed. Rows come back in reverse, since HubSpot promises no order. */
export const completed = (
  account: SimulatedAccount,
  status: number,
  results: readonly unknown[],
  errors: readonly unknown[],
): SandboxAnswer => {
  const at = new Date(account.now()).toISOString();
  return {
    status: errors.length > 0 ? 207 : status,
    body: {
      status: 'COMPLETE',
      results: [...results].reverse(),
      ...(errors.length > 0 ? { numErrors: errors.length, errors } : {}),
      startedAt: at,
      completedAt: at,
    },
  };
};

/** As documented, the rows that went in do not bear their trace ids, and a refused one has no list of `errors`. */
const rowError = ({ objectWriteTraceId }: Traced, { body }: SandboxAnswer): unknown => {
  const { category, message } = body as Readonly<Record<string, unknown>>;
  return { status: 'error', category, message, context: { objectWriteTraceId: [objectWriteTraceId] } };
};

const canBeTold = (rows: readonly Traced[]): boolean => {
  const traceIds = new Set(rows.flatMap(({ objectWriteTraceId }) => objectWriteTraceId ?? []));
  return traceIds.size === rows.length;
};

interface RowWrite<Row> {
  /** All rows of the request. */
  readonly rows: readonly Row[];
  /** Why a row cannot be written, or `undefined`. */
  readonly refusalOf: (row: Row) => SandboxAnswer | undefined;
  /** The row of the answer; none for a record that is left out without a word. */
  readonly write: (row: Row) => readonly unknown[];
  /** Success status. */
  readonly status: number;
  /** Of rows that `refusalOf` and `write` pass over. */
  readonly errors?: readonly unknown[];
}

/** A conflict refuses the whole batch; so does a bad row, unless each row can be told by a trace id of its own. */
export const writeRows = <Row extends Traced>(
  account: SimulatedAccount,
  { rows, refusalOf, write, status, errors = [] }: RowWrite<Row>,
): SandboxAnswer => {
  const refusals = new Map<Row, SandboxAnswer>();
  for (const row of rows) {
    const refusal = refusalOf(row);
    if (refusal !== undefined) refusals.set(row, refusal);
  }
  const all = [...refusals.values()];
  const whole = canBeTold(rows) ? all.find((refusal) => refusal.status === 409) : all[0];
  if (whole !== undefined) return whole;
  const results = rows.filter((row) => !refusals.has(row)).flatMap(write);
  return completed(account, status, results, [...errors, ...[...refusals].map((refused) => rowError(...refused))]);
};
