import { expect } from 'chai';
import { simulateFleet, type SimulationSettings } from './simulatedFleet.ts';

const quick = { report: 40, view: 25, lease: 25, scout: 20, eachIll: 1 };
/** A second for each command: Redis is there, and of no use. */
const hopeless = { report: 1e6, view: 1e6, lease: 1e6, scout: 1e6, eachIll: 0 };

const settings: SimulationSettings = {
  replicas: 10,
  callsPerSecond: 0.5,
  fault: '503s',
  seed: 3,
  warmUpMs: 30_000,
  outageMs: 30_000,
  afterMs: 20_000,
  redis: quick,
};

describe('a fleet in virtual time', () => {
  it('sends a fraction into an outage of what its replicas send apart, and agrees at once', async () => {
    const apart = await simulateFleet({ ...settings, redis: undefined });
    const together = await simulateFleet(settings);

    expect(together.sent).to.be.below(apart.sent / 3);
    expect(together.openSpreadMs).to.be.below(100);
    expect(together.closedSpreadMs).to.be.below(100);
    expect(together.lateCommands).to.equal(0);
  });

  it('does the same again from the same seed', async () => {
    const [first, second] = [await simulateFleet(settings), await simulateFleet(settings)];

    expect(second).to.deep.equal(first);
  });

  it('does hardly worse than apart with a Redis that answers nobody in time', async () => {
    const apart = await simulateFleet({ ...settings, redis: undefined });
    const hindered = await simulateFleet({ ...settings, redis: hopeless });

    expect(hindered.lateCommands).to.be.above(0);
    expect(hindered.sent).to.be.below(apart.sent * 1.2);
    expect(hindered.allClosedMs).to.be.a('number');
  });
});
