import { expect } from 'chai';
import { LatencyModel } from '../../../src/time/latencyModel.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const ENOUGH = 30;

/** Latencies whose logarithm is normally distributed around that median (Box and Muller). */
const latencies = (medianMs: number, sigma: number, seed: number) => {
  const random = seededRandom(seed);
  return () => medianMs * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
};

const learned = (next: () => number, calls: number): LatencyModel => {
  const model = new LatencyModel();
  for (let call = 0; call < calls; call += 1) model.learn(next());
  return model;
};

describe('LatencyModel', () => {
  it('knows nothing before enough calls', () => {
    const model = learned(() => 100, ENOUGH - 1);
    const before = [model.p50Ms, model.p99Ms, model.distanceOf(100_000)];

    model.learn(100);

    expect(before).to.deep.equal([undefined, undefined, 0]);
    expect(model.p50Ms).to.be.closeTo(100, 1);
    expect(model.p99Ms).to.be.above(100);
  });

  it('knows what half of the calls take, whatever their spread', () => {
    expect(learned(latencies(80, 0.8, 3), 3000).p50Ms).to.be.within(70, 90);
  });

  for (const [medianMs, sigma] of [
    [80, 0.3],
    [400, 0.6],
    [3, 0.2],
  ] as const) {
    it(`finds the 99th percentile of latencies around ${String(medianMs)} ms, spread by ${String(sigma)}, to a quarter (seed 1)`, () => {
      const truth = medianMs * Math.exp(2.33 * sigma);

      const model = learned(latencies(medianMs, sigma, 1), 3000);

      expect(model.p99Ms).to.be.within(0.75 * truth, 1.25 * truth);
    });
  }

  it('is not carried away by a monster', () => {
    const model = learned(latencies(100, 0.3, 2), 3000);
    const before = model.p99Ms ?? 0;

    model.learn(60_000);

    expect(model.p99Ms).to.be.within(before, 1.2 * before);
  });

  it('follows a service that has become slower for good', () => {
    const model = learned(latencies(100, 0.3, 3), 1000);
    const next = latencies(300, 0.3, 4);

    for (let call = 0; call < 2000; call += 1) model.learn(next());

    expect(model.p99Ms).to.be.within(300, 300 * Math.exp(2.33 * 0.3) * 1.25);
  });

  it('tells how far out a latency is, in standard deviations of its logarithm', () => {
    const model = learned(latencies(100, 0.5, 5), 3000);

    expect(model.distanceOf(100)).to.be.closeTo(0, 0.4);
    expect(model.distanceOf(100 * Math.exp(2 * 0.5))).to.be.closeTo(2, 0.5);
    expect(model.distanceOf(100 * Math.exp(-2 * 0.5))).to.be.closeTo(-2, 0.5);
  });

  it('bears answers in no time at all', () => {
    const model = learned(() => 0, 1000);

    expect(model.p99Ms).to.be.above(0).and.below(1);
    expect(model.distanceOf(0)).to.be.closeTo(0, 0.01);
  });
});
