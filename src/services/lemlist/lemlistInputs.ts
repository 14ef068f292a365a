/**
 * What callers may send on to Lemlist. It answers some bad input with 500, so bad input ends here.
 */
import { z } from 'zod';
import { boundedText, emailText, flag, wholeNumber } from '../inputs.ts';

const lemlistId = (prefix: string): z.ZodString =>
  boundedText(100).regex(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,64}$`, 'u'), `must be a Lemlist id that begins with ${prefix}_`);

export const campaignId = lemlistId('cam');
export const leadId = lemlistId('lea');

export const email = emailText(/^[^\s@]{1,64}@[^\s@]+$/u);

const UNSUBSCRIBABLE = /^(?:[^\s@]{1,64}@[^\s@]+|@[^\s@][^\s@.]*\.[^\s@]+|\+?\d[\d ().-]{5,24}|https?:\/\/[^\s]+)$/u;

/** An email, `@domain`, phone number or LinkedIn address. */
export const unsubscribeValue = boundedText(512).regex(UNSUBSCRIBABLE, 'must be an email, @domain, phone number or LinkedIn address');

/** Lemlist's own limit of values in one request. */
export const MAX_BULK_UNSUBSCRIBES = 10_000;
/** Values are judged one by one, so that a bad one keeps no other from going in. */
export const unsubscribeValues = z.array(z.string()).min(1).max(MAX_BULK_UNSUBSCRIBES);

/** Lemlist's limit of contacts in one read. */
export const MAX_CONTACTS = 100;
/** What one contact is read by; a comma would make it two. */
export const contactName = z.union([lemlistId('ctc'), email.regex(/^[^,]*$/u, 'must not hold a comma')]);
/** Judged one by one, like the values above. */
export const contactNames = z.array(z.string()).min(1).max(MAX_CONTACTS);

export const campaignInput = z.strictObject({
  name: boundedText(1_000).trim().min(1).max(255),
  timezone: z.string().min(1).max(64).optional(),
  autoReview: z.boolean().optional(),
  autoReviewConditions: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
});

const MAX_LEAD_FIELDS = 100;
const text = boundedText(1_000);

/** The named variables; every other key is a custom variable of the campaign. */
const leadFields = {
  email: email.optional(),
  firstName: text.optional(),
  lastName: text.optional(),
  companyName: text.optional(),
  jobTitle: text.optional(),
  linkedinUrl: text.optional(),
  phone: text.optional(),
  companyDomain: text.optional(),
  icebreaker: boundedText(10_000).optional(),
  timezone: text.optional(),
  contactOwner: text.optional(),
};
const customVariable = z.union([boundedText(10_000), z.number(), z.boolean(), z.null()]);

const leadVariables = z
  .object(leadFields)
  .catchall(customVariable)
  .refine((lead) => Object.keys(lead).length <= MAX_LEAD_FIELDS, `must have at most ${String(MAX_LEAD_FIELDS)} fields`);

export const newLead = leadVariables.refine(
  (lead) => lead.email !== undefined || lead.linkedinUrl !== undefined || lead.phone !== undefined,
  'must have an email, linkedinUrl or phone',
);
export const leadChanges = leadVariables.refine((changes) => Object.keys(changes).length > 0, 'must change something');

/** `deduplicate` looks for the lead in other campaigns; the others enrich it and spend credits. */
export const addLeadFlags = z.strictObject({
  deduplicate: flag,
  linkedinEnrichment: flag,
  findEmail: flag,
  verifyEmail: flag,
  findPhone: flag,
});

const MAX_OFFSET = 1_000_000;
const paging = { limit: wholeNumber(1, 100).optional(), offset: wholeNumber(0, MAX_OFFSET).optional() };

export const page = z.strictObject(paging);

export const campaignQuery = z.strictObject({
  ...paging,
  page: wholeNumber(1, MAX_OFFSET).optional(),
  sortBy: z.enum(['createdAt']).optional(),
  sortOrder: z.enum(['asc', 'desc']).optional(),
  status: z.string().min(1).max(64).optional(),
  createdBy: lemlistId('usr').optional(),
});

/** Lemlist documents no offset here: at most 500 leads of a state can be listed. */
export const campaignLeadsQuery = z.strictObject({ state: z.string().min(1).max(64).optional(), limit: wholeNumber(1, 500).optional() });

export const activityQuery = z.strictObject({
  ...paging,
  type: z.string().min(1).max(64).optional(),
  campaignId: campaignId.optional(),
  leadId: leadId.optional(),
  isFirst: flag,
  minDate: z.string().min(1).max(40).optional(),
  maxDate: z.string().min(1).max(40).optional(),
});
