/**
 * What callers may send, with limits that turn HubSpot's refusals, and our own, into clear faults before the call. HubSpot's are
 * those of batches, pages, searches and ids of associations; the others only keep inputs sane.
 */
import { z } from 'zod';
import { boundedText, emailText, wholeNumber } from '../inputs.ts';

const recordTypes = ['contacts', 'companies', 'deals'] as const;
export type RecordType = (typeof recordTypes)[number];

/** Types that can be associated and made in batches. */
export const associableType = z.enum([...recordTypes, 'tickets']);

const MAX_PROPERTIES = 250;
const MAX_VALUE_LENGTH = 65_536;

export const recordId = z.string('must be a string of decimal digits').regex(/^\d{1,20}$/u, 'must be 1 to 20 decimal digits');

/** Deliberately loose: HubSpot judges addresses. It only has to be one address, and to fit a path. */
export const email = emailText(/^[^\s\p{Cc}@]{1,64}@[^\s\p{Cc}@/]+\.[^\s\p{Cc}@/.]+$/u);

const A_NAME = 'must be the name of a property: a letter, then letters, digits and underscores, 100 characters at most';
export const propertyName = z.string(A_NAME).regex(/^[A-Za-z]\w{0,99}$/u, A_NAME);
const propertyValue = boundedText(MAX_VALUE_LENGTH, 'must be a string, as all values of HubSpot are');

const tooManyProperties = `must name at most ${String(MAX_PROPERTIES)} properties`;
const propertyNames = z.array(propertyName).max(MAX_PROPERTIES, tooManyProperties);
const properties = z
  .record(propertyName, propertyValue, {
    error: ({ code }) => (code === 'invalid_key' ? A_NAME : 'must be an object of property names and their values'),
  })
  .refine((named) => Object.keys(named).length > 0, 'must name at least one property')
  .refine((named) => Object.keys(named).length <= MAX_PROPERTIES, tooManyProperties);

const associationType = z.strictObject({
  associationCategory: z.enum(['HUBSPOT_DEFINED', 'USER_DEFINED', 'INTEGRATOR_DEFINED']),
  associationTypeId: z.int('must be a whole number').min(1, 'must be at least 1'),
});

export const labels = z
  .array(associationType, 'must be a list of association types')
  .min(1, 'must hold at least one type')
  .max(50, 'must hold at most 50 types');

export const newRecord = z.strictObject({
  properties,
  associations: z
    .array(z.strictObject({ to: z.strictObject({ id: recordId }), types: labels }))
    .max(100, 'must hold at most 100 associations')
    .optional(),
});

export const recordChange = z.strictObject({ properties });
export type RecordChange = z.infer<typeof recordChange>;

export const uniqueValue = z.string().min(1, 'must not be empty').max(254, 'must have at most 254 characters');

export const batchRead = z
  .strictObject({
    ids: z.array(uniqueValue).min(1, 'must hold at least one id').max(100, 'must hold at most 100 ids'),
    /** The unique property that `ids` are values of; absent: they are ids. */
    idProperty: propertyName.optional(),
    properties: propertyNames.optional(),
  })
  .superRefine(({ ids, idProperty }, context) => {
    for (const [index, id] of ids.entries()) {
      if (idProperty !== undefined || recordId.safeParse(id).success) continue;
      context.addIssue({ code: 'custom', path: ['ids', index], message: 'must be 1 to 20 decimal digits' });
    }
  });

export const associationInputs = z
  .array(z.strictObject({ id: recordId, after: z.string().max(100).optional() }))
  .min(1, 'must hold at least one id')
  .max(1_000, 'must hold at most 1000 ids');

/** `paging.next.after` of lists and searches. */
const after = z.string('must be a string').regex(/^\d{1,20}$/u, 'must be the `after` of an earlier page');

/** Absent: HubSpot's own choice for the type. */
const namesInQuery = boundedText(4_000, 'must be given once, as a list separated by commas')
  .regex(/^[A-Za-z]\w{0,99}(?:,[A-Za-z]\w{0,99})*$/u, 'must be names of properties, separated by commas')
  .transform((names): readonly string[] => names.split(','))
  .optional();

export const readQuery = z.strictObject({ properties: namesInQuery });
export const listQuery = readQuery.extend({ limit: wholeNumber(1, 100).optional(), after: after.optional() });
export const associationQuery = z.strictObject({
  limit: wholeNumber(1, 500).optional(),
  after: z.string().max(100, 'must be the `after` of an earlier page').optional(),
});

const MAX_SEARCH_LENGTH = 3_000;
const MAX_RESULTS = 10_000;
const MAX_FILTERS = 18;

const operators = ['LT', 'LTE', 'GT', 'GTE', 'EQ', 'NEQ', 'BETWEEN', 'IN', 'NOT_IN', 'HAS_PROPERTY', 'NOT_HAS_PROPERTY'] as const;
const tokenOperators = ['CONTAINS_TOKEN', 'NOT_CONTAINS_TOKEN'] as const;
/** What an operator needs beside the property; the others need a `value`. */
const operands: Readonly<Record<string, readonly ('value' | 'values' | 'highValue')[]>> = {
  BETWEEN: ['value', 'highValue'],
  IN: ['values'],
  NOT_IN: ['values'],
  HAS_PROPERTY: [],
  NOT_HAS_PROPERTY: [],
};

const filter = z
  .strictObject({
    propertyName,
    operator: z.enum([...operators, ...tokenOperators]),
    value: z.string().optional(),
    /** HubSpot matches texts only if these are in lower case. */
    values: z.array(z.string()).min(1, 'must hold at least one value').optional(),
    highValue: z.string().optional(),
  })
  .superRefine((given, context) => {
    for (const operand of operands[given.operator] ?? (['value'] as const)) {
      if (given[operand] === undefined) context.addIssue({ code: 'custom', path: [operand], message: `is needed by ${given.operator}` });
    }
  });

const filterGroups = z
  .array(z.strictObject({ filters: z.array(filter).max(6, 'must hold at most 6 filters') }))
  .max(5, 'must hold at most 5 groups')
  .refine(
    (groups) => groups.flatMap(({ filters }) => filters).length <= MAX_FILTERS,
    `must hold at most ${String(MAX_FILTERS)} filters in all`,
  );

const tooLong = `must have at most ${String(MAX_SEARCH_LENGTH)} characters`;
const beyondResults = `must be below ${String(MAX_RESULTS)}: sort by hs_object_id and go on from the last id instead`;

export const search = z
  .strictObject({
    filterGroups: filterGroups.optional(),
    sorts: z
      .array(z.strictObject({ propertyName, direction: z.enum(['ASCENDING', 'DESCENDING']) }))
      .max(1, 'must hold at most one sort')
      .optional(),
    query: z.string().max(MAX_SEARCH_LENGTH, tooLong).optional(),
    properties: propertyNames.optional(),
    limit: z.int('must be a whole number').min(1, 'must be at least 1').max(200, 'must be at most 200').optional(),
    after: after.refine((place) => Number(place) < MAX_RESULTS, beyondResults).optional(),
  })
  .refine((given) => JSON.stringify(given).length <= MAX_SEARCH_LENGTH, tooLong);
