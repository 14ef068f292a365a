/**
 * Rows of bulk answers: one for each row asked, in their order, with its outcome; and how many had which. A bulk lookup is single
 * lookups made together: `Operation.batch` joins them to one request, and each row keeps its own cache, flight and error. So a row
 * that fails leaves the others theirs, and nothing that was answered is asked for twice.
 */
import { z, type ZodRawShape, type ZodType } from 'zod';
import { rowsFrom, type BatchedRow, type BatchRule, type Operation, type OperationRequest } from '../contract/operation.ts';
import { GatewayError } from '../errors/gatewayError.ts';
import { UpstreamRejectedError } from '../errors/upstreamErrors.ts';
import { failedOf, type BulkParts } from '../pipeline/bulkParts.ts';
import { problemKinds } from '../web/problemKinds.ts';

/** How a row ended, by a word of its endpoint, such as `made` or `refused`. */
interface RowOutcome {
  readonly outcome: string;
}

/** Rows in the order asked, and for each name how many had one of its outcomes. */
export const countedRows = <Row extends RowOutcome, Count extends string>(
  rows: readonly Row[],
  counts: Readonly<Record<Count, readonly string[]>>,
): { readonly rows: readonly Row[] } & Readonly<Record<Count, number>> => {
  const count = (counted: readonly string[]): number => rows.filter(({ outcome }) => counted.includes(outcome)).length;
  const sums = Object.entries<readonly string[]>(counts).map(([name, counted]) => [name, count(counted)] as const);
  return { rows, ...(Object.fromEntries(sums) as Record<Count, number>) };
};

/** The same, of rows that bear their place in the order asked. */
export const rowsSchema = <Row extends ZodRawShape, Count extends string>(row: Row, ...counts: readonly Count[]) =>
  z.object({
    rows: z.array(z.object({ index: z.int(), ...row })),
    ...(Object.fromEntries(counts.map((name) => [name, z.int()])) as Record<Count, z.ZodInt>),
  });

/** @returns 207 unless all rows ended well: it tells callers that look at the status alone to look at the rows. */
export const statusOfRows = ({ rows }: { readonly rows: readonly RowOutcome[] }, good: readonly string[], whole = 200): number =>
  rows.every(({ outcome }) => good.includes(outcome)) ? whole : 207;

/** Keys of rows, such as addresses, mean the same in any case. */
export const rowKey = (key: string | number): string => String(key).toLowerCase();

/** Rows of a provider's answer, which come in any order, by what they are known by again. */
export const rowsByKey = <Row>(rows: readonly Row[], keyOf: (row: Row) => string | number | null | undefined): ReadonlyMap<string, Row> =>
  new Map(
    rows.flatMap((row) => {
      const key = keyOf(row);
      return key === null || key === undefined ? [] : [[rowKey(key), row] as const];
    }),
  );

/** Each key once, as it was spelled last. */
export const distinctKeys = (keys: readonly string[]): readonly string[] => [...rowsByKey(keys, (key) => key).values()];

/** Keys that the service failed at, while it answered others: they may be sent again. Absent: none. */
export interface PartlyFailed {
  readonly failed?: readonly string[];
}

export const failedKeys = z.array(z.string()).optional();

/** @param keys Of all rows, in the order sent. */
export const failedIn = (parts: BulkParts<unknown>, keys: readonly string[]): PartlyFailed =>
  parts.failed.length > 0 ? { failed: failedOf(parts, keys) } : {};

/** @returns 207 where some keys failed: it tells callers that look at the status alone to look at `failed`. */
export const statusOfKeys = (result: object): number | undefined => ('failed' in result ? 207 : undefined);

/** A row that a service failed at. `unknown`: it may have been written. Both may be sent again. */
export type FailedWrite = { readonly outcome: 'unknown' | 'not_written'; readonly reason: string };

/** The place in the request of each row that a service failed at, and how. */
export const failedWrites = ({ failed }: BulkParts<unknown>): ReadonlyMap<number, FailedWrite> =>
  new Map(failed.flatMap(({ places, outcome, reason }) => places.map((place) => [place, { outcome, reason }] as const)));

