/**
 * What callers may send on to Kit, with limits that turn its refusals, and our own, into clear faults before the call.
 */
import { z, type ZodType } from 'zod';
import { boundedText, decimalId, emailText, nameText, wholeNumber } from '../inputs.ts';

/** A subscriber, tag, form or sequence, as it stands in a path. */
export const id = decimalId.refine((digits) => Number.isSafeInteger(Number(digits)), 'must be below 2^53: Kit takes it as a number');

/** The same in a body. */
export const numericId = z.int('must be a whole number').min(1, 'must be above 0');

/** Deliberately loose: Kit judges addresses. No comma: it separates addresses where Kit is asked for several. */
export const email = emailText(/^[^\s\p{Cc}@,]{1,64}@[^\s\p{Cc}@,]+$/u, 'must be an email address without a comma');

/** How many addresses one request asks for: Kit names no limit, so this one only keeps the URL short. */
export const MAX_ADDRESSES = 50;
const MAX_ADDRESS_CHARACTERS = 4_000;

export const emails = z
  .array(email, 'must be a list of email addresses')
  .min(1, 'must hold at least one address')
  .max(MAX_ADDRESSES, `must hold at most ${String(MAX_ADDRESSES)} addresses`)
  .refine(
    (addresses) => addresses.join(',').length <= MAX_ADDRESS_CHARACTERS,
    `must have at most ${String(MAX_ADDRESS_CHARACTERS)} characters together`,
  );

/** Kit's own limit. */
const MAX_FIELDS = 140;
const A_FIELD = 'must be the key of a custom field: letters, digits and underscores, 100 characters at most';

const fields = z
  .record(z.string().regex(/^\w{1,100}$/u, A_FIELD), z.string('must be a string or null').max(10_000).nullable(), {
    error: (issue) => (issue.code === 'invalid_key' ? A_FIELD : 'must be an object of custom fields and their values'),
  })
  .refine((named) => Object.keys(named).length <= MAX_FIELDS, `must name at most ${String(MAX_FIELDS)} fields`);

const state = z.enum(['active', 'bounced', 'cancelled', 'complained', 'inactive']);
const firstName = z.string().max(255).nullable();

const personFields = { first_name: firstName.optional(), state: state.optional(), fields: fields.optional() };

export const subscriberInput = z.strictObject({ email_address: email, ...personFields });

export const subscriberChanges = z
  .strictObject({ email_address: email.optional(), first_name: firstName.optional(), fields: fields.optional() })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something');

/** Whom an addition or removal is about: one of the two. */
const isOnePerson = (person: { readonly email_address?: unknown; readonly subscriber_id?: unknown }): boolean =>
  (person.email_address === undefined) !== (person.subscriber_id === undefined);
const ONE_PERSON = 'must have either email_address or subscriber_id';

const personKey = { email_address: email.optional(), subscriber_id: numericId.optional() };
const referrer = boundedText(2_000).check(z.url('must be a URL'));

export const member = z.strictObject(personKey).refine(isOnePerson, ONE_PERSON);
export const formMember = z.strictObject({ ...personKey, referrer: referrer.optional() }).refine(isOnePerson, ONE_PERSON);

/** Each target is a request of its own: more of them would seldom fit one deadline. */
const MAX_TARGETS = 10;
const targets = z.array(numericId).max(MAX_TARGETS).optional();

type Targets = Readonly<Partial<Record<'tags' | 'forms' | 'sequences', readonly number[] | undefined>>>;
const targetCount = ({ tags = [], forms = [], sequences = [] }: Targets): number => tags.length + forms.length + sequences.length;

const subscriptionFields = { tags: targets, forms: targets, sequences: targets, referrer: referrer.optional() };

export const subscription = z
  .strictObject({ ...personKey, ...personFields, ...subscriptionFields })
  .refine(isOnePerson, ONE_PERSON)
  .refine(
    (input) => input.subscriber_id === undefined || [input.first_name, input.state, input.fields].every((value) => value === undefined),
    'must not change the subscriber that subscriber_id names: update it, or use email_address',
  )
  .refine((input) => targetCount(input) >= 1, 'must name a tag, form or sequence to add to')
  .refine((input) => targetCount(input) <= MAX_TARGETS, `must name at most ${String(MAX_TARGETS)} tags, forms and sequences`);

export const tagInput = z.strictObject({ name: nameText(255) });

/** `null` where a caller in this process has nothing to say: Kit then refuses that row, not the others. */
interface BulkSubscriber {
  readonly email_address: string | null;
  readonly first_name?: string | null | undefined;
  readonly state?: z.infer<typeof state> | undefined;
}

/** Kit answers row by row up to this many; more it puts off, and tells only a callback. */
export const MAX_BULK_ROWS = 100;
export const bulkSubscribers: ZodType<readonly BulkSubscriber[]> = z
  .array(z.strictObject({ email_address: email, first_name: firstName.optional(), state: state.optional() }))
  .min(1)
  .max(MAX_BULK_ROWS);
export const bulkMembers = z.array(numericId).min(1).max(MAX_BULK_ROWS);

const cursor = z.string().min(1).max(500).optional();
const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(?:T[\d:.]{1,12}Z?)?$/u, 'must be a date such as 2026-11-21')
  .optional();

export const page = z.strictObject({
  after: cursor,
  before: cursor,
  per_page: wholeNumber(1, 1_000).optional(),
});

/** Without `status` Kit shows the active ones only. */
export const subscriberQuery = page.extend({
  status: state.or(z.literal('all')).optional(),
  created_after: date,
  created_before: date,
});

export type SubscriberInput = z.infer<typeof subscriberInput>;
export type FormMember = z.infer<typeof formMember>;
export type Subscription = z.infer<typeof subscription>;
