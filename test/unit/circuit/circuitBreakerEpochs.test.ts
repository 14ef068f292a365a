import { expect } from 'chai';
import { UpstreamUnauthorizedError } from '../../../src/errors/upstreamErrors.ts';
import { down, failWith, OPEN_MS, site, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

describe('Circuit breaker epochs', () => {
  const house = useBreakerHouse();

  it('let a success from before the opening close nothing, yet its caller has it', async () => {
    const breaker = house.breaker();
    const early = new HeldAttempt();
    const earlyCall = breaker.call(early.begin, site);
    await house.toHalfOpen(breaker);

    early.succeed('late, but true');

    expect(await earlyCall).to.equal('late, but true');
    expect(breaker.snapshot().state).to.equal('half_open');
  });

  it('let a failure from before the opening decide nothing while half-open', async () => {
    const breaker = house.breaker();
    const early = new HeldAttempt();
    const earlyCall = breaker.call(early.begin, site);
    await house.toHalfOpen(breaker);

    early.fail(down());
    await errorOf(earlyCall, Error);
    await house.time.settle();

    expect(breaker.snapshot().state).to.equal('half_open');
    await house.probeWell(breaker);
  });

  it('let an early success decide nothing while a probe is out, and the probe decides alone', async () => {
    const breaker = house.breaker();
    const early = new HeldAttempt();
    const earlyCall = breaker.call(early.begin, site);
    await house.toHalfOpen(breaker);
    const probe = new HeldAttempt();
    const probeCall = breaker.call(probe.begin, site).catch(() => undefined);

    early.succeed('from before');
    await earlyCall;
    const whileOut = breaker.snapshot().state;
    probe.fail(down());
    await probeCall;

    expect(whileOut).to.equal('half_open');
    expect(breaker.snapshot()).to.include({ state: 'open', reason: 'probe_failed' });
  });

  it('count no failure of an earlier epoch once the circuit has closed again', async () => {
    const breaker = house.breaker();
    const early = Array.from({ length: 3 }, () => new HeldAttempt());
    const calls = early.map(({ begin }) => breaker.call(begin, site).catch(() => undefined));
    await house.toHalfOpen(breaker);
    await house.recover(breaker);

    for (const attempt of early) attempt.fail(down());
    await Promise.all(calls);

    expect(breaker.snapshot()).to.include({ state: 'closed', failureRatio: 0 });
  });

  it('do not lengthen the open time for failures that come in after the opening', async () => {
    const breaker = house.breaker();
    const early = Array.from({ length: 5 }, () => new HeldAttempt());
    const calls = early.map(({ begin }) => breaker.call(begin, site).catch(() => undefined));
    await house.trip(breaker);
    const { nextProbeAt } = breaker.snapshot();

    for (const attempt of early) attempt.fail(down(60_000));
    await Promise.all(calls);

    expect(breaker.snapshot()).to.include({ nextProbeAt, openings: 1 });
  });

  it('count no refused credential of an earlier epoch', async () => {
    const breaker = house.breaker();
    const early = Array.from({ length: 3 }, () => new HeldAttempt());
    const calls = early.map(({ begin }) => breaker.call(begin, site).catch(() => undefined));
    await house.toHalfOpen(breaker);
    await house.recover(breaker);

    for (const attempt of early) attempt.fail(new UpstreamUnauthorizedError(site, 401));
    await Promise.all(calls);

    expect(breaker.snapshot().state).to.equal('closed');
  });

  it('void a probe whose circuit was reset meanwhile', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    const probe = new HeldAttempt();
    const probeCall = breaker.call(probe.begin, site).catch(() => undefined);
    breaker.reset();

    probe.fail(down());
    await probeCall;

    expect(breaker.snapshot()).to.include({ state: 'closed', reason: 'reset' });
  });

  it('void a probe of the half-open phase before this one', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    const lost = new HeldAttempt();
    const lostCall = breaker.call(lost.begin, site);
    await house.time.advance(2 * OPEN_MS);
    await house.calls(breaker, 1, succeed);
    await house.time.advance(2 * OPEN_MS);
    const before = breaker.snapshot();

    lost.succeed('at last');
    await lostCall;

    expect(before).to.include({ state: 'half_open', openings: 2 });
    expect(breaker.snapshot()).to.include({ state: 'half_open', epoch: before.epoch });
  });

  it('still count every late outcome as a call, once', async () => {
    const breaker = house.breaker();
    const early = new HeldAttempt();
    const earlyCall = breaker.call(early.begin, site);
    await house.trip(breaker);

    early.succeed('late');
    await earlyCall;
    await house.calls(breaker, 1, failWith(down()));

    expect(breaker.snapshot().calls).to.deep.equal({ fired: 5, success: 1, failure: 3, timeout: 0, ignored: 0, rejected: 1 });
  });
});