/** How reads of single records become one request, where a provider takes many keys at once. */
interface SharedRead<T> {
  readonly maxRows: number;
  /** `undefined`: this read goes alone. */
  readonly keyOf: (request: OperationRequest) => string | undefined;
  /** For all keys, which may come twice. */
  readonly request: (keys: readonly string[]) => OperationRequest;
  /** What the answer holds for one of the keys, as a read of it alone would have had it. */
  readonly row: (answer: T, key: string, keys: readonly string[]) => BatchedRow;
}

/** @param shared The operation that answers for all. */
export const readsTogether = <T>(shared: Operation<T>, { maxRows, keyOf, request, row }: SharedRead<T>): BatchRule => ({
  maxRows,
  group: (read) => (keyOf(read) === undefined ? undefined : 'all'),
  together: (reads) => {
    const keys = reads.map((read) => keyOf(read) ?? '');
    return { operation: rowsFrom(shared, (answer) => keys.map((key) => row(answer, key, keys))), request: request(keys) };
  },
});

/** A part of the place of a fault that names a field, and not one of its rows. */
const FIELD = /^[a-z]\w{0,49}$/iu;
const MAX_FIELDS = 5;

/**
 * Which fields of a row are at fault, by name: a key that is none could be somebody's data.
 *
 * @param what Names the row, where it is at fault as a whole.
 */
export const faultsIn = ({ issues }: z.ZodError, what: string): readonly string[] => {
  const names = issues.map(({ path }) => String(path[0] ?? what)).map((name) => (FIELD.test(name) ? name : what));
  return [...new Set(names)].slice(0, MAX_FIELDS);
};

/** `invalid_row`: it was not sent; any other reason is the service's. */
export interface RefusedRow {
  readonly outcome: 'refused';
  readonly reason: string;
  /** What is at fault, by name: never the value. */
  readonly fields?: readonly string[];
}

/** What kept the row from being looked up: the code of an error, or the service's own reason. */
export interface FailedRow {
  readonly outcome: 'failed';
  readonly reason: string;
  /** Whether the same row may be answered later; what may have been paid for says no. */
  readonly retryable: boolean;
}

/**
 * What a lookup says of its row: it is `found`, or the service knows nothing of it (`missing`), or one of the above. `Known` is
 * what a row may have although it was not found, such as what an earlier step brought.
 */
export type LookedUp<Found extends object, Known extends object = object> =
  ({ readonly outcome: 'found' } & Found) | ({ readonly outcome: 'missing' } & Known) | ((RefusedRow | FailedRow) & Known);

export interface BulkLookup<Found extends object, Known extends object = object> {
  /** In the order asked; `index` is the place there. */
  readonly rows: readonly ({ readonly index: number } & LookedUp<Found, Known>)[];
  readonly found: number;
  readonly missing: number;
  readonly refused: number;
  readonly failed: number;
}

/** The reason of a row that was never sent. */
const UNSENT = 'invalid_row';

/** A row as its schema has it, or why it cannot be sent. */
type JudgedRow<Row> = { readonly row: Row } | { readonly refusal: RefusedRow };

const judged = <Row>(schema: ZodType<Row>, value: unknown, what: string): JudgedRow<Row> => {
  const { data, error } = schema.safeParse(value);
  return error === undefined ? { row: data } : { refusal: { outcome: 'refused', reason: UNSENT, fields: faultsIn(error, what) } };
};

/** `body.businesses_to_match.0.domain`: the last word of the place is the field. */
const fieldsIn = ({ details }: UpstreamRejectedError): readonly string[] => {
  const places = Array.isArray(details['fields']) ? (details['fields'] as readonly string[]) : [];
  const names = places.flatMap((place) => place.split('.').findLast((part) => FIELD.test(part)) ?? []);
  return [...new Set(names)].slice(0, MAX_FIELDS);
};

