/** The error rates that `cusum.ts` states, measured on the shipped detector: learned baseline, ratio guard and all. */
import { expect } from 'chai';
import { CusumDetector } from '../../../../src/circuit/detection/cusum.ts';
import type { Evidence } from '../../../../src/circuit/detection/detector.ts';
import { seededRandom } from '../../../support/seededRandom.ts';

const SEED = 5;

interface Experiment {
  readonly threshold?: number;
  /** Calls a second. */
  readonly rate?: number;
  /** How often the service fails while the detector gets to know it, and for how many calls. */
  readonly usual: number;
  readonly warmUp: number;
  /** How often calls are bad from then on, and in which way. */
  readonly bad: number;
  readonly evidence?: Evidence;
  readonly runs: number;
}

/** Calls until it opens, in each run. */
const runLengths = ({ threshold = 10, rate = 20, usual, warmUp, bad, evidence = 'failure', runs }: Experiment): readonly number[] => {
  const random = seededRandom(SEED);
  return Array.from({ length: runs }, () => {
    const detector = new CusumDetector(threshold);
    let made = 0;
    const next = (): number => (made++ * 1000) / rate;
    for (let call = 0; call < warmUp; call += 1) detector.record(random() < usual ? 'failure' : 'success', next());
    detector.reset();
    let calls = 1;
    while (detector.record(random() < bad ? evidence : 'success', next()) === undefined) calls += 1;
    return calls;
  });
};

const meanOf = (lengths: readonly number[]): number => lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
const medianOf = (lengths: readonly number[]): number => [...lengths].sort((one, other) => one - other)[lengths.length >> 1] ?? Number.NaN;

describe(`Run lengths of the CUSUM detector (seed ${String(SEED)})`, () => {
  const steady = { usual: 0.02, warmUp: 1000, bad: 0.02 };
  const means: readonly (readonly [string, number, Experiment])[] = [
    ['7.5 calls to detect 60 % of failures', 7.5, { usual: 0.01, warmUp: 300, bad: 0.6, runs: 5000 }],
    ['13 calls where 5 % is usual', 13.2, { usual: 0.05, warmUp: 1000, bad: 0.6, runs: 1000 }],
    ['255 calls to detect 30 % of failures', 255, { usual: 0.01, warmUp: 1000, bad: 0.3, runs: 1000 }],
    ['a false alarm in 132,000 calls at 2 %, with a threshold of 8', 132_000, { ...steady, threshold: 8, runs: 100 }],
    ['a false alarm in 1.87 million calls at 2 %', 1_870_000, { ...steady, runs: 40 }],
  ];
  for (const [what, stated, experiment] of means) {
    it(`are ${what}, within 20 %`, function () {
      this.timeout(60_000);

      expect(meanOf(runLengths(experiment))).to.be.within(0.8 * stated, 1.2 * stated);
    });
  }

  // At 500 calls a second and the default threshold it would take two thousand million calls to see; the law is the same for any.
  it('grow with the rate: a threshold of 5.3 at 522 calls a second is as rarely wrong as one of 8 at 26', () => {
    const atFew = meanOf(runLengths({ ...steady, threshold: 8, rate: 26, runs: 50 }));
    const atMany = meanOf(runLengths({ ...steady, threshold: 5.3, rate: 26 * Math.E ** 3, runs: 50 }));

    expect(atMany / atFew).to.be.within(0.8, 1.2);
    expect(atFew).to.be.within(0.8 * 132_000, 1.2 * 132_000);
  }).timeout(60_000);

  it('are at most 50 calls in half of all cases at 30 %, within 20 %: the mean is that of a few long ones', () => {
    const lengths = runLengths({ usual: 0.01, warmUp: 1000, bad: 0.3, runs: 3000 });

    expect(lengths.filter((length) => length <= 50).length / lengths.length).to.be.within(0.4, 0.6);
  });

  it('are four calls when all fail and seven when all are slow, and nine failures where 10 % is usual', () => {
    const certain = { usual: 0.01, warmUp: 300, bad: 1, runs: 100 };

    expect(medianOf(runLengths(certain))).to.equal(4);
    expect(medianOf(runLengths({ ...certain, evidence: 'slow' }))).to.equal(7);
    expect(medianOf(runLengths({ ...certain, usual: 0.1, warmUp: 2000 }))).to.equal(9);
  });
});
