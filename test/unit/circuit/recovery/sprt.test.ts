import { expect } from 'chai';
import { Sprt } from '../../../../src/circuit/recovery/sprt.ts';

/** Successes in a row until it says that the service is back. */
const successesNeeded = (usualRatio?: number): number => {
  const test = new Sprt(usualRatio);
  for (let successes = 1; successes < 100; successes += 1) if (test.record(false) === 'recovered') return successes;
  return Number.POSITIVE_INFINITY;
};

describe('Sprt', () => {
  it('closes after five successes at the lowest baseline, and where none is learned', () => {
    expect([successesNeeded(0.02), successesNeeded()]).to.deep.equal([5, 5]);
  });

  it('closes after six at the highest', () => {
    expect(successesNeeded(0.15)).to.equal(6);
  });

  for (const successes of [0, 1, 4]) {
    it(`has failed at one failure after ${String(successes)} successes`, () => {
      const test = new Sprt();
      for (let made = 0; made < successes; made += 1) test.record(false);

      expect(test.record(true)).to.equal('failed');
    });
  }

  it('lets a service that is down half the time close once in twenty trials at most', () => {
    expect(0.5 ** successesNeeded(0.02)).to.be.below(0.05);
    expect(0.5 ** successesNeeded(0.15)).to.be.below(0.05);
  });

  it('allows one probe at first and one more for each success', () => {
    const test = new Sprt();
    const allowed = [test.concurrency];
    for (let successes = 0; successes < 3; successes += 1) {
      test.record(false);
      allowed.push(test.concurrency);
    }

    expect(allowed).to.deep.equal([1, 2, 3, 4]);
  });
});
