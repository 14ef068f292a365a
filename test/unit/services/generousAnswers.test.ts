import { expect } from 'chai';
import { z } from 'zod';
import { parseGenerously } from '../../../src/pipeline/generousParse.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';

/** The part of JSON Schema that the answers are written in. */
interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
}

/** A value of the shape; what may be absent is what `absent` says. */
const sampleOf = (shape: Shape, absent: unknown): unknown => {
  if ('const' in shape) return shape.const;
  if (shape.enum !== undefined) return shape.enum[0];
  const [option] = shape.anyOf ?? shape.allOf ?? [];
  if (option !== undefined) return sampleOf(option, absent);
  if (shape.type === 'object') return objectOf(shape, absent);
  if (shape.type === 'array') return shape.items === undefined ? [] : [sampleOf(shape.items, absent)];
  return { string: 'text', number: 1, integer: 1, boolean: true }[shape.type ?? ''] ?? undefined;
};

const objectOf = ({ properties = {}, required = [] }: Shape, absent: unknown): unknown =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([name, inner]) => {
      if (required.includes(name)) return [[name, sampleOf(inner, absent)]];
      return absent === undefined ? [] : [[name, absent]];
    }),
  );

/** What may be absent, filled with nulls where it needs values: a list of null, an object whose required fields are null. */
const hollow = (shape: Shape): unknown => {
  const [option] = shape.anyOf ?? shape.allOf ?? [];
  if (option !== undefined) return hollow(option);
  if (shape.type === 'array') return [null];
  if (shape.type !== 'object') return null;
  return Object.fromEntries((shape.required ?? []).map((name) => [name, null]));
};

const withHollowFields = (shape: Shape): unknown => {
  const [option] = shape.anyOf ?? shape.allOf ?? [];
  if (option !== undefined) return withHollowFields(option);
  if (shape.type !== 'object') return sampleOf(shape, undefined);
  const { properties = {}, required = [] } = shape;
  return Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, required.includes(name) ? withHollowFields(inner) : hollow(inner)]),
  );
};

const optionalFields = ({ properties = {}, required = [], items, anyOf = [], allOf = [] }: Shape): number =>
  Object.entries(properties).reduce((sum, [name, inner]) => sum + (required.includes(name) ? 0 : 1) + optionalFields(inner), 0) +
  [...(items === undefined ? [] : [items]), ...anyOf, ...allOf].reduce((sum, inner) => sum + optionalFields(inner), 0);

const operations = Object.values(serviceRegistry).flatMap(({ name, operations: all }) =>
  all.map((operation) => ({ title: `${name} ${operation.name}`, operation })),
);

/** Answers of so many rows as were asked for are nothing without them. */
const rowsAsked: Readonly<Record<string, object>> = {
  match_business: { matched_businesses: [{}] },
  match_prospects: { matched_prospects: [{}] },
};

describe('null in a field that may be absent', () => {
  let fields = 0;

  for (const { title, operation } of operations) {
    it(`is an absent field in the answer of ${title}`, async () => {
      const shape = z.toJSONSchema(operation.answer, { io: 'input', unrepresentable: 'any' }) as Shape;
      const rows = rowsAsked[operation.name];
      const answerOf = (absent: unknown): unknown =>
        rows === undefined ? sampleOf(shape, absent) : { ...(sampleOf(shape, absent) as object), ...rows };
      fields += optionalFields(shape);

      const plain = await parseGenerously(operation.answer, answerOf(undefined));
      const withNulls = await parseGenerously(operation.answer, answerOf(null), { isLong: true });

      expect(plain.broken).to.deep.equal([]);
      expect(withNulls.broken).to.deep.equal([]);
      expect(withNulls.value).to.not.equal(undefined);
    });
  }

  for (const { title, operation } of operations) {
    it(`is absent with the optional object or list around it, where that needs a value, in the answer of ${title}`, async () => {
      const shape = z.toJSONSchema(operation.answer, { io: 'input', unrepresentable: 'any' }) as Shape;
      const answer = withHollowFields(shape);
      const rows = rowsAsked[operation.name];

      const parsed = await parseGenerously(operation.answer, rows === undefined ? answer : { ...(answer as object), ...rows });

      expect(parsed.broken).to.deep.equal([]);
      expect(parsed.value).to.not.equal(undefined);
    });
  }

  after(() => {
    expect(fields).to.be.above(100);
  });
});

