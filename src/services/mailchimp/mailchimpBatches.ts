/**
 * Asynchronous batches: up to 1,000 operations that Mailchimp makes in its own time. Only operations that are named here
 * go in, each at a path built as for a single call: a batch reaches nothing that a call could not.
 */
import { z } from 'zod';
import type { UpstreamPath } from '../../contract/operation.ts';
import { checked, emailSchema, listIdSchema, memberChangeSchema, memberUpsertSchema, tagChangeSchema } from './mailchimpInputs.ts';
import { memberPath, memberTagsPath } from './mailchimpMembers.ts';
import type { Batch } from './mailchimpAnswers.ts';

export const MAX_BATCH_OPERATIONS = 1_000;

const target = {
  list_id: listIdSchema,
  email_address: emailSchema,
  /** By which the results tell the operations apart; the operation's index unless said otherwise. */
  operation_id: z
    .string()
    .regex(/^[\w.-]{1,100}$/u, 'must be 1 to 100 letters, digits and _ . -')
    .optional(),
};

const operationSchema = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('upsert_member'), ...target, member: memberUpsertSchema }),
  z.strictObject({ operation: z.literal('update_member'), ...target, member: memberChangeSchema }),
  z.strictObject({ operation: z.literal('archive_member'), ...target }),
  z.strictObject({ operation: z.literal('tag_member'), ...target, change: tagChangeSchema }),
]);

const idOf = ({ operation_id: id }: BatchOperation, index: number): string => id ?? String(index);

export const batchInputSchema = z.strictObject({
  operations: z
    .array(operationSchema)
    .min(1, 'must hold at least one operation')
    .max(MAX_BATCH_OPERATIONS, `must hold at most ${String(MAX_BATCH_OPERATIONS)} operations`)
    .refine((operations) => new Set(operations.map(idOf)).size === operations.length, 'must not hold an operation_id twice'),
});

export type BatchOperation = z.infer<typeof operationSchema>;
export type BatchInput = z.infer<typeof batchInputSchema>;

/** One operation as Mailchimp takes it: its body is a text. */
interface WireOperation {
  readonly method: 'PUT' | 'PATCH' | 'DELETE' | 'POST';
  readonly path: UpstreamPath;
  readonly operation_id: string;
  readonly body?: string;
}

const wireOperation = (input: BatchOperation, index: number): WireOperation => {
  const { list_id: listId, email_address: email } = input;
  const id = { operation_id: idOf(input, index) };
  switch (input.operation) {
    case 'upsert_member':
      return { method: 'PUT', path: memberPath(listId, email), ...id, body: JSON.stringify({ email_address: email, ...input.member }) };
    case 'update_member':
      return { method: 'PATCH', path: memberPath(listId, email), ...id, body: JSON.stringify(input.member) };
    case 'archive_member':
      return { method: 'DELETE', path: memberPath(listId, email), ...id };
    case 'tag_member':
      return { method: 'POST', path: memberTagsPath(listId, email), ...id, body: JSON.stringify(input.change) };
  }
};

/** @throws {InvalidRequestError} for no operations, more than 1,000, one that is unknown, or an `operation_id` that comes twice. */
export const batchBody = (input: BatchInput): { readonly operations: readonly WireOperation[] } => ({
  operations: checked(batchInputSchema, input, 'body').operations.map(wireOperation),
});

/** What Mailchimp's `finished` leaves unsaid: it only means that no operation is left, not that any went well. */
export type BatchOutcome = 'running' | 'succeeded' | 'partly_failed' | 'failed';

export const batchOutcomes: readonly BatchOutcome[] = ['running', 'succeeded', 'partly_failed', 'failed'];

export const outcomeOf = ({ status, total_operations: total, errored_operations: errored }: Batch): BatchOutcome => {
  if (status !== 'finished') return 'running';
  if (errored === 0) return 'succeeded';
  return errored < total ? 'partly_failed' : 'failed';
};
