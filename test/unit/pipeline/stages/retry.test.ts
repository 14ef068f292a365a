import { expect } from 'chai';
import {
  BulkheadFullError,
  CircuitOpenError,
  UpstreamContractBrokenError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../../../../src/errors/upstreamErrors.ts';
import type { CallContext } from '../../../../src/contract/call.ts';
import { RetryBudget } from '../../../../src/pipeline/stages/retryBudget.ts';
import { retryRule } from '../../../../src/pipeline/stages/retry.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { down, site } from '../../../support/breakerHouse.ts';
import { contextOf } from '../../../support/callContexts.ts';
import { useVirtualTime } from '../../../support/virtualTime.ts';

const policy = { maxAttempts: 3, baseDelayMs: 100, maxDelayMs: 5000, budgetPercent: 20 };

describe('retryRule', () => {
  useVirtualTime();
  let budget: RetryBudget;

  beforeEach(() => {
    budget = new RetryBudget(policy.budgetPercent, systemClock);
  });

  /** What it says after an attempt that ended with that error; chance is one half. */
  const delayAfter = (error: unknown, wishes: Partial<CallContext> = {}, attempts = 1, usualMs?: number) => {
    const retries = budget.begin();
    const rule = retryRule({ policy, isSuspect: () => false, usualMs: () => usualMs, clock: systemClock, random: () => 0.5 });
    const delayMs = rule(error, contextOf({ ...wishes, progress: { attempts, unsettled: true } }), retries);
    retries.end(false);
    return delayMs;
  };

  it('waits a jittered while that doubles with each attempt', () => {
    expect([delayAfter(down(), {}, 1), delayAfter(down(), {}, 2)]).to.deep.equal([50, 100]);
  });

  it('gives up after the last attempt', () => {
    expect(delayAfter(down(), {}, 3)).to.equal(undefined);
  });

  const hopeless = [
    ['a refusal of our input', new UpstreamRejectedError(site, 404)],
    ['a broken contract', new UpstreamContractBrokenError(site, 'no id')],
    ['an open circuit', new CircuitOpenError(site, 'hubspot', 'failure_rate', 10)],
    ['a full bulkhead', new BulkheadFullError(site, 10)],
    ['an error that is none of ours', new Error('a bug')],
  ] as const;
  for (const [what, error] of hopeless) {
    it(`does not repeat after ${what}`, () => {
      expect(delayAfter(error)).to.equal(undefined);
    });
  }

  it('asks again for a call that the ramp after a recovery held back, as long as the deadline allows and at no cost of the budget', () => {
    const ramping = new CircuitOpenError(site, 'hubspot', 'ramping', 1000);

    const [first, tenth, tooLate] = [
      delayAfter(ramping),
      delayAfter(ramping, {}, 10),
      delayAfter(ramping, { deadlineAt: systemClock.now() + 200 }),
    ];

    expect([first, tenth, tooLate]).to.deep.equal([225, 225, undefined]);
  });

  it('leaves a write that may wait in the queue, and what comes from there, to the queue', () => {
    const ramping = new CircuitOpenError(site, 'hubspot', 'ramping', 1000);

    expect([delayAfter(ramping, { mayWait: true }), delayAfter(ramping, { lane: 'drain' })]).to.deep.equal([undefined, undefined]);
  });

  it('waits ten times as long after a 429 that does not say for how long', () => {
    expect([delayAfter(new UpstreamRateLimitedError(site), {}, 1), delayAfter(down(), {}, 1)]).to.deep.equal([500, 50]);
  });

  it('does not repeat what would most likely be answered after the deadline', () => {
    const wishes = { deadlineAt: systemClock.now() + 400 };

    expect([delayAfter(down(), wishes, 1, 300), delayAfter(down(), wishes, 1, 360)]).to.deep.equal([50, undefined]);
  });

  it('waits as long as the service asks for, and its jitter on top', () => {
    expect(delayAfter(new UpstreamRateLimitedError(site, 2000))).to.equal(2050);
  });

  it('does not repeat what could be done twice, once nobody knows what became of it', () => {
    const unknown = [down(), new UpstreamTimeoutError(site, 4000)];

    expect(unknown.map((error) => delayAfter(error, { idempotency: 'never' }))).to.deep.equal([undefined, undefined]);
  });

  it('repeats even that when the attempt certainly did nothing', () => {
    const harmless = [new UpstreamUnavailableError(site, 'connect', 'not_sent'), new UpstreamRateLimitedError(site)];

    expect(harmless.map((error) => delayAfter(error, { idempotency: 'never' }))).to.deep.equal([50, 500]);
  });

  it('does not connect again for a write that may wait in the queue', () => {
    const unconnected = new UpstreamUnavailableError(site, 'connect', 'not_sent');

    expect([delayAfter(unconnected, { mayWait: true }), delayAfter(unconnected)]).to.deep.equal([undefined, 50]);
    expect(delayAfter(new UpstreamUnavailableError(site, 'http_5xx', 'refused'), { mayWait: true })).to.equal(50);
  });

  it('repeats an upsert whatever became of it', () => {
    expect(delayAfter(new UpstreamTimeoutError(site, 4000), { idempotency: 'natural' })).to.equal(50);
  });

  it('does not wait beyond the deadline, nor up to it', () => {
    const deadlineIn = (ms: number) => delayAfter(down(), { deadlineAt: systemClock.now() + ms });

    expect([deadlineIn(51), deadlineIn(50), deadlineIn(49)]).to.deep.equal([50, undefined, undefined]);
  });

  it('stops when the budget is used up', () => {
    const delays = Array.from({ length: 14 }, () => delayAfter(down()));

    expect(delays.filter((delay) => delay !== undefined)).to.have.length(12);
    expect(delays.at(-1)).to.equal(undefined);
  });

  it('makes no repeat of a service that is suspect, and takes nothing from the budget for it', () => {
    const rule = retryRule({ policy, isSuspect: () => true, usualMs: () => undefined, clock: systemClock, random: () => 0.5 });

    expect(rule(down(), contextOf({ progress: { attempts: 1, unsettled: true } }), budget.begin())).to.equal(undefined);
    expect(budget.ratio).to.equal(1);
  });

  it('takes nothing from the budget for a repeat that is not made', () => {
    delayAfter(new UpstreamRejectedError(site, 404));
    delayAfter(down(), {}, 3);
    delayAfter(down(), { deadlineAt: systemClock.now() });
    delayAfter(down(), { idempotency: 'never' });

    expect(budget.ratio).to.equal(1);
  });
});
