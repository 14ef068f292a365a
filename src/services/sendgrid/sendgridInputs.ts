/**
 * What callers may send on to SendGrid, in SendGrid's own words; mail has a file of its own. Its limits are 30,000 contacts
 * of an upsert, 100 of a read, 1,000 lists and 500 suppressions of a page; the others only keep inputs sane.
 */
import { z } from 'zod';
import { boundedText, decimalId, email, listOf, nameText, wholeNumber } from '../inputs.ts';

/** Contacts, lists, jobs: SendGrid shows UUIDs and promises none. No comma: it separates ids in a query. */
export const id = z.string('must be an id').regex(/^[\w-]{1,100}$/u, 'must be letters, digits, _ and -, at most 100 of them');

/** Ids that would name another of SendGrid's own places. */
const NO_CONTACTS: ReadonlySet<string> = new Set(['batch', 'count', 'exports', 'imports', 'search']);

export const contactId = id.refine((value) => !NO_CONTACTS.has(value), 'must be the id of a contact');

/** An unsubscribe group. */
export const groupId = decimalId;

export const MAX_READ = 100;

export const emails = listOf(email, MAX_READ, 'addresses');
export const ids = listOf(id, MAX_READ, 'ids');

const listIds = z.array(id, 'must be a list of list ids').max(MAX_READ, `must hold at most ${String(MAX_READ)} list ids`);

/** By these SendGrid knows a contact again. Those it knows of a contact must all be sent, or it cannot update it. */
const identifiers = {
  email: email.optional(),
  phone_number_id: boundedText(50).min(1).optional(),
  external_id: boundedText(254).min(1).optional(),
  anonymous_id: boundedText(254).min(1).optional(),
};

const customFields = z
  .record(z.string().regex(/^\w{1,50}$/u, 'must be the id of a custom field, such as e1_T'), z.union([boundedText(1_000), z.number()]))
  .refine((fields) => Object.keys(fields).length <= 500, 'must hold at most 500 custom fields');

const contactFields = {
  ...identifiers,
  alternate_emails: z.array(email).max(5, 'must hold at most 5 addresses').optional(),
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
  custom_fields: customFields.optional(),
};

const IDENTIFIED = 'must have email, phone_number_id, external_id or anonymous_id';
const isIdentified = (person: Readonly<Partial<Record<keyof typeof identifiers, unknown>>>): boolean =>
  Object.keys(identifiers).some((name) => person[name as keyof typeof identifiers] !== undefined);

export const contact = z.strictObject(contactFields).refine(isIdentified, IDENTIFIED);

/** One contact, and the lists it is put on. */
export const contactUpsert = z.strictObject({ ...contactFields, list_ids: listIds.optional() }).refine(isIdentified, IDENTIFIED);

const MAX_BULK_CONTACTS = 30_000;
export const MAX_BULK_BYTES = 6_000_000;
/** Of 30,000 contacts, six each. */
export const MAX_BULK_VALUES = 200_000;

/** Handed on as it is: a copy of each of 30,000 rows would take 50 ms. */
const row = z
  .unknown()
  .refine((row) => typeof row === 'object' && row !== null && !Array.isArray(row), 'must be a contact')
  .meta({ type: 'object', additionalProperties: {} }) as z.ZodType<Readonly<Record<string, unknown>>>;

/** Rows are judged one by one, so that a bad one keeps no other from going in. */
export const bulkContacts = z.strictObject({
  list_ids: listIds.optional(),
  contacts: listOf(row, MAX_BULK_CONTACTS, 'contacts'),
});

export const listInput = z.strictObject({ name: nameText(100) });

export const listQuery = z.strictObject({
  page_size: wholeNumber(1, 1_000).optional(),
  page_token: boundedText(1_000).min(1).optional(),
});

/** Times are Unix seconds. */
export const suppressionQuery = z.strictObject({
  start_time: wholeNumber(0, 99_999_999_999).optional(),
  end_time: wholeNumber(0, 99_999_999_999).optional(),
  limit: wholeNumber(1, 500).optional(),
  offset: wholeNumber(0, 10_000_000).optional(),
  email: email.optional(),
});

/** SendGrid names no limit; this one keeps the request short. */
export const suppressed = z.strictObject({ recipient_emails: listOf(email, 1_000, 'addresses') });
