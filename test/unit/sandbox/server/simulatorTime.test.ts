import { expect } from 'chai';
import { SimulatorTime } from '../../../../sandbox/server/simulatorTime.ts';
import { HandDrivenClock } from '../../../support/handDrivenClock.ts';

describe('time of a simulator', () => {
  let clock: HandDrivenClock;

  beforeEach(() => {
    clock = new HandDrivenClock();
  });

  it('stands while something is done at a moment, and goes on afterwards even if that failed', () => {
    const time = new SimulatorTime(clock, 1);
    const before = time.now();

    const seen = time.at(5, () => {
      clock.advance(10);
      return [time.now(), time.at(7, time.now), time.now()];
    });
    const failing = (): unknown =>
      time.at(5, () => {
        throw new Error('broken');
      });

    expect(seen).to.deep.equal([5, 7, 5]);
    expect(failing).to.throw('broken');
    expect(time.now()).to.equal(before + 10);
  });

  it('skips ahead, never back', () => {
    const time = new SimulatorTime(clock, 2);
    const start = time.now();

    time.skipTo(start + 1000);
    time.skipTo(start);
    clock.advance(10);

    expect(time.now()).to.equal(start + 1020);
  });
});
