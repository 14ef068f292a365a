import { expect } from 'chai';
import { ConsecutiveDetector } from '../../../../src/circuit/detection/consecutive.ts';

describe('ConsecutiveDetector', () => {
  it('opens at so many failures in a row', () => {
    const detector = new ConsecutiveDetector(3);

    expect([detector.record('failure'), detector.record('failure'), detector.record('failure')]).to.deep.equal([
      undefined,
      undefined,
      'consecutive_failures',
    ]);
  });

  for (const evidence of ['success', 'slow'] as const) {
    it(`begins the row anew after a ${evidence} answer`, () => {
      const detector = new ConsecutiveDetector(2);

      detector.record('failure');
      detector.record(evidence);

      expect(detector.record('failure')).to.equal(undefined);
      expect(detector.record('failure')).to.equal('consecutive_failures');
    });
  }

  it('opens at the first failure if one is enough', () => {
    expect(new ConsecutiveDetector(1).record('failure')).to.equal('consecutive_failures');
  });

  it('forgets the row at a reset', () => {
    const detector = new ConsecutiveDetector(2);
    detector.record('failure');

    detector.reset();

    expect(detector.suspicion()).to.equal(0);
    expect(detector.record('failure')).to.equal(undefined);
  });

  it('tells how far the row has come', () => {
    const detector = new ConsecutiveDetector(4);
    const before = [detector.failureRatio(), detector.suspicion()];

    detector.record('failure');

    expect(before).to.deep.equal([0, 0]);
    expect([detector.failureRatio(), detector.suspicion()]).to.deep.equal([1, 0.25]);
  });
});
