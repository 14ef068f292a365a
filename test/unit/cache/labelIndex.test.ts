import { expect } from 'chai';
import fc from 'fast-check';
import { LabelIndex } from '../../../src/cache/labelIndex.ts';

const labels = ['service', 'operation', 'contact 7', 'contact 8'];
const keys = ['a', 'b', 'c'];

describe('LabelIndex', () => {
  it('agrees with a plain list of what bears which label, whatever comes and goes', () => {
    const step = fc.record({ key: fc.constantFrom(...keys), labels: fc.option(fc.uniqueArray(fc.constantFrom(...labels))) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const index = new LabelIndex();
        const plain = new Map<string, readonly string[]>();
        for (const { key, labels: worn } of steps) {
          if (worn === null) index.remove(key);
          else index.add(key, worn);
          plain.set(key, worn ?? []);
        }

        for (const label of labels) {
          const expected = [...plain].filter(([, worn]) => worn.includes(label)).map(([key]) => key);
          expect([...index.keysOf(label)].sort()).to.deep.equal(expected.sort());
        }
      }),
    );
  });

  it('forgets everything at once', () => {
    const index = new LabelIndex();
    index.add('a', ['service']);

    index.clear();

    expect(index.keysOf('service')).to.deep.equal([]);
  });
});
