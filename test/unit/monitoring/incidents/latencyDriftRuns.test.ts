import { expect } from 'chai';
import { LatencyDrift } from '../../../../src/monitoring/incidents/latencyDrift.ts';
import { Chance } from '../../../../lab/laboratory/chance.ts';

const SEED = 7;
/** Calls at the usual latency before the run begins. */
const LEARNED = 1000;
/** Spread of the latency's logarithm: the 95th percentile is about twice the median. */
const SIGMA = 0.4;

/**
 * Calls until the first alarm, in each of so many runs.
 *
 * @param shift Of the latency's logarithm once all is learned, in standard deviations.
 * @param longest Where a run without an alarm is given up.
 */
const runLengths = (runs: number, shift: number, longest: number): readonly number[] =>
  Array.from({ length: runs }, (_, run) => {
    const chance = new Chance(SEED, `drift ${String(run)}`);
    const drift = new LatencyDrift();
    const call = (index: number, by: number): boolean =>
      drift.record('get_contact', 120 * Math.exp(SIGMA * (chance.normalAt(index, 0, 0) + by)), 'whole', 0);
    for (let index = 0; index < LEARNED; index += 1) call(index, 0);
    drift.reset();
    for (let length = 1; length < longest; length += 1) if (call(LEARNED + length, shift)) return length;
    return longest;
  });

const mean = (lengths: readonly number[]): number => lengths.reduce((sum, length) => sum + length, 0) / lengths.length;

const within20Percent = (stated: number): readonly [number, number] => [0.8 * stated, 1.2 * stated];

describe('The latency drift’s run lengths', function () {
  this.timeout(60_000);

  it('are 18,000 calls to a false alarm while nothing changes', () => {
    const lengths = runLengths(400, 0, 200_000);

    expect(mean(lengths)).to.be.within(...within20Percent(18_000));
  });

  it('are 20 calls to finding a shift of one standard deviation, and two in a thousand miss it', () => {
    const lengths = runLengths(2000, 1, 500);

    const missed = lengths.filter((length) => length > 200).length;
    expect(mean(lengths)).to.be.within(...within20Percent(20));
    expect(missed / lengths.length).to.be.at.most(0.004);
  });

  it('are 6.5 calls to finding a shift of two standard deviations, which none misses', () => {
    const lengths = runLengths(2000, 2, 500);

    expect(mean(lengths)).to.be.within(...within20Percent(6.5));
    expect(Math.max(...lengths)).to.be.below(50);
  });
});
