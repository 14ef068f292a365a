import { expect } from 'chai';
import fc from 'fast-check';
import { openTimeMs } from '../../../../src/circuit/recovery/openTime.ts';
import { minutes, seconds } from '../../../../src/time/clock.ts';

const policy = { openForMs: seconds(5), openForCapMs: seconds(30) };
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('openTimeMs', () => {
  it('doubles from the base to the cap', () => {
    const longest = [0, 1, 2, 3, 4, 100].map((openings) => openTimeMs(policy, openings, () => 1));

    expect(longest).to.deep.equal([5, 10, 20, 30, 30, 30].map(seconds));
  });

  it('takes a random half off at most', () => {
    fc.assert(
      fc.property(fc.nat(1000), chance, (openings, random) => {
        const full = Math.min(policy.openForCapMs, policy.openForMs * 2 ** openings);

        expect(openTimeMs(policy, openings, () => random)).to.be.within(full / 2, full);
      }),
    );
  });

  it('is never below what the service asks for, up to five minutes, nor more than a tenth above it', () => {
    fc.assert(
      fc.property(fc.nat(10), chance, fc.integer({ min: seconds(30), max: minutes(600) }), (openings, random, retryAfterMs) => {
        const asked = Math.min(retryAfterMs, minutes(5));

        expect(openTimeMs(policy, openings, () => random, retryAfterMs)).to.be.within(asked, Math.min(minutes(5), retryAfterMs * 1.1));
      }),
    );
  });

  it('is ours if the service asks for less', () => {
    expect(openTimeMs(policy, 1, () => 0, seconds(5))).to.equal(seconds(5));
    expect(openTimeMs(policy, 1, () => 0, seconds(4))).to.equal(seconds(5));
  });

  it('does not fall below a policy of more than that when the service asks for even more', () => {
    const patient = { openForMs: minutes(180), openForCapMs: minutes(180) };

    expect(openTimeMs(patient, 0, () => 0.9, minutes(600))).to.be.at.least(minutes(90));
  });
});
