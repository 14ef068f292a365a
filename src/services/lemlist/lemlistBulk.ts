/**
 * Many values taken off all lists at once. Lemlist takes 10,000 in one request and answers with one word for all, so rows are
 * judged here: an unsound value is refused, and the others are sent.
 */
import { z } from 'zod';
import type { Operation } from '../../contract/operation.ts';
import { isQueued, type Queued } from '../../contract/call.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { countedRows, rowsSchema, statusOfRows } from '../bulkRows.ts';
import { recipe } from '../endpoint.ts';
import { requireCount } from '../inputs.ts';
import { bulkUnsubscribeAnswer } from './lemlistAnswers.ts';
import { MAX_BULK_UNSUBSCRIBES, unsubscribeValue, unsubscribeValues } from './lemlistInputs.ts';
import { bulkUnsubscription } from './lemlistQueueRules.ts';

/** `pending`: it waits in the durable queue, with all that were sent. */
export type UnsubscribedRow =
  | { readonly index: number; readonly outcome: 'made' | 'pending' }
  | { readonly index: number; readonly outcome: 'refused'; readonly reason: 'invalid_value' };

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
  queue: bulkUnsubscription,
} as const satisfies Operation<unknown>;

const isSound = (value: string): boolean => unsubscribeValue.safeParse(value).success;

const result = (values: readonly string[], sound: ReadonlySet<string>, outcome: 'made' | 'pending'): BulkUnsubscribe => {
  const rows = values.map((value, index): UnsubscribedRow =>
    sound.has(value) ? { index, outcome } : { index, outcome: 'refused', reason: 'invalid_value' },
  );
  return countedRows(rows, { made: ['made'], refused: ['refused'] });
};

/**
 * Sends each sound value once, in one request; nothing where there is none.
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
  answer: rowsSchema({ outcome: z.enum(['made', 'refused', 'pending']), reason: z.string().optional() }, 'made', 'refused'),
  queueable: true,
  operations: [bulkOperation],
  run: async (http, { body: { values } }, options): Promise<BulkUnsubscribe> => {
    requireCount(values, MAX_BULK_UNSUBSCRIBES, 'values');
    const sound = new Set(values.filter(isSound));
    if (sound.size === 0) return result(values, sound, 'made');
    const answer = await http.write(
      bulkOperation,
      { path: upstreamPath`/v2/unsubscribes/variables`, body: { values: [...sound] } },
      options,
    );
    return isQueued(answer) ? { ...answer, ...result(values, sound, 'pending') } : result(values, sound, 'made');
  },
  statusOf: (result) => statusOfRows(result, ['made', 'pending']),
});
