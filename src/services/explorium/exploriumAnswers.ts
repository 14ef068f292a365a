/**
 * What Explorium answers. Unknown fields pass.
 */
import { z } from 'zod';

const text = z.string().nullish();
const count = z.number().nullish();

const response_context = z.looseObject({
  correlation_id: text,
  request_status: z.enum(['success', 'miss', 'failure']).nullish(),
  time_took_in_seconds: count,
});

/** Everything is optional: Explorium sends what it knows. */
export const firmographics = z.looseObject({
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
const matchedRows = z
  .array(
    z.looseObject({
      input: z.unknown().optional(),
      business_id: text,
      prospect_id: text,
      error: z.unknown().optional(),
      error_type: z.unknown().optional(),
    }),
  )
  .nullish();

/** The rows are those of the kind that was asked for. */
export const matches = z.looseObject({
  response_context,
  total_results: count,
  total_matches: count,
  matched_businesses: matchedRows,
  matched_prospects: matchedRows,
});

/**
 * The answer to so many rows. Rows are identified by their order alone, so another number of them breaks the contract;
 * a miss may come without any.
 */
export const matchesOf = (kind: Kind, asked: number) =>
  matches.refine(
    ({ response_context: { request_status: status }, [`matched_${kind}` as const]: rows }) =>
      rows?.length === asked || (status === 'miss' && (rows ?? []).length === 0),
    { path: [`matched_${kind}`], error: 'has another number of rows than were asked for' },
  );

export const firmographicsAnswer = z.looseObject({ response_context, data: firmographics.nullish(), entity_id: text });

export const firmographicsBulkAnswer = z.looseObject({
  response_context,
  data: z.array(z.looseObject({ business_id: z.string(), data: firmographics.nullish() })).nullish(),
  total_results: count,
});

/** `professions_email` is spelled so. */
export const prospectContacts = z.looseObject({
  emails: z.array(z.looseObject({ address: text, type: text })).nullish(),
  professions_email: text,
  professional_email_status: text,
  phone_numbers: z.array(z.looseObject({ phone_number: text })).nullish(),
  mobile_phone: text,
});

export const prospectContactsAnswer = z.looseObject({
  response_context,
  data: z.array(z.looseObject({ prospect_id: z.string(), data: prospectContacts.nullish() })).nullish(),
  total_results: count,
});

export const searchAnswer = z.looseObject({
  response_context,
  data: z.array(z.looseObject({ business_id: text })).nullish(),
  total_results: count,
});

export const credits = z.looseObject({ response_context, allocated_credits: z.number(), remaining_credits: z.number() });

export type Kind = 'businesses' | 'prospects';
export type Matches = z.infer<typeof matches>;
export type Firmographics = z.infer<typeof firmographics>;
