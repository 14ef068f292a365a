/**
 * What callers may send on to Kit, with limits that turn its refusals, and our own, into clear faults before the call.
 */
import { z, type ZodType } from 'zod';
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { boundedText, emailText } from '../inputs.ts';

/** A subscriber, tag, form or sequence, as it stands in a path. */
export const idSchema = z
  .string('must be a string of decimal digits')
  .regex(/^[1-9]\d{0,15}$/u, 'must be a whole number above 0, in decimal digits')
  .refine((digits) => Number.isSafeInteger(Number(digits)), 'must be below 2^53: Kit takes it as a number');

/** The same in a body. */
export const numericIdSchema = z.int('must be a whole number').min(1, 'must be above 0');

/** Deliberately loose: Kit judges addresses. No comma: it separates addresses where Kit is asked for several. */
export const emailSchema = emailText(/^[^\s\p{Cc}@,]{1,64}@[^\s\p{Cc}@,]+$/u, 'must be an email address without a comma');

/** How many addresses one request asks for: Kit names no limit, so this one only keeps the URL short. */
export const MAX_ADDRESSES = 50;
const MAX_ADDRESS_CHARACTERS = 4_000;

export const emailsSchema = z
  .array(emailSchema, 'must be a list of email addresses')
  .min(1, 'must hold at least one address')
  .max(MAX_ADDRESSES, `must hold at most ${String(MAX_ADDRESSES)} addresses`)
  .refine(
    (emails) => emails.join(',').length <= MAX_ADDRESS_CHARACTERS,
    `must have at most ${String(MAX_ADDRESS_CHARACTERS)} characters together`,
  );

/** Kit's own limit. */
const MAX_FIELDS = 140;
const A_FIELD = 'must be the key of a custom field: letters, digits and underscores, 100 characters at most';

const fieldsSchema = z
  .record(z.string().regex(/^\w{1,100}$/u, A_FIELD), z.string('must be a string or null').max(10_000).nullable(), {
    error: (issue) => (issue.code === 'invalid_key' ? A_FIELD : 'must be an object of custom fields and their values'),
  })
  .refine((fields) => Object.keys(fields).length <= MAX_FIELDS, `must name at most ${String(MAX_FIELDS)} fields`);

const stateSchema = z.enum(['active', 'bounced', 'cancelled', 'complained', 'inactive']);
const firstNameSchema = z.string().max(255).nullable();

const personFields = { first_name: firstNameSchema.optional(), state: stateSchema.optional(), fields: fieldsSchema.optional() };

export const subscriberInputSchema = z.strictObject({ email_address: emailSchema, ...personFields });

export const subscriberChangesSchema = z
  .strictObject({ email_address: emailSchema.optional(), first_name: firstNameSchema.optional(), fields: fieldsSchema.optional() })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something');

/** Whom an addition or removal is about: one of the two. */
const isOnePerson = (person: { readonly email_address?: unknown; readonly subscriber_id?: unknown }): boolean =>
  (person.email_address === undefined) !== (person.subscriber_id === undefined);
const ONE_PERSON = 'must have either email_address or subscriber_id';

const personKey = { email_address: emailSchema.optional(), subscriber_id: numericIdSchema.optional() };
const referrerSchema = boundedText(2_000).check(z.url('must be a URL'));

export const memberSchema = z.strictObject(personKey).refine(isOnePerson, ONE_PERSON);
export const formMemberSchema = z.strictObject({ ...personKey, referrer: referrerSchema.optional() }).refine(isOnePerson, ONE_PERSON);

/** Each target is a request of its own: more of them would seldom fit one deadline. */
const MAX_TARGETS = 10;
const targetsSchema = z.array(numericIdSchema).max(MAX_TARGETS).optional();

type Targets = Readonly<Partial<Record<'tags' | 'forms' | 'sequences', readonly number[] | undefined>>>;
const targetCount = ({ tags = [], forms = [], sequences = [] }: Targets): number => tags.length + forms.length + sequences.length;

const subscriptionFields = { tags: targetsSchema, forms: targetsSchema, sequences: targetsSchema, referrer: referrerSchema.optional() };

export const subscriptionSchema = z
  .strictObject({ ...personKey, ...personFields, ...subscriptionFields })
  .refine(isOnePerson, ONE_PERSON)
  .refine(
    ({ subscriber_id: id, first_name: name, state, fields }) =>
      id === undefined || [name, state, fields].every((value) => value === undefined),
    'must not change the subscriber that subscriber_id names: update it, or use email_address',
  )
  .refine((input) => targetCount(input) >= 1, 'must name a tag, form or sequence to add to')
  .refine((input) => targetCount(input) <= MAX_TARGETS, `must name at most ${String(MAX_TARGETS)} tags, forms and sequences`);

export const tagInputSchema = z.strictObject({ name: boundedText(1_000).trim().min(1).max(255) });

/** Kit answers row by row up to this many; more it puts off, and tells only a callback. */
export const MAX_BULK_ROWS = 100;
export const bulkSubscribersSchema = z
  .array(z.strictObject({ email_address: emailSchema, first_name: firstNameSchema.optional(), state: stateSchema.optional() }))
  .min(1)
  .max(MAX_BULK_ROWS);
export const bulkMembersSchema = z.array(numericIdSchema).min(1).max(MAX_BULK_ROWS);

const cursorSchema = z.string().min(1).max(500).optional();
const dateSchema = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(?:T[\d:.]{1,12}Z?)?$/u, 'must be a date such as 2026-11-21')
  .optional();

export const pageSchema = z.strictObject({
  after: cursorSchema,
  before: cursorSchema,
  per_page: z.coerce.number().int().min(1).max(1_000).optional(),
});

/** Without `status` Kit shows the active ones only. */
export const subscriberQuerySchema = pageSchema.extend({
  status: stateSchema.or(z.literal('all')).optional(),
  created_after: dateSchema,
  created_before: dateSchema,
});

export type SubscriberInput = z.infer<typeof subscriberInputSchema>;
export type SubscriberChanges = z.infer<typeof subscriberChangesSchema>;
export type Member = z.infer<typeof memberSchema>;
export type FormMember = z.infer<typeof formMemberSchema>;
export type Subscription = z.infer<typeof subscriptionSchema>;
export type Page = z.infer<typeof pageSchema>;
export type SubscriberQuery = z.infer<typeof subscriberQuerySchema>;
/** `null` where a caller has nothing to say: Kit then refuses that row, not the others. */
export interface BulkSubscriber {
  readonly email_address: string | null;
  readonly first_name?: string | null | undefined;
  readonly state?: z.infer<typeof stateSchema> | undefined;
}

/** @throws {InvalidRequestError} with the place of each fault and its rule, never the value. */
export const checked = <T>(schema: ZodType<T>, value: unknown, at: string): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({ at: [at, ...path.map(String)].join('.'), message }));
  throw new InvalidRequestError(`${at} cannot be sent to Kit`, faults);
};
