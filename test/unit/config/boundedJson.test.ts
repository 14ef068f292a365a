import { expect } from 'chai';
import fc from 'fast-check';
import { excessIn, JsonMeter, MAX_MEMBERS, parseJson } from '../../../src/config/boundedJson.ts';

const roomy = { values: 1_000_000, depth: 32 };
const metered = (text: string, bounds = roomy) => new JsonMeter(bounds).add(Buffer.from(text));

const outcomeOf = async (read: () => unknown): Promise<unknown> => {
  try {
    return { value: await read() };
  } catch (error) {
    return error instanceof SyntaxError ? 'not JSON' : error;
  }
};

describe('JSON bounds', () => {
  it('count the levels of lists and objects', () => {
    const bounds = { values: 100, depth: 3 };

    expect(metered('{"a":[[1],2]}', bounds)).to.equal(undefined);
    expect(metered('{"a":[[1],{"b":[]}]}', bounds)).to.equal('depth');
    expect(metered('[[],[],[[1]]]', bounds)).to.equal(undefined);
  });

  it('count the values in lists and objects', () => {
    expect(metered('[1,2,3]', { values: 4, depth: 9 })).to.equal(undefined);
    expect(metered('[1,2,3,4]', { values: 4, depth: 9 })).to.equal('values');
    expect(metered('{"a":{"b":1},"c":2}', { values: 4, depth: 9 })).to.equal(undefined);
    expect(metered('{"a":{"b":1},"c":2,"d":3}', { values: 4, depth: 9 })).to.equal('values');
  });

  it('count the members of one object, and not those of a list', () => {
    const members = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${String(index)}":0`).join()}}`;

    expect(metered(members(MAX_MEMBERS))).to.equal(undefined);
    expect(metered(`[${members(MAX_MEMBERS + 1)}]`)).to.equal('members');
    expect(metered(`[${'1,'.repeat(MAX_MEMBERS + 10)}1]`)).to.equal(undefined);
  });

  it('are not deceived by brackets and commas in strings', () => {
    const bounds = { values: 9, depth: 1 };

    expect(metered('{"a":"[[[[\\"[[,,,,[["}', bounds)).to.equal(undefined);
    expect(metered('["\\\\",[1]]', bounds)).to.equal('depth');
  });

  it('are the same however a text is cut', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: 1, max: 7 }), (text, cut) => {
        const bounds = { values: 8, depth: 3 };
        const meter = new JsonMeter(bounds);
        const bytes = Buffer.from(text);
        const parts = Array.from({ length: Math.ceil(bytes.length / cut) }, (_, index) => bytes.subarray(index * cut, (index + 1) * cut));

        const first = parts.map((part) => meter.add(part)).find((excess) => excess !== undefined);

        expect(first).to.equal(metered(text, bounds));
      }),
    );
  });

  it('hold for a text of several slices', async () => {
    const text = `[${'"["'.concat(',').repeat(1_000)}${JSON.stringify('['.repeat(600_000))}]`;

    expect(await excessIn(`${text.slice(0, -1)},1]`, { values: 1_002, depth: 32 })).to.equal('values');
    expect(await excessIn(text, { values: 1_002, depth: 32 })).to.equal(undefined);
  });
});

describe('parsing JSON in slices', () => {
  it('gives what parsing in one go gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.json({ maxDepth: 5, stringUnit: 'binary' }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        async (json, slice, isSpaced) => {
          const text = isSpaced ? JSON.stringify(JSON.parse(json), undefined, 2) : json;

          expect(await parseJson(text, undefined, slice)).to.deep.equal(JSON.parse(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses what parsing in one go refuses', async () => {
    const marks = fc.array(fc.constantFrom('[', ']', '{', '}', ',', ':', '"a"', '"', '1', ' ', 'null', '\\', '"b":[1,2]'), {
      minLength: 1,
      maxLength: 24,
    });
    await fc.assert(
      fc.asyncProperty(marks, fc.integer({ min: 1, max: 4 }), async (parts, slice) => {
        const text = parts.join('');

        expect(await outcomeOf(() => parseJson(text, undefined, slice))).to.deep.equal(await outcomeOf(() => JSON.parse(text) as unknown));
      }),
      { numRuns: 5_000 },
    );
  });

  for (const text of [
    '[1,2,3,4,]',
    '[,1,2,3,4]',
    '[[1,2,3][4,5,6]]',
    '{"a":[1,2,3],}',
    '{"a" [1,2,3]}',
    '{1:[1,2,3]}',
    '[1,2,3]]',
    '[1,2,3]x',
    'x[1,2,3]',
    '[[1,2,3] x,4]',
    '[1,2}',
  ]) {
    it(`refuses ${text}`, async () => {
      expect(await outcomeOf(() => parseJson(text, undefined, 1))).to.equal('not JSON');
    });
  }

  it('keeps a member named __proto__ a member', async () => {
    const value = (await parseJson('{"a":[1,2,3],"__proto__":{"b":[1,2,3]},"c":1}', undefined, 2)) as object;

    expect(Object.keys(value)).to.deep.equal(['a', '__proto__', 'c']);
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
  });

  it('lets other work go on in the middle of a long text', async () => {
    const text = JSON.stringify(Array.from({ length: 50_000 }, (_, index) => ({ index })));
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      if (turns < 1_000) setImmediate(turn);
    };
    setImmediate(turn);

    await parseJson(text);
    const between = turns;
    turns = 1_000;

    expect(between).to.be.greaterThan(5);
  });
});
