import { expect } from 'chai';
import { z } from 'zod';
import type { Fault } from '../../../src/errors/requestErrors.ts';
import { MAX_FAULTS, parseInput } from '../../../src/web/parseInput.ts';

const faultsOf = (schema: z.ZodType, value: unknown): readonly Fault[] => {
  const faults: Fault[] = [];
  parseInput(schema, value, 'body', faults);
  return faults;
};

describe('parsed input', () => {
  it("is the schema's own output where it fits", () => {
    const faults: Fault[] = [];

    const value = parseInput(z.object({ limit: z.coerce.number().default(10) }), {}, 'query', faults);

    expect(value).to.deep.equal({ limit: 10 });
    expect(faults).to.deep.equal([]);
  });

  it('names every fault by its place at once, and never a value', () => {
    const schema = z.strictObject({ email: z.email(), people: z.array(z.object({ age: z.int() })) });

    const faults = faultsOf(schema, { email: 'hunter2', people: [{ age: 1 }, { age: 'hunter2' }], extra: 'hunter2' });

    expect(faults.map(({ at }) => at)).to.deep.equal(['body.email', 'body.people.1.age', 'body.extra']);
    expect(JSON.stringify(faults)).not.to.contain('hunter2');
  });

  it('says that the body is missing', () => {
    expect(faultsOf(z.strictObject({}), undefined)).to.have.nested.property('[0].at', 'body');
  });

  it('reports the faults of the alternative that came nearest', () => {
    const schema = z.union([z.object({ domain: z.string(), country: z.string() }), z.object({ name: z.string() })]);

    const faults = faultsOf(schema, { name: 1 });

    expect(faults).to.deep.equal([{ at: 'body.name', message: 'Invalid input: expected string, received number' }]);
  });

  it('reports the rule that the key of a record breaks', () => {
    const schema = z.record(z.string().regex(/^[a-z]+$/u, 'must be lower-case letters'), z.string());

    expect(faultsOf(schema, { A1: 'x' })).to.deep.equal([{ at: 'body.A1', message: 'must be lower-case letters' }]);
  });

  it('keeps the answer small, however much is wrong', () => {
    const faults = faultsOf(
      z.array(z.string()),
      Array.from({ length: 10_000 }, () => 1),
    );
    const [long] = faultsOf(z.strictObject({}), { ['k'.repeat(10_000)]: 1 });

    expect(faults).to.have.length(MAX_FAULTS);
    expect(long?.at).to.have.length(69);
  });
});
