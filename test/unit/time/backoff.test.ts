import { expect } from 'chai';
import fc from 'fast-check';
import { fullJitterMs } from '../../../src/time/backoff.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const policies = fc.record({ baseDelayMs: fc.integer({ min: 1, max: 10_000 }), maxDelayMs: fc.integer({ min: 1, max: 60_000 }) });

describe('fullJitterMs', () => {
  it('lies between nothing and the doubled base, and below the cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), policies, chance, (attempt, policy, random) => {
        const most = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));

        expect(fullJitterMs(attempt, policy, () => random)).to.satisfy((ms: number) => ms >= 0 && ms < most);
      }),
    );
  });

  it('uses the whole range', () => {
    const policy = { baseDelayMs: 100, maxDelayMs: 5000 };

    expect(fullJitterMs(1, policy, () => 0)).to.equal(0);
    expect([1, 2, 3, 10].map((attempt) => fullJitterMs(attempt, policy, () => 0.5))).to.deep.equal([50, 100, 200, 2500]);
  });
});
