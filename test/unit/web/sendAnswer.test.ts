import { expect } from 'chai';
import fc from 'fast-check';
import { jsonText } from '../../../src/web/sendAnswer.ts';

describe('the JSON text of an answer', () => {
  it('is what JSON.stringify gives, however long the lists in it are', async () => {
    const list = fc.array(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined)), { maxLength: 60, size: 'max' });
    const body = fc.oneof(list, fc.dictionary(fc.string(), fc.oneof(list, fc.jsonValue({ maxDepth: 1 }), fc.constant(undefined))));

    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        expect(await jsonText(value)).to.equal(JSON.stringify(value));
      }),
      { numRuns: 200 },
    );
  });

  it('lets other work go on between the rows of a long list', async () => {
    const rows = Array.from({ length: 1_000 }, () =>
      Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p${String(index)}`, 'value'])),
    );
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      if (turns < 10_000) setImmediate(turn);
    };
    setImmediate(turn);

    await jsonText({ rows });
    const between = turns;
    turns = 10_000;

    expect(between).to.be.greaterThan(1);
  });
});
