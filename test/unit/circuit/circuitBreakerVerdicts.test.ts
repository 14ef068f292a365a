import { expect } from 'chai';
import {
  BulkheadFullError,
  CallCancelledError,
  DeadlineExceededError,
  UpstreamContractBrokenError,
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
  UpstreamUnauthorizedError,
} from '../../../src/errors/upstreamErrors.ts';
import type { DetectionPolicy } from '../../../src/contract/circuitState.ts';
import { minutes } from '../../../src/time/clock.ts';
import { down, failWith, site, SLOW_MS, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';

const refuse = failWith(new UpstreamUnauthorizedError(site, 401));
const halfSlow: DetectionPolicy = { strategy: 'rate', windowMs: 60_000, minimumCalls: 4, failureRatePercent: 100, slowRatePercent: 50 };

describe('Circuit breaker verdicts', () => {
  const house = useBreakerHouse();

  const failures = [
    ['a 5xx', down(), 'failure', 0],
    ['a broken contract', new UpstreamContractBrokenError(site, 'no id'), 'failure', 0],
    ['an attempt timeout', new UpstreamTimeoutError(site, 1000), 'timeout', 1000],
  ] as const;
  for (const [what, error, result, afterMs] of failures) {
    it(`take ${what} for a failure, told as ${result}`, async () => {
      const breaker = house.breaker();

      for (let made = 0; made < 3; made += 1) await house.callLasting(breaker, afterMs, error);

      expect(breaker.snapshot().state).to.equal('open');
      expect(house.results).to.deep.equal([result, result, result]);
    });
  }

  const neutral = [
    ['a rate limit', new UpstreamRateLimitedError(site)],
    ['an exhausted quota', new UpstreamQuotaExhaustedError(site, 'credits')],
    ['a caller who hung up', new CallCancelledError(site)],
    ['a full bulkhead', new BulkheadFullError(site, 1000)],
  ] as const;
  for (const [what, error] of neutral) {
    it(`let ${what} neither break nor join a row of failures`, async () => {
      const breaker = house.breaker();

      await house.calls(breaker, 2, failWith(down()));
      await house.calls(breaker, 50, failWith(error));
      const between = breaker.snapshot().state;
      await house.calls(breaker, 1, failWith(down()));

      expect(between).to.equal('closed');
      expect(breaker.snapshot().state).to.equal('open');
    });
  }

  it('take a refusal of our input for a sign of life', async () => {
    const breaker = house.breaker();

    await house.calls(breaker, 2, failWith(down()));
    await house.calls(breaker, 1, failWith(new UpstreamRejectedError(site, 409)));
    await house.calls(breaker, 2, failWith(down()));

    expect(breaker.snapshot()).to.include({ state: 'closed' });
    expect(breaker.snapshot().calls).to.include({ success: 1, failure: 4 });
  });

  it('count a timeout once as a call, and as a failure too', async () => {
    const breaker = house.breaker();

    await house.callLasting(breaker, 1000, new UpstreamTimeoutError(site, 1000));

    expect(breaker.snapshot().calls).to.include({ fired: 1, failure: 1, timeout: 1 });
    expect(breaker.snapshot().lastFailure?.kind).to.equal('timeout');
  });

  it('hold an attempt that a caller cut short against nobody', async () => {
    const breaker = house.breaker();

    for (let made = 0; made < 10; made += 1) await house.callLasting(breaker, SLOW_MS - 1, new UpstreamTimeoutError(site, SLOW_MS - 1));

    expect(breaker.snapshot().state).to.equal('closed');
    expect(breaker.snapshot().calls).to.include({ ignored: 10, failure: 0, timeout: 0 });
  });

  describe('of a deadline', () => {
    it('are a failure when the attempt had run up to its slow threshold', async () => {
      const breaker = house.breaker();

      for (let made = 0; made < 3; made += 1) await house.callLasting(breaker, SLOW_MS, new DeadlineExceededError(site, SLOW_MS));

      expect(breaker.snapshot().state).to.equal('open');
      expect(house.results).to.deep.equal(['timeout', 'timeout', 'timeout']);
    });

    it('are nothing when the caller was in a hurry', async () => {
      const breaker = house.breaker();

      for (let made = 0; made < 10; made += 1) await house.callLasting(breaker, SLOW_MS - 1, new DeadlineExceededError(site, SLOW_MS));

      expect(breaker.snapshot().state).to.equal('closed');
      expect(breaker.snapshot().calls).to.include({ ignored: 10, failure: 0, timeout: 0 });
    });

    it('give a probe back when the caller was in a hurry', async () => {
      const breaker = house.breaker();
      await house.toHalfOpen(breaker);

      await house.callLasting(breaker, 10, new DeadlineExceededError(site, 10));
      await house.probeWell(breaker);

      expect(house.path).to.deep.equal(['open', 'half_open', 'closed']);
    });
  });

  describe('of slow answers', () => {
    it('open a circuit of the rate strategy when enough of them are slow, though none failed', async () => {
      const breaker = house.breaker({ detection: halfSlow });

      await house.calls(breaker, 2, succeed);
      await house.callLasting(breaker, SLOW_MS);
      await house.callLasting(breaker, SLOW_MS);

      expect(breaker.snapshot()).to.include({ state: 'open', reason: 'slow_rate' });
    });

    it('count a slow refusal of our input as slow, like any slow answer', async () => {
      const breaker = house.breaker({ detection: halfSlow });

      await house.calls(breaker, 2, succeed);
      await house.callLasting(breaker, SLOW_MS, new UpstreamRejectedError(site, 404));
      await house.callLasting(breaker, SLOW_MS, new UpstreamRejectedError(site, 404));

      expect(breaker.snapshot().reason).to.equal('slow_rate');
    });

    it('leave a circuit of the consecutive strategy alone', async () => {
      const breaker = house.breaker();

      for (let made = 0; made < 5; made += 1) await house.callLasting(breaker, 10 * SLOW_MS);

      expect(breaker.snapshot().state).to.equal('closed');
    });
  });

  describe('of a spent quota', () => {
    const spent = (quota: 'daily' | 'credits', retryAfterMs?: number) =>
      failWith(new UpstreamQuotaExhaustedError(site, quota, retryAfterMs));

    it('open the circuit until the reset of the day, with a trial after five minutes, also where nobody says when that is', async () => {
      const soon = house.breaker({}, 'soon');
      const late = house.breaker({}, 'late');
      const untold = house.breaker({}, 'untold');
      const states = (): readonly string[] => [soon, late, untold].map((breaker) => breaker.snapshot().state);

      await house.calls(soon, 1, spent('daily', minutes(2)));
      await house.calls(late, 1, spent('daily', minutes(30)));
      await house.calls(untold, 1, spent('daily'));
      const reasons = [soon, late, untold].map((breaker) => breaker.snapshot().reason);
      await house.time.advance(minutes(2) - 1);
      const beforeTheFirst = states();
      await house.time.advance(minutes(3) - 1);
      const beforeTheTrial = states();
      await house.time.advance(2);

      expect(reasons).to.deep.equal(['daily_quota', 'daily_quota', 'daily_quota']);
      expect(beforeTheFirst).to.deep.equal(['open', 'open', 'open']);
      expect(beforeTheTrial).to.deep.equal(['half_open', 'open', 'open']);
      expect(states()).to.deep.equal(['half_open', 'half_open', 'half_open']);
    });

    it('say nothing about the service when only the credits are gone', async () => {
      const breaker = house.breaker();

      await house.calls(breaker, 10, spent('credits'));

      expect(breaker.snapshot().state).to.equal('closed');
    });
  });

  describe('of a refused credential', () => {
    it('open the circuit at the third in a row, for a minute at least', async () => {
      const breaker = house.breaker();

      await house.calls(breaker, 2, refuse);
      const before = breaker.snapshot().state;
      await house.calls(breaker, 1, refuse);
      await house.time.advance(minutes(1) - 1);
      const within = breaker.snapshot();
      await house.time.advance(1);

      expect(before).to.equal('closed');
      expect(within).to.include({ state: 'open', reason: 'credential' });
      expect(within.lastFailure?.kind).to.equal('unauthorized');
      expect(within.calls).to.include({ ignored: 3, failure: 0 });
      expect(breaker.snapshot().state).to.equal('half_open');
    });

    it('start again after any answer that shows the credential to be good', async () => {
      const breaker = house.breaker();

      await house.calls(breaker, 2, refuse);
      await house.calls(breaker, 1, succeed);
      await house.calls(breaker, 2, refuse);
      await house.calls(breaker, 1, failWith(new UpstreamRejectedError(site, 404)));
      await house.calls(breaker, 2, refuse);

      expect(breaker.snapshot().state).to.equal('closed');
    });

    it('open it again when a probe is refused', async () => {
      const breaker = house.breaker();
      await house.calls(breaker, 3, refuse);
      await house.time.advance(minutes(1));

      await house.calls(breaker, 1, refuse);

      expect(house.reasons).to.deep.equal(['credential', 'open_time_over', 'credential']);
    });

    it('open it again at once when it was the probe of another outage', async () => {
      const breaker = house.breaker();
      await house.toHalfOpen(breaker);

      await house.calls(breaker, 1, refuse);

      expect(breaker.snapshot()).to.include({ state: 'open', reason: 'credential' });
    });

    it('close it when the credential works again', async () => {
      const breaker = house.breaker();
      await house.calls(breaker, 3, refuse);
      await house.time.advance(minutes(1));

      await house.recover(breaker);
      await house.calls(breaker, 2, refuse);

      expect(breaker.snapshot().state).to.equal('closed');
    });
  });
});
