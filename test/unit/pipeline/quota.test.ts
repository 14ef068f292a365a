import { expect } from 'chai';
import { pauseAskedMs, quotaFrom, usualQuota } from '../../../src/pipeline/quota.ts';

const names = { limit: 'x-limit', remaining: 'x-left' };
const wallTime = Date.UTC(2026, 10, 6, 8, 49, 37);

describe('quotaFrom', () => {
  for (const [value, expected] of [
    ['0', 0],
    ['100', 100],
    ['"100"', 100],
    ['100;w=60', 100],
    ['12, 12', 12],
    ['12, 10', 10],
    ['-1', 0],
    ['1.5', 1],
    ['999999999999', 999_999_999_999],
  ] as const) {
    it(`reads ${JSON.stringify(value)} as ${String(expected)} left`, () => {
      expect(quotaFrom({ 'x-left': value }, 'minute', names)).to.deep.equal([{ window: 'minute', remaining: expected }]);
    });
  }

  for (const value of ['', '1e3', 'many', '9'.repeat(13)]) {
    it(`reads nothing from ${JSON.stringify(value)}`, () => {
      expect(quotaFrom({ 'x-left': value }, 'minute', names)).to.deep.equal([]);
    });
  }

  it('reads a limit and what is left of it', () => {
    expect(quotaFrom({ 'x-limit': '100', 'x-left': '7' }, 'minute', names)).to.deep.equal([{ window: 'minute', limit: 100, remaining: 7 }]);
  });

  it('reads one of the two where the other is missing or unreadable', () => {
    expect(quotaFrom({ 'x-left': '7' }, 'minute', names)).to.deep.equal([{ window: 'minute', remaining: 7 }]);
    expect(quotaFrom({ 'x-limit': '100', 'x-left': '?' }, 'minute', names)).to.deep.equal([{ window: 'minute', limit: 100 }]);
  });

  it('reads nothing where neither is there', () => {
    expect(quotaFrom({}, 'minute', names)).to.deep.equal([]);
  });
});

describe('usualQuota', () => {
  const skewed = 'Fri, 06 Nov 2026 08:54:37 GMT';
  const inSeconds = (count: number) => [{ window: 'minute', limit: 100, remaining: 7, resetAt: wallTime + count * 1000 }];

  for (const [what, reset] of [
    ['seconds from now', { 'x-ratelimit-reset': '10' }],
    ['Unix seconds', { 'x-ratelimit-reset': String(wallTime / 1000 + 10) }],
    ['Unix milliseconds', { 'x-ratelimit-reset': String(wallTime + 10_000) }],
    ['Unix seconds of the answer’s own clock', { date: skewed, 'x-ratelimit-reset': String(wallTime / 1000 + 310) }],
    ['an ISO date', { 'x-ratelimit-reset': '2026-11-06T08:49:47Z' }],
    ['a date for people', { 'x-ratelimit-reset': 'Fri Nov 06 2026 09:49:47 GMT+0100 (Central European Standard Time)' }],
  ] as const) {
    it(`reads a reset as ${what}`, () => {
      const headers = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '7', ...reset };

      expect(usualQuota(headers, 'minute', wallTime)).to.deep.equal(inSeconds(10));
    });
  }

  it('reads each form that the IETF’s drafts had', () => {
    const forms: readonly Readonly<Record<string, string>>[] = [
      { 'ratelimit-limit': '100, 100;w=60', 'ratelimit-remaining': '7', 'ratelimit-reset': '10' },
      { ratelimit: 'limit=100, remaining=7, reset=10' },
      { ratelimit: '"default";r=7;t=10', 'ratelimit-policy': '"default";q=100;w=60' },
    ];

    for (const headers of forms) expect(usualQuota(headers, 'minute', wallTime), JSON.stringify(headers)).to.deep.equal(inSeconds(10));
  });

  it('takes of several policies in one header the least that is left and the latest reset', () => {
    const headers = { ratelimit: '"burst";r=7;t=3, "day";r=9;t=10', 'ratelimit-policy': '"burst";q=100;w=1, "day";q=500;w=60' };

    expect(usualQuota(headers, 'minute', wallTime)).to.deep.equal(inSeconds(10));
  });

  it('believes no reset beyond an hour, nor one that is over', () => {
    const resets = ['80000', '5'.repeat(30), '1234567890', '-7'].map(
      (reset) => usualQuota({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }, 'minute', wallTime)[0]?.resetAt,
    );

    expect(resets.map((at) => (at ?? 0) - wallTime)).to.deep.equal([3_600_000, 3_600_000, 1_000, 1_000]);
  });
});

describe('pauseAskedMs', () => {
  const pause = (headers: Readonly<Record<string, string>>) => pauseAskedMs(headers, wallTime);

  it('is the later of Retry-After and the reset, in either order', () => {
    expect(pause({ 'retry-after': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '10' })).to.equal(10_000);
    expect(pause({ 'retry-after': '20', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '10' })).to.equal(20_000);
  });

  it('is the one that is there', () => {
    expect(pause({ 'retry-after': '5' })).to.equal(5_000);
    expect(pause({ 'x-ratelimit-reset': '10' })).to.equal(10_000);
    expect(pause({})).to.equal(undefined);
  });

  it('is not the reset of a quota of which something is left: another limit has refused the call', () => {
    expect(pause({ 'retry-after': '5', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '50' })).to.equal(5_000);
    expect(pause({ 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '50' })).to.equal(undefined);
  });
});
