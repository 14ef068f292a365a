import { expect } from 'chai';
import fc from 'fast-check';
import { RetryBudget, type CallRetries } from '../../../../src/pipeline/stages/retryBudget.ts';
import type { RetryCause } from '../../../../src/pipeline/stages/retryBudget.ts';
import { seconds, systemClock } from '../../../../src/time/clock.ts';
import { useVirtualTime } from '../../../support/virtualTime.ts';

/** Calls that fail and ask for a repeat, which fails too: how many repeats are granted before it says no. */
const drain = (budget: RetryBudget, cause: RetryCause = 'failure'): number => {
  let granted = 0;
  for (;;) {
    const call = budget.begin();
    const isGranted = call.take(cause);
    call.end(false);
    if (!isGranted) return granted;
    granted += 1;
  }
};

const succeed = (budget: RetryBudget, times: number): void => {
  for (let made = 0; made < times; made += 1) budget.begin().end(true);
};

/** A call that is throttled, waits, and then succeeds or not. @returns whether it was let wait. */
const repeatThrottled = (budget: RetryBudget, succeeded: boolean): boolean => {
  const call = budget.begin();
  const isGranted = call.take('throttle');
  call.end(isGranted && succeeded);
  return isGranted;
};

describe('RetryBudget', () => {
  const time = useVirtualTime();
  let budget: RetryBudget;

  beforeEach(() => {
    budget = new RetryBudget(20, systemClock);
  });

  it('begins full: a quiet service may retry at once, ten times and once for each five calls', () => {
    const ratio = budget.ratio;

    expect([ratio, drain(budget)]).to.deep.equal([1, 12]);
    expect(budget.ratio).to.be.below(0.1);
  });

  it('grants a share of the calls beyond that', () => {
    drain(budget);

    succeed(budget, 20);

    expect(drain(budget)).to.be.within(4, 6);
  });

  it('gives back one a second by time alone', async () => {
    drain(budget);

    await time.advance(seconds(4));

    expect(drain(budget)).to.be.within(4, 5);
  });

  it('saves up ten at most, however long it is quiet and however much is asked of the service', async () => {
    await time.advance(seconds(3600));
    succeed(budget, 1000);

    expect(drain(budget)).to.equal(12);
  });

  it('lets three calls repeat at once while few are under way, waiting included', () => {
    const calls = Array.from({ length: 5 }, () => budget.begin());

    const granted = calls.map((call) => call.take('failure'));
    calls[0]?.end(true);
    const afterwards = calls[4]?.take('failure');

    expect(granted).to.deep.equal([true, true, true, false, false]);
    expect(afterwards, 'a place has come free').to.equal(true);
  });

  it('counts a call that repeats twice once', () => {
    const [first, ...others] = Array.from({ length: 3 }, () => budget.begin());

    const granted = [first?.take('failure'), first?.take('failure'), ...others.map((call) => call.take('failure'))];

    expect(granted).to.deep.equal([true, true, true, true]);
  });

  it('lets a fifth of the calls under way repeat at once where there are many', () => {
    const calls = Array.from({ length: 40 }, () => budget.begin());

    expect(calls.filter((call) => call.take('failure'))).to.have.length(8);
  });

  it('stops after 35 repeats in vain in a row, however slowly they come, until calls succeed again', async () => {
    let granted = 0;
    for (let second = 0; second < 100; second += 1) {
      const call = budget.begin();
      if (call.take('failure')) granted += 1;
      call.end(false);
      await time.advance(seconds(1));
    }
    succeed(budget, 14);

    expect(granted).to.equal(35);
    expect(budget.begin().take('failure')).to.equal(true);
  });

  it('gives a repeat that works back what it cost, so that it may go on for ever', async () => {
    let granted = 0;
    for (let second = 0; second < 100; second += 1) {
      const call = budget.begin();
      if (call.take('failure')) granted += 1;
      call.end(true);
      await time.advance(seconds(1));
    }

    expect(granted).to.equal(100);
  });

  it('serves a burst over the limit: repeats after a 429 that work cost their share only', async () => {
    let served = 0;
    for (let made = 0; made < 30; made += 1) {
      if (repeatThrottled(budget, true)) served += 1;
      await time.advance(seconds(1));
    }

    expect(served).to.equal(30);
  });

  it('gives up on a service that throttles the repeats as well, however much time passes', async () => {
    let granted = 0;
    for (let made = 0; made < 60; made += 1) {
      if (repeatThrottled(budget, false)) granted += 1;
      await time.advance(seconds(10));
    }

    expect(granted, 'two at first, then one in twenty-five').to.be.within(3, 5);
  });

  it('holds the 429s of a service not against repeats after its failures', () => {
    for (let made = 0; made < 3; made += 1) repeatThrottled(budget, false);

    expect([budget.begin().take('throttle'), budget.begin().take('failure')]).to.deep.equal([false, true]);
  });

  it('never grants more than it had, was paid and earned by time', () => {
    const happenings = fc.array(fc.constantFrom('call', 'failure', 'throttle', 'end', 'second'), { maxLength: 200, size: 'max' });
    /** What each of them adds to what may be granted. */
    const allowed = { call: 0.2, failure: 0, throttle: 0, end: 0, second: 1 } as const;
    fc.assert(
      fc.property(happenings, (all) => {
        let now = 0;
        let granted = 0;
        const watched = new RetryBudget(20, { ...systemClock, now: () => now });
        const calls: CallRetries[] = [watched.begin()];
        const happen = {
          call: () => void calls.push(watched.begin()),
          failure: () => void (granted += Number(calls.at(-1)?.take('failure') ?? false)),
          throttle: () => void (granted += Number(calls.at(-1)?.take('throttle') ?? false)),
          end: () => calls.pop()?.end(true),
          second: () => void (now += 1000),
        };
        for (const each of all) {
          happen[each]();
          expect(watched.ratio).to.be.within(0, 1);
        }
        expect(granted).to.be.at.most(10.2 + all.reduce((sum, each) => sum + allowed[each], 0) + 1e-9);
      }),
    );
  });
});
