import { expect } from 'chai';
import fc from 'fast-check';
import { AdaptiveLimit, type WorkEnded } from '../../../../src/pipeline/stages/adaptiveLimit.ts';

const bounds = { minConcurrent: 2, startConcurrent: 10, maxConcurrent: 100 };

/** A limit with a hand on its time, and a service behind it. */
class Trial {
  now = 0;
  readonly limit = new AdaptiveLimit(bounds, 0);

  /** So many calls, all of the places in use unless said otherwise. */
  succeed(times: number, { durationMs = 100, atOnce = Number.POSITIVE_INFINITY, operation = 'get_contact' } = {}): void {
    for (let made = 0; made < times; made += 1) {
      this.limit.entered(Math.min(atOnce, this.limit.current));
      this.now += 1;
      this.limit.ended({ operation, durationMs, result: 'success' }, this.now);
    }
  }

  /** One that begins now, and fails; by default long enough after the one before to count. */
  fail(result: WorkEnded['result'] = 'overload', durationMs = 1000): void {
    this.now += durationMs;
    this.limit.ended({ operation: 'get_contact', durationMs, result }, this.now);
  }
}

describe('AdaptiveLimit', () => {
  let trial: Trial;

  beforeEach(() => {
    trial = new Trial();
  });

  it('doubles with each round of good calls until the first sign of trouble, and never passes its maximum', () => {
    const seen = [10, 20, 20, 20, 20].map((calls) => {
      trial.succeed(calls);
      return trial.limit.current;
    });

    expect(seen).to.deep.equal([20, 40, 80, 100, 100]);
    expect(trial.limit.isGuess(trial.now)).to.equal(true);
  });

  it('stays where it is while half of it is enough', () => {
    trial.succeed(500, { atOnce: 5 });

    expect(trial.limit.current).to.equal(10);
  });

  it('goes down to nine tenths at once when a call times out or is throttled', () => {
    trial.fail();

    expect(trial.limit.current).to.equal(9);
    expect(trial.limit.isGuess(trial.now)).to.equal(false);
  });

  it('is a guess again a minute after the last sign of trouble, or after twenty good calls', () => {
    trial.fail();
    const [soon, later] = [trial.limit.isGuess(trial.now + 59_999), trial.limit.isGuess(trial.now + 60_000)];
    trial.succeed(20);

    expect([soon, later, trial.limit.isGuess(trial.now)]).to.deep.equal([false, true, true]);
  });

  it('goes down once for all calls that had begun before it did', () => {
    trial.succeed(10);
    trial.now += 4000;

    for (let failed = 0; failed < 20; failed += 1) {
      trial.limit.ended({ operation: 'get_contact', durationMs: 4000 - failed, result: 'overload' }, trial.now + failed);
    }

    expect(trial.limit.current).to.equal(18);
  });

  it('goes down once a second at most, however many are throttled', () => {
    for (let throttled = 0; throttled < 100; throttled += 1) trial.fail('overload', 20);

    expect(trial.now).to.equal(2000);
    expect(trial.limit.current, 'two steps').to.equal(8);
  });

  it('does not starve while one in five of many calls is answered and the others are throttled', () => {
    trial.succeed(70);
    for (let second = 0; second < 600; second += 1) {
      trial.now += 900;
      for (let made = 0; made < 20; made += 1) {
        for (let throttled = 0; throttled < 4; throttled += 1) trial.fail('overload', 0);
        trial.succeed(1);
      }
    }

    expect(trial.limit.current).to.be.above(8);
  });

  it('stops at its minimum, whatever goes wrong', () => {
    for (let failed = 0; failed < 100; failed += 1) trial.fail();

    expect(trial.limit.current).to.equal(2);
  });

  it('goes up by one for each window of twenty good calls after trouble', () => {
    trial.fail();

    const seen = [19, 1, 20].map((calls) => {
      trial.succeed(calls);
      return trial.limit.current;
    });

    expect(seen).to.deep.equal([9, 10, 11]);
  });

  it('comes back quickly to nine tenths of what it was before the trouble', () => {
    trial.succeed(70);
    const before = trial.limit.current;
    for (let failed = 0; failed < 100; failed += 1) trial.fail();

    trial.succeed(2 + 4 + 8 + 16 + 20 + 20);
    const most = trial.limit.current;
    trial.succeed(20);

    expect([before, most, trial.limit.current]).to.deep.equal([100, 90, 91]);
  });

  it('takes a storm with a few good calls in it for one trouble', () => {
    trial.succeed(70);
    for (let round = 0; round < 50; round += 1) {
      trial.succeed(5, { atOnce: 1 });
      trial.fail();
    }
    const lowest = trial.limit.current;

    trial.succeed(70);

    expect([lowest, trial.limit.current]).to.deep.equal([2, 90]);
  });

  it('goes down when the median call takes more than one and a half times the usual', () => {
    trial.succeed(200, { atOnce: 1 });

    trial.succeed(10, { durationMs: 170 });

    expect(trial.limit.current).to.equal(9);
  });

  it('is not moved by a monster among usual calls', () => {
    trial.succeed(200, { atOnce: 1 });

    for (let round = 0; round < 20; round += 1) {
      trial.succeed(1, { durationMs: 60_000, atOnce: 1 });
      trial.succeed(9, { atOnce: 1 });
    }

    expect(trial.limit.current).to.equal(10);
  });

  it('takes differences of a few milliseconds for noise', () => {
    trial.succeed(200, { durationMs: 1, atOnce: 1 });

    trial.succeed(50, { durationMs: 9, atOnce: 1 });

    expect(trial.limit.current).to.equal(10);
  });

  it('compares a call with others of its operation only', () => {
    trial.succeed(200, { durationMs: 20, atOnce: 1 });

    trial.succeed(200, { durationMs: 2000, operation: 'search_contacts', atOnce: 1 });

    expect(trial.limit.current).to.equal(10);
  });

  it('judges what there is after ten seconds, but no slowness by fewer than five calls', () => {
    trial.fail();
    trial.succeed(200, { atOnce: 1 });
    trial.now += 10_000;

    trial.succeed(1, { durationMs: 500, atOnce: 9 });

    expect(trial.limit.current).to.equal(10);
  });

  it('takes no other failure for a sign, neither up nor down', () => {
    for (let failed = 0; failed < 500; failed += 1) {
      trial.limit.entered(10);
      trial.fail('other');
    }

    expect(trial.limit.current).to.equal(10);
    expect(trial.limit.isGuess(trial.now)).to.equal(true);
  });

  const ends = fc.record({
    operation: fc.constantFrom('one', 'other'),
    durationMs: fc.integer({ min: 0, max: 20_000 }),
    result: fc.constantFrom('success', 'success', 'success', 'overload', 'other'),
    passedMs: fc.nat(12_000),
    atOnce: fc.nat(150),
  });
  const anyBounds = fc
    .tuple(fc.integer({ min: 1, max: 200 }), fc.nat(50), fc.nat(50))
    .map(([least, more, most]) => ({ minConcurrent: least, startConcurrent: least + more, maxConcurrent: least + more + most }));

  it('is a whole number within its bounds after any course of calls', () => {
    fc.assert(
      fc.property(anyBounds, fc.array(ends, { maxLength: 300 }), (within, all) => {
        const limit = new AdaptiveLimit(within, 0);
        let now = 0;
        for (const { passedMs, atOnce, ...end } of all) {
          now += passedMs;
          limit.entered(atOnce);
          limit.ended(end, now);
          expect(limit.current).to.be.within(within.minConcurrent, within.maxConcurrent);
          expect(Number.isInteger(limit.current)).to.equal(true);
        }
      }),
    );
  });

  it('never goes up on trouble, and never down on good calls of the usual latency', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (course) => {
        const watched = new Trial();
        for (const isGood of course) {
          const before = watched.limit.current;
          if (isGood) watched.succeed(1);
          else watched.fail();
          if (isGood) expect(watched.limit.current).to.be.at.least(before);
          else expect(watched.limit.current).to.be.at.most(before);
        }
      }),
    );
  });
});
