/**
 * The gate of the laboratory: our figures must not become worse unseen. Whoever makes them worse on purpose renews the
 * baseline by `npm run lab -- --write-gate`, and so shows by how much.
 */
import { expect } from 'chai';
import { measureGate, readBaseline, regressions, type Baseline, type GateLine } from '../../lab/laboratory/gate.ts';

const line: GateLine = {
  scenario: 'outage-60s',
  ratePerSecond: 5,
  doomed: 30,
  lost: 100,
  detectMs: 1000,
  p99Ms: 50,
  amplification: 0.1,
  falseTripsPerHour: 0,
};

const tight = { share: 0, besides: 0 };
const baseline: Baseline = {
  tolerance: {
    doomed: { share: 0.1, besides: 3 },
    lost: tight,
    detectMs: tight,
    recoverMs: tight,
    p99Ms: tight,
    amplification: tight,
    falseTripsPerHour: tight,
  },
  lines: [line],
};

describe('gate of the laboratory', () => {
  it('finds no figure of ours worse than its baseline', async function () {
    this.timeout(120_000);

    const worse = regressions(await readBaseline(), await measureGate());

    expect(worse).to.deep.equal([]);
  });

  it('bears what stays within the tolerance, and whatever is better', () => {
    expect(regressions(baseline, [{ ...line, doomed: 35, lost: 20, recoverMs: 3000 }])).to.deep.equal([]);
  });

  it('names each figure that is worse, where, and by how much', () => {
    expect(regressions(baseline, [{ ...line, doomed: 37, falseTripsPerHour: 0.5 }])).to.deep.equal([
      'outage-60s at 5/s: doomed was 30, is 37',
      'outage-60s at 5/s: falseTripsPerHour was 0, is 0.5',
    ]);
  });

  it('takes a time that never comes any more for worse', () => {
    const { detectMs: _, ...undetected } = line;

    expect(regressions(baseline, [undetected])).to.deep.equal(['outage-60s at 5/s: detectMs was 1000, is never']);
  });

  it('misses a line that is not measured any more', () => {
    expect(regressions(baseline, [])).to.deep.equal(['outage-60s at 5/s is not measured any more']);
  });
});
