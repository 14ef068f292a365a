import { expect } from 'chai';
import { deprecationNotices } from '../../../src/pipeline/attempt.ts';

const SUNSET = 'Sat, 31 Dec 2026 23:59:59 GMT';
const SUNSET_AT = Date.UTC(2026, 11, 31, 23, 59, 59);

describe('Notices of deprecation', () => {
  it('are none in an ordinary answer', () => {
    expect(deprecationNotices({ 'content-type': 'application/json', 'cache-control': 'no-store' })).to.deep.equal([]);
  });

  it('read the date of RFC 9745', () => {
    expect(deprecationNotices({ deprecation: '@1688169599' })).to.deep.equal([{ header: 'deprecation', at: 1_688_169_599_000 }]);
  });

  it('read the HTTP date of Sunset, and of Deprecation in its drafts', () => {
    expect(deprecationNotices({ deprecation: SUNSET, sunset: SUNSET })).to.deep.equal([
      { header: 'deprecation', at: SUNSET_AT },
      { header: 'sunset', at: SUNSET_AT },
    ]);
  });

  for (const deprecation of ['true', '?1', 'version="v1"', '@soon', '@99999999999999']) {
    it(`hear Deprecation: ${deprecation} without a date`, () => {
      expect(deprecationNotices({ deprecation })).to.deep.equal([{ header: 'deprecation' }]);
    });
  }

  for (const deprecation of ['false', '?0', '']) {
    it(`take Deprecation: "${deprecation}" for none`, () => {
      expect(deprecationNotices({ deprecation })).to.deep.equal([]);
    });
  }

  it('hear a Sunset whose date nobody can read', () => {
    expect(deprecationNotices({ sunset: 'in two weeks' })).to.deep.equal([{ header: 'sunset' }]);
  });

  for (const warning of [
    '299 - "Deprecated API"',
    '299 api.acme.test "gone soon" "Sat, 31 Dec 2026 23:59:59 GMT"',
    '110 - "stale", 299 - "old"',
  ]) {
    it(`hear Warning: ${warning}`, () => {
      expect(deprecationNotices({ warning })).to.deep.equal([{ header: 'warning' }]);
    });
  }

  for (const warning of ['110 - "Response is Stale"', '199 - "see also, 299 reasons"', '1299 - "x"', '']) {
    it(`pass over Warning: "${warning}"`, () => {
      expect(deprecationNotices({ warning })).to.deep.equal([]);
    });
  }
});
