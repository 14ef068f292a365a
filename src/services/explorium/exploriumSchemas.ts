/**
 * Shapes of Explorium: what it answers (unknown fields pass) and what callers may ask (limits hold).
 */
import { z, type ZodType } from 'zod';
import { boundedText } from '../inputs.ts';

const contextSchema = z.looseObject({
  correlation_id: z.string().nullish(),
  request_status: z.enum(['success', 'miss', 'failure']).nullish(),
  time_took_in_seconds: z.number().nullish(),
});

const text = z.string().nullish();

/** Everything is optional: Explorium tells what it knows. */
export const firmographicsSchema = z.looseObject({
  business_id: text,
  name: text,
  business_description: text,
  website: text,
  country_name: text,
  region_name: text,
  city_name: text,
  street: text,
  zip_code: text,
  naics: text,
  naics_description: text,
  sic_code: text,
  sic_code_description: text,
  ticker: text,
  number_of_employees_range: text,
  yearly_revenue_range: text,
  linkedin_industry_category: text,
  linkedin_profile: text,
  business_logo: text,
  locations_distribution: z.array(z.unknown()).nullish(),
});

/** An id, `null` for no match, or an error in place of both. */
const matchedBusinessSchema = z.looseObject({
  input: z.unknown().optional(),
  business_id: text,
  error: z.unknown().optional(),
  error_type: z.unknown().optional(),
});

export const matchBusinessesSchema = z.looseObject({
  response_context: contextSchema,
  total_results: z.number().nullish(),
  total_matches: z.number().nullish(),
  matched_businesses: z.array(matchedBusinessSchema).nullish(),
});

const OTHER_ROWS = 'has another number of rows than were asked for';

const hasRowsFor = (asked: number, status: string | null | undefined, rows: readonly unknown[] | null | undefined): boolean =>
  rows?.length === asked || (status === 'miss' && (rows ?? []).length === 0);

/**
 * The answer to so many rows. Rows are told apart by their order alone, so another number of them breaks the contract;
 * a miss may come without any.
 */
export const matchBusinessesAnswer = (asked: number) =>
  matchBusinessesSchema.refine(
    ({ response_context: context, matched_businesses: rows }) => hasRowsFor(asked, context.request_status, rows),
    { path: ['matched_businesses'], error: OTHER_ROWS },
  );

export const firmographicsAnswer = z.looseObject({
  response_context: contextSchema,
  data: firmographicsSchema.nullish(),
  entity_id: text,
});

export const firmographicsBulkAnswer = z.looseObject({
  response_context: contextSchema,
  data: z.array(z.looseObject({ business_id: z.string(), data: firmographicsSchema.nullish() })).nullish(),
  total_results: z.number().nullish(),
});

const matchedProspectSchema = z.looseObject({
  input: z.unknown().optional(),
  prospect_id: text,
  error: z.unknown().optional(),
  error_type: z.unknown().optional(),
});

const matchProspectsSchema = z.looseObject({
  response_context: contextSchema,
  total_results: z.number().nullish(),
  total_matches: z.number().nullish(),
  matched_prospects: z.array(matchedProspectSchema).nullish(),
});

/** The same for people. */
export const matchProspectsAnswer = (asked: number) =>
  matchProspectsSchema.refine(({ response_context: context, matched_prospects: rows }) => hasRowsFor(asked, context.request_status, rows), {
    path: ['matched_prospects'],
    error: OTHER_ROWS,
  });

/** `professions_email` is spelled so. */
export const prospectContactsSchema = z.looseObject({
  emails: z.array(z.looseObject({ address: text, type: text })).nullish(),
  professions_email: text,
  professional_email_status: text,
  phone_numbers: z.array(z.looseObject({ phone_number: text })).nullish(),
  mobile_phone: text,
});

export const prospectContactsAnswer = z.looseObject({
  response_context: contextSchema,
  data: z.array(z.looseObject({ prospect_id: z.string(), data: prospectContactsSchema.nullish() })).nullish(),
  total_results: z.number().nullish(),
});

export const searchBusinessesAnswer = z.looseObject({
  response_context: contextSchema,
  data: z.array(z.looseObject({ business_id: text })).nullish(),
  total_results: z.number().nullish(),
});

export const creditsAnswer = z.looseObject({
  response_context: contextSchema,
  allocated_credits: z.number(),
  remaining_credits: z.number(),
});

/** Rows in one request: Explorium's limit for matching and for enriching. */
export const MAX_ROWS = 50;

export const BUSINESS_ID = /^[a-f0-9]{32}$/u;
export const PROSPECT_ID = /^[a-f0-9]{40}$/u;

const DOMAIN = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/u;

/** A bare domain, as in `example.com`; upper case is lowered, so that one company has one name in the cache. */
export const domainSchema = boundedText(1_000).trim().toLowerCase().regex(DOMAIN, 'must be a domain name such as example.com');

export const businessIdSchema = z.string().regex(BUSINESS_ID, 'must be 32 hexadecimal digits, in lower case');
export const prospectIdSchema = z.string().regex(PROSPECT_ID, 'must be 40 hexadecimal digits, in lower case');

const shortText = z.string().min(1).max(256);
const address = z.string().min(1).max(2_048);

/** What a business is matched by; the more of it, the surer the match. */
export const businessKeySchema = z
  .strictObject({
    name: shortText.optional(),
    domain: domainSchema.optional(),
    url: address.optional(),
    linkedin_url: address.optional(),
  })
  .refine((key) => Object.keys(key).length > 0, 'must say something about the company');

export const prospectKeySchema = z
  .strictObject({
    email: z.string().min(3).max(254).optional(),
    phone_number: z.string().min(3).max(64).optional(),
    full_name: shortText.optional(),
    company_name: shortText.optional(),
    linkedin: address.optional(),
    business_id: businessIdSchema.optional(),
  })
  .refine((key) => Object.keys(key).length > 0, 'must say something about the person');

/** The form of rows. Their values are judged one by one, so that a bad one keeps no other from being looked up. */
const rowsOf = <Row extends ZodType>(row: Row) => z.array(row).min(1).max(MAX_ROWS);
export const textRowsSchema = rowsOf(z.string().max(2_048));
const rowOf = (fields: readonly string[]) => z.strictObject(Object.fromEntries(fields.map((field) => [field, z.string().optional()])));
export const businessKeyRowsSchema = rowsOf(rowOf(Object.keys(businessKeySchema.shape)));
export const prospectKeyRowsSchema = rowsOf(rowOf(Object.keys(prospectKeySchema.shape)));

export const contactTypesSchema = z
  .array(z.enum(['email', 'phone']))
  .min(1)
  .max(2);

export type Firmographics = z.infer<typeof firmographicsSchema>;
export type MatchBusinessesAnswer = z.infer<typeof matchBusinessesSchema>;
export type FirmographicsAnswer = z.infer<typeof firmographicsAnswer>;
export type FirmographicsBulkAnswer = z.infer<typeof firmographicsBulkAnswer>;
export type ProspectContacts = z.infer<typeof prospectContactsSchema>;
export type MatchProspectsAnswer = z.infer<typeof matchProspectsSchema>;
export type ProspectContactsAnswer = z.infer<typeof prospectContactsAnswer>;
export type BusinessKey = z.infer<typeof businessKeySchema>;
export type ProspectKey = z.infer<typeof prospectKeySchema>;
export type ContactType = z.infer<typeof contactTypesSchema>[number];
