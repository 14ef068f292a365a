/**
 * Mail, in SendGrid's own words and within its limits: 1,000 personalizations, 1,000 recipients in all, 10 categories. It is handed
 * over for delivery; refusals of mailboxes are not told here. Never sent a second time where the first may have arrived.
 */
import { z } from 'zod';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { endpoint } from '../endpoint.ts';
import { boundedText, email } from '../inputs.ts';
import { mailAccepted, mailAcceptedAnswer, mailBatch, mailContent } from './sendgridAnswers.ts';
import { named } from './sendgridEndpoints.ts';

/** Ours: SendGrid takes about 30 MB, but so much would seldom be sent within one attempt. */
const MAX_MAIL_BYTES = 10_000_000;
/** A thousand personalizations with data for their templates. */
const MAX_MAIL_VALUES = 30_000;

const MAX_PERSONALIZATIONS = 1_000;
const MAX_RECIPIENTS = 1_000;
const MAX_CATEGORIES = 10;
/** SendGrid's limit of all `custom_args` together is 10,000 bytes; the rest is for the id that we add. */
const MAX_CUSTOM_ARGS_BYTES = 9_800;

const personSchema = z.strictObject({ email, name: boundedText(500).optional() });
const peopleSchema = z.array(personSchema).max(MAX_RECIPIENTS, `must hold at most ${String(MAX_RECIPIENTS)} recipients`);

/** Line breaks in a header would be headers of the caller's own. */
const headersSchema = z.record(
  z.string().regex(/^[A-Za-z0-9-]{1,100}$/u, 'must be the name of a header'),
  boundedText(2_000).regex(/^[^\r\n]*$/u, 'must be one line'),
);
const substitutionsSchema = z.record(z.string().min(1).max(1_000), boundedText(10_000));

/** Comes back in every event of the mail: by it a double is known. */
const customArgsSchema = z
  .record(z.string().min(1).max(1_000), boundedText(MAX_CUSTOM_ARGS_BYTES))
  .refine((fields) => Buffer.byteLength(JSON.stringify(fields)) <= MAX_CUSTOM_ARGS_BYTES, 'must have at most 9,800 bytes');

/** Unix seconds. That it is at most 72 hours ahead is SendGrid's to say: it may have waited with us. */
const sendAtSchema = z.int('must be Unix seconds').min(0);
const subjectSchema = boundedText(1_000).min(1, 'must not be empty');

const personalizationSchema = z.strictObject({
  to: peopleSchema.min(1, 'must hold at least one recipient'),
  cc: peopleSchema.optional(),
  bcc: peopleSchema.optional(),
  from: personSchema.optional(),
  subject: subjectSchema.optional(),
  headers: headersSchema.optional(),
  substitutions: substitutionsSchema.optional(),
  dynamic_template_data: z.record(z.string(), z.unknown()).optional(),
  custom_args: customArgsSchema.optional(),
  send_at: sendAtSchema.optional(),
});

/** By one search for what is not of it: a pattern of the whole takes 80 ms for the longest attachment. */
const isBase64 = (value: string): boolean => {
  const end = value.search(/[^0-9A-Za-z+/]/u);
  return value.length % 4 === 0 && (end === -1 || /^={1,2}$/u.test(value.slice(end, end + 3)));
};

const attachmentSchema = z.strictObject({
  content: z.string('must be Base64').min(1, 'must not be empty').refine(isBase64, 'must be Base64').meta({ contentEncoding: 'base64' }),
  filename: boundedText(255).min(1),
  type: boundedText(255)
    .regex(/^[^;\s,]+$/u, 'must be a media type')
    .optional(),
  disposition: z.enum(['inline', 'attachment']).optional(),
  content_id: boundedText(255).optional(),
});

const toggle = z.strictObject({ enable: z.boolean() });

const mailSettingsSchema = z.strictObject({
  bypass_list_management: toggle.optional(),
  bypass_spam_management: toggle.optional(),
  bypass_bounce_management: toggle.optional(),
  bypass_unsubscribe_management: toggle.optional(),
  footer: z.strictObject({ enable: z.boolean(), text: boundedText(10_000).optional(), html: boundedText(10_000).optional() }).optional(),
  /** `true`: checked like any other, and sent to nobody. */
  sandbox_mode: toggle.optional(),
});

const trackingSettingsSchema = z.strictObject({
  click_tracking: z.strictObject({ enable: z.boolean(), enable_text: z.boolean().optional() }).optional(),
  open_tracking: z.strictObject({ enable: z.boolean(), substitution_tag: boundedText(200).nullable().optional() }).optional(),
  subscription_tracking: z
    .strictObject({
      enable: z.boolean(),
      text: boundedText(10_000).optional(),
      html: boundedText(10_000).optional(),
      substitution_tag: boundedText(200).nullable().optional(),
    })
    .optional(),
  ganalytics: z.strictObject({ enable: z.boolean() }).catchall(boundedText(500)).optional(),
});

