/**
 * What callers may send, with limits that turn HubSpot's refusals, and our own, into clear faults before the call.
 * HubSpot's are 100 rows a batch, 1,000 ids of associations, and the sizes of pages; the others only keep inputs sane.
 */
import { z, type ZodType } from 'zod';
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { boundedText, emailText, wholeNumber } from '../inputs.ts';

export const recordTypes = ['contacts', 'companies', 'deals'] as const;
/** Types that can be associated and made in batches. */
export const associableTypes = [...recordTypes, 'tickets'] as const;

export type RecordType = (typeof recordTypes)[number];
export type AssociableType = (typeof associableTypes)[number];

const MAX_PROPERTIES = 250;
const MAX_VALUE_LENGTH = 65_536;

export const recordIdSchema = z.string('must be a string of decimal digits').regex(/^\d{1,20}$/u, 'must be 1 to 20 decimal digits');

/** Deliberately loose: HubSpot judges addresses. It only has to be one address, and to fit a path. */
export const emailSchema = emailText(/^[^\s\p{Cc}@]{1,64}@[^\s\p{Cc}@/]+\.[^\s\p{Cc}@/.]+$/u);

const A_NAME = 'must be the name of a property: a letter, then letters, digits and underscores, 100 characters at most';

export const propertyNameSchema = z.string(A_NAME).regex(/^[A-Za-z]\w{0,99}$/u, A_NAME);

const propertyValueSchema = boundedText(MAX_VALUE_LENGTH, 'must be a string, as all values of HubSpot are');

const tooManyProperties = `must name at most ${String(MAX_PROPERTIES)} properties`;

const propertiesSchema = z
  .record(propertyNameSchema, propertyValueSchema, {
    error: (issue) => (issue.code === 'invalid_key' ? A_NAME : 'must be an object of property names and their values'),
  })
  .refine((properties) => Object.keys(properties).length > 0, 'must name at least one property')
  .refine((properties) => Object.keys(properties).length <= MAX_PROPERTIES, tooManyProperties);

export const propertyNamesSchema = z.array(propertyNameSchema).max(MAX_PROPERTIES, tooManyProperties);

const associationTypeSchema = z.strictObject({
  associationCategory: z.enum(['HUBSPOT_DEFINED', 'USER_DEFINED', 'INTEGRATOR_DEFINED']),
  associationTypeId: z.int('must be a whole number').min(1, 'must be at least 1'),
});

export const labelsSchema = z
  .array(associationTypeSchema, 'must be a list of association types')
  .min(1, 'must hold at least one type')
  .max(50, 'must hold at most 50 types');

export const newRecordSchema = z.strictObject({
  properties: propertiesSchema,
  associations: z
    .array(z.strictObject({ to: z.strictObject({ id: recordIdSchema }), types: labelsSchema }))
    .max(100, 'must hold at most 100 associations')
    .optional(),
});

export const recordChangeSchema = z.strictObject({ properties: propertiesSchema });

export const uniqueValueSchema = z.string().min(1, 'must not be empty').max(254, 'must have at most 254 characters');

export const batchReadSchema = z
  .strictObject({
    ids: z.array(uniqueValueSchema).min(1, 'must hold at least one id').max(100, 'must hold at most 100 ids'),
    /** The unique property that `ids` are values of; absent: they are ids. */
    idProperty: propertyNameSchema.optional(),
    properties: propertyNamesSchema.optional(),
  })
  .superRefine(({ ids, idProperty }, context) => {
    if (idProperty !== undefined) return;
    for (const [index, id] of ids.entries()) {
      const parsed = recordIdSchema.safeParse(id);
      if (!parsed.success) context.addIssue({ code: 'custom', path: ['ids', index], message: 'must be 1 to 20 decimal digits' });
    }
  });

export const associationInputsSchema = z
  .array(z.strictObject({ id: recordIdSchema, after: z.string().max(100).optional() }))
  .min(1, 'must hold at least one id')
  .max(1_000, 'must hold at most 1000 ids');

/** `paging.next.after` of lists and searches. */
export const afterSchema = z.string('must be a string').regex(/^\d{1,20}$/u, 'must be the `after` of an earlier page');

const namesInQuery = boundedText(4_000, 'must be given once, as a list separated by commas').regex(
  /^[A-Za-z]\w{0,99}(?:,[A-Za-z]\w{0,99})*$/u,
  'must be names of properties, separated by commas',
);

export const readQuerySchema = z.strictObject({ properties: namesInQuery.optional() });

export const listQuerySchema = readQuerySchema.extend({ limit: wholeNumber(1, 100).optional(), after: afterSchema.optional() });

export const associationQuerySchema = z.strictObject({
  limit: wholeNumber(1, 500).optional(),
  after: z.string().max(100, 'must be the `after` of an earlier page').optional(),
});

export type NewRecord = z.infer<typeof newRecordSchema>;
export type RecordChange = z.infer<typeof recordChangeSchema>;
export type BatchRead = z.infer<typeof batchReadSchema>;
export type AssociationInput = z.infer<typeof associationInputsSchema>[number];
export type AssociationLabel = z.infer<typeof associationTypeSchema>;

/**
 * A value in the shape of its schema, for callers in the same process.
 *
 * @throws {InvalidRequestError} naming each place at fault, never the value.
 */
export const checked = <T>(schema: ZodType<T>, value: unknown, at: string): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => ({ at: [at, ...issue.path.map(String)].join('.'), message: issue.message }));
  throw new InvalidRequestError(faults.map((fault) => `${fault.at} ${fault.message}`).join('; '), faults);
};
