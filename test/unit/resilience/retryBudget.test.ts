import { expect } from 'chai';
import fc from 'fast-check';
import { RetryBudget } from '../../../src/resilience/retryBudget.ts';
import { seconds, systemClock } from '../../../src/time/clock.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

/** How many retries it grants before it says no. */
const drain = (budget: RetryBudget): number => {
  let granted = 0;
  while (budget.take()) granted += 1;
  return granted;
};

describe('RetryBudget', () => {
  const time = useVirtualTime();

  it('begins full: a quiet service may retry at once', () => {
    const budget = new RetryBudget(20, systemClock);

    expect(budget.ratio).to.equal(1);
    expect(drain(budget)).to.equal(10);
    expect(budget.ratio).to.equal(0);
  });

  it('grants a share of the calls beyond that', () => {
    const budget = new RetryBudget(20, systemClock);
    drain(budget);

    for (let made = 0; made < 20; made += 1) budget.deposit();

    expect(budget.ratio).to.be.closeTo(0.4, 1e-9);
    expect(drain(budget)).to.be.within(3, 4);
  });

  it('gives back one a second by time alone', async () => {
    const budget = new RetryBudget(20, systemClock);
    drain(budget);

    await time.advance(seconds(3));

    expect(drain(budget)).to.equal(3);
  });

  it('saves up ten at most, however long it is quiet and however much is asked of the service', async () => {
    const budget = new RetryBudget(100, systemClock);

    await time.advance(seconds(3600));
    for (let made = 0; made < 1000; made += 1) budget.deposit();

    expect(drain(budget)).to.equal(10);
  });

  it('never grants more than it had, was paid and earned by time', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('call', 'retry', 'second'), { maxLength: 200, size: 'max' }), (happenings) => {
        let now = 0;
        const clock = { ...systemClock, now: () => now };
        const budget = new RetryBudget(20, clock);
        let allowance = 10;
        let granted = 0;
        for (const happening of happenings) {
          if (happening === 'second') now += 1000;
          if (happening === 'second') allowance += 1;
          if (happening === 'call') budget.deposit();
          if (happening === 'call') allowance += 0.2;
          if (happening === 'retry' && budget.take()) granted += 1;
          expect(budget.ratio).to.be.within(0, 1);
        }
        expect(granted).to.be.at.most(allowance + 1e-9);
      }),
    );
  });
});
