/**
 * zod schemas as the components of an OpenAPI 3.1 document.
 *
 * zod writes one schema at a time with references into nowhere (`#/definitions/…`), so all are written from one
 * registry. Requests and answers are two registries, since a schema may read otherwise in the one (defaults, coercions)
 * than in the other.
 */
import { z, type ZodType } from 'zod';

export type JsonObject = Readonly<Record<string, unknown>>;

const PREFIX = '#/components/schemas/';
const SHARED = `${PREFIX}__shared#/$defs/`;

export const schemaReference = (name: string): JsonObject => ({ $ref: PREFIX + name });

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy with every reference sent through `rename`, and without the marks of a stand-alone schema. */
const rewritten = (value: unknown, rename: (name: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((part) => rewritten(part, rename));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '$schema' && key !== '$id')
      .map(([key, part]) => [key, key === '$ref' && typeof part === 'string' ? renamedReference(part, rename) : rewritten(part, rename)]),
  );
};

const renamedReference = (reference: string, rename: (name: string) => string): string => {
  const name = reference.startsWith(SHARED) ? reference.slice(SHARED.length) : reference.slice(PREFIX.length);
  return PREFIX + rename(name);
};

/** Schemas nested in others and known by a `meta({ id })` of their own come out under `__shared`: they are components too. */
const unshared = (schemas: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const { __shared: shared, ...own } = schemas;
  return isObject(shared) && isObject(shared['$defs']) ? { ...own, ...shared['$defs'] } : own;
};

/** Collects schemas in one direction, each once, under the first name it was asked for by. */
class SchemaBook {
  readonly #registry = z.registry<{ id: string }>();
  readonly #names = new Map<ZodType, string>();
  readonly #io: 'input' | 'output';

  constructor(io: 'input' | 'output') {
    this.#io = io;
  }

  /** The name of the schema: its own id, or else the one suggested. */
  add(schema: ZodType, suggestion: string): string {
    const known = this.#names.get(schema);
    if (known !== undefined) return known;
    const name = schema.meta()?.id ?? suggestion;
    this.#names.set(schema, name);
    this.#registry.add(schema, { id: name });
    return name;
  }

  write(): Readonly<Record<string, unknown>> {
    const { schemas } = z.toJSONSchema(this.#registry, { uri: (id) => PREFIX + id, io: this.#io, unrepresentable: 'any' });
    return unshared(schemas);
  }
}

export class OpenApiSchemas {
  readonly #requests = new SchemaBook('input');
  readonly #answers = new SchemaBook('output');

  /** Names a schema that callers send. */
  request(schema: ZodType, suggestion: string): string {
    return this.#requests.add(schema, suggestion);
  }

  /** Names a schema that callers get. */
  answer(schema: ZodType, suggestion: string): string {
    return this.#answers.add(schema, suggestion);
  }

  /** All components, and the final name of each schema that callers send: `…Input` where an answer bears the name already. */
  write(): { readonly components: Readonly<Record<string, JsonObject>>; readonly requestName: (name: string) => string } {
    const answers = this.#answers.write();
    const requestName = (name: string): string => (name in answers ? `${name}Input` : name);
    const requests = Object.entries(this.#requests.write());
    const components = Object.fromEntries([
      ...Object.entries(answers).map(([name, schema]) => [name, rewritten(schema, (same) => same)] as const),
      ...requests.map(([name, schema]) => [requestName(name), rewritten(schema, requestName)] as const),
    ]);
    return { components: components as Record<string, JsonObject>, requestName };
  }
}
