/**
 * opossum's proven traps (docs/decisions/0003), numbered, each as a regression test against our own factory.
 *
 * - here, how states change: 01 02 03 04 09 10 12 23 24 29 31, and 36 with 04
 * - `opossumTrapsInCalls.test.ts`, what a call is told and counted as: 05 06 07 08 14 15 18 19 20 21 22
 * - `opossumTrapsInUpkeep.test.ts`, what is left behind: 11 25 27 30 34
 * - 26 (statistics that cost more the more calls there are): `opossumEngine.test.ts`; 28 (what keeps the process
 *   alive): `circuitBreakerShutdown.test.ts`; 32 (when a fallback is told): `stages/fallback.test.ts`; 35 (open times
 *   set before the timer is armed): `circuitBreakerOpenTime.test.ts`
 *
 * These cannot touch us, because the engine is built without the feature (`opossumEngine.test.ts` holds that fast):
 * 13 (health check), 16 and 17 (cache transport). 33 is a benchmark.
 */
import { expect } from 'chai';
import { BulkheadFullError, CircuitOpenError, UpstreamTimeoutError } from '../../../src/errors/upstreamErrors.ts';
import type { DetectionPolicy } from '../../../src/contract/circuitState.ts';
import { minutes, seconds, systemClock } from '../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, failWith, OPEN_MS, policy, site, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

const half: DetectionPolicy = { strategy: 'rate', windowMs: seconds(10), minimumCalls: 10, failureRatePercent: 50, slowRatePercent: 100 };
const fail = failWith(down());

