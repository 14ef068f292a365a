import { expect } from 'chai';
import { z, type ZodType } from 'zod';
import { declaredField, declaredFields } from '../../../src/pipeline/declaredFields.ts';

const person = z.looseObject({ id: z.string(), properties: z.record(z.string(), z.string().nullable()) });
const page = z.looseObject({
  results: z.array(person),
  paging: z.looseObject({ next: z.looseObject({ after: z.string() }).optional() }).optional(),
});

/** The fields that an answer breaks, by the issues of the schema itself. */
const broken = (schema: ZodType, answer: unknown): readonly string[] =>
  (schema.safeParse(answer).error?.issues ?? []).map(({ path }) => declaredField(schema, path));

describe('Fields that a schema declares', () => {
  it('are told with a star for every index', () => {
    expect(
      broken(page, {
        results: [
          { id: '1', properties: {} },
          { id: 2, properties: {} },
        ],
      }),
    ).to.deep.equal(['results.*.id']);
  });

  it('are told with a star for the keys of a map, which may be anybody’s', () => {
    expect(broken(person, { id: '1', properties: { 'ada@example.com': 7 } })).to.deep.equal(['properties.*']);
  });

  it('are told through what may be missing', () => {
    expect(broken(page, { results: [], paging: { next: {} } })).to.deep.equal(['paging.next.after']);
  });

  it('are told by the whole answer where it is something else altogether', () => {
    expect(broken(page, '<html>')).to.deep.equal(['(the whole answer)']);
  });

  it('are told in each branch of a union, and in what is transformed afterwards', () => {
    const either = z.union([z.looseObject({ a: z.string() }), z.looseObject({ b: z.looseObject({ c: z.number() }) })]);
    const schema = z.looseObject({ either }).transform(({ either: inner }) => inner);

    expect([...declaredFields(schema)]).to.have.members(['either', 'either.a', 'either.b', 'either.b.c']);
  });

  it('end, in a schema that contains itself', () => {
    interface Tree {
      readonly name: string;
      readonly children: readonly Tree[];
    }
    const tree: ZodType<Tree> = z.lazy(() => z.looseObject({ name: z.string(), children: z.array(tree) }));

    expect(broken(tree, { name: 'a', children: [{ name: 'b', children: [{ name: 3, children: [] }] }] })).to.deep.equal([
      'children.*.children.*.name',
    ]);
    expect(declaredFields(tree).size).to.be.at.most(60);
  });

  it('are sixty at most, the outermost first', () => {
    const inner = z.looseObject(Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`deep${String(at)}`, z.string()])));
    const wide = z.looseObject({ inner, last: z.string() });

    expect(declaredFields(wide).size).to.equal(60);
    expect(declaredField(wide, ['last'])).to.equal('last');
    expect(declaredField(wide, ['inner', 'deep99'])).to.equal('other');
  });

  it('are other where the schema names none', () => {
    expect(declaredField(page, ['results', 0, 'phone'])).to.equal('other');
    expect(declaredField(page, ['ada@example.com'])).to.equal('other');
    expect(declaredField(z.custom<string>(), ['x'])).to.equal('other');
  });
});
