import { expect } from 'chai';
import type { DetectionPolicy } from '../../../src/contract/circuitState.ts';
import { down, failWith, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';

const cusum: DetectionPolicy = { strategy: 'cusum', threshold: 10 };

describe('Circuit breaker, suspicious of a service', () => {
  const house = useBreakerHouse();

  it('asks for no retries from half the evidence on, until that is gone', async () => {
    const breaker = house.breaker({ detection: cusum });
    const told = [breaker.isSuspect];
    await house.calls(breaker, 1, failWith(down()));
    told.push(breaker.isSuspect);
    await house.calls(breaker, 1, failWith(down()));
    told.push(breaker.isSuspect);
    await house.calls(breaker, 10, succeed);
    told.push(breaker.isSuspect);

    expect(told).to.deep.equal([false, false, true, false]);
    expect(breaker.snapshot().calls.rejected, 'it refuses nothing').to.equal(0);
  });

  it('asks for none while the circuit is open or half-open either', async () => {
    const breaker = house.breaker();
    await house.trip(breaker);
    const whileOpen = breaker.isSuspect;
    await house.time.advance(1000);

    expect([whileOpen, breaker.state, breaker.isSuspect]).to.deep.equal([true, 'half_open', true]);
  });

  for (const mode of ['disabled', 'metrics_only'] as const) {
    it(`leaves retries to the caller while it is ${mode}`, async () => {
      const breaker = house.breaker();
      await house.trip(breaker);

      house.impose(breaker, mode);
      const during = breaker.isSuspect;
      breaker.release();

      expect([during, breaker.isSuspect]).to.deep.equal([false, true]);
    });
  }

  it('opens at half the evidence while a recovery is young, and at all of it after a reset', async () => {
    const breaker = house.breaker({ detection: cusum });
    await house.calls(breaker, 4, failWith(down()));
    await house.time.advance(1000);
    await house.probeWell(breaker);
    await house.calls(breaker, 2, failWith(down()));
    const whileYoung = breaker.snapshot();

    breaker.reset();
    await house.calls(breaker, 3, failWith(down()));

    expect(whileYoung).to.include({ state: 'open', reason: 'failure_evidence', openings: 2 });
    expect(breaker.snapshot()).to.include({ state: 'closed', isRamping: false });
  });

  it('holds nobody back after a reset during the ramp', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    await house.probeWell(breaker);

    breaker.reset();
    await house.calls(breaker, 50, succeed);

    expect(breaker.snapshot()).to.include({ isRamping: false });
    expect(breaker.snapshot().calls).to.include({ rejected: 0 });
  });
});
