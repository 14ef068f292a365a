/**
 * Asynchronous batches: up to 1,000 operations that Mailchimp makes in its own time. Only operations that are named here
 * go in, each at a path built as for a single call: a batch reaches nothing that a call could not.
 */
import { z } from 'zod';
import { locationOf } from '../../config/percentEncoding.ts';
import type { UpstreamPath } from '../../contract/operation.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { endpoint } from '../endpoint.ts';
import { checked, email, listOf } from '../inputs.ts';
import { batch, startedBatch, withoutLinks, type Batch } from './mailchimpAnswers.ts';
import { memberPath, memberTagsPath } from './mailchimpEndpoints.ts';
import { batchId, listId, memberChange, memberUpsert, tagChange } from './mailchimpInputs.ts';

const MAX_BATCH_OPERATIONS = 1_000;
/** A thousand operations of a kilobyte. */
const MAX_BATCH_BYTES = 1_000_000;
/** Of 1,000 operations, thirty each. */
const MAX_BATCH_VALUES = 30_000;

const target = {
  list_id: listId,
  email_address: email,
  /** By which the results tell the operations apart; the operation's index unless said otherwise. */
  operation_id: z
    .string()
    .regex(/^[\w.-]{1,100}$/u, 'must be 1 to 100 letters, digits and _ . -')
    .optional(),
};

const operationSchema = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('upsert_member'), ...target, member: memberUpsert }),
  z.strictObject({ operation: z.literal('update_member'), ...target, member: memberChange }),
  z.strictObject({ operation: z.literal('archive_member'), ...target }),
  z.strictObject({ operation: z.literal('tag_member'), ...target, change: tagChange }),
]);

const idOf = ({ operation_id: id }: BatchOperation, index: number): string => id ?? String(index);

export const batchInput = z.strictObject({
  operations: listOf(operationSchema, MAX_BATCH_OPERATIONS, 'operations').refine(
    (operations) => new Set(operations.map(idOf)).size === operations.length,
    'must not hold an operation_id twice',
  ),
});

type BatchOperation = z.infer<typeof operationSchema>;

/** One operation as Mailchimp takes it: its body is a text. */
interface WireOperation {
  readonly method: 'PUT' | 'PATCH' | 'DELETE' | 'POST';
  readonly path: UpstreamPath;
  readonly operation_id: string;
  readonly body?: string;
}

const wireOperation = (input: BatchOperation, index: number): WireOperation => {
  const { list_id: list, email_address: address } = input;
  const id = { operation_id: idOf(input, index) };
  switch (input.operation) {
    case 'upsert_member':
      return { method: 'PUT', path: memberPath(list, address), ...id, body: JSON.stringify({ email_address: address, ...input.member }) };
    case 'update_member':
      return { method: 'PATCH', path: memberPath(list, address), ...id, body: JSON.stringify(input.member) };
    case 'archive_member':
      return { method: 'DELETE', path: memberPath(list, address), ...id };
    case 'tag_member':
      return { method: 'POST', path: memberTagsPath(list, address), ...id, body: JSON.stringify(input.change) };
  }
};

/** What Mailchimp's `finished` leaves unsaid: it only means that no operation is left, not that any went well. */
const batchOutcomes = ['running', 'succeeded', 'partly_failed', 'failed'] as const;

const outcomeOf = ({ status, total_operations: total, errored_operations: errored }: Batch): (typeof batchOutcomes)[number] => {
  if (status !== 'finished') return 'running';
  if (errored === 0) return 'succeeded';
  return errored < total ? 'partly_failed' : 'failed';
};

/** @throws {InvalidRequestError} for no operations, more than 1,000, one that is unknown, or an `operation_id` that comes twice. */
export const startBatch = endpoint({
  name: 'start_batch',
  route: 'POST /batches',
  summary: 'Start a batch of up to 1,000 operations on members',
  description:
    'Mailchimp makes them in its own time; `GET /batches/:batchId` tells how far it is. Never repeated by the gateway: after ' +
    '`outcome_unknown` the batch may run, and whoever starts another one writes everything twice.',
  body: batchInput,
  maxBodyBytes: MAX_BATCH_BYTES,
  maxBodyValues: MAX_BATCH_VALUES,
  status: 202,
  answer: startedBatch.transform(withoutLinks),
  replies: startedBatch,
  headersOf: ({ id }) => locationOf('/api/mailchimp/batches', id).headers,
  upstream: ({ body }) => ({
    path: upstreamPath`/batches`,
    body: { operations: checked(batchInput, body, 'body').operations.map(wireOperation) },
  }),
  // A second batch of the same operations could undo what was written between the two. Not queued: it is a queue itself.
  idempotency: 'never',
});

export const getBatch = endpoint({
  name: 'get_batch',
  route: 'GET /batches/:batchId',
  summary: 'See how far a batch is, and how it ended',
  description: '`finished` only means that no operation is left: `outcome` says whether they went well.',
  params: { batchId },
  problems: [404],
  answer: batch.transform((told) => withoutLinks({ ...told, outcome: outcomeOf(told) })),
  replies: batch.extend({ outcome: z.enum(batchOutcomes) }),
  upstream: ({ params }) => ({ path: upstreamPath`/batches/${params.batchId}` }),
});
