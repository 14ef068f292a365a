/**
 * Inputs of every kind for a schema: such as fit it, nearly fit it, or were made to get out of their place.
 */
import fc from 'fast-check';
import { z, type ZodType } from 'zod';

/** The part of JSON Schema that shapes a value. */
interface Shape {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape | boolean;
  readonly propertyNames?: Shape;
  readonly items?: Shape;
  readonly minItems?: number;
  readonly pattern?: string;
  readonly format?: string;
}

const traversals = [
  '..',
  '.',
  '',
  '/',
  '../account',
  '1/../2',
  '1?x=1',
  '1#',
  '%2e%2e',
  '%2F..%2F',
  '1\n',
  '\\..\\',
  '\ud800',
  '//evil.test',
  '@evil.test',
];
const nasty = fc.oneof(fc.constantFrom(...traversals), fc.string({ unit: 'binary', maxLength: 20 }));

/** What ids, addresses and domains of the six services look like: of most rules one of them is in. */
const plausible = fc.constantFrom(
  ...['101', '7', '16ed227135', 'a1b2c3d4e5', 'cam_A1b2C3d4', 'lea_A1b2C3d4', 'ctc_A1b2C3d4', 'subscribed', 'companies', '279'],
  ...['ada@example.com', 'o.neil+x@example.co.uk', '@example.com', 'example.com', 'https://example.com/in/ada', '+48600100200'],
  ...['0123456789abcdef0123456789abcdef', '0123456789abcdef0123456789abcdef01234567', '5f2c8a10-4d5a-8f3e-9b21-1a2b3c4d0001', 'email'],
);
/** Numbers and switches as queries have them. */
const inQueries = fc.constantFrom('true', 'false', '1', '10');
const addresses = ['ada@example.com', 'o.neil+x@example.co.uk'];
const formats: Readonly<Record<string, readonly string[]>> = {
  email: addresses,
  'date-time': ['2026-01-15T09:30:00Z'],
  date: ['2026-01-15'],
  uri: ['https://example.com/hook'],
  uuid: ['5f2c8a10-4d5a-8f3e-9b21-1a2b3c4d0001'],
};

const MAX_DEPTH = 5;

/** Not every pattern can be turned round: of those that can't, one of the plausible texts may be. */
const matching = (pattern: string): fc.Arbitrary<unknown> => {
  try {
    return fc.stringMatching(new RegExp(pattern, 'u'), { maxLength: 40 });
  } catch {
    return plausible;
  }
};

/** @param name Of the field: an address is rarely met by chance. */
const anyText = ({ pattern, format = '' }: Shape, name: string): fc.Arbitrary<unknown> => {
  const examples = formats[format] ?? (/email/iu.test(name) ? addresses : undefined);
  if (examples !== undefined) return fc.oneof({ arbitrary: fc.constantFrom(...examples), weight: 4 }, nasty);
  return pattern === undefined ? fc.oneof(plausible, nasty) : fc.oneof({ arbitrary: matching(pattern), weight: 3 }, plausible);
};

const anyName = (names: Shape | undefined): fc.Arbitrary<string> => {
  const known = fc.constantFrom('email', 'firstname', 'domain', 'dealname', 'any_key');
  return names?.pattern === undefined ? known : matching(names.pattern).map(String);
};

const anyObject = (
  { properties = {}, required = [], additionalProperties, propertyNames }: Shape,
  depth: number,
): fc.Arbitrary<unknown> => {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, anyOfShape(inner, depth + 1, name)]));
  const own = fc.record(fields, { requiredKeys: [...required] });
  if (typeof additionalProperties !== 'object') return own;
  const more = fc.dictionary(anyName(propertyNames), anyOfShape(additionalProperties, depth + 1), { minKeys: 1, maxKeys: 3 });
  return fc.tuple(more, own).map(([extra, fixed]) => ({ ...extra, ...fixed }));
};

const anyOfType = (type: string | undefined, shape: Shape, depth: number, name: string): fc.Arbitrary<unknown> => {
  switch (type) {
    case 'string':
      return anyText(shape, name);
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer());
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(anyOfShape(shape.items ?? {}, depth + 1, name), { minLength: Math.min(shape.minItems ?? 0, 2), maxLength: 3 });
    case 'object':
      return anyObject(shape, depth);
    default:
      return fc.oneof({ arbitrary: inQueries, weight: 4 }, plausible, fc.integer({ min: 0, max: 400 }), nasty);
  }
};

const anyOfShape = (shape: Shape, depth = 0, name = ''): fc.Arbitrary<unknown> => {
  if (depth > MAX_DEPTH) return fc.constant(null);
  if ('const' in shape) return fc.constant(shape.const);
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum);
  const branches = shape.anyOf ?? shape.oneOf;
  if (branches !== undefined) return fc.oneof(...branches.map((branch) => anyOfShape(branch, depth, name)));
  if (shape.allOf !== undefined) return anyOfShape(Object.assign({}, ...shape.allOf) as Shape, depth, name);
  const types = typeof shape.type === 'string' ? [shape.type] : (shape.type ?? [undefined]);
  return fc.oneof(...types.map((type) => anyOfType(type, shape, depth, name)));
};

/** Turning a large schema round takes longer than drawing from it. */
const made = new WeakMap<ZodType, fc.Arbitrary<unknown>>();

/** A value that has the schema's shape, though not all of its rules. */
export const shapedBy = (schema: ZodType): fc.Arbitrary<unknown> => {
  const known = made.get(schema) ?? anyOfShape(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape);
  made.set(schema, known);
  return known;
};

/** Mostly in the schema's shape; now and then anything. */
export const anyInputFor = (schema: ZodType | undefined): fc.Arbitrary<unknown> =>
  schema === undefined
    ? fc.constant(undefined)
    : fc.oneof({ arbitrary: shapedBy(schema), weight: 6 }, { arbitrary: fc.oneof(nasty, fc.jsonValue({ maxDepth: 2 })), weight: 1 });