/** As the problem of such an error would say it. */
const mayHelp = ({ retryable, code }: GatewayError): boolean => retryable || problemKinds[code].status === 503;

/** @throws whatever is no error of a call: a mistake of ours is no row's outcome. */
export const outcomeOfError = (error: unknown): RefusedRow | FailedRow => {
  if (!(error instanceof GatewayError)) throw error;
  if (!(error instanceof UpstreamRejectedError)) return { outcome: 'failed', reason: error.code, retryable: mayHelp(error) };
  if (error.reason !== 'validation_failed') return { outcome: 'failed', reason: error.reason, retryable: false };
  return { outcome: 'refused', reason: error.reason, fields: fieldsIn(error) };
};

/** How a lookup ended; `error` is one that concerns more than its row: the circuit, the quota, the credential, the deadline. */
interface Ended<Outcome> {
  readonly outcome: Outcome;
  readonly error?: GatewayError;
}

const endOf = async <Outcome>(lookup: Promise<Outcome>): Promise<Ended<Outcome | RefusedRow | FailedRow>> => {
  try {
    return { outcome: await lookup };
  } catch (error) {
    const outcome = outcomeOfError(error);
    return error instanceof GatewayError && !(error instanceof UpstreamRejectedError) ? { outcome, error } : { outcome };
  }
};

const isUnsent = (outcome: object): boolean => 'reason' in outcome && outcome.reason === UNSENT;

export interface AskedRows<Row> {
  readonly values: readonly unknown[];
  /** What a row must be; equal by its output are equal. */
  readonly schema: ZodType<Row>;
  /** The name of a value in `fields`, where the value as a whole is at fault. */
  readonly name: string;
}

/**
 * One answer for each row asked, whatever becomes of the others. Equal rows are looked up once, and none that cannot be sent.
 *
 * @throws {GatewayError} if no row that was sent got an answer: then it is the error of all.
 */
export const lookUpRows = async <Row, Found extends object, Known extends object = object>(
  { values, schema, name }: AskedRows<Row>,
  lookUp: (row: Row) => Promise<LookedUp<Found, Known>>,
): Promise<BulkLookup<Found, Known>> => {
  const ends = new Map<string, Promise<Ended<LookedUp<Found, Known> | RefusedRow | FailedRow>>>();
  const endFor = (value: unknown) => {
    const row = judged(schema, value, name);
    const key = JSON.stringify(row);
    const end = ends.get(key) ?? endOf('refusal' in row ? Promise.resolve(row.refusal) : lookUp(row.row));
    ends.set(key, end);
    return end;
  };
  const all = await Promise.all(values.map(endFor));
  const failure = all.find(({ error }) => error !== undefined);
  const isAnswered = all.some(({ outcome, error }) => error === undefined && !isUnsent(outcome));
  if (failure?.error !== undefined && !isAnswered) throw failure.error;
  const rows = all.map(({ outcome }, index) => ({ index, ...(outcome as LookedUp<Found, Known>) }));
  return countedRows(rows, { found: ['found'], missing: ['missing'], refused: ['refused'], failed: ['failed'] });
};

export const lookupStatus = (result: BulkLookup<object>): number => statusOfRows(result, ['found']);

/** @param found What a row has when it was found; `known`: what it may have all the same when it was not. */
export const lookupSchema = (found: ZodRawShape, known: ZodRawShape = {}) => {
  const index = z.int();
  const rows = z.discriminatedUnion('outcome', [
    z.object({ index, outcome: z.literal('found'), ...found }),
    z.object({ index, outcome: z.literal('missing'), ...known }),
    z.object({ index, outcome: z.literal('refused'), reason: z.string(), fields: z.array(z.string()).optional(), ...known }),
    z.object({ index, outcome: z.literal('failed'), reason: z.string(), retryable: z.boolean(), ...known }),
  ]);
  const count = z.int();
  return z.looseObject({ rows: z.array(rows), found: count, missing: count, refused: count, failed: count });
};
