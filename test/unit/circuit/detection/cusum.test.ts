import { expect } from 'chai';
import { CusumDetector } from '../../../../src/circuit/detection/cusum.ts';
import type { Evidence } from '../../../../src/circuit/detection/detector.ts';

const THRESHOLD = 10;
/** Natural logarithms of odds at the lowest baseline: 50 % failures against 2 %. */
const FAILURE = Math.log(0.5 / 0.02);
const SUCCESS = Math.log(0.5 / 0.98);

const times = (count: number, evidence: Evidence): Evidence[] => Array.from({ length: count }, () => evidence);
let now = 0;
/** Twenty calls a second. */
const tick = (): number => (now += 50);

/** What the detector says to each of these. */
const feed = (detector: CusumDetector, evidence: readonly Evidence[]) => evidence.map((each) => detector.record(each, tick()));
const evidenceOf = (detector: CusumDetector): number => detector.suspicion() * THRESHOLD;

/** One failure in so many calls, for a long time: well, and known to be like that. */
const wellWith = (oneIn: number): CusumDetector => {
  const detector = new CusumDetector(THRESHOLD);
  for (let call = 1; call <= 3000; call += 1) detector.record(call % oneIn === 0 ? 'failure' : 'success', tick());
  detector.reset();
  return detector;
};

