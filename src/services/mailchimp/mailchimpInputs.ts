/**
 * What callers may send on to Mailchimp, in Mailchimp's own words. Its limits are 1,000 of a page, 500 members of a bulk
 * write and 1,000 operations of a batch; the others only keep inputs sane.
 */
import { z } from 'zod';
import { boundedText, email, flag, listOf, nameText, wholeNumber } from '../inputs.ts';

export const listId = z.string('must be a list id').regex(/^[0-9a-f]{10}$/u, 'must be the 10 hexadecimal digits of a list id');

/** Mailchimp does not document how long they are. */
export const batchId = z.string('must be a batch id').regex(/^[A-Za-z0-9]{1,64}$/u, 'must be the letters and digits of a batch id');

/** `pending` asks the person for consent first: the only way back for one who left. */
const status = z.enum(['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional']);

const mergeTag = z.string().regex(/^[A-Z][A-Z0-9_]{0,49}$/u, 'must be a merge tag: a capital, then capitals, digits and underscores');
/** An address of the post is an object of texts. */
const mergeValue = z.union([boundedText(1_000), z.number(), z.record(z.string().min(1).max(50), boundedText(255))]);
const mergeFields = z
  .record(mergeTag, mergeValue)
  .refine((fields) => Object.keys(fields).length <= 80, 'must hold at most 80 merge fields');

const tagName = nameText(100);
const tagNames = z.array(tagName).max(100, 'must hold at most 100 tags');

const memberFields = {
  email_type: z.enum(['html', 'text']).optional(),
  merge_fields: mergeFields.optional(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(?:[_-][A-Za-z]{2,4})?$/u, 'must be a language code such as en or pt_PT')
    .optional(),
  vip: z.boolean().optional(),
};

export const newMember = z.strictObject({
  email_address: email,
  status,
  ...memberFields,
  tags: tagNames.optional(),
});

/** Tags are no part of an upsert: Mailchimp ignores them there. */
export const memberUpsert = z
  .strictObject({
    /** For a member who is not there yet. */
    status_if_new: status.optional(),
    /** For one who is; absent: left as it is. */
    status: status.optional(),
    ...memberFields,
  })
  .refine(
    (member) => member.status !== undefined || member.status_if_new !== undefined,
    'must have status_if_new, for a member who is not there yet, or status',
  );

export const memberChange = z
  .strictObject({ status: status.optional(), ...memberFields })
  .refine((change) => Object.keys(change).length > 0, 'must change something');

export const tagChange = z.strictObject({
  tags: listOf(z.strictObject({ name: tagName, status: z.enum(['active', 'inactive']) }), 100, 'tags'),
  /** `true`: no automation is started by these tags. */
  is_syncing: z.boolean().optional(),
});

/** `skip_merge_validation` takes a member without the merge fields that the list requires. */
export const memberFlags = z.strictObject({ skip_merge_validation: flag });

const MAX_BULK_MEMBERS = 500;

export const bulkMembers = z.strictObject({
  members: listOf(newMember, MAX_BULK_MEMBERS, 'members'),
  /** `true`: a member's tags become exactly those of its row; else they are added. */
  sync_tags: z.boolean().optional(),
});

const page = { count: wholeNumber(1, 1_000).optional(), offset: wholeNumber(0, 10_000_000).optional() };

export const listQuery = z.strictObject(page);

export const memberQuery = z.strictObject({
  ...page,
  status: z.enum(['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional', 'archived']).optional(),
  /** ISO 8601. */
  since_last_changed: z.iso.datetime({ offset: true, error: 'must be a moment such as 2026-11-21T09:00:00Z' }).optional(),
});

export type NewMember = z.infer<typeof newMember>;
