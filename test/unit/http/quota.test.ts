import { expect } from 'chai';
import { headerNumber, quotaFrom } from '../../../src/http/quota.ts';

const names = { limit: 'x-limit', remaining: 'x-left' };

describe('headerNumber', () => {
  for (const [value, expected] of [
    ['0', 0],
    ['100', 100],
    ['999999999999', 999_999_999_999],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['12, 12', undefined],
    ['many', undefined],
    ['9'.repeat(13), undefined],
  ] as const) {
    it(`reads ${JSON.stringify(value)} as ${String(expected)}`, () => {
      expect(headerNumber({ 'x-left': value }, 'x-left')).to.equal(expected);
    });
  }
});

describe('quotaFrom', () => {
  it('reads a limit and what is left of it', () => {
    expect(quotaFrom({ 'x-limit': '100', 'x-left': '7' }, 'minute', names)).to.deep.equal([{ window: 'minute', limit: 100, remaining: 7 }]);
  });

  it('reads one of the two where the other is missing or unreadable', () => {
    expect(quotaFrom({ 'x-left': '7' }, 'minute', names)).to.deep.equal([{ window: 'minute', remaining: 7 }]);
    expect(quotaFrom({ 'x-limit': '100', 'x-left': '?' }, 'minute', names)).to.deep.equal([{ window: 'minute', limit: 100 }]);
  });

  it('reads when the window starts anew, where the service says so in Unix seconds', () => {
    const headers = { 'x-left': '7', 'x-reset': '1795293357' };

    const readings = quotaFrom(headers, 'minute', { ...names, reset: 'x-reset' });

    expect(readings).to.deep.equal([{ window: 'minute', remaining: 7, resetAt: 1_795_293_357_000 }]);
  });

  it('reads nothing where neither is there', () => {
    expect(quotaFrom({}, 'minute', names)).to.deep.equal([]);
  });
});