for (const [how, isLong] of [
  ['in one go', false],
  ['in slices', true],
] as const)
  describe(`an answer that is read generously ${how}`, () => {
    const row = z.looseObject({ id: z.string(), tags: z.array(z.looseObject({ name: z.string() })).optional() });
    const page = z.looseObject({ results: z.array(row), total: z.number().optional() });
    const rows = (...all: unknown[]) => ({ results: all });

    it('keeps a null where the schema has a place for it', async () => {
      const parsed = await parseGenerously(z.object({ name: z.string().nullish() }), { name: null }, { leavesOutBadRows: false, isLong });

      expect(parsed.value?.of).to.deep.equal({ name: null });
    });

    it('is broken by a null in a field that it needs', async () => {
      expect(await parseGenerously(page, rows({ id: null }), { leavesOutBadRows: false, isLong })).to.deep.equal({
        broken: [['results', 0, 'id']],
      });
    });

    it('keeps what an optional list holds beside a null, and never takes a row out of a list that must be there', async () => {
      const [beside, needed] = [rows({ id: '1', tags: [null, { name: 'a' }, { name: null }] }), rows(null, { id: '1' })];

      const [kept, refused] = [await parseGenerously(page, beside, { isLong }), await parseGenerously(page, needed, { isLong })];

      expect(kept.value?.of).to.deep.equal({ results: [{ id: '1', tags: [{ name: 'a' }] }] });
      expect(refused).to.deep.equal({ broken: [['results', 0]] });
    });

    it('loses a bad row of the alternative that the answer is', async () => {
      const either = z.union([z.array(row).transform((results) => ({ results })), page]);

      const [list, object] = [
        await parseGenerously(either, [{ id: '1' }, { id: 2 }], { leavesOutBadRows: true, isLong }),
        await parseGenerously(either, rows({ id: 2 }, { id: '1' }), { leavesOutBadRows: true, isLong }),
      ];

      expect(list).to.deep.equal({ value: { of: { results: [{ id: '1' }] } }, broken: [[1, 'id']] });
      expect(object).to.deep.equal({ value: { of: { results: [{ id: '1' }] } }, broken: [['results', 0, 'id']] });
    });

    it('takes nothing out of alternatives that are broken in too many places', async () => {
      const either = z.union([z.array(row), z.string()]);

      const parsed = await parseGenerously(
        either,
        Array.from({ length: 20_000 }, () => 1),
        { leavesOutBadRows: true, isLong },
      );

      expect(parsed).to.deep.equal({ broken: [[]] });
    });

    it('loses a bad row and no other where the operation says so, and tells of it', async () => {
      const parsed = await parseGenerously(page, rows({ id: '1' }, { id: 2 }, null, { id: '3', total: null }), {
        leavesOutBadRows: true,
        isLong,
      });

      expect(parsed.value?.of).to.deep.equal({ results: [{ id: '1' }, { id: '3', total: null }] });
      expect(parsed.broken).to.deep.equal([
        ['results', 1, 'id'],
        ['results', 2],
      ]);
    });

    it('is broken by a bad row elsewhere', async () => {
      expect(await parseGenerously(page, rows({ id: '1' }, { id: 2 }), { leavesOutBadRows: false, isLong })).to.deep.equal({
        broken: [['results', 1, 'id']],
      });
    });

    it('loses the smallest part: an inner row, or its whole list with the row around it', async () => {
      const inner = await parseGenerously(page, rows({ id: '1', tags: [{ name: 'a' }, {}] }), { leavesOutBadRows: true, isLong });
      const outer = await parseGenerously(page, rows({ id: '1', tags: [{}] }, { id: '2' }), { leavesOutBadRows: true, isLong });

      expect(inner.value?.of).to.deep.equal({ results: [{ id: '1', tags: [{ name: 'a' }] }] });
      expect(outer.value?.of).to.deep.equal({ results: [{ id: '2' }] });
    });

    it('is broken where every row is bad, or something beside the rows', async () => {
      expect((await parseGenerously(page, rows({}, {}), { leavesOutBadRows: true, isLong })).value).to.equal(undefined);
      expect((await parseGenerously(page, { results: [{ id: '1' }, {}], total: 'x' }, { leavesOutBadRows: true, isLong })).value).to.equal(
        undefined,
      );
    });

    it('finds its way through alternatives', async () => {
      const either = z.union([z.array(row).transform((results) => ({ results })), page]);

      expect((await parseGenerously(either, [{ id: '1', tags: null }], { leavesOutBadRows: false, isLong })).value?.of).to.deep.equal({
        results: [{ id: '1' }],
      });
      expect((await parseGenerously(either, { results: [{ id: '1' }, {}] }, { leavesOutBadRows: true, isLong })).value?.of).to.deep.equal({
        results: [{ id: '1' }],
      });
    });
  });
