/**
 * What SendGrid answers. Unknown fields pass.
 */
import { z } from 'zod';
import type { ReceivedAnswer } from '../../contract/classification.ts';
import { contentOf } from '../../pipeline/receivedAnswer.ts';

export const scopesSchema = z.looseObject({ scopes: z.array(z.string()) });

/** Rows that SendGrid failed at, while it took others. */
const failed = z.array(z.string()).optional();

/** Of work that SendGrid has accepted and not done. */
export const jobSchema = z.looseObject({ job_id: z.string() });
/** `job_ids`: all, where it was sent by parts. */
export const jobsReply = jobSchema.extend({ job_ids: z.array(z.string()).optional(), failed });

const countSchema = z.number().optional();

export const importSchema = z.looseObject({
  id: z.string().optional(),
  /** `pending`, `completed`, `errored` (some rows) or `failed` (all of them). */
  status: z.string(),
  job_type: z.string().optional(),
  results: z
    .looseObject({
      requested_count: countSchema,
      created_count: countSchema,
      updated_count: countSchema,
      deleted_count: countSchema,
      errored_count: countSchema,
      /** Whoever knows it may read the rows that failed: never logged or cached. */
      errors_url: z.string().optional(),
    })
    .nullable()
    .optional(),
  started_at: z.string().optional(),
  finished_at: z.string().nullable().optional(),
});

export const contactAnswer = z.looseObject({
  id: z.string(),
  email: z.string().nullable().optional(),
  phone_number_id: z.string().nullable().optional(),
  external_id: z.string().nullable().optional(),
  anonymous_id: z.string().nullable().optional(),
  list_ids: z.array(z.string()).nullable().optional(),
  custom_fields: z.record(z.string(), z.unknown()).nullable().optional(),
});

const foundRowSchema = z.looseObject({ contact: contactAnswer.optional(), error: z.string().optional() });

const foundSchema = z.looseObject({ result: z.record(z.string(), foundRowSchema) });

/** SendGrid's refusals; it says so, too, where none of the addresses is known. */
const noneFoundSchema = z.looseObject({ errors: z.array(z.unknown()) }).transform((): z.infer<typeof foundSchema> => ({ result: {} }));

/** By address in lower case, in no order. */
export const foundAnswer = z.union([foundSchema, noneFoundSchema]);

export const contactsAnswer = z.looseObject({ result: z.array(contactAnswer) });
export const contactsReply = contactsAnswer.extend({ failed });

export const listSchema = z.looseObject({ id: z.string(), name: z.string(), contact_count: z.number().optional() });
export const listsSchema = z.looseObject({
  result: z.array(listSchema),
  _metadata: z.looseObject({ self: z.string().optional(), next: z.string().optional(), count: z.number().optional() }).optional(),
});

/** `created` in Unix seconds; `reason`, `status` or `ip` where the kind has them. */
export const suppressionsAnswer = z.array(z.looseObject({ email: z.string(), created: z.number().optional() }));

/** An empty object: the address is not suppressed. */
export const globalSuppressionAnswer = z.looseObject({ recipient_email: z.string().optional() });
export const suppressedAnswer = z.looseObject({ recipient_emails: z.array(z.string()) });
export const suppressedReply = suppressedAnswer.extend({ failed });

/** `already`: it was not suppressed. */
export const unsuppressedSchema = z.object({ removed: z.literal(true), already: z.literal(true).optional() });

/** A 204; or the refusal of a repeat, which the classifier lets pass. A page of markup in its place removed nothing. */
export const unsuppressedAnswer = z.union([
  z.undefined().transform((): z.infer<typeof unsuppressedSchema> => ({ removed: true })),
  z.looseObject({ errors: z.array(z.unknown()) }).transform((): z.infer<typeof unsuppressedSchema> => ({ removed: true, already: true })),
]);

/** `sent_to_nobody`: it was asked for in sandbox mode. `message_id`: what SendGrid's events call the mail; only a 202 tells it. */
export const mailAcceptedSchema = z.object({
  accepted: z.literal(true),
  message_id: z.string().optional(),
  sent_to_nobody: z.literal(true).optional(),
});

/** The header that {@link mailAcceptedAnswer} is shown beside the body. */
const MESSAGE_ID = 'x-message-id';

/** A 202, or a 200 in sandbox mode, both empty. A page of markup in their place is somebody else's, and accepted nothing. */
export const mailAcceptedAnswer = z
  .object({ body: z.union([z.undefined(), z.looseObject({})]), messageId: z.string().optional() })
  .transform(({ messageId }): z.infer<typeof mailAcceptedSchema> => ({
    accepted: true,
    ...(messageId !== undefined && { message_id: messageId }),
  }));

/** An accepted mail has no body, and its id in a header. */
export const mailContent = (received: ReceivedAnswer): unknown => ({
  body: contentOf(received),
  messageId: received.headers[MESSAGE_ID],
});

export const mailBatchSchema = z.looseObject({ batch_id: z.string() });

export type Scopes = z.infer<typeof scopesSchema>;
export type Job = z.infer<typeof jobSchema>;
export type Jobs = z.infer<typeof jobsReply>;
export type Import = z.infer<typeof importSchema>;
export type Contact = z.infer<typeof contactAnswer>;
export type Found = z.infer<typeof foundSchema>;
export type Contacts = z.infer<typeof contactsReply>;
export type List = z.infer<typeof listSchema>;
export type Lists = z.infer<typeof listsSchema>;
export type Suppressions = z.infer<typeof suppressionsAnswer>;
export type Suppressed = z.infer<typeof suppressedReply>;
export type Unsuppressed = z.infer<typeof unsuppressedSchema>;
export type MailAccepted = z.infer<typeof mailAcceptedSchema>;
export type MailBatch = z.infer<typeof mailBatchSchema>;
