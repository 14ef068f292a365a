/**
 * What callers may ask of Explorium.
 */
import { z, type ZodType } from 'zod';
import { boundedText } from '../inputs.ts';

/** Rows in one request: Explorium's limit for matching and for enriching. */
export const MAX_ROWS = 50;

export const BUSINESS_ID = /^[a-f0-9]{32}$/u;
export const PROSPECT_ID = /^[a-f0-9]{40}$/u;

const DOMAIN = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/u;

/** A bare domain, as in `example.com`; upper case is lowered, so that one company has one name in the cache. */
export const domain = boundedText(1_000).trim().toLowerCase().regex(DOMAIN, 'must be a domain name such as example.com');

export const businessId = z.string().regex(BUSINESS_ID, 'must be 32 hexadecimal digits, in lower case');
export const prospectId = z.string().regex(PROSPECT_ID, 'must be 40 hexadecimal digits, in lower case');

const shortText = z.string().min(1).max(256);
const address = z.string().min(1).max(2_048);

/** What a business is matched by; the more of it, the surer the match. */
export const businessKey = z
  .strictObject({
    name: shortText.optional(),
    domain: domain.optional(),
    url: address.optional(),
    linkedin_url: address.optional(),
  })
  .refine((key) => Object.keys(key).length > 0, 'must say something about the company');

export const prospectKey = z
  .strictObject({
    email: z.string().min(3).max(254).optional(),
    phone_number: z.string().min(3).max(64).optional(),
    full_name: shortText.optional(),
    company_name: shortText.optional(),
    linkedin: address.optional(),
    business_id: businessId.optional(),
  })
  .refine((key) => Object.keys(key).length > 0, 'must say something about the person');

/** The form of rows. Their values are judged one by one, so that a bad one keeps no other from being looked up. */
const rowsOf = <Row extends ZodType>(row: Row) => z.array(row).min(1).max(MAX_ROWS);
const textsOf = (fields: object) => z.strictObject(Object.fromEntries(Object.keys(fields).map((field) => [field, z.string().optional()])));
export const texts = rowsOf(z.string().max(2_048));
export const businessKeys = rowsOf(textsOf(businessKey.shape));
export const prospectKeys = rowsOf(textsOf(prospectKey.shape));

/** Explorium's default is both. */
export const contactTypes = z
  .array(z.enum(['email', 'phone']))
  .min(1)
  .max(2);
