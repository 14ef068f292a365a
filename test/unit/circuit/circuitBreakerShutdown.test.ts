import { expect } from 'chai';
import { CircuitOpenError } from '../../../src/errors/upstreamErrors.ts';
import type { OverrideMode } from '../../../src/contract/circuitState.ts';
import { ATTEMPT_TIMEOUT_MS, BreakerHouse, down, OPEN_MS, policy, site, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';
import { activeResources, addedSince } from '../../support/leakGuard.ts';

describe('Circuit breaker shutdown', () => {
  const house = useBreakerHouse();

  it('leaves no timer, whatever the states of the circuits', async () => {
    await house.trip(house.breaker({}, 'open'));
    await house.toHalfOpen(house.breaker({}, 'half-open'));
    house.breaker({}, 'closed');
    house.impose(house.breaker({}, 'forced'), 'forced_open');

    house.factory.shutdown();

    expect(house.time.pendingTimers).to.equal(0);
  });

  it('leaves no listener on an engine', async () => {
    const breaker = house.breaker();
    const heard: string[] = [];
    breaker.observed.on('close', () => heard.push('close'));

    house.factory.shutdown();

    expect(breaker.observed.eventNames()).to.deep.equal([]);
  });

  it('refuses all calls from then on, and says why', async () => {
    const breaker = house.breaker();
    house.factory.shutdown();

    const error = await errorOf(breaker.call(succeed, site), CircuitOpenError);

    expect(error).to.include({ reason: 'shutdown', retryAfterMs: undefined });
    expect(house.results).to.deep.equal(['reject']);
  });

  for (const mode of ['disabled', 'metrics_only', 'forced_open'] as const satisfies readonly OverrideMode[]) {
    it(`is stronger than the override ${mode}`, async () => {
      const breaker = house.breaker();
      const attempt = new HeldAttempt();
      house.impose(breaker, mode);
      house.factory.shutdown();

      const error = await errorOf(breaker.call(attempt.begin, site), CircuitOpenError);

      expect(error.reason).to.equal('shutdown');
      expect(attempt.begun).to.equal(0);
    });
  }

  it('is for good: neither a reset nor time brings a circuit back', async () => {
    const breaker = house.breaker();
    await house.trip(breaker);
    house.factory.shutdown();

    breaker.reset();
    await house.time.advance(100 * OPEN_MS);

    await errorOf(breaker.call(succeed, site), CircuitOpenError);
  });

  it('lets what is under way end for its caller, and decides nothing by it', async () => {
    const breaker = house.breaker();
    const attempts = Array.from({ length: 4 }, () => new HeldAttempt());
    const calls = attempts.map(({ begin }) => breaker.call(begin, site));
    house.factory.shutdown();

    attempts[0]?.succeed('contact');
    const errors = calls.slice(1).map((call) => errorOf(call, Error));
    for (const attempt of attempts.slice(1)) attempt.fail(down());
    await Promise.all(errors);

    expect(await calls[0]).to.equal('contact');
    expect(house.changes).to.deep.equal([]);
    expect(house.time.pendingTimers).to.equal(0);
  });

  it('may be asked for twice', () => {
    house.breaker();
    house.factory.shutdown();

    expect(() => {
      house.factory.shutdown();
    }).not.to.throw();
  });

  it('makes no new circuits afterwards, and still shows the old ones', () => {
    const breaker = house.breaker();
    house.factory.shutdown();

    expect(() => house.breaker({}, 'lemlist')).to.throw('No circuit breaker "lemlist" after the shutdown');
    expect(house.breaker()).to.equal(breaker);
    expect(house.factory.states()).to.have.length(1);
  });
});

describe('Circuit breakers in real time', () => {
  it('keep no process alive: neither an open one, nor a call under way, nor one that is shut down', async () => {
    const before = await activeResources();
    const house = new BreakerHouse();
    const factory = house.createFactory();
    await house.trip(factory.breaker('hubspot', { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: policy }));
    const underWay = new HeldAttempt();
    const call = factory.create('reports', underWay.begin).fire();
    const whileOpen = addedSince(before, await activeResources());

    factory.shutdown();
    underWay.succeed('report');

    expect(whileOpen).to.deep.equal([]);
    expect(await call).to.equal('report');
    expect(addedSince(before, await activeResources())).to.deep.equal([]);
  });
});