describe('CusumDetector', () => {
  it('opens at the fourth failure in a row, and not before', () => {
    expect(feed(new CusumDetector(THRESHOLD), times(4, 'failure'))).to.deep.equal([undefined, undefined, undefined, 'failure_evidence']);
  });

  it('opens at four failures in a row after any number of successes: nothing dilutes them', () => {
    const detector = new CusumDetector(THRESHOLD);
    feed(detector, times(10_000, 'success'));

    expect(feed(detector, times(4, 'failure')).at(-1)).to.equal('failure_evidence');
  });

  for (const [perSecond, failures] of [
    [1, 4],
    [26, 4],
    [50, 4],
    [500, 4],
    [5000, 5],
  ] as const) {
    it(`opens at ${String(failures)} failures in a row at ${String(perSecond)} calls a second: the more calls, the more chances to err`, () => {
      const detector = new CusumDetector(THRESHOLD);
      let at = 0;
      const record = (evidence: Evidence) => detector.record(evidence, (at += 1000 / perSecond));
      for (let call = 0; call < 20 * perSecond; call += 1) record('success');

      const said = times(failures, 'failure').map(record);

      expect(said.map((reason) => reason !== undefined)).to.deep.equal([...times(failures - 1, 'failure').map(() => false), true]);
    });
  }

  it('opens at slow answers alone, each half a failure', () => {
    const said = feed(new CusumDetector(THRESHOLD), times(7, 'slow'));

    expect(said.slice(0, 6)).to.deep.equal(times(6, 'slow').map(() => undefined));
    expect(said[6]).to.equal('slow_evidence');
  });

  it('names what tipped the scales', () => {
    const [first, second] = [new CusumDetector(THRESHOLD), new CusumDetector(THRESHOLD)];

    expect(feed(first, ['failure', 'failure', 'failure', 'slow']).at(-1)).to.equal('slow_evidence');
    expect(feed(second, ['slow', 'slow', 'failure', 'failure', 'failure']).at(-1)).to.equal('failure_evidence');
  });

  it('weighs each outcome by how much likelier it is of a service that is down', () => {
    const detector = new CusumDetector(THRESHOLD);
    const weights = (['failure', 'success', 'slow'] as const).map((evidence) => {
      const before = evidenceOf(detector);
      detector.record(evidence, tick());
      return evidenceOf(detector) - before;
    });

    expect(weights[0]).to.be.closeTo(FAILURE, 1e-9);
    expect(weights[1]).to.be.closeTo(SUCCESS, 1e-9);
    expect(weights[2]).to.be.closeTo(FAILURE / 2, 1e-9);
  });

  it('saves up no good will: a thousand successes weigh no more than none', () => {
    const detector = new CusumDetector(THRESHOLD);
    feed(detector, times(1000, 'success'));

    detector.record('failure', tick());

    expect(evidenceOf(detector)).to.be.closeTo(FAILURE, 1e-9);
  });

  it('does not open on a mix of which most is good, however long it lasts', () => {
    const detector = new CusumDetector(THRESHOLD);
    const third: readonly Evidence[] = ['failure', 'success', 'success'];

    const said = Array.from({ length: 2000 }, () => feed(detector, third)).flat();

    expect(said.filter((reason) => reason !== undefined)).to.deep.equal([]);
    expect(detector.suspicion(), 'yet it is suspicious').to.be.above(0.5);
    expect(detector.failureRatio()).to.be.closeTo(1 / 3, 0.05);
  });

  it('sees the outage that a long mix ends in within ten calls', () => {
    const detector = new CusumDetector(THRESHOLD);
    for (let round = 0; round < 2000; round += 1) feed(detector, ['failure', 'success', 'success']);

    expect(feed(detector, times(10, 'failure'))).to.include('failure_evidence');
  });

  it('forgives a long mix as soon as it is over', () => {
    const detector = new CusumDetector(THRESHOLD);
    for (let round = 0; round < 2000; round += 1) feed(detector, ['failure', 'success', 'success']);

    feed(detector, times(60, 'success'));

    expect([detector.suspicion(), detector.failureRatio()]).to.deep.equal([0, 0]);
  });

  it('learns how often the service fails when it is well, within bounds', () => {
    const never = wellWith(Number.POSITIVE_INFINITY);
    const sometimes = wellWith(20);
    const often = wellWith(8);

    expect(never.usualRatio).to.equal(0.02);
    expect(sometimes.usualRatio).to.be.closeTo(1.5 / 20, 0.01);
    expect(often.usualRatio).to.equal(0.15);
  });

  it('wants more failures in a row of a service that often fails', () => {
    const said = feed(wellWith(8), times(9, 'failure'));

    expect(said.findIndex((reason) => reason !== undefined) + 1).to.equal(9);
  });

  it('learns nothing from slowness: only failures make the baseline', () => {
    const detector = new CusumDetector(THRESHOLD);

    for (let round = 0; round < 1000; round += 1) feed(detector, ['slow', ...times(9, 'success')]);

    expect(detector.usualRatio).to.equal(0.02);
  });

  it('does not learn from an outage that failing is usual', () => {
    const detector = wellWith(30);
    const before = detector.usualRatio;

    feed(detector, times(500, 'failure'));

    expect(detector.usualRatio).to.be.closeTo(before, 0.02);
  });

  it('forgets the evidence at a reset, not what is usual', () => {
    const detector = wellWith(20);
    feed(detector, times(3, 'failure'));
    const usual = detector.usualRatio;

    detector.reset();

    expect([detector.suspicion(), detector.failureRatio(), detector.usualRatio]).to.deep.equal([0, 0, usual]);
    expect(feed(detector, times(3, 'failure'))).to.deep.equal([undefined, undefined, undefined]);
  });

  it('opens at half the evidence while sharpened, and at all of it afterwards', () => {
    const detector = new CusumDetector(THRESHOLD);
    detector.sharpen(0.5);
    const sharp = feed(detector, times(2, 'failure'));
    detector.reset();
    detector.sharpen(1);

    expect(sharp).to.deep.equal([undefined, 'failure_evidence']);
    expect(feed(detector, times(2, 'failure'))).to.deep.equal([undefined, undefined]);
  });

  it('is as suspicious as it is near to opening, sharpened or not, and never more than that', () => {
    const detector = new CusumDetector(THRESHOLD);
    detector.record('failure', tick());
    const usual = detector.suspicion();
    detector.sharpen(0.5);
    const sharpened = detector.suspicion();
    feed(detector, times(10, 'failure'));

    expect(usual).to.be.closeTo(FAILURE / THRESHOLD, 1e-9);
    expect(sharpened).to.be.closeTo(2 * usual, 1e-9);
    expect(detector.suspicion()).to.equal(1);
  });
});

describe('CusumDetector of attempts that hang', () => {
  it('makes a whole failure of one that was slow and has timed out, and counts it as one call', () => {
    const [hung, failed] = [new CusumDetector(10), new CusumDetector(10)];

    for (const evidence of ['slow', 'hung'] as const) hung.record(evidence, 0);
    failed.record('failure', 0);

    expect(hung.suspicion()).to.be.closeTo(failed.suspicion(), 1e-9);
    expect(hung.failureRatio()).to.equal(failed.failureRatio());
  });
});
