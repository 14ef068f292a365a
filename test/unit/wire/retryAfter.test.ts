import { expect } from 'chai';
import fc from 'fast-check';
import { hintMs, retryAfterMs } from '../../../src/wire/retryAfter.ts';

const HOUR = 3_600_000;
const now = Date.UTC(2026, 10, 6, 8, 49, 37);
const read = (header: string, headers: Readonly<Record<string, string>> = {}) => retryAfterMs({ ...headers, 'retry-after': header }, now);

describe('retryAfterMs', () => {
  for (const [header, expected] of [
    ['5', 5_000],
    [' 5 ', 5_000],
    ['+5', 5_000],
    ['1.5', 1_500],
    ['5s', 5_000],
    ['"5"', 5_000],
    ['5;w=10', 5_000],
    ['5, 5', 5_000],
    ['5,7 ,6', 7_000],
    ['soon, 7', 7_000],
    ['Fri, 06 Nov 2026 08:49:47 GMT', 10_000],
    ['Friday, 06-Nov-26 08:49:47 GMT', 10_000],
    ['fri, 06 nov 2026 08:49:47 gmt', 10_000],
    ['Fri Nov  6 08:49:47 2026', 10_000],
    ['Fri, 06 Nov 2026 08:49:47 +0000', 10_000],
    ['Fri Nov 06 2026 09:49:47 GMT+0100 (Central European Standard Time)', 10_000],
    ['2026-11-06T08:49:47Z', 10_000],
    ['2026-11-06 08:49:47', 10_000],
    ['3, Fri, 06 Nov 2026 08:49:47 GMT', 10_000],
    ['Fri, 06 Nov 2026 08:49:47 GMT, 12', 12_000],
    ['Friday, 06-Nov-26 08:49:47 GMT, Friday, 06-Nov-26 08:49:57 GMT', 20_000],
    [String(now / 1000 + 10), 10_000],
    [String(now + 10_000), 10_000],
  ] as const) {
    it(`reads ${JSON.stringify(header)} as ${String(expected)} ms`, () => {
      expect(read(header)).to.equal(expected);
    });
  }

  for (const header of ['0', '0.123', '-5', '-86400', 'Fri, 06 Nov 2026 08:00:00 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT', '1234567890']) {
    it(`waits a second where ${JSON.stringify(header)} asks for less`, () => {
      expect(read(header)).to.equal(1_000);
    });
  }

  for (const header of ['3601', '80000', '86401', '999999999', '99999999999', '9'.repeat(400), 'Fri, 13 Nov 2026 08:49:47 GMT']) {
    it(`waits an hour at most where ${header.slice(0, 40)} asks for more`, () => {
      expect(read(header)).to.equal(HOUR);
    });
  }

  for (const header of ['', 'soon', 'in 5 minutes', '0x10', '1e3', 'Infinity', 'NaN', 'Fri, 06 Nov 2026 99:49:47 GMT', '2026-11-06']) {
    it(`makes no plan of ${JSON.stringify(header)}`, () => {
      expect(read(header)).to.equal(undefined);
    });
  }

  it('makes no plan where there is no header', () => {
    expect(retryAfterMs({}, now)).to.equal(undefined);
  });

  for (const [what, date] of [
    ['five minutes ahead', 'Fri, 06 Nov 2026 08:54:37 GMT'],
    ['five minutes behind', 'Fri, 06 Nov 2026 08:44:37 GMT'],
  ] as const) {
    const inTenSeconds = new Date(Date.parse(date) + 10_000);

    it(`measures dates and Unix times against the clock of the answer, ${what} of ours`, () => {
      expect(read(inTenSeconds.toUTCString(), { date })).to.equal(10_000);
      expect(read(String(inTenSeconds.getTime() / 1000), { date })).to.equal(10_000);
      expect(read('10', { date })).to.equal(10_000);
    });
  }

  it('measures a date against our clock where the answer’s cannot be read', () => {
    expect(read('Fri, 06 Nov 2026 08:49:47 GMT', { date: 'today' })).to.equal(10_000);
  });

  it('reads any header as nothing, or as a second to an hour from now', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.-+:, GMTFriNov') }), (header) => {
        const waitMs = read(header);

        if (waitMs !== undefined) expect(waitMs).to.be.within(1_000, HOUR);
      }),
    );
  });
});

describe('hintMs', () => {
  it('reads a number of a body as it reads a header', () => {
    expect([7, 7.5, '7', -1, now / 1000 + 7].map((hint) => hintMs(hint, {}, now))).to.deep.equal([7_000, 7_500, 7_000, 1_000, 7_000]);
  });

  it('makes no plan of what is neither a number nor a text', () => {
    expect([undefined, null, true, {}, [7], Number.NaN].map((hint) => hintMs(hint, {}, now))).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
