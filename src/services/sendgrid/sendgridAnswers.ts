/**
 * What SendGrid answers. Unknown fields pass.
 */
import { z } from 'zod';
import type { ReceivedAnswer } from '../../contract/classification.ts';
import { contentOf } from '../../pipeline/receivedAnswer.ts';
import { failedKeys } from '../bulkRows.ts';

export const scopes = z.looseObject({ scopes: z.array(z.string()) });

/** Of work that SendGrid has accepted and not done. */
export const job = z.looseObject({ job_id: z.string() });
/** `job_ids`: all, where it was sent by parts. */
export const jobs = z.looseObject({ job_id: z.string(), job_ids: z.array(z.string()).optional(), failed: failedKeys });

const count = z.number().optional();

export const imported = z.looseObject({
  id: z.string().optional(),
  /** `pending`, `completed`, `errored` (some rows) or `failed` (all of them). */
  status: z.string(),
  job_type: z.string().optional(),
  results: z
    .looseObject({
      requested_count: count,
      created_count: count,
      updated_count: count,
      deleted_count: count,
      errored_count: count,
      /** Whoever knows it may read the rows that failed: never logged or cached. */
      errors_url: z.string().optional(),
    })
    .nullable()
    .optional(),
  started_at: z.string().optional(),
  finished_at: z.string().nullable().optional(),
});

export const importOutcomes = ['running', 'succeeded', 'partly_failed', 'failed'] as const;

export const contact = z.looseObject({
  id: z.string(),
  email: z.string().nullable().optional(),
  phone_number_id: z.string().nullable().optional(),
  external_id: z.string().nullable().optional(),
  anonymous_id: z.string().nullable().optional(),
  list_ids: z.array(z.string()).nullable().optional(),
  custom_fields: z.record(z.string(), z.unknown()).nullable().optional(),
});

const foundRow = z.looseObject({ contact: contact.optional(), error: z.string().optional() });

const found = z.looseObject({ result: z.record(z.string(), foundRow) });

/** SendGrid's refusals; it says so, too, where none of the addresses is known. */
const noneFound = z.looseObject({ errors: z.array(z.unknown()) }).transform((): z.infer<typeof found> => ({ result: {} }));

/** By address in lower case, in no order. */
export const foundAnswer = z.union([found, noneFound]);

export const contacts = z.looseObject({ result: z.array(contact) });
export const contactsReply = contacts.extend({ failed: failedKeys });

export const list = z.looseObject({ id: z.string(), name: z.string(), contact_count: z.number().optional() });
export const lists = z.looseObject({
  result: z.array(list),
  _metadata: z.looseObject({ self: z.string().optional(), next: z.string().optional(), count: z.number().optional() }).optional(),
});

/** `created` in Unix seconds; `reason`, `status` or `ip` where the kind has them. */
export const suppressions = z.array(z.looseObject({ email: z.string(), created: z.number().optional() }));

/** An empty object: the address is not suppressed. */
export const globalSuppression = z
  .looseObject({ recipient_email: z.string().optional() })
  .transform((answer) => ({ suppressed: answer.recipient_email !== undefined }));
export const suppressed = z.looseObject({ recipient_emails: z.array(z.string()) });
export const suppressedReply = suppressed.extend({ failed: failedKeys });

/** `already`: it was not suppressed. */
export const unsuppressed = z.object({ removed: z.literal(true), already: z.literal(true).optional() });

/** A 204; or the refusal of a repeat, which the classifier lets pass. A page of markup in its place removed nothing. */
export const unsuppressedAnswer = z.union([
  z.undefined().transform((): z.infer<typeof unsuppressed> => ({ removed: true })),
  z.looseObject({ errors: z.array(z.unknown()) }).transform((): z.infer<typeof unsuppressed> => ({ removed: true, already: true })),
]);

/** `sent_to_nobody`: it was asked for in sandbox mode. `message_id`: what SendGrid's events call the mail; only a 202 tells it. */
export const mailAccepted = z.object({
  accepted: z.literal(true),
  message_id: z.string().optional(),
  sent_to_nobody: z.literal(true).optional(),
});

/** The header that {@link mailAcceptedAnswer} is shown beside the body. */
const MESSAGE_ID = 'x-message-id';

/** A 202, or a 200 in sandbox mode, both empty. A page of markup in their place is somebody else's, and accepted nothing. */
export const mailAcceptedAnswer = z
  .object({ body: z.union([z.undefined(), z.looseObject({})]), messageId: z.string().optional() })
  .transform(({ messageId }): z.infer<typeof mailAccepted> => ({
    accepted: true,
    ...(messageId !== undefined && { message_id: messageId }),
  }));

/** An accepted mail has no body, and its id in a header. */
export const mailContent = (received: ReceivedAnswer): unknown => ({
  body: contentOf(received),
  messageId: received.headers[MESSAGE_ID],
});

export const mailBatch = z.looseObject({ batch_id: z.string() });

export type Job = z.infer<typeof job>;
export type Import = z.infer<typeof imported>;
export type Contact = z.infer<typeof contact>;
export type Found = z.infer<typeof found>;
export type Suppressed = z.infer<typeof suppressed>;
export type Suppressions = z.infer<typeof suppressions>;