const groupSchema = z.int().min(1);

const mailFields = {
  personalizations: z.array(personalizationSchema).min(1, 'must not be empty').max(MAX_PERSONALIZATIONS),
  from: personSchema,
  reply_to: personSchema.optional(),
  reply_to_list: z.array(personSchema).min(1).max(1_000).optional(),
  subject: subjectSchema.optional(),
  content: z
    .array(
      z.strictObject({
        type: boundedText(255).regex(/^[^;\s,]+$/u, 'must be a media type'),
        value: z.string().min(1, 'must not be empty'),
      }),
    )
    .min(1)
    .max(10)
    .optional(),
  attachments: z.array(attachmentSchema).max(100).optional(),
  template_id: boundedText(200).min(1).optional(),
  headers: headersSchema.optional(),
  categories: z
    .array(boundedText(255).min(1))
    .max(MAX_CATEGORIES, `must hold at most ${String(MAX_CATEGORIES)} categories`)
    .optional(),
  custom_args: customArgsSchema.optional(),
  send_at: sendAtSchema.optional(),
  batch_id: boundedText(200).min(1).optional(),
  asm: z.strictObject({ group_id: groupSchema, groups_to_display: z.array(groupSchema).max(25).optional() }).optional(),
  ip_pool_name: boundedText(64).min(2).optional(),
  mail_settings: mailSettingsSchema.optional(),
  tracking_settings: trackingSettingsSchema.optional(),
};

interface Recipients {
  readonly to: readonly unknown[];
  readonly cc?: readonly unknown[] | undefined;
  readonly bcc?: readonly unknown[] | undefined;
}

const recipientCount = (personalizations: readonly Recipients[]): number =>
  personalizations.reduce((sum, { to, cc = [], bcc = [] }) => sum + to.length + cc.length + bcc.length, 0);

const hasSubjects = (mail: { readonly subject?: unknown; readonly personalizations: readonly { readonly subject?: unknown }[] }): boolean =>
  mail.subject !== undefined || mail.personalizations.every(({ subject }) => subject !== undefined);

export const mailInput = z
  .strictObject(mailFields)
  .refine(
    ({ personalizations }) => recipientCount(personalizations) <= MAX_RECIPIENTS,
    `must have at most ${String(MAX_RECIPIENTS)} recipients in all`,
  )
  .refine((mail) => mail.template_id !== undefined || mail.content !== undefined, 'must have content or template_id')
  .refine((mail) => mail.template_id !== undefined || hasSubjects(mail), 'must have a subject, or template_id')
  .refine(({ categories = [] }) => new Set(categories).size === categories.length, 'must not name a category twice')
  .refine((mail) => mail.reply_to === undefined || mail.reply_to_list === undefined, 'must not have both reply_to and reply_to_list');

export type Mail = z.infer<typeof mailInput>;

/** Of `custom_args`. Every event of a mail repeats it: two mails under one id are a mail sent twice. */
const REQUEST_ID = 'gateway_request_id';

/** The mail with the id of the request that asked for it; as it is where there is none, or the caller's own stands there. */
export const traced = (mail: Mail, requestId: string | undefined): Mail => {
  if (requestId === undefined || mail.custom_args?.[REQUEST_ID] !== undefined) return mail;
  return { ...mail, custom_args: { ...mail.custom_args, [REQUEST_ID]: requestId } };
};

/** @throws {OutcomeUnknownError} if it may have been accepted. */
export const sendMail = endpoint({
  ...named('send_mail'),
  route: 'POST /mail/send',
  summary: 'Send a mail',
  description:
    'Accepted is not delivered: refusals of mailboxes come by SendGrid’s events. Never sent twice: after `outcome_unknown` it may ' +
    'have been accepted; look for its `gateway_request_id` in the events before you repeat it.',
  body: mailInput,
  maxBodyBytes: MAX_MAIL_BYTES,
  maxBodyValues: MAX_MAIL_VALUES,
  answer: mailAcceptedAnswer,
  replies: mailAccepted,
  content: mailContent,
  generatedField: REQUEST_ID,
  adds: ({ body }) => (body.mail_settings?.sandbox_mode?.enable === true ? { sent_to_nobody: true as const } : {}),
  upstream: ({ body }, options) => ({ path: upstreamPath`/v3/mail/send`, body: traced(body, options?.queue?.requestId) }),
  idempotency: 'never', // it would arrive twice: whoever does not know what became of it asks a person
  queue: {},
});

export const createMailBatch = endpoint({
  ...named('create_mail_batch'),
  route: 'POST /mail/batch',
  summary: 'Make an id under which scheduled mails can be cancelled',
  description: 'Give it as `batch_id` to each mail of the batch.',
  answer: mailBatch,
  status: 201,
  upstream: () => ({ path: upstreamPath`/v3/mail/batch` }),
  idempotency: 'natural', // makes an id, and nothing that anybody would notice
});
