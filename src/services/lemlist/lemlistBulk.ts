/**
 * Many values taken off all lists at once. Lemlist takes 10,000 in one request and answers with one word for all, so rows are
 * judged here: an unsound value is refused, and the others are sent.
 */
import { z } from 'zod';
import type { Operation } from '../../contract/operation.ts';
import { isQueued, type Queued } from '../../contract/call.ts';
import { writeInParts } from '../../pipeline/bulkParts.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { countedRows, failedWrites, rowsSchema, statusOfRows, type FailedWrite } from '../bulkRows.ts';
import { recipe } from '../endpoint.ts';
import { requireCount } from '../inputs.ts';
import { bulkUnsubscribeAnswer } from './lemlistAnswers.ts';
import { MAX_BULK_UNSUBSCRIBES, unsubscribeValue, unsubscribeValues } from './lemlistInputs.ts';
import { bulkUnsubscription } from './lemlistQueueRules.ts';

/** `pending`: it waits in the durable queue, with all that were sent. */
type SentRow = { readonly outcome: 'made' | 'pending' } | FailedWrite;
export type UnsubscribedRow = { readonly index: number } & (SentRow | { readonly outcome: 'refused'; readonly reason: 'invalid_value' });

/** With what the queue says of the job, where the rows wait. */
export interface BulkUnsubscribe extends Partial<Queued> {
  /** In the order asked; `index` is the place there. */
  readonly rows: readonly UnsubscribedRow[];
  readonly made: number;
  readonly refused: number;
}

/** Ten thousand values of a hundred bytes: addresses are shorter, LinkedIn pages not much longer. */
const MAX_BULK_BYTES = 1_000_000;
/** The 10,000 values, their list and the object around it. */
const MAX_BULK_VALUES = 10_002;

const bulkOperation = {
  name: 'bulk_unsubscribe',
  method: 'POST',
  idempotency: 'natural',
  answer: bulkUnsubscribeAnswer,
  rows: { in: 'body', name: 'values' },
  queue: bulkUnsubscription,
} as const satisfies Operation<unknown>;

const isSound = (value: string): boolean => unsubscribeValue.safeParse(value).success;

const result = (values: readonly string[], outcomes: ReadonlyMap<string, SentRow>): BulkUnsubscribe => {
  const rows = values.map((value, index): UnsubscribedRow => ({
    index,
    ...(outcomes.get(value) ?? { outcome: 'refused', reason: 'invalid_value' }),
  }));
  return countedRows(rows, { made: ['made'], refused: ['refused'] });
};

/**
 * Sends each sound value once, in one request while Lemlist does not fail at it; nothing where there is none.
 *
 * @throws {InvalidRequestError} for no value, or more than 10,000.
 */
export const bulkUnsubscribe = recipe({
  route: 'POST /unsubscribes/bulk',
  summary: 'Unsubscribe up to 10,000 values',
  description:
    'In one request of Lemlist. One row of the answer for each value sent, in their order; 207 where some were refused here, the ' +
    'others are made, or `pending` with the job they wait in.',
  body: z.strictObject({ values: unsubscribeValues }),
  maxBodyBytes: MAX_BULK_BYTES,
  maxBodyValues: MAX_BULK_VALUES,
  answer: rowsSchema(
    { outcome: z.enum(['made', 'refused', 'unknown', 'not_written', 'pending']), reason: z.string().optional() },
    'made',
    'refused',
  ),
  queueable: true,
  operations: [bulkOperation],
  run: async (http, { body: { values } }, options): Promise<BulkUnsubscribe> => {
    requireCount(values, MAX_BULK_UNSUBSCRIBES, 'values');
    const sound = [...new Set(values.filter(isSound))];
    if (sound.length === 0) return result(values, new Map());
    const request = { path: upstreamPath`/v2/unsubscribes/variables`, body: { values: sound } };
    const parts = await writeInParts(http, bulkOperation, request, options);
    const queued = parts.answered.map(({ answer }) => answer).find(isQueued);
    const failures = failedWrites(parts);
    const answered: SentRow = { outcome: queued === undefined ? 'made' : 'pending' };
    const outcomes = new Map(sound.map((value, place) => [value, failures.get(place) ?? answered]));
    return { ...queued, ...result(values, outcomes) };
  },
  statusOf: (result) => statusOfRows(result, ['made', 'pending']),
});
