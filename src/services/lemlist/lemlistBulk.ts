/**
 * Many values taken off all lists at once. Lemlist takes 10,000 in one request and answers with one word for all, so rows are
 * judged here: an unsound value is refused, and the others are sent.
 */
import { z } from 'zod';
import type { Operation } from '../../contract/operation.ts';
import { writeInParts } from '../../pipeline/bulkParts.ts';
import { isQueued, type Queued } from '../../contract/call.ts';
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { recipe } from '../endpoint.ts';
import { bulkUnsubscribeAnswer } from './lemlistAnswers.ts';
import { MAX_BULK_UNSUBSCRIBES, unsubscribeValue, unsubscribeValues } from './lemlistInputs.ts';
import { bulkUnsubscription } from './lemlistQueueRules.ts';

/** `pending`: it waits in the durable queue, with all that were sent. */
export type UnsubscribedRow =
  | { readonly index: number; readonly outcome: 'made' | 'pending' }
  | { readonly index: number; readonly outcome: 'refused'; readonly reason: 'invalid_value' }
  /** `unknown`: Lemlist failed at it, and may have made it. Both may be sent again. */
  | { readonly index: number; readonly outcome: 'unknown' | 'not_written'; readonly reason: string };

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

type Outcome = { readonly outcome: 'made' | 'pending' } | { readonly outcome: 'unknown' | 'not_written'; readonly reason: string };

const result = (values: readonly string[], outcomes: ReadonlyMap<string, Outcome>): BulkUnsubscribe => {
  const rows = values.map((value, index): UnsubscribedRow => ({
    index,
    ...(outcomes.get(value) ?? { outcome: 'refused', reason: 'invalid_value' }),
  }));
  const count = (wanted: UnsubscribedRow['outcome']): number => rows.filter((row) => row.outcome === wanted).length;
  return { rows, made: count('made'), refused: count('refused') };
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
  answer: z.object({
    rows: z.array(
      z.object({
        index: z.int(),
        outcome: z.enum(['made', 'refused', 'unknown', 'not_written', 'pending']),
        reason: z.string().optional(),
      }),
    ),
    made: z.int(),
    refused: z.int(),
  }),
  queueable: true,
  operations: [bulkOperation],
  run: async (http, { body: { values } }, options): Promise<BulkUnsubscribe> => {
    if (values.length < 1 || values.length > MAX_BULK_UNSUBSCRIBES) {
      throw new InvalidRequestError(`values must be 1 to ${String(MAX_BULK_UNSUBSCRIBES)} in one call`);
    }
    const sound = [...new Set(values.filter(isSound))];
    if (sound.length === 0) return result(values, new Map());
    const { answered, failed } = await writeInParts(
      http,
      bulkOperation,
      { path: upstreamPath`/v2/unsubscribes/variables`, body: { values: sound } },
      options,
    );
    const outcomes = new Map<string, Outcome>();
    const note = (places: readonly number[], outcome: Outcome): void => {
      for (const place of places) outcomes.set(sound[place] ?? '', outcome);
    };
    for (const { places, answer } of answered) note(places, { outcome: isQueued(answer) ? 'pending' : 'made' });
    for (const { places, outcome, reason } of failed) note(places, { outcome, reason });
    const queued = answered.map(({ answer }) => answer).find(isQueued);
    return { ...queued, ...result(values, outcomes) };
  },
  statusOf: ({ rows }) => (rows.every(({ outcome }) => outcome === 'made' || outcome === 'pending') ? 200 : 207),
});
