/**
 * Which field of its schema an answer breaks, as a name for a metric's label. The names come from the schema alone: an
 * answer could invent as many as it likes, or hold a person's address for one.
 */
import { z, type ZodType } from 'zod';

/** For what the schema does not name, and for fields beyond the first ones of a very large schema. */
export const UNDECLARED = 'other';

export const WHOLE_ANSWER = '(the whole answer)';

/** Fields of one schema that are told apart: more series than that say no more to anybody. */
const MAX_FIELDS = 60;

/** Levels: a schema may contain itself. */
const MAX_DEPTH = 8;

/** For an index, or a key of a map. */
const ANY_KEY = '*';

/** The part of JSON Schema that says what is inside what. */
interface Shape {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Shape>>;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape | boolean;
  readonly prefixItems?: readonly Shape[];
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
}

/** What is asked about is the same few schemas, and only when an answer has broken one. */
const known = new WeakMap<ZodType, ReadonlySet<string>>();

/**
 * The name of the field at `path`, such as `results.*.id`; `other` if the schema declares none there.
 *
 * @param path As zod gives it: keys and indexes.
 */
export const declaredField = (schema: ZodType, path: readonly PropertyKey[]): string => {
  if (path.length === 0) return WHOLE_ANSWER;
  const fields = declaredFields(schema);
  return candidates(path).find((name) => fields.has(name)) ?? UNDECLARED;
};

/** All fields of a schema that have a name of their own, at most sixty. */
export const declaredFields = (schema: ZodType): ReadonlySet<string> => {
  const found = known.get(schema) ?? readFields(schema);
  known.set(schema, found);
  return found;
};

/** A step is an index, a key of a map, or a field; which of the two latter, only the schema knows. */
const candidates = (path: readonly PropertyKey[]): readonly string[] =>
  path.slice(0, MAX_DEPTH).reduce<readonly string[]>(
    (names, step) => {
      const own = typeof step === 'string' && step !== ANY_KEY && !step.includes('.') ? [step] : [];
      return names.flatMap((name) => [...own, ANY_KEY].map((part) => (name === '' ? part : `${name}.${part}`)));
    },
    [''],
  );

interface Place {
  readonly shape: Shape;
  readonly path: readonly string[];
}

/** The outermost first, so that what a very large schema leaves out is what lies deepest. */
const readFields = (schema: ZodType): ReadonlySet<string> => {
  const root = shapeOf(schema);
  const fields = new Set<string>();
  const places: Place[] = [{ shape: root, path: [] }];
  for (const { shape, path } of places) {
    if (path.length > 0) fields.add(path.join('.'));
    if (fields.size >= MAX_FIELDS) break;
    if (path.length < MAX_DEPTH) places.push(...sameLevel(shape, root).flatMap((same) => inside(same, path)));
  }
  return fields;
};

/** A schema that JSON Schema cannot say has no fields that we could name. */
const shapeOf = (schema: ZodType): Shape => {
  try {
    return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  } catch {
    return {};
  }
};

const inside = (shape: Shape, path: readonly string[]): readonly Place[] => [
  ...Object.entries(shape.properties ?? {}).map(([name, inner]) => ({ shape: inner, path: [...path, name] })),
  ...[shape.items, shape.additionalProperties, ...(shape.prefixItems ?? [])]
    .filter((inner) => typeof inner === 'object')
    .filter(isInformative)
    .map((inner) => ({ shape: inner, path: [...path, ANY_KEY] })),
];

/** What loose objects allow beyond their fields is `{}`: nothing there can break the contract. */
const isInformative = (shape: Shape): boolean => Object.keys(shape).length > 0;

/** The shape itself, and what it is made of without a step inwards. */
const sameLevel = (shape: Shape, root: Shape, depth = 0): readonly Shape[] => {
  if (depth > MAX_DEPTH) return [];
  const parts = [...(shape.anyOf ?? []), ...(shape.oneOf ?? []), ...(shape.allOf ?? [])];
  const referred = shape.$ref === undefined ? [] : [resolve(shape.$ref, root)];
  return [shape, ...[...parts, ...referred].flatMap((part) => sameLevel(part, root, depth + 1))];
};

const resolve = (reference: string, root: Shape): Shape =>
  reference === '#' ? root : (root.$defs?.[reference.replace('#/$defs/', '')] ?? {});
