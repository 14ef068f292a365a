import { expect } from 'chai';
import { CircuitOpenError, UpstreamUnauthorizedError } from '../../../src/errors/upstreamErrors.ts';
import { minutes, systemClock } from '../../../src/time/clock.ts';
import { down, failWith, OPEN_MS, PROBES, site, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

describe('Circuit breaker overrides', () => {
  const house = useBreakerHouse();

  describe('forced_open', () => {
    it('refuses everything, for as long as it was imposed for, however well the service is', async () => {
      const breaker = house.breaker();
      house.impose(breaker, 'forced_open', minutes(10));
      await house.time.advance(minutes(9));

      const error = await errorOf(breaker.call(succeed, site), CircuitOpenError);

      expect(error).to.include({ reason: 'forced_open', retryAfterMs: minutes(1) });
      expect(breaker.snapshot()).to.include({ state: 'closed', effectiveState: 'forced_open' });
    });

    it('ends by itself at its time', async () => {
      const breaker = house.breaker();
      house.impose(breaker, 'forced_open', minutes(10));

      await house.time.advance(minutes(10));

      expect(await breaker.call(succeed, site)).to.equal('contact');
      expect(breaker.snapshot()).to.include({ override: undefined, effectiveState: 'closed' });
    });

    it('outlasts the open time below it: no probe goes out', async () => {
      const breaker = house.breaker();
      await house.toHalfOpen(breaker);
      house.impose(breaker, 'forced_open');

      await errorOf(breaker.call(succeed, site), CircuitOpenError);

      expect(breaker.snapshot()).to.include({ state: 'half_open', effectiveState: 'forced_open' });
    });

    it('lets what is under way end, and counts it', async () => {
      const breaker = house.breaker();
      const attempt = new HeldAttempt();
      const call = breaker.call(attempt.begin, site);
      house.impose(breaker, 'forced_open');

      attempt.succeed('contact');

      expect(await call).to.equal('contact');
      expect(breaker.snapshot().calls.success).to.equal(1);
    });
  });

  describe('disabled', () => {
    it('lets everything pass, unjudged and uncounted', async () => {
      const breaker = house.breaker();
      house.impose(breaker, 'disabled');

      await house.calls(breaker, 50, failWith(down()));

      expect(breaker.snapshot()).to.include({ state: 'closed', effectiveState: 'disabled', failureRatio: 0 });
      expect(breaker.snapshot().calls.fired).to.equal(0);
    });

    it('lets everything pass while the circuit below it is open', async () => {
      const breaker = house.breaker();
      await house.trip(breaker);
      house.impose(breaker, 'disabled');

      expect(await breaker.call(succeed, site)).to.equal('contact');
      expect(breaker.snapshot().state).to.equal('open');
    });

    it('gives a promise even if the attempt throws at once', async () => {
      const breaker = house.breaker();
      const error = new Error('a bug');
      house.impose(breaker, 'disabled');

      const call = breaker.call(() => {
        throw error;
      }, site);

      expect(await errorOf(call, Error)).to.equal(error);
    });
  });

  describe('metrics_only', () => {
    it('lets everything pass, but judges it: what would have opened is seen to open', async () => {
      const breaker = house.breaker();
      const attempt = failWith(down());
      house.impose(breaker, 'metrics_only');

      await house.calls(breaker, 10, attempt);

      expect(breaker.snapshot()).to.include({ state: 'open', effectiveState: 'metrics_only', openings: 1 });
      expect(breaker.snapshot().calls).to.include({ fired: 10, failure: 10, rejected: 0 });
    });

    it('lets the circuit below it recover as well', async () => {
      const breaker = house.breaker();
      house.impose(breaker, 'metrics_only');
      await house.toHalfOpen(breaker);

      const probe = new HeldAttempt();
      const probeCall = breaker.call(probe.begin, site);
      const values = await Promise.all([breaker.call(succeed, site), breaker.call(succeed, site)]);
      const between = breaker.snapshot().state;
      probe.succeed('contact');
      await probeCall;
      await house.calls(breaker, PROBES - 1, succeed);

      expect(values).to.deep.equal(['contact', 'contact']);
      expect(between).to.equal('half_open');
      expect(breaker.snapshot().state).to.equal('closed');
    });
  });

  describe('as such', () => {
    it('replace one another, the latest counts', async () => {
      const breaker = house.breaker();
      house.impose(breaker, 'forced_open');

      house.impose(breaker, 'disabled');

      expect(await breaker.call(succeed, site)).to.equal('contact');
    });

    it('end early by a person’s word', async () => {
      const breaker = house.breaker();
      house.impose(breaker, 'forced_open');

      breaker.release();

      expect(await breaker.call(succeed, site)).to.equal('contact');
    });

    it('that are over before they begin change nothing', async () => {
      const breaker = house.breaker();

      house.impose(breaker, 'forced_open', 0);

      expect(await breaker.call(succeed, site)).to.equal('contact');
    });

    it('are told once when imposed and once when they end, by themselves or not', async () => {
      const breaker = house.breaker();
      house.impose(breaker, 'forced_open', minutes(1));
      await house.time.advance(minutes(1));
      breaker.snapshot();
      breaker.release();
      house.impose(breaker, 'disabled');
      breaker.release();

      expect(house.overrides.map(({ circuit, override }) => [circuit, override?.mode])).to.deep.equal([
        ['hubspot', 'forced_open'],
        ['hubspot', undefined],
        ['hubspot', 'disabled'],
        ['hubspot', undefined],
      ]);
    });
  });
});

describe('Circuit breaker reset', () => {
  const house = useBreakerHouse();

  it('closes an open circuit, and its timer opens nothing afterwards', async () => {
    const breaker = house.breaker();
    await house.trip(breaker);

    breaker.reset();
    await house.time.advance(10 * OPEN_MS);

    expect(await breaker.call(succeed, site)).to.equal('contact');
    expect(house.reasons).to.deep.equal(['consecutive_failures', 'reset']);
  });

  it('leaves a circuit that opens, looks again and closes as ever', async () => {
    const breaker = house.breaker();
    await house.trip(breaker);
    breaker.reset();
    await house.time.advance(10 * OPEN_MS);

    await house.toHalfOpen(breaker);
    await house.probeWell(breaker);

    expect(house.path).to.deep.equal(['open', 'closed', 'open', 'half_open', 'closed']);
  });

  it('ends an override', () => {
    const breaker = house.breaker();
    house.impose(breaker, 'forced_open');

    breaker.reset();

    expect(breaker.snapshot()).to.include({ override: undefined, effectiveState: 'closed' });
  });

  it('forgets what speaks against the service, and changes no state that is closed', async () => {
    const breaker = house.breaker();
    await house.calls(breaker, 2, failWith(down()));
    await house.calls(breaker, 2, failWith(new UpstreamUnauthorizedError(site, 401)));

    breaker.reset();
    await house.calls(breaker, 2, failWith(down()));
    await house.calls(breaker, 2, failWith(new UpstreamUnauthorizedError(site, 401)));

    expect(breaker.snapshot().state).to.equal('closed');
    expect(house.changes).to.deep.equal([]);
  });
});

describe('Circuit breaker thresholds, changed for a time', () => {
  const house = useBreakerHouse();
  const one = { strategy: 'consecutive', failures: 1 } as const;

  it('decide from now on, starting with nothing seen', async () => {
    const breaker = house.breaker({ detection: { strategy: 'consecutive', failures: 2 } });
    await house.calls(breaker, 1, failWith(down()));

    breaker.changeDetection(
      { strategy: 'consecutive', failures: 2 },
      { reason: 'noisy', by: 'oncall', until: systemClock.wallTime() + minutes(5) },
    );
    await house.calls(breaker, 1, failWith(down()));
    const before = breaker.snapshot().state;
    await house.calls(breaker, 1, failWith(down()));

    expect(before).to.equal('closed');
    expect(breaker.snapshot().state).to.equal('open');
  });

  it('give way to the policy’s own when their time is over', async () => {
    const breaker = house.breaker();
    breaker.changeDetection(one, { reason: 'noisy', by: 'oncall', until: systemClock.wallTime() + minutes(5) });
    const within = breaker.snapshot().detection;

    await house.time.advance(minutes(5));
    await house.calls(breaker, 2, failWith(down()));

    expect(within).to.deep.equal(one);
    expect(breaker.snapshot()).to.deep.include({ state: 'closed', detection: { strategy: 'consecutive', failures: 3 } });
  });
});
