import { expect } from 'chai';
import { CircuitOpenError, UpstreamTimeoutError } from '../../../src/errors/upstreamErrors.ts';
import { withAttemptTimeout, type Cuttable } from '../../../src/time/attemptTimeout.ts';
import type { CircuitBreaker } from '../../../src/circuit/circuitBreaker.ts';
import type { DetectionPolicy } from '../../../src/contract/circuitState.ts';
import { minutes, seconds, systemClock } from '../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, failWith, policy, site, SLOW_MS, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

const cusum: DetectionPolicy = { strategy: 'cusum', threshold: 10 };
/** Attempts that have become slow, with nothing answered meanwhile, that open a circuit. */
const SLOW_ONES = 6;
const HOUR_MS = minutes(60);

/** A call whose attempt the test holds, and what became of it. */
interface HeldCall {
  readonly attempt: HeldAttempt;
  outcome: unknown;
}

describe('Circuit breaker over a service that hangs', () => {
  const house = useBreakerHouse();

  const begin = (breaker: CircuitBreaker, { cuttable }: { readonly cuttable?: boolean } = {}): HeldCall => {
    const attempt = new HeldAttempt();
    const call: HeldCall = { attempt, outcome: undefined };
    const keep = (outcome: unknown): void => {
      call.outcome = outcome;
    };
    const cut = (error: Error): void => {
      attempt.fail(error);
    };
    breaker.call(attempt.begin, site, cuttable === true ? { cut } : undefined).then(keep, keep);
    return call;
  };
  const hangs = (breaker: CircuitBreaker, count: number, options?: { readonly cuttable?: boolean }): readonly HeldCall[] =>
    Array.from({ length: count }, () => begin(breaker, options));

  it('opens about a second after it began to hang, at 20 calls a second, long before any time-out', async () => {
    const breaker = house.factory.breaker('hubspot', { attemptTimeoutMs: seconds(4), circuit: { ...policy, detection: cusum } });
    for (let call = 0; call < 100; call += 1) await house.callLasting(breaker, 50);
    const hungSince = systemClock.now();

    while (breaker.state === 'closed' && systemClock.now() - hungSince < seconds(4)) {
      begin(breaker);
      await house.time.advance(50);
    }

    expect(house.changes[0]).to.include({ to: 'open', reason: 'slow_evidence' });
    expect((house.changes[0]?.at ?? 0) - hungSince).to.be.within(700, 1000);
  });

  it('opens without a single answer, at the moment enough attempts have become slow', async () => {
    const breaker = house.breaker({ detection: cusum });
    hangs(breaker, SLOW_ONES);

    await house.time.advance(SLOW_MS - 1);
    const before = breaker.state;
    await house.time.advance(1);

    expect(before).to.equal('closed');
    expect(breaker.snapshot()).to.deep.include({ state: 'open', reason: 'slow_evidence' });
    expect(breaker.snapshot().lastFailure?.kind).to.equal('slow');
  });

  for (const ending of ['success', 'failure'] as const) {
    it(`takes a late ${ending} for what it has counted already, which ends the silence alone`, async () => {
      const breaker = house.breaker({ detection: cusum });
      const calls = hangs(breaker, SLOW_ONES - 1);
      await house.time.advance(SLOW_MS);
      const silent = breaker.snapshot().suspicion;

      for (const { attempt } of calls) {
        if (ending === 'success') attempt.succeed('contact');
        else attempt.fail(down());
      }
      await house.time.settle();

      expect(silent).to.equal((SLOW_ONES - 1) / SLOW_ONES);
      expect(breaker.snapshot().state).to.equal('closed');
      expect(breaker.snapshot().suspicion).to.be.closeTo(((SLOW_ONES - 1) * Math.log(25)) / 20, 0.001);
      expect(breaker.snapshot().calls).to.include({ fired: SLOW_ONES - 1, [ending]: SLOW_ONES - 1 });
    });
  }

  it('counts as slow in the rate strategy too, before the attempts end', async () => {
    const breaker = house.breaker({
      detection: { strategy: 'rate', windowMs: seconds(10), minimumCalls: 4, failureRatePercent: 50, slowRatePercent: 50 },
    });
    hangs(breaker, 4);

    await house.time.advance(SLOW_MS);

    expect(breaker.snapshot()).to.include({ state: 'open', reason: 'slow_rate' });
  });

  it('counts how its attempts end in the consecutive strategy, which does not weigh slowness', async () => {
    const breaker = house.breaker();
    const calls = hangs(breaker, 3);
    await house.time.advance(SLOW_MS);
    const whileSlow = breaker.snapshot();

    for (const { attempt } of calls) attempt.fail(new UpstreamTimeoutError(site, ATTEMPT_TIMEOUT_MS));
    await house.time.settle();

    expect(whileSlow).to.include({ state: 'closed', suspicion: 0 });
    expect(breaker.snapshot()).to.include({ state: 'open', reason: 'consecutive_failures' });
  });

  it('does not let a hung probe of before delay what new calls show', async () => {
    const breaker = house.breaker({ detection: cusum });
    await house.calls(breaker, 4, failWith(down()));
    await house.time.advance(1000);
    await house.calls(breaker, 1, succeed);
    begin(breaker);
    breaker.reset();
    hangs(breaker, SLOW_ONES);

    await house.time.advance(SLOW_MS);

    expect(breaker.snapshot()).to.include({ state: 'open', reason: 'slow_evidence' });
  });

  describe('once it has opened', () => {
    it('cuts off the repeatable attempts that are overdue, and lets the others be', async () => {
      const breaker = house.breaker({ detection: cusum });
      const [repeatable, single] = [begin(breaker, { cuttable: true }), begin(breaker)];
      await house.time.advance(100);
      const young = begin(breaker, { cuttable: true });
      await house.time.advance(SLOW_MS - 100);

      await house.calls(breaker, 4, failWith(down()));
      await house.time.settle();

      expect(repeatable.outcome).to.be.instanceOf(CircuitOpenError);
      expect(repeatable.outcome).to.include({ ...site, circuit: 'hubspot', reason: 'failure_evidence', retryAfterMs: 1000 });
      expect([single.outcome, young.outcome]).to.deep.equal([undefined, undefined]);
    });

    it('cuts off those that become overdue later, each at its moment', async () => {
      const breaker = house.breaker({ detection: cusum });
      const young = begin(breaker, { cuttable: true });
      await house.calls(breaker, 4, failWith(down()));

      await house.time.advance(SLOW_MS - 1);
      const before = young.outcome;
      await house.time.advance(1);

      expect(before).to.equal(undefined);
      expect(young.outcome).to.be.instanceOf(CircuitOpenError);
    });

    it('counts those it has cut off once, as ignored, and decides nothing by them', async () => {
      const breaker = house.breaker({ detection: cusum });
      hangs(breaker, SLOW_ONES, { cuttable: true });

      await house.time.advance(SLOW_MS);

      const none = { success: 0, failure: 0, timeout: 0, rejected: 0 };
      expect(breaker.snapshot().calls).to.deep.equal({ ...none, fired: SLOW_ONES, ignored: SLOW_ONES });
      expect(house.path).to.deep.equal(['open']);
    });

    it('cuts nothing while it is closed, however slow', async () => {
      const breaker = house.breaker({ detection: cusum });
      const slow = begin(breaker, { cuttable: true });

      await house.time.advance(ATTEMPT_TIMEOUT_MS);

      expect(breaker.state).to.equal('closed');
      expect(slow.outcome).to.equal(undefined);
    });

    it('ends the attempt itself, by its signal', async () => {
      const breaker = house.breaker({ detection: cusum });
      const attempt = new HeldAttempt();
      const cuttable: Cuttable = {};
      const limits = { timeoutMs: ATTEMPT_TIMEOUT_MS, onTimeout: () => new UpstreamTimeoutError(site, ATTEMPT_TIMEOUT_MS), cuttable };
      const error = errorOf(
        breaker.call(() => withAttemptTimeout(attempt.begin, limits, systemClock), site, cuttable),
        CircuitOpenError,
      );
      hangs(breaker, SLOW_ONES - 1);

      await house.time.advance(SLOW_MS);

      expect(attempt.signal?.reason).to.equal(await error);
    });
  });

  describe('but only seems to hang', () => {
    it('because the process stood still for 5 s: nothing opens, and no attempt is held against the service', async () => {
      const breaker = house.breaker({ detection: cusum });
      const calls = hangs(breaker, 50, { cuttable: true });
      await house.time.advance(100);

      house.time.stall(seconds(5));
      for (const { attempt } of calls) attempt.succeed('contact');
      await house.time.settle();

      expect(breaker.snapshot()).to.include({ state: 'closed', suspicion: 0 });
      expect(calls.map(({ outcome }) => outcome)).to.deep.equal(calls.map(() => 'contact'));
    });

    it('because the process stood still while attempts had their time-outs: what had arrived meanwhile is read', async () => {
      const breaker = house.breaker({ detection: cusum });
      const limits = { timeoutMs: ATTEMPT_TIMEOUT_MS, onTimeout: () => new UpstreamTimeoutError(site, ATTEMPT_TIMEOUT_MS) };
      const attempts = Array.from({ length: 20 }, () => new HeldAttempt());
      const calls = attempts.map(({ begin: start }) => breaker.call(() => withAttemptTimeout(start, limits, systemClock), site));

      house.time.stall(seconds(5));
      for (const attempt of attempts) attempt.succeed('contact');

      expect(await Promise.all(calls)).to.deep.equal(attempts.map(() => 'contact'));
      expect(breaker.snapshot()).to.include({ state: 'closed', suspicion: 0 });
    });

    for (const jumpMs of [HOUR_MS, -HOUR_MS]) {
      it(`because the wall clock jumped by ${String(jumpMs / HOUR_MS)} h: nothing opens, closes or is cut`, async () => {
        const breaker = house.breaker({ detection: cusum });
        const other = house.breaker({ detection: cusum }, 'lemlist');
        await house.calls(other, 4, failWith(down()));
        const calls = hangs(breaker, 50, { cuttable: true });
        await house.time.advance(100);

        house.time.setWallClock(systemClock.wallTime() + jumpMs);
        await house.time.advance(100);
        const during = [breaker.snapshot(), other.snapshot()];
        for (const { attempt } of calls) attempt.succeed('contact');
        await house.time.advance(800);

        expect(during[0]).to.include({ state: 'closed', suspicion: 0 });
        expect(during[1]).to.include({ state: 'open', nextProbeAt: systemClock.wallTime() });
        expect(breaker.snapshot().calls).to.include({ success: 50, ignored: 0 });
        expect(other.state, 'open for as long as it was to be').to.equal('half_open');
      });
    }
  });

  it('leaves neither timer nor verdict after a shutdown amid hanging attempts', async () => {
    const breaker = house.breaker({ detection: cusum });
    const calls = hangs(breaker, SLOW_ONES, { cuttable: true });
    house.factory.shutdown();
    const timers = house.time.pendingTimers;

    await house.time.advance(seconds(10));
    for (const { attempt } of calls) attempt.fail(down());
    await house.time.settle();

    expect(timers).to.equal(0);
    expect(house.changes).to.deep.equal([]);
    expect(breaker.snapshot().calls).to.include({ failure: SLOW_ONES });
  });
});
