import { expect } from 'chai';
import type { ZodType } from 'zod';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { boundedText } from '../../../src/services/inputs.ts';
import type { Route } from '../../../src/web/route.ts';

interface Definition {
  readonly type: string;
  readonly checks?: readonly {
    readonly _zod: { readonly def: { readonly check: string; readonly abort?: boolean; readonly pattern?: RegExp } };
  }[];
}

/** Every schema of strings in a schema. */
const stringsIn = (schema: ZodType, seen = new Set<unknown>()): readonly Definition[] => {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const definition = schema._zod.def as unknown as Definition;
  const parts = Object.values(definition).flatMap((part: unknown) =>
    Array.isArray(part)
      ? (part as unknown[])
      : typeof part === 'object' && part !== null && !('_zod' in part)
        ? (Object.values(part) as unknown[])
        : [part],
  );
  const inner = parts.filter((part): part is ZodType => typeof part === 'object' && part !== null && '_zod' in part && 'safeParse' in part);
  return [...(definition.type === 'string' ? [definition] : []), ...inner.flatMap((part) => stringsIn(part, seen))];
};

const checksOf = ({ checks = [] }: Definition) => checks.map(({ _zod: { def } }) => def);

/** A pattern that reads as far as there is text, and no length that ends the checks before it. */
const isUnbounded = (definition: Definition): boolean => {
  const checks = checksOf(definition);
  const at = checks.findIndex(
    ({ pattern }) => pattern !== undefined && /[*+]|\{\d+,\}/u.test(pattern.source.replaceAll(/\[[^[\]]*\]/gu, '[]')),
  );
  return at !== -1 && !checks.slice(0, at).some(({ check, abort }) => check === 'max_length' && abort === true);
};

type Mounted = { readonly mount: (http: never) => { readonly routes: readonly Route[] } };
const routesOf = Object.entries<Mounted>(serviceRegistry).map(([name, { mount }]) => [name, mount({} as never).routes] as const);

describe('texts that callers send', () => {
  it('are not held against anything else when they are too long', () => {
    let looked = 0;
    const schema = boundedText(3).refine(() => (looked += 1) > 0);

    const message = schema.safeParse('abcd').error?.issues.map((issue) => issue.message);

    expect({ message, looked }).to.deep.equal({ message: ['must have at most 3 characters'], looked: 0 });
  });

  for (const [service, routes] of routesOf) {
    it(`are measured before any pattern sees them, at every route of ${service}`, () => {
      const unbounded = routes.filter(({ params, query, body }) =>
        [params, query, body].some((schema) => schema !== undefined && stringsIn(schema).some(isUnbounded)),
      );

      expect(unbounded.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([]);
    });
  }
});