describe('Opossum’s traps in how states change', () => {
  const house = useBreakerHouse();

  describe('01: the threshold', () => {
    it('does not open a new circuit at its first failure', async () => {
      const breaker = house.breaker({ detection: half });

      await house.calls(breaker, 1, fail);

      expect(breaker.snapshot().state).to.equal('closed');
    });

    it('of 100 % opens when all calls fail', async () => {
      const breaker = house.breaker({ detection: { ...half, failureRatePercent: 100 } });

      await house.calls(breaker, 10, fail);

      expect(breaker.snapshot().state).to.equal('open');
    });

    it('of 50 % opens at exactly one half', async () => {
      const breaker = house.breaker({ detection: half });

      for (let pair = 0; pair < 5; pair += 1) {
        await house.calls(breaker, 1, succeed);
        await house.calls(breaker, 1, fail);
      }

      expect(breaker.snapshot().state).to.equal('open');
    });
  });

  it('02: a probe that hangs for ever does not hold the circuit half-open for ever', async () => {
    let hangs = true;
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    void breaker.call(new HeldAttempt().begin, site);

    for (let second = 0; second < 30; second += 1) {
      await house.calls(breaker, 1, async () => (hangs ? Promise.reject(down()) : Promise.resolve('contact')));
      await house.time.advance(seconds(1));
      hangs = second < 5;
    }

    expect(breaker.snapshot().state).to.equal('closed');
  });

  it('03: a slow probe keeps the others waiting for one attempt timeout at most', async () => {
    const slow = new HeldAttempt();
    let attempt: (signal: AbortSignal) => Promise<string> = fail;
    const action = house.factory.create('reports', async (signal: AbortSignal) => attempt(signal), {
      attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
      circuit: policy,
    });
    for (let made = 0; made < 3; made += 1) await errorOf(action.fire(), Error);
    await house.time.advance(OPEN_MS);
    attempt = slow.begin;
    const probe = errorOf(action.fire(), UpstreamTimeoutError);

    const meanwhile = await errorOf(action.fire(), CircuitOpenError);
    await house.time.advance(ATTEMPT_TIMEOUT_MS);

    expect(meanwhile.reason).to.equal('probing');
    expect((await probe).timeoutMs).to.equal(ATTEMPT_TIMEOUT_MS);
    expect(action.snapshot()).to.include({ state: 'open', reason: 'probe_failed' });
  });

  for (const ending of ['success', 'failure'] as const) {
    it(`04: a ${ending} of a call begun before the opening does not stand for the probe`, async () => {
      const breaker = house.breaker();
      const early = new HeldAttempt();
      const call = breaker.call(early.begin, site).catch(() => undefined);
      await house.toHalfOpen(breaker);

      if (ending === 'success') early.succeed('late');
      else early.fail(down());
      await call;
      await house.time.settle();

      expect(breaker.snapshot().state).to.equal('half_open');
    });
  }

  it('09: a burst of calls that all hang for longer than the window opens, and before any of them has timed out', async () => {
    const action = house.factory.create('reports', new HeldAttempt().begin, {
      attemptTimeoutMs: 1100,
      circuit: { detection: { ...half, windowMs: 1000 } },
    });
    const burst = Array.from({ length: 50 }, () => errorOf(action.fire(), UpstreamTimeoutError));

    await house.time.advance(1099);
    const before = action.snapshot();
    await house.time.advance(1);
    await Promise.all(burst);

    expect(before).to.include({ state: 'open', reason: 'slow_rate' });
    expect(before.calls.fired, 'ended so far').to.equal(0);
  });

  it('09: calls that outlast the engine’s own window and then fail do not set its timer instead of ours', async () => {
    const breaker = house.breaker();
    const slow = Array.from({ length: 3 }, () => new HeldAttempt());
    const calls = slow.map(({ begin }) => breaker.call(begin, site).catch(() => undefined));
    await house.time.advance(seconds(12));
    for (const attempt of slow.slice(0, 2)) attempt.fail(down());
    await house.time.advance(seconds(1));

    slow[2]?.fail(down());
    await Promise.all(calls);
    await house.time.advance(OPEN_MS);

    expect(house.path).to.deep.equal(['open', 'half_open']);
  });

  it('10: failures from before a recovery do not count again after it', async () => {
    const breaker = house.breaker({ detection: half });
    await house.calls(breaker, 10, fail);
    await house.time.advance(OPEN_MS);
    await house.recover(breaker);

    await house.calls(breaker, 8, succeed);
    await house.calls(breaker, 2, fail);

    expect(breaker.snapshot()).to.include({ state: 'closed', failureRatio: 0.2 });
  });

  it('12: a probe that fails within the first seconds of a circuit’s life opens it again, and the next one follows', async () => {
    const breaker = house.breaker({ detection: half, openForMs: 100 });
    await house.calls(breaker, 10, fail);
    await house.time.advance(50);

    await house.calls(breaker, 1, fail);
    const after = breaker.snapshot().state;
    await house.time.advance(100);

    expect(after).to.equal('open');
    expect(await breaker.call(succeed, site)).to.equal('contact');
  });

  it('23: what a person holds open stays open, and what is shut down stays shut', async () => {
    const breaker = house.breaker();
    house.impose(breaker, 'forced_open', minutes(60));
    await house.time.advance(minutes(30));
    const forced = await errorOf(breaker.call(succeed, site), CircuitOpenError);

    house.factory.shutdown();
    breaker.reset();

    expect(forced.reason).to.equal('forced_open');
    expect((await errorOf(breaker.call(succeed, site), CircuitOpenError)).reason).to.equal('shutdown');
  });

  it('24: after the process has stood still, old failures are old', async () => {
    const breaker = house.breaker({ detection: { ...half, windowMs: 1000, minimumCalls: 11 } });
    await house.calls(breaker, 10, fail);

    house.time.stall(seconds(5));
    await house.calls(breaker, 1, fail);

    expect(breaker.snapshot()).to.include({ state: 'closed', failureRatio: 1 });
  });

  it('29: circuits that opened together do not look again together', async () => {
    const moments = new Set<number>();
    for (let pod = 0; pod < 50; pod += 1) {
      house.chance = pod / 50;
      const breaker = house.breaker({}, `pod-${String(pod)}`);
      await house.trip(breaker);
      moments.add(breaker.snapshot().nextProbeAt ?? 0);
    }

    expect(moments.size).to.equal(50);
    expect(Math.max(...moments) - Math.min(...moments)).to.be.at.least(0.9 * OPEN_MS);
    expect(Math.min(...moments)).to.equal(systemClock.wallTime() + OPEN_MS);
  });

  it('31: a probe that our own bulkhead refuses does not open the circuit again', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);

    await house.calls(breaker, 1, failWith(new BulkheadFullError(site, 1000)));

    expect(breaker.snapshot().state).to.equal('half_open');
    expect(await breaker.call(succeed, site)).to.equal('contact');
  });
});
