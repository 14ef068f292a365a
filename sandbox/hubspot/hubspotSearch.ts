/**
 * The simulator's search: over an index that lags behind, and with HubSpot's limits.
 */
import { z } from 'zod';
import { consistsOf } from '../simulation/fields.ts';
import { pageFrom } from '../simulation/paging.ts';
import { systemValues, type StoredRecord } from './hubspotAccount.ts';
import { badInput, nextPage, selected, withBody } from './hubspotRecords.ts';

const MAX_RESULTS = 10_000;
const MAX_FILTERS = 18;

const filterSchema = z.looseObject({
  propertyName: z.string(),
  operator: z.string(),
  value: z.union([z.string(), z.number()]).transform(String).optional(),
  highValue: z.union([z.string(), z.number()]).transform(String).optional(),
  values: z.array(z.union([z.string(), z.number()]).transform(String)).optional(),
});

const searchSchema = z.looseObject({
  filterGroups: z
    .array(z.looseObject({ filters: z.array(filterSchema).max(6) }))
    .max(5)
    .default([]),
  sorts: z
    .array(z.looseObject({ propertyName: z.string(), direction: z.string().optional() }))
    .max(1)
    .default([]),
  query: z.string().max(3_000).optional(),
  properties: z.array(z.string()).optional(),
  limit: z.number().int().min(1).max(200).default(10),
  after: z.union([z.string(), z.number()]).transform(Number).default(0),
});

type Filter = z.infer<typeof filterSchema>;
type Search = z.infer<typeof searchSchema>;

const valueOf = (record: StoredRecord, name: string): string => record.properties[name] ?? systemValues(record)[name] ?? '';

/** Numbers by size, everything else (dates too) as text. */
const compared = (one: string, other: string): number => {
  if (/^-?\d+(\.\d+)?$/u.test(one) && /^-?\d+(\.\d+)?$/u.test(other)) return Number(one) - Number(other);
  return one.toLowerCase().localeCompare(other.toLowerCase());
};

/** `*@example.com` against each word, and each part of a word, whatever the case. */
const hasToken = (text: string, token: string): boolean => {
  const [words, parts] = [text.toLowerCase(), token.toLowerCase().split('*')];
  return [...words.split(/\s+/u), ...words.split(/[^\p{L}\p{N}]+/u)].some((word) => consistsOf(word, parts));
};

/** A value against a filter's own. */
type Test = (value: string, filter: Filter) => boolean;

/** Of values that are set, by how they compare with the filter's. */
const comparing =
  (isMet: (order: number) => boolean): Test =>
  (value, filter) =>
    value !== '' && isMet(compared(value, filter.value ?? ''));

const tests: Readonly<Record<string, Test>> = {
  EQ: comparing((order) => order === 0),
  NEQ: (value, filter) => compared(value, filter.value ?? '') !== 0,
  LT: comparing((order) => order < 0),
  LTE: comparing((order) => order <= 0),
  GT: comparing((order) => order > 0),
  GTE: comparing((order) => order >= 0),
  BETWEEN: (value, filter) => value !== '' && compared(value, filter.value ?? '') >= 0 && compared(value, filter.highValue ?? '') <= 0,
  // As HubSpot: the values asked for must be in lower case to match.
  IN: (value, { values }) => values?.includes(value.toLowerCase()) === true,
  NOT_IN: (value, { values }) => value !== '' && values?.includes(value.toLowerCase()) === false,
  HAS_PROPERTY: (value) => value !== '',
  NOT_HAS_PROPERTY: (value) => value === '',
  CONTAINS_TOKEN: (value, filter) => hasToken(value, filter.value ?? ''),
  NOT_CONTAINS_TOKEN: (value, filter) => !hasToken(value, filter.value ?? ''),
};

const passes = (record: StoredRecord, filter: Filter): boolean =>
  tests[filter.operator]?.(valueOf(record, filter.propertyName), filter) === true;

const matches = (record: StoredRecord, { filterGroups, query }: Search): boolean => {
  const inGroups = filterGroups.length === 0 || filterGroups.some(({ filters }) => filters.every((filter) => passes(record, filter)));
  if (query === undefined || query === '') return inGroups;
  const words = query.toLowerCase();
  return inGroups && record.type.standard.some((name) => valueOf(record, name).toLowerCase().includes(words));
};

/** Oldest first unless asked otherwise. */
const sorted = (records: readonly StoredRecord[], { sorts: [sort] }: Search): readonly StoredRecord[] => {
  const name = sort?.propertyName ?? 'createdate';
  const sign = sort?.direction === 'DESCENDING' ? -1 : 1;
  const inOrder = (one: StoredRecord, other: StoredRecord): number =>
    sign * (compared(valueOf(one, name), valueOf(other, name)) || Number(one.id) - Number(other.id));
  return [...records].sort(inOrder);
};

const faultIn = ({ filterGroups, after }: Search): string | undefined => {
  const filters = filterGroups.flatMap((group) => group.filters);
  if (filters.length > MAX_FILTERS) return `at most ${String(MAX_FILTERS)} filters are allowed`;
  const unknown = filters.find(({ operator }) => !Object.hasOwn(tests, operator));
  if (unknown !== undefined) return `${unknown.operator} is not an operator`;
  if (!Number.isInteger(after)) return 'after must be an integer';
  return after >= MAX_RESULTS ? `paging beyond ${String(MAX_RESULTS)} results is not possible` : undefined;
};

export const searchRecords = withBody(searchSchema, (search, { account }, type) => {
  const fault = faultIn(search);
  if (fault !== undefined) return badInput(fault);
  const matching = account.indexed(type).filter((record) => matches(record, search));
  const { rows, next } = pageFrom(sorted(matching, search), search.after, search.limit);
  const results = rows.map((record) => selected(record, search.properties));
  return { status: 200, body: { total: matching.length, results, ...nextPage(type, search.limit, next) } };
});
