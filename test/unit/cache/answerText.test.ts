import { expect } from 'chai';
import fc from 'fast-check';
import { textOf, valueOf } from '../../../src/cache/answerText.ts';

const roundTrip = (value: unknown): unknown => {
  const text = textOf(value);
  return text === undefined ? 'not shared' : valueOf(text);
};

describe('the text of a shared answer', () => {
  it('gives back whatever JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        // JSON knows no negative zero, and services send none.
        const json: unknown = JSON.parse(JSON.stringify(value));
        const expected = JSON.stringify(json).includes('"__proto__":') ? 'not shared' : json;

        expect(roundTrip(json)).to.deep.equal(expected);
      }),
    );
  });

  it('compresses what is long enough for that', () => {
    const records = Array.from({ length: 100 }, (_, index) => ({ id: String(index), company: 'Größe & Söhne', stage: 'lead' }));

    const text = textOf(records) ?? '';

    expect(text.length).to.be.below(JSON.stringify(records).length / 3);
    expect(valueOf(text)).to.deep.equal(records);
  });

  it('leaves what is short as it is', () => {
    expect(textOf({ id: '7' })).to.equal('j{"id":"7"}');
  });

  it('drops members without a value, as an answer over the wire does', () => {
    expect(roundTrip({ id: '7', phone: undefined })).to.deep.equal({ id: '7' });
  });

  for (const [what, value] of [
    ['nothing', undefined],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a number that JSON has not', [Number.NaN]],
    ['a hole in a list', [undefined]],
    ['a big integer', 7n],
    ['a function', { call: () => undefined }],
    ['what would pass for a prototype', JSON.parse('{"a":{"__proto__":{"isAdmin":true}}}')],
  ] as const) {
    it(`has none for ${what}: it would not come back the same`, () => {
      expect(textOf(value)).to.equal(undefined);
    });
  }

  it('does not even try what cannot fit', () => {
    expect(textOf('x'.repeat(2_000_001))).to.equal(undefined);
  });

  it('throws for what it has not made', () => {
    expect(() => valueOf('b!!!')).to.throw();
    expect(() => valueOf('j{')).to.throw();
    expect(() => valueOf('')).to.throw();
  });
});
