import { expect } from 'chai';
import fc from 'fast-check';
import { retryAfterMs } from '../../../src/http/retryAfter.ts';

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 6, 8, 49, 37);

describe('retryAfterMs', () => {
  for (const [header, expected] of [
    ['0', 0],
    ['5', 5_000],
    [' 5 ', 5_000],
    ['1.5', 1_500],
    ['86400', DAY],
    ['Fri, 06 Nov 2026 08:49:47 GMT', 10_000],
    ['Friday, 06-Nov-26 08:49:47 GMT', 10_000],
    ['Fri Nov  6 08:49:47 2026', 10_000],
    ['Fri, 06 Nov 2026 08:00:00 GMT', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ] as const) {
    it(`reads ${JSON.stringify(header)} as ${String(expected)} ms`, () => {
      expect(retryAfterMs(header, now)).to.equal(expected);
    });
  }

  for (const header of [
    undefined,
    '',
    'soon',
    'in 5 minutes',
    '-5',
    '5, 5',
    '0x10',
    '1e3',
    'Infinity',
    'NaN',
    '86401',
    '9'.repeat(400),
    'Fri, 13 Nov 2026 08:49:47 GMT',
    'Fri, 06 Nov 2026 99:49:47 GMT',
    '2026-11-06',
  ]) {
    it(`makes no plan of ${String(header).slice(0, 40)}`, () => {
      expect(retryAfterMs(header, now)).to.equal(undefined);
    });
  }

  it('reads any header as nothing or as at most a day from now', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.-+:, GMTFriNov') }), (header) => {
        const waitMs = retryAfterMs(header, now);

        if (waitMs !== undefined) expect(waitMs).to.be.within(0, DAY);
      }),
    );
  });
});
