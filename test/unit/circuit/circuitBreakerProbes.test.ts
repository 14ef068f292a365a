import { expect } from 'chai';
import {
  CallCancelledError,
  CircuitOpenError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
} from '../../../src/errors/upstreamErrors.ts';
import {
  ATTEMPT_TIMEOUT_MS,
  down,
  failWith,
  LEASE_MS,
  OPEN_MS,
  PROBES,
  site,
  succeed,
  useBreakerHouse,
} from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

describe('Circuit breaker probes', () => {
  const house = useBreakerHouse();

  it('go out one at a time, however many ask', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    const attempt = new HeldAttempt();

    const calls = Array.from({ length: 20 }, () => breaker.call(attempt.begin, site));
    const refused = await Promise.all(calls.slice(1).map((call) => errorOf(call, CircuitOpenError)));
    attempt.succeed('contact');

    expect(attempt.begun).to.equal(1);
    expect(refused).to.have.length(19);
    expect(await calls[0]).to.equal('contact');
  });

  it('are waited for by nobody: others are told at once to come again in a second', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    const probe = new HeldAttempt();
    const probeCall = breaker.call(probe.begin, site);

    const error = await errorOf(breaker.call(succeed, site), CircuitOpenError);
    probe.succeed('contact');
    await probeCall;

    expect(error).to.include({ reason: 'probing', retryAfterMs: 1000 });
  });

  it('go out in growing numbers: one more at a time for each that came back well', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    const admittedAtOnce = async (): Promise<number> => {
      const attempt = new HeldAttempt();
      const calls = Array.from({ length: 10 }, () => breaker.call(attempt.begin, site).catch(() => undefined));
      attempt.fail(new UpstreamRateLimitedError(site));
      await Promise.all(calls);
      return attempt.begun;
    };

    const numbers: number[] = [];
    for (let good = 0; good < PROBES; good += 1) {
      numbers.push(await admittedAtOnce());
      await breaker.call(succeed, site);
    }

    expect(numbers).to.deep.equal([1, 2, 3, 4, 5]);
  });

  const ignored = [
    ['a rate limit', new UpstreamRateLimitedError(site, 5000)],
    ['a caller who hung up', new CallCancelledError(site)],
  ] as const;
  for (const [what, error] of ignored) {
    it(`that end with ${what} neither close nor open, and the next caller probes`, async () => {
      const breaker = house.breaker();
      await house.toHalfOpen(breaker);
      const { epoch } = breaker.snapshot();

      await house.calls(breaker, 3, failWith(error));
      const between = breaker.snapshot();
      await house.probeWell(breaker);

      expect(between).to.include({ state: 'half_open', epoch });
      expect(between.calls).to.include({ ignored: 3, rejected: 0 });
      expect(breaker.snapshot().state).to.equal('closed');
    });
  }

  it('are calls that can do no harm at first; a write that must not be repeated is one where no other came for a second', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    const write = async (): Promise<unknown> => breaker.call(succeed, site, undefined, { isUnsafe: true }).catch((error: unknown) => error);
    const first = await write();
    await house.time.advance(600);
    await house.calls(breaker, 1, succeed);
    await house.time.advance(999);
    const soon = await write();
    await house.time.advance(1);

    const later = await write();

    expect([first, soon]).to.deep.equal([first, first]);
    expect(first).to.be.instanceOf(CircuitOpenError).and.to.include({ reason: 'probing' });
    expect(later).to.equal('contact');
  });

  it('of one operation are any call of it, a write that must not be repeated too', async () => {
    const breaker = house.breaker();
    const write = async (attempt: () => Promise<unknown>): Promise<unknown> =>
      breaker.callOperation(attempt, { ...site, operation: 'write' }, undefined, { isUnsafe: true }).catch((error: unknown) => error);
    for (let made = 0; made < 3; made += 1) {
      await write(failWith(down()));
      await breaker.callOperation(succeed, site);
    }
    const stopped = breaker.snapshot().operations.open;
    await house.time.advance(OPEN_MS);

    expect(await write(succeed)).to.equal('contact');
    expect(stopped).to.deep.equal(['write']);
  });

  it('close the circuit after ten seconds of rate limits: those are answers, and not for a circuit to act on', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    for (let second = 0; second < 10; second += 1) {
      await house.calls(breaker, 1, failWith(new UpstreamRateLimitedError(site)));
      await house.time.advance(1000);
    }
    const before = breaker.state;

    await house.calls(breaker, 1, failWith(new UpstreamRateLimitedError(site)));

    expect([before, breaker.state]).to.deep.equal(['half_open', 'closed']);
  });

  it('close the circuit when the service refuses our input: it is there', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);

    await house.calls(breaker, PROBES, failWith(new UpstreamRejectedError(site, 404)));

    expect(breaker.snapshot()).to.include({ state: 'closed', reason: 'probe_succeeded' });
  });

  it('close the circuit though they are slower than usual: slow is not gone', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    const probe = new HeldAttempt();
    const call = breaker.call(probe.begin, site);

    await house.time.advance(ATTEMPT_TIMEOUT_MS - 1);
    probe.succeed('contact');
    await call;
    await house.calls(breaker, PROBES - 1, succeed);

    expect(breaker.snapshot().state).to.equal('closed');
  });

  it('that hang have failed after the time a probe is given, whether or not anybody asks: the circuit opens, and looks again', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    void breaker.call(new HeldAttempt().begin, site);

    await house.time.advance(ATTEMPT_TIMEOUT_MS - 1);
    const before = await errorOf(breaker.call(succeed, site), CircuitOpenError);
    await house.time.advance(1);
    const after = breaker.snapshot();
    await house.time.advance(2 * OPEN_MS);
    await house.probeWell(breaker);

    expect(before.reason).to.equal('probing');
    expect(after).to.deep.include({ state: 'open', reason: 'probe_failed' });
    expect(after.lastFailure?.kind).to.equal('slow');
    expect(house.reasons).to.deep.equal(['consecutive_failures', 'open_time_over', 'probe_failed', 'open_time_over', 'probe_succeeded']);
  });

  it('that outlast their lease, excused by a stall of ours, are lost as soon as somebody asks', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    void breaker.call(new HeldAttempt().begin, site);

    house.time.stall(10 * LEASE_MS);
    const before = breaker.snapshot().state;
    const error = await errorOf(breaker.call(succeed, site), CircuitOpenError);

    expect(before).to.equal('half_open');
    expect(error).to.include({ reason: 'probe_lost', retryAfterMs: 2 * OPEN_MS });
  });

  it('still decide after their lease, as long as nobody has asked since', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    const probe = new HeldAttempt();
    const call = breaker.call(probe.begin, site);

    house.time.stall(10 * LEASE_MS);
    probe.succeed('contact');
    await call;
    await house.calls(breaker, PROBES - 1, succeed);

    expect(breaker.snapshot().state).to.equal('closed');
  });

  it('get a lease of their own each: a given-back one does not run on', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    await house.calls(breaker, 1, failWith(new UpstreamRateLimitedError(site)));
    await house.time.advance(LEASE_MS - 1);
    const probe = new HeldAttempt();
    const call = breaker.call(probe.begin, site);
    await house.time.advance(ATTEMPT_TIMEOUT_MS - 1);

    const error = await errorOf(breaker.call(succeed, site), CircuitOpenError);
    probe.succeed('contact');
    await call;

    expect(error.reason).to.equal('probing');
    expect(breaker.snapshot().state).to.equal('half_open');
  });

  it('are not needed while nobody calls: a half-open circuit waits as long as it has to', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);

    await house.time.advance(3_600_000);
    const before = breaker.snapshot().state;
    await house.probeWell(breaker);

    expect(before).to.equal('half_open');
  });

  it('fail one after another without ever letting a second call through', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    let made = 0;
    const failing = async (): Promise<never> => {
      made += 1;
      return Promise.reject(down());
    };

    for (const openMs of [2, 4, 8, 8]) {
      await house.calls(breaker, 5, failing);
      await house.time.advance(openMs * OPEN_MS);
    }

    expect(made).to.equal(4);
    expect(breaker.snapshot().calls.rejected).to.equal(16);
  });
});
