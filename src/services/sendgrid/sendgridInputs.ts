/**
 * What callers may send on to SendGrid, in SendGrid's own words; mail has a file of its own. Its limits are 30,000 contacts
 * of an upsert, 100 of a read, 1,000 lists and 500 suppressions of a page; the others only keep inputs sane.
 */
import { z, type ZodType } from 'zod';
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { boundedText, emailText, wholeNumber } from '../inputs.ts';

/** Contacts, lists, jobs: SendGrid shows UUIDs and promises none. No comma: it separates ids in a query. */
export const idSchema = z.string('must be an id').regex(/^[\w-]{1,100}$/u, 'must be letters, digits, _ and -, at most 100 of them');

/** An unsubscribe group. */
export const groupIdSchema = z
  .string('must be a string of decimal digits')
  .regex(/^[1-9]\d{0,15}$/u, 'must be a whole number above 0, in decimal digits');

/** Deliberately loose: SendGrid judges addresses. */
export const emailSchema = emailText(/^[^\s\p{Cc}\p{Cs}@]{1,64}@[^\s\p{Cc}\p{Cs}@]+$/u);

export const MAX_READ = 100;

const listOf = <T>(item: ZodType<T>, most: number, what: string) =>
  z
    .array(item, `must be a list of ${what}`)
    .min(1, 'must not be empty')
    .max(most, `must hold at most ${String(most)} ${what}`);

export const emailsSchema = listOf(emailSchema, MAX_READ, 'addresses');
export const idsSchema = listOf(idSchema, MAX_READ, 'ids');

const listIdsSchema = z.array(idSchema, 'must be a list of list ids').max(MAX_READ, `must hold at most ${String(MAX_READ)} list ids`);

/** By these SendGrid knows a contact again. Those it knows of a contact must all be sent, or it cannot update it. */
const identifiers = {
  email: emailSchema.optional(),
  phone_number_id: boundedText(50).min(1).optional(),
  external_id: boundedText(254).min(1).optional(),
  anonymous_id: boundedText(254).min(1).optional(),
};

const customFieldsSchema = z
  .record(z.string().regex(/^\w{1,50}$/u, 'must be the id of a custom field, such as e1_T'), z.union([boundedText(1_000), z.number()]))
  .refine((fields) => Object.keys(fields).length <= 500, 'must hold at most 500 custom fields');

const contactFields = {
  ...identifiers,
  alternate_emails: z.array(emailSchema).max(5, 'must hold at most 5 addresses').optional(),
  first_name: boundedText(50).optional(),
  last_name: boundedText(50).optional(),
  address_line_1: boundedText(100).optional(),
  address_line_2: boundedText(100).optional(),
  city: boundedText(60).optional(),
  state_province_region: boundedText(50).optional(),
  postal_code: boundedText(60).optional(),
  country: boundedText(50).optional(),
  phone_number: boundedText(50).optional(),
  whatsapp: boundedText(50).optional(),
  line: boundedText(50).optional(),
  facebook: boundedText(50).optional(),
  unique_name: boundedText(50).optional(),
  custom_fields: customFieldsSchema.optional(),
};

const IDENTIFIED = 'must have email, phone_number_id, external_id or anonymous_id';
const isIdentified = (contact: Readonly<Partial<Record<keyof typeof identifiers, unknown>>>): boolean =>
  Object.keys(identifiers).some((name) => contact[name as keyof typeof identifiers] !== undefined);

export const contactSchema = z.strictObject(contactFields).refine(isIdentified, IDENTIFIED);

/** One contact, and the lists it is put on. */
export const contactUpsertSchema = z
  .strictObject({ ...contactFields, list_ids: listIdsSchema.optional() })
  .refine(isIdentified, IDENTIFIED);

export const MAX_BULK_CONTACTS = 30_000;
export const MAX_BULK_BYTES = 6_000_000;
/** Of 30,000 contacts, six each. */
export const MAX_BULK_VALUES = 200_000;

/** Handed on as it is: a copy of each of 30,000 rows would take 50 ms. */
const rowSchema = z
  .unknown()
  .refine((row) => typeof row === 'object' && row !== null && !Array.isArray(row), 'must be a contact')
  .meta({ type: 'object', additionalProperties: {} }) as z.ZodType<Readonly<Record<string, unknown>>>;

/** Rows are judged one by one, so that a bad one keeps no other from going in. */
export const bulkContactsSchema = z.strictObject({
  list_ids: listIdsSchema.optional(),
  contacts: listOf(rowSchema, MAX_BULK_CONTACTS, 'contacts'),
});

export const listInputSchema = z.strictObject({ name: boundedText(1_000).trim().min(1, 'must not be empty').max(100) });

export const listQuerySchema = z.strictObject({
  page_size: wholeNumber(1, 1_000).optional(),
  page_token: boundedText(1_000).min(1).optional(),
});

/** What keeps SendGrid from sending to an address. */
export const suppressionKinds = ['bounces', 'blocks', 'spam_reports', 'invalid_emails', 'unsubscribes'] as const;
export type SuppressionKind = (typeof suppressionKinds)[number];
export const suppressionKindSchema = z.enum(suppressionKinds);

/** Times are Unix seconds. */
export const suppressionQuerySchema = z.strictObject({
  start_time: wholeNumber(0, 99_999_999_999).optional(),
  end_time: wholeNumber(0, 99_999_999_999).optional(),
  limit: wholeNumber(1, 500).optional(),
  offset: wholeNumber(0, 10_000_000).optional(),
  email: emailSchema.optional(),
});

/** SendGrid names no limit; this one keeps the request short. */
export const suppressedSchema = z.strictObject({ recipient_emails: listOf(emailSchema, 1_000, 'addresses') });

export type ContactInput = z.infer<typeof contactSchema>;
export type ContactUpsert = z.infer<typeof contactUpsertSchema>;
export type BulkContacts = z.infer<typeof bulkContactsSchema>;
export type ListInput = z.infer<typeof listInputSchema>;
export type ListQuery = z.infer<typeof listQuerySchema>;
export type SuppressionQuery = z.infer<typeof suppressionQuerySchema>;

/** Enough to mend a request by. */
const MAX_FAULTS = 20;

/**
 * A value in the shape of its schema, for callers in the same process.
 *
 * @throws {InvalidRequestError} naming each place at fault, never the value.
 */
export const checked = <T>(schema: ZodType<T>, value: unknown, at: string): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => ({ at: [at, ...path.map(String)].join('.'), message }));
  throw new InvalidRequestError(`${at} cannot be sent to SendGrid`, faults);
};
