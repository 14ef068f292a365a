/**
 * What callers may search for. All limits are HubSpot's: 5 groups of 6 filters, 18 in all; one sort; 3,000 characters;
 * pages of 200; and 10,000 results a query.
 */
import { z } from 'zod';
import { afterSchema, propertyNameSchema, propertyNamesSchema } from './hubspotInputs.ts';

const MAX_LENGTH = 3_000;
const MAX_RESULTS = 10_000;
const MAX_FILTERS = 18;

const tooLong = `must have at most ${String(MAX_LENGTH)} characters`;

/** Which operands each operator needs. */
const operands = {
  LT: ['value'],
  LTE: ['value'],
  GT: ['value'],
  GTE: ['value'],
  EQ: ['value'],
  NEQ: ['value'],
  BETWEEN: ['value', 'highValue'],
  IN: ['values'],
  NOT_IN: ['values'],
  HAS_PROPERTY: [],
  NOT_HAS_PROPERTY: [],
  CONTAINS_TOKEN: ['value'],
  NOT_CONTAINS_TOKEN: ['value'],
} as const satisfies Readonly<Record<string, readonly ('value' | 'values' | 'highValue')[]>>;

const operatorSchema = z.enum(Object.keys(operands) as (keyof typeof operands)[]);

const filterSchema = z
  .strictObject({
    propertyName: propertyNameSchema,
    operator: operatorSchema,
    value: z.string().optional(),
    /** HubSpot matches texts only if these are in lower case. */
    values: z.array(z.string()).min(1, 'must hold at least one value').optional(),
    highValue: z.string().optional(),
  })
  .superRefine((filter, context) => {
    for (const operand of operands[filter.operator]) {
      if (filter[operand] === undefined) context.addIssue({ code: 'custom', path: [operand], message: `is needed by ${filter.operator}` });
    }
  });

const filterGroupSchema = z.strictObject({ filters: z.array(filterSchema).max(6, 'must hold at most 6 filters') });

const sortSchema = z.strictObject({ propertyName: propertyNameSchema, direction: z.enum(['ASCENDING', 'DESCENDING']) });

const isWithinResults = (after: string): boolean => Number(after) < MAX_RESULTS;

export const searchSchema = z
  .strictObject({
    filterGroups: z
      .array(filterGroupSchema)
      .max(5, 'must hold at most 5 groups')
      .refine(
        (groups) => groups.flatMap(({ filters }) => filters).length <= MAX_FILTERS,
        `must hold at most ${String(MAX_FILTERS)} filters in all`,
      )
      .optional(),
    sorts: z.array(sortSchema).max(1, 'must hold at most one sort').optional(),
    query: z.string().max(MAX_LENGTH, tooLong).optional(),
    properties: propertyNamesSchema.optional(),
    limit: z.int('must be a whole number').min(1, 'must be at least 1').max(200, 'must be at most 200').optional(),
    after: afterSchema
      .refine(isWithinResults, `must be below ${String(MAX_RESULTS)}: sort by hs_object_id and go on from the last id instead`)
      .optional(),
  })
  .refine((search) => JSON.stringify(search).length <= MAX_LENGTH, tooLong);

export type Search = z.infer<typeof searchSchema>;
