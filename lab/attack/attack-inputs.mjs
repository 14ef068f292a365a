/** Inputs in the shape of a route's schema: as large as they may be, or nearly what a pattern asks for. */

/** What patterns of addresses, names, numbers, URLs and ids nearly match, to be repeated. */
const NEAR_MISSES = ['@.', 'a.', 'a@a.', ' ', '0 ', 'http://', '/', '-a', '0', '%', 'é'];

/** Sizes of bodies that routes may take, bytes: just below the limits. */
const SIZES = [98_000, 980_000, 5_900_000, 9_900_000];

const resolved = (document, schema = {}) =>
  schema.$ref === undefined ? schema : (document.components.schemas[schema.$ref.split('/').pop()] ?? {});

const textOf = (text, { minLength = 0, maxLength = text.length }) => text.slice(0, Math.max(minLength, Math.min(text.length, maxLength)));

const samples = {
  integer: () => 1,
  number: () => 1,
  boolean: () => true,
  null: () => null,
  string: ({ schema, options }) => textOf(options.text, schema),
  array: ({ document, schema, options, depth }) =>
    Array.from({ length: depth < 2 ? options.rows : 1 }, () => valueOf(document, schema.items, options, depth + 1)),
  object: ({ document, schema, options, depth }) =>
    Object.fromEntries(
      Object.entries(schema.properties ?? { a: {} }).map(([name, part]) => [name, valueOf(document, part, options, depth + 1)]),
    ),
};

/** A value in the shape of a schema; strings are `text`, and lists have `rows` items. */
const valueOf = (document, given, options, depth = 0) => {
  const schema = resolved(document, given);
  const choice = [schema.anyOf, schema.oneOf, schema.allOf].find((choices) => choices !== undefined)?.[0];
  if (depth > 6) return null;
  if (choice !== undefined) return valueOf(document, choice, options, depth + 1);
  if (schema.const !== undefined || schema.enum !== undefined) return schema.const ?? schema.enum[0];
  const sample = samples[schema.type ?? (schema.properties === undefined ? 'string' : 'object')] ?? samples.string;
  return sample({ document, schema, options, depth });
};

const jsonOf = (document, schema, options) => JSON.stringify(valueOf(document, schema, options));

/** As many rows as fit the size. */
const filled = (document, schema, size, text) => {
  const [one, two] = [1, 2].map((rows) => jsonOf(document, schema, { text, rows }).length);
  return jsonOf(document, schema, { text, rows: two > one ? Math.max(1, Math.floor((size - one) / (two - one))) : 1 });
};

/** Bodies by their kind, made when they are sent: all of them together are gigabytes. */
export const bodiesOf = (document, schema) => ({
  'few rows': [() => jsonOf(document, schema, { text: 'a@b.co', rows: 2 })],
  'near misses': NEAR_MISSES.flatMap((part) =>
    [300, 40_000].map(
      (length) => () => jsonOf(document, schema, { text: `${part.repeat(length / part.length)} x`, rows: 1 }).slice(0, 990_000),
    ),
  ),
  'rows up to the size': SIZES.flatMap((size) => [
    () => filled(document, schema, size, 'a@b.co'),
    () => filled(document, schema, size, '@'.repeat(40)),
  ]),
  'many values': [() => `[${'[],'.repeat(32_000)}0]`, () => `[${'{},'.repeat(1_000_000)}{}]`],
  'wide objects': [() => JSON.stringify(Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [`k${index}`, 0])))],
  'deep lists': [() => '['.repeat(98_000)],
  'long strings': SIZES.map((size) => () => jsonOf(document, schema, { text: '\n'.repeat(size / 2.1), rows: 1 })),
});

/** Near misses in path and query, as long as a URL may be. */
export const urlsOf = (place, { parameters = [] }) =>
  NEAR_MISSES.map((part) => {
    const text = `${part.repeat(150 / part.length)} x`;
    const filledPlace = place.replaceAll(/\{\w+\}/gu, encodeURIComponent(text.slice(0, 150)));
    const query = parameters
      .filter(({ in: where }) => where === 'query')
      .slice(0, 4)
      .map(({ name }) => `${name}=${encodeURIComponent(text.repeat(8))}`);
    return query.length === 0 ? filledPlace : `${filledPlace}?${query.join('&')}`;
  });

export const plainUrl = (place) => place.replaceAll(/\{(\w+)\}/gu, (_, name) => (/email|value/iu.test(name) ? 'a@b.co' : '101'));
