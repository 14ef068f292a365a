import { expect } from 'chai';
import { GuestPatience } from '../../../src/redis/guestPatience.ts';
import { HandDrivenClock } from '../../support/handDrivenClock.ts';

describe('guestPatience', () => {
  let clock: HandDrivenClock;
  const patienceOf = (random: () => number) => new GuestPatience(clock, random);
  /** Three pieces of work in a row. */
  const spend = (patience: GuestPatience): void => {
    for (let time = 0; time < 3; time += 1) patience.failed(clock.now());
  };

  beforeEach(() => {
    clock = new HandDrivenClock();
  });

  it('ends with the third failure in a row, and not with the third of all', () => {
    const patience = patienceOf(() => 0.5);

    const first = [patience.failed(0), patience.failed(0)];
    patience.worked();
    const second = [patience.failed(0), patience.failed(0), patience.failed(0)];

    expect(first).to.deep.equal([false, false]);
    expect(second).to.deep.equal([false, false, true]);
  });

  it('counts work that was under way when another failed as the same failure', () => {
    const patience = patienceOf(() => 0.5);
    clock.advance(50);
    patience.failed(0);

    const together = [patience.failed(10), patience.failed(20), patience.failed(49)];
    clock.advance(50);
    const later = [patience.failed(50), patience.failed(60), patience.failed(100)];

    expect(together).to.deep.equal([false, false, false]);
    expect(later).to.deep.equal([false, false, true]);
  });

  it('leaves Redis alone for 5 s, then twice as long each time, up to a minute', () => {
    const patience = patienceOf(() => 1 - Number.EPSILON);
    spend(patience);

    const pauses = Array.from({ length: 6 }, () => patience.nextPauseMs());

    expect(pauses).to.deep.equal([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('takes up to half of each pause off by chance, so that replicas do not come back together', () => {
    const patience = patienceOf(() => 0);
    spend(patience);

    expect([patience.nextPauseMs(), patience.nextPauseMs()]).to.deep.equal([2500, 5000]);
  });

  it('calls again soon upon a Redis that is away', () => {
    const patience = patienceOf(() => 0);
    spend(patience);
    patience.unreachable();

    expect([patience.nextPauseMs(), patience.nextPauseMs()]).to.deep.equal([25, 50]);
  });

  it('goes on with its pauses where Redis is well for moments only, and begins anew after a minute', () => {
    const patience = patienceOf(() => 0);
    const pauseAfterUseFor = (ms: number): number => {
      patience.trusted();
      clock.advance(ms);
      spend(patience);
      return patience.nextPauseMs();
    };

    const pauses = [pauseAfterUseFor(0), pauseAfterUseFor(59_000), pauseAfterUseFor(60_000)];

    expect(pauses).to.deep.equal([2500, 5000, 2500]);
  });
});
