/**
 * Bulk writes row by row. Kit answers in an order of its own, and inside a 200 it may have refused some rows, so both lists
 * are joined to the rows that were asked for.
 */
import type { BulkParts } from '../../pipeline/bulkParts.ts';
import { rowReason } from './kitErrors.ts';
import type { BulkAnswer, BulkFailure } from './kitSchemas.ts';

export type RowAnswer =
  | { readonly index: number; readonly outcome: 'made'; readonly subscriber: Readonly<Record<string, unknown>> }
  | { readonly index: number; readonly outcome: 'refused'; readonly reason: string }
  /** `unknown`: Kit failed at it, and may have made it. Both may be sent again. */
  | { readonly index: number; readonly outcome: 'unknown' | 'not_written'; readonly reason: string }
  /** Kit took it and has not done it yet. */
  | { readonly index: number; readonly outcome: 'pending' };

export interface BulkResult {
  /** In the order asked; `index` is the place there. */
  readonly rows: readonly RowAnswer[];
  readonly made: number;
  readonly refused: number;
}

type Row = Readonly<Record<string, unknown>>;

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The row that failed, as Kit repeats it: under `subscriber`, `tagging` or another name of the endpoint's own. */
const refusedRow = (failure: BulkFailure): Row => Object.values(failure).find(isRow) ?? {};

const lowerCase = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

/** What a refused row is found by: Kit may leave it out, and then only says that some row was refused. */
interface Refusals {
  readonly byKey: ReadonlyMap<unknown, string>;
  readonly ofNobody: readonly string[];
}

const refusalsIn = (failures: readonly BulkFailure[], key: string): Refusals => {
  const byKey = new Map<unknown, string>();
  const ofNobody: string[] = [];
  for (const failure of failures) {
    const value = lowerCase(refusedRow(failure)[key]);
    const reason = rowReason(failure.errors);
    if (value === undefined || value === null) ofNobody.push(reason);
    else byKey.set(value, reason);
  }
  return { byKey, ofNobody };
};

/** Where every nameless refusal has one reason, it is the reason of each row that is missing. */
const commonReason = ([first = 'rejected', ...others]: readonly string[]): string =>
  others.every((reason) => reason === first) ? first : 'rejected';

/** Those of all parts, in the order asked. */
export const joinParts = (
  asked: readonly (string | number | null)[],
  { answered, failed }: BulkParts<BulkAnswer>,
  key: 'email_address' | 'subscriber_id',
  answeredKey: 'email_address' | 'id',
): BulkResult => {
  const of = (places: readonly number[]) => places.map((place) => asked[place] ?? null);
  const rows = [
    ...answered.flatMap(({ places, answer }) =>
      joinRows(of(places), answer, key, answeredKey).map((row, place) => ({ ...row, index: places[place] ?? place })),
    ),
    ...failed.flatMap(({ places, outcome, reason }) => places.map((index) => ({ index, outcome, reason }))),
  ].toSorted((one, other) => one.index - other.index);
  const count = (outcome: RowAnswer['outcome']): number => rows.filter((row) => row.outcome === outcome).length;
  return { rows, made: count('made'), refused: count('refused') };
};

/**
 * @param asked The key of each row: an address, or the number of a subscriber.
 * @param key Under which name Kit repeats it in a failure.
 * @param answered Under which name it stands in a subscriber.
 */
const joinRows = (
  asked: readonly (string | number | null)[],
  answer: BulkAnswer,
  key: 'email_address' | 'subscriber_id',
  answered: 'email_address' | 'id',
): readonly RowAnswer[] => {
  const { subscribers = [], failures = [] } = answer;
  const made = new Map(subscribers.map((subscriber) => [lowerCase(subscriber[answered]), subscriber]));
  const { byKey, ofNobody } = refusalsIn(failures, key);
  const isPutOff = answer.subscribers === undefined && answer.failures === undefined;
  return asked.map((value, index): RowAnswer => {
    const subscriber = made.get(lowerCase(value));
    if (subscriber !== undefined) return { index, outcome: 'made', subscriber };
    if (isPutOff) return { index, outcome: 'pending' };
    return { index, outcome: 'refused', reason: byKey.get(lowerCase(value)) ?? commonReason(ofNobody) };
  });
};
