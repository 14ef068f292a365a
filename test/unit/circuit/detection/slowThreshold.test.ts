import { expect } from 'chai';
import fc from 'fast-check';
import { slowThreshold } from '../../../../src/circuit/detection/slowThreshold.ts';

describe('slowThreshold', () => {
  it('is half the attempt timeout before anything is learned', () => {
    expect(slowThreshold(undefined, 4000)).to.equal(2000);
  });

  it('is three times the learned 99th percentile', () => {
    expect(slowThreshold(300, 4000)).to.equal(900);
  });

  it('is half a second at least: what takes less hurts nobody', () => {
    expect(slowThreshold(5, 4000)).to.equal(500);
  });

  it('is half the attempt timeout at most, even where that is below the floor', () => {
    expect([slowThreshold(3000, 4000), slowThreshold(5, 600)]).to.deep.equal([2000, 300]);
  });

  it('always comes before the time-out', () => {
    const p99 = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined });

    fc.assert(
      fc.property(p99, fc.integer({ min: 1, max: 86_399_999 }), (p99Ms, timeoutMs) => {
        expect(slowThreshold(p99Ms, timeoutMs)).to.be.above(0).and.below(timeoutMs);
      }),
    );
  });
});
