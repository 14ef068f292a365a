import { expect } from 'chai';
import fc from 'fast-check';
import { withExactIntegers } from '../../../src/config/exactJson.ts';

describe('JSON with whole numbers beyond 2^53', () => {
  for (const [text, exact] of [
    ['9007199254740993', '"9007199254740993"'],
    ['{"id":9007199254740993}', '{"id":"9007199254740993"}'],
    ['[ -9007199254740993,\n12345678901234567890 ]', '[ "-9007199254740993",\n"12345678901234567890" ]'],
    ['{"a\\\\":9007199254740993,"b\\"":9007199254740993}', '{"a\\\\":"9007199254740993","b\\"":"9007199254740993"}'],
  ] as const) {
    it(`keeps every digit of ${JSON.stringify(text)}`, () => {
      expect(withExactIntegers(text)).to.equal(exact);
      expect(() => JSON.parse(exact) as unknown).to.not.throw();
    });
  }

  for (const text of [
    '9007199254740991',
    '0.12345678901234567',
    '{"at":"id: 9007199254740993","b":"\\" ,9007199254740993"}',
    '[1e300, 12345678901234567e1, 1234567890123456.5]',
    '{"open:90071992547409930',
  ]) {
    it(`changes nothing else, as in ${JSON.stringify(text)}`, () => {
      expect(withExactIntegers(text)).to.equal(text);
    });
  }

  it('reads as the same JSON but for those numbers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }), (value, big) => {
        const text = `{"value":${JSON.stringify(value)},"big":${String(big)}}`;

        const read = JSON.parse(withExactIntegers(text)) as { readonly value: unknown; readonly big: unknown };

        expect(read.big).to.equal(String(big));
        expect(JSON.stringify(read.value)).to.equal(JSON.stringify(JSON.parse(withExactIntegers(JSON.stringify(value)))));
      }),
    );
  });
});
