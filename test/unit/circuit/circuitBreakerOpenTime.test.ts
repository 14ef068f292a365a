import { expect } from 'chai';
import { UpstreamRateLimitedError } from '../../../src/errors/upstreamErrors.ts';
import type { CircuitBreaker } from '../../../src/circuit/circuitBreaker.ts';
import { minutes, seconds, systemClock } from '../../../src/time/clock.ts';
import { down, failWith, OPEN_MS, site, useBreakerHouse } from '../../support/breakerHouse.ts';

/** Milliseconds until the next probe, as an open circuit tells them. */
const openForMs = (breaker: CircuitBreaker): number => (breaker.snapshot().nextProbeAt ?? Number.NaN) - systemClock.wallTime();

describe('Circuit breaker open time', () => {
  const house = useBreakerHouse();

  /** Lets the probe fail each time the circuit is half-open, and tells how long it stayed open each time. */
  const openTimesInARow = async (breaker: CircuitBreaker, count: number): Promise<readonly number[]> => {
    await house.trip(breaker);
    const times = [openForMs(breaker)];
    while (times.length < count) {
      await house.time.advance(times.at(-1) ?? 0);
      await house.calls(breaker, 1, failWith(down()));
      times.push(openForMs(breaker));
    }
    return times;
  };

  it('doubles with each opening in a row, up to the cap', async () => {
    const times = await openTimesInARow(house.breaker(), 6);

    expect(times).to.deep.equal([1, 2, 4, 8, 8, 8].map((factor) => factor * OPEN_MS));
  });

  it('is the policy’s at most and half of it at least, as chance has it', async () => {
    const shortest = house.breaker({}, 'shortest');
    const middle = house.breaker({}, 'middle');
    const longest = house.breaker({}, 'longest');

    await house.trip(shortest);
    house.chance = 0.5;
    await house.trip(middle);
    house.chance = 1 - Number.EPSILON;
    await house.trip(longest);

    expect(openForMs(shortest)).to.equal(OPEN_MS);
    expect(openForMs(middle)).to.equal(1.5 * OPEN_MS);
    expect(openForMs(longest)).to.be.closeTo(2 * OPEN_MS, 0.001);
  });

  it('ends when it said it would, with every part of a millisecond that chance adds', async () => {
    house.chance = 0.123_456_7;
    const breaker = house.breaker();
    await house.trip(breaker);

    await house.time.advance(Math.floor(openForMs(breaker)) - 1);
    const before = breaker.snapshot().state;
    await house.time.advance(2);

    expect(before).to.equal('open');
    expect(breaker.snapshot().state).to.equal('half_open');
  });

  it('belongs to one outage, whose start no trial and no re-opening moves, and which ends when the circuit is closed', async () => {
    const breaker = house.breaker();
    const before = breaker.snapshot().outageSince;
    await house.trip(breaker);
    const start = breaker.snapshot().since;

    await house.time.advance(openForMs(breaker));
    const inTrial = breaker.snapshot();
    await house.calls(breaker, 1, failWith(down()));
    const reopened = breaker.snapshot();
    breaker.reset();

    expect(before).to.equal(undefined);
    expect(inTrial).to.include({ state: 'half_open', outageSince: start });
    expect(reopened).to.include({ state: 'open', outageSince: start });
    expect(reopened.since).to.be.above(start);
    expect(breaker.snapshot().outageSince).to.equal(undefined);
  });

  it('does not start again from the base while the circuit closes only for moments', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    await house.probeWell(breaker);
    await house.time.advance(minutes(2) - 1);

    await house.trip(breaker);

    expect(openForMs(breaker)).to.equal(2 * OPEN_MS);
    expect(breaker.snapshot().openings).to.equal(2);
  });

  it('starts again from the base after two minutes closed', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    await house.probeWell(breaker);
    await house.time.advance(minutes(2));
    const openingsWhenWell = breaker.snapshot().openings;

    await house.trip(breaker);

    expect(openingsWhenWell).to.equal(0);
    expect(openForMs(breaker)).to.equal(OPEN_MS);
    expect(breaker.snapshot().openings).to.equal(1);
  });

  it('starts again from the base after a reset', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    breaker.reset();

    await house.trip(breaker);

    expect(openForMs(breaker)).to.equal(OPEN_MS);
  });

  it('is as long as the service asked for, and up to a tenth longer, when that is longer than ours', async () => {
    const exact = house.breaker({}, 'exact');
    const later = house.breaker({}, 'later');

    await house.trip(exact, down(seconds(20)));
    house.chance = 0.5;
    await house.trip(later, down(seconds(20)));

    expect(openForMs(exact)).to.equal(seconds(20));
    expect(openForMs(later)).to.equal(seconds(21));
  });

  it('is ours when the service asked for less', async () => {
    const breaker = house.breaker();

    await house.trip(breaker, down(10));

    expect(openForMs(breaker)).to.equal(OPEN_MS);
  });

  it('honours what the service asks of a probe', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);

    await house.calls(breaker, 1, failWith(down(seconds(40))));

    expect(openForMs(breaker)).to.equal(seconds(40));
  });

  it('never exceeds an hour, whatever the service asks for', async () => {
    const breaker = house.breaker();

    await house.trip(breaker, down(minutes(60 * 24 * 365)));
    await house.time.advance(minutes(60));

    expect(breaker.snapshot().state).to.equal('half_open');
  });

  it('listens to the failure that opened it only: a rate limit before it says nothing of an outage', async () => {
    const breaker = house.breaker();

    await house.calls(breaker, 1, failWith(new UpstreamRateLimitedError(site, seconds(50))));
    await house.trip(breaker);

    expect(openForMs(breaker)).to.equal(OPEN_MS);
  });
});
