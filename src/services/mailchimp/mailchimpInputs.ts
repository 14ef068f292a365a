/**
 * What callers may send on to Mailchimp, in Mailchimp's own words. Its limits are 1,000 of a page, 500 members of a bulk
 * write and 1,000 operations of a batch; the others only keep inputs sane.
 */
import { z, type ZodType } from 'zod';
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { boundedText, emailText, wholeNumber } from '../inputs.ts';

export const listIdSchema = z.string('must be a list id').regex(/^[0-9a-f]{10}$/u, 'must be the 10 hexadecimal digits of a list id');

/** Mailchimp does not document how long they are. */
export const batchIdSchema = z.string('must be a batch id').regex(/^[A-Za-z0-9]{1,64}$/u, 'must be the letters and digits of a batch id');

/** Deliberately loose: Mailchimp judges addresses. */
export const emailSchema = emailText(/^[^\s\p{Cc}\p{Cs}@]{1,64}@[^\s\p{Cc}\p{Cs}@]+$/u);

/** `pending` asks the person for consent first: the only way back for one who left. */
const statusSchema = z.enum(['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional']);

const mergeTagSchema = z.string().regex(/^[A-Z][A-Z0-9_]{0,49}$/u, 'must be a merge tag: a capital, then capitals, digits and underscores');
/** An address of the post is an object of texts. */
const mergeValueSchema = z.union([boundedText(1_000), z.number(), z.record(z.string().min(1).max(50), boundedText(255))]);
const mergeFieldsSchema = z
  .record(mergeTagSchema, mergeValueSchema)
  .refine((fields) => Object.keys(fields).length <= 80, 'must hold at most 80 merge fields');

const tagNameSchema = boundedText(1_000).trim().min(1, 'must not be empty').max(100, 'must have at most 100 characters');
const tagNamesSchema = z.array(tagNameSchema).max(100, 'must hold at most 100 tags');

const memberFields = {
  email_type: z.enum(['html', 'text']).optional(),
  merge_fields: mergeFieldsSchema.optional(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(?:[_-][A-Za-z]{2,4})?$/u, 'must be a language code such as en or pt_PT')
    .optional(),
  vip: z.boolean().optional(),
};

export const newMemberSchema = z.strictObject({
  email_address: emailSchema,
  status: statusSchema,
  ...memberFields,
  tags: tagNamesSchema.optional(),
});

/** Tags are no part of an upsert: Mailchimp ignores them there. */
export const memberUpsertSchema = z
  .strictObject({
    /** For a member who is not there yet. */
    status_if_new: statusSchema.optional(),
    /** For one who is; absent: left as it is. */
    status: statusSchema.optional(),
    ...memberFields,
  })
  .refine(
    ({ status, status_if_new: statusIfNew }) => status !== undefined || statusIfNew !== undefined,
    'must have status_if_new, for a member who is not there yet, or status',
  );

export const memberChangeSchema = z
  .strictObject({ status: statusSchema.optional(), ...memberFields })
  .refine((change) => Object.keys(change).length > 0, 'must change something');

export const tagChangeSchema = z.strictObject({
  tags: z
    .array(z.strictObject({ name: tagNameSchema, status: z.enum(['active', 'inactive']) }))
    .min(1, 'must hold at least one tag')
    .max(100, 'must hold at most 100 tags'),
  /** `true`: no automation is started by these tags. */
  is_syncing: z.boolean().optional(),
});

const flag = z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional();

/** `skip_merge_validation` takes a member without the merge fields that the list requires. */
export const memberFlagsSchema = z.strictObject({ skip_merge_validation: flag });

export const MAX_BULK_MEMBERS = 500;

export const bulkMembersSchema = z.strictObject({
  members: z
    .array(newMemberSchema)
    .min(1, 'must hold at least one member')
    .max(MAX_BULK_MEMBERS, `must hold at most ${String(MAX_BULK_MEMBERS)} members`),
  /** `true`: a member's tags become exactly those of its row; else they are added. */
  sync_tags: z.boolean().optional(),
});

const page = { count: wholeNumber(1, 1_000).optional(), offset: wholeNumber(0, 10_000_000).optional() };

export const listQuerySchema = z.strictObject(page);

export const memberQuerySchema = z.strictObject({
  ...page,
  status: z.enum(['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional', 'archived']).optional(),
  /** ISO 8601. */
  since_last_changed: z.iso.datetime({ offset: true, error: 'must be a moment such as 2026-11-21T09:00:00Z' }).optional(),
});

export type NewMember = z.infer<typeof newMemberSchema>;
export type MemberUpsert = z.infer<typeof memberUpsertSchema>;
export type MemberChange = z.infer<typeof memberChangeSchema>;
export type TagChange = z.infer<typeof tagChangeSchema>;
export type MemberFlags = z.infer<typeof memberFlagsSchema>;
export type BulkMembers = z.infer<typeof bulkMembersSchema>;
export type ListQuery = z.infer<typeof listQuerySchema>;
export type MemberQuery = z.infer<typeof memberQuerySchema>;

/**
 * A value in the shape of its schema, for callers in the same process.
 *
 * @throws {InvalidRequestError} naming each place at fault, never the value.
 */
export const checked = <T>(schema: ZodType<T>, value: unknown, at: string): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, MAX_FAULTS).map((issue) => ({
    at: [at, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }));
  throw new InvalidRequestError(faults.map((fault) => `${fault.at} ${fault.message}`).join('; '), faults);
};

/** Enough to mend a request by. */
const MAX_FAULTS = 20;
