import { expect } from 'chai';
import type { Evidence } from '../../../../src/circuit/detection/detector.ts';
import { RateDetector } from '../../../../src/circuit/detection/rate.ts';

const policy = { strategy: 'rate', windowMs: 10_000, minimumCalls: 10, failureRatePercent: 50, slowRatePercent: 50 } as const;

/** What the detector says to each of these, told at the same moment. */
const feed = (detector: RateDetector, evidence: readonly Evidence[], now = 0) => evidence.map((each) => detector.record(each, now));
const times = (count: number, evidence: Evidence): Evidence[] => Array.from({ length: count }, () => evidence);

describe('RateDetector', () => {
  it('opens at the percentage, not only above it', () => {
    const said = feed(new RateDetector(policy), [...times(5, 'success'), ...times(5, 'failure')]);

    expect(said.filter((reason) => reason !== undefined)).to.have.length(1);
    expect(said.at(-1)).to.equal('failure_rate');
  });

  it('stays closed just below the percentage', () => {
    const said = feed(new RateDetector(policy), [...times(51, 'success'), ...times(50, 'failure')]);

    expect(said.filter((reason) => reason !== undefined)).to.deep.equal([]);
  });

  it('opens above the percentage', () => {
    expect(feed(new RateDetector(policy), [...times(10, 'success'), ...times(11, 'failure')]).at(-1)).to.equal('failure_rate');
  });

  it('opens at 100 % when everything fails', () => {
    const detector = new RateDetector({ ...policy, failureRatePercent: 100, slowRatePercent: 100 });

    expect(feed(detector, times(10, 'failure')).at(-1)).to.equal('failure_rate');
  });

  it('holds its tongue until it has seen the minimum of calls', () => {
    const said = feed(new RateDetector(policy), times(10, 'failure'));

    expect(said.filter((reason) => reason !== undefined)).to.have.length(1);
    expect(said[9]).to.equal('failure_rate');
  });

  it('never opens at a success, even if that completes the minimum', () => {
    const detector = new RateDetector(policy);

    expect(feed(detector, [...times(9, 'failure'), 'success']).at(-1)).to.equal(undefined);
    expect(feed(detector, ['failure']).at(-1)).to.equal('failure_rate');
  });

  it('opens when enough answers are slow, though none failed', () => {
    expect(feed(new RateDetector(policy), [...times(5, 'success'), ...times(5, 'slow')]).at(-1)).to.equal('slow_rate');
  });

  it('takes slow and failed together for what is left of the service', () => {
    const mixed = [...times(10, 'success'), ...times(5, 'failure'), ...times(5, 'slow')] as const;

    expect(feed(new RateDetector({ ...policy, minimumCalls: 20 }), mixed).at(-1)).to.equal('slow_rate');
  });

  it('leaves failures alone to the failure rate', () => {
    const detector = new RateDetector({ ...policy, failureRatePercent: 90, slowRatePercent: 10 });

    const said = feed(detector, [...times(5, 'success'), ...times(5, 'failure')]);

    expect(said.filter((reason) => reason !== undefined)).to.deep.equal([]);
  });

  it('is not diluted by what it was not told: ignored calls and cache hits never reach it', () => {
    const detector = new RateDetector(policy);

    for (let second = 0; second < 9; second += 1) detector.record('failure', second * 1000);

    expect(detector.record('failure', 9000)).to.equal('failure_rate');
  });

  it('forgets what is older than its window', () => {
    const detector = new RateDetector(policy);
    feed(detector, times(9, 'failure'), 0);

    expect(detector.record('failure', 10_000)).to.equal(undefined);
    expect(detector.failureRatio(10_000)).to.equal(1);
    expect(detector.failureRatio(20_000)).to.equal(0);
  });

  it('looks at the clock, not at ticks: after a stall of many windows nothing old is left', () => {
    const detector = new RateDetector(policy);
    feed(detector, times(9, 'failure'), 0);

    expect(detector.suspicion(1_000_000)).to.equal(0);
    expect(detector.record('failure', 1_000_000)).to.equal(undefined);
  });

  it('forgets everything at a reset', () => {
    const detector = new RateDetector(policy);
    feed(detector, times(9, 'failure'));

    detector.reset();

    expect(detector.failureRatio(0)).to.equal(0);
    expect(detector.record('failure', 0)).to.equal(undefined);
  });

  it('is as suspicious as it is near to opening', () => {
    const detector = new RateDetector(policy);
    const quiet = detector.suspicion(0);
    feed(detector, [...times(6, 'success'), ...times(2, 'failure')]);
    const worried = detector.suspicion(0);
    feed(detector, times(4, 'failure'));

    expect(quiet).to.equal(0);
    expect(worried).to.be.closeTo(0.4, 1e-9);
    expect(detector.suspicion(0)).to.equal(1);
  });
});

describe('RateDetector of attempts that hang', () => {
  it('counts one that was slow and has timed out as a failure, and once', () => {
    const detector = new RateDetector({
      strategy: 'rate',
      windowMs: 10_000,
      minimumCalls: 4,
      failureRatePercent: 50,
      slowRatePercent: 100,
    });
    for (const evidence of ['success', 'success', 'slow', 'slow', 'hung'] as const) detector.record(evidence, 0);
    const before = detector.failureRatio(0);

    const trip = detector.record('hung', 0);

    expect([before, trip]).to.deep.equal([0.25, 'failure_rate']);
  });
});
