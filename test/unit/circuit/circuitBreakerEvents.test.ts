import { expect } from 'chai';
import { UpstreamRateLimitedError, UpstreamTimeoutError } from '../../../src/errors/upstreamErrors.ts';
import type { ResilienceEvents } from '../../../src/contract/events.ts';
import { minutes, systemClock } from '../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, failWith, OPEN_MS, policy, PROBES, site, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';

describe('Circuit breaker events', () => {
  const house = useBreakerHouse();

  it('tell what became of each call, once', async () => {
    const breaker = house.breaker();

    await house.calls(breaker, 1, succeed);
    await house.calls(breaker, 1, failWith(new UpstreamRateLimitedError(site)));
    await house.callLasting(breaker, ATTEMPT_TIMEOUT_MS, new UpstreamTimeoutError(site, ATTEMPT_TIMEOUT_MS));
    await house.calls(breaker, 3, failWith(down()));

    expect(house.results).to.deep.equal(['success', 'ignored', 'timeout', 'failure', 'failure', 'reject']);
  });

  it('tell each transition with its reason, its moment, and how long the state before had lasted', async () => {
    const breaker = house.breaker();
    await house.time.advance(250);
    await house.toHalfOpen(breaker);
    await house.time.advance(40);
    await house.probeWell(breaker);

    expect(house.changes).to.deep.equal([
      { circuit: 'hubspot', from: 'closed', to: 'open', reason: 'consecutive_failures', at: 250, lastedMs: 250 },
      { circuit: 'hubspot', from: 'open', to: 'half_open', reason: 'open_time_over', at: 250 + OPEN_MS, lastedMs: OPEN_MS },
      { circuit: 'hubspot', from: 'half_open', to: 'closed', reason: 'probe_succeeded', at: 290 + OPEN_MS, lastedMs: 40 },
    ]);
  });

  it('of the engine tell exporters of every judged attempt and every transition', async () => {
    const breaker = house.breaker();
    const heard: string[] = [];
    for (const event of ['success', 'failure', 'open', 'halfOpen', 'close']) breaker.observed.on(event, () => heard.push(event));

    await house.calls(breaker, 1, succeed);
    await house.toHalfOpen(breaker);
    await house.calls(breaker, 1, failWith(down()));
    await house.time.advance(2 * OPEN_MS);
    await house.probeWell(breaker);
    await house.time.settle();

    const outage = ['failure', 'failure', 'open', 'failure', 'halfOpen'];
    expect(heard, 'a trial is one call to it, however many probes').to.deep.equal([
      'success',
      ...outage,
      'open',
      'failure',
      'halfOpen',
      'close',
      'success',
    ]);
  });

  describe('whose listener throws', () => {
    const throwing: ResilienceEvents = {
      circuitCalled: () => {
        throw new Error('a bug in the metrics');
      },
      circuitChanged: () => {
        throw new Error('a bug in the log');
      },
      overrideChanged: () => {
        throw new Error('a bug in the audit');
      },
    };

    it('change no call, no count and no transition', async () => {
      const factory = house.createFactory([throwing]);
      const breaker = factory.breaker('hubspot', { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: policy });
      const error = down();

      const value = await breaker.call(succeed, site);
      const thrown = await errorOf(breaker.call(failWith(error), site), Error);
      await house.calls(breaker, 2, failWith(error));
      house.impose(breaker, 'metrics_only');
      breaker.release();
      await house.time.advance(OPEN_MS);
      await house.probeWell(breaker);
      factory.shutdown();

      expect(value).to.equal('contact');
      expect(thrown).to.equal(error);
      expect(breaker.snapshot().state).to.equal('closed');
      expect(breaker.snapshot().calls).to.include({ fired: 9, success: 1 + PROBES, failure: 3 });
      expect(house.listenerErrors).to.have.length(9 + 3 + 2);
    });

    it('keep nothing from the listeners beside it', async () => {
      const heard: string[] = [];
      const listening: ResilienceEvents = {
        circuitCalled: (circuit, result) => {
          heard.push(`${circuit} ${result}`);
        },
      };
      const factory = house.createFactory([throwing, listening]);
      const breaker = factory.breaker('hubspot', { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: policy });

      await breaker.call(succeed, site);
      factory.shutdown();

      expect(heard).to.deep.equal(['hubspot success']);
    });
  });
});

describe('Circuit breaker snapshot', () => {
  const house = useBreakerHouse();

  it('of a new circuit shows that nothing has happened yet', () => {
    expect(house.breaker().snapshot()).to.deep.equal({
      name: 'hubspot',
      state: 'closed',
      override: undefined,
      effectiveState: 'closed',
      since: systemClock.wallTime(),
      outageSince: undefined,
      nextProbeAt: undefined,
      reason: 'start',
      failureRatio: 0,
      suspicion: 0,
      isRamping: false,
      lastFailure: undefined,
      epoch: 0,
      openings: 0,
      openForTotalMs: 0,
      detection: policy.detection,
      detectionChange: undefined,
      operations: { openCount: 0, open: [], suspect: [] },
      recovery: undefined,
      calls: { fired: 0, success: 0, failure: 0, timeout: 0, ignored: 0, rejected: 0 },
    });
  });

  it('of an open circuit shows since when, why, what failed last, and when it looks again', async () => {
    const breaker = house.breaker();
    await house.time.advance(5000);
    const openedAt = systemClock.wallTime();
    await house.trip(breaker);
    await house.time.advance(300);

    expect(breaker.snapshot()).to.deep.include({
      state: 'open',
      since: openedAt,
      nextProbeAt: openedAt + OPEN_MS,
      reason: 'consecutive_failures',
      lastFailure: { kind: 'http_5xx', at: openedAt },
      openForTotalMs: 300,
    });
  });

  it('adds up the times out of use, trials between openings included', async () => {
    const breaker = house.breaker();
    await house.toHalfOpen(breaker);
    await house.time.advance(200);
    await house.calls(breaker, 1, failWith(down()));
    await house.time.advance(500);
    const during = breaker.snapshot().openForTotalMs;

    breaker.reset();
    await house.time.advance(1000);

    expect([during, breaker.snapshot().openForTotalMs]).to.deep.equal([OPEN_MS + 700, OPEN_MS + 700]);
  });

  it('counts the time that a person keeps it open, and none while one lets calls pass', async () => {
    const breaker = house.breaker();
    const override = { reason: 'a drill', by: 'local', scope: 'replica' } as const;
    breaker.impose({ ...override, mode: 'forced_open', until: systemClock.wallTime() + minutes(1) });
    await house.time.advance(300);
    breaker.release();
    await house.time.advance(300);
    await house.trip(breaker);
    await house.time.advance(100);
    breaker.impose({ ...override, mode: 'disabled', until: systemClock.wallTime() + minutes(1) });
    await house.time.advance(300);

    expect(breaker.snapshot().openForTotalMs).to.equal(400);
  });

  it('shows suspicion growing before the circuit opens', async () => {
    const breaker = house.breaker({ detection: { strategy: 'consecutive', failures: 4 } });

    await house.calls(breaker, 1, failWith(down()));
    const first = breaker.snapshot().suspicion;
    await house.calls(breaker, 1, failWith(down()));

    expect(first).to.equal(0.25);
    expect(breaker.snapshot().suspicion).to.equal(0.5);
  });

  it('is of its moment: later calls do not change it', async () => {
    const breaker = house.breaker();
    const early = breaker.snapshot();

    await breaker.call(succeed, site);

    expect(early.calls.fired).to.equal(0);
    expect(breaker.snapshot().calls.fired).to.equal(1);
  });

  it('is plain data, safe to keep and to print', async () => {
    const breaker = house.breaker();
    await house.trip(breaker);

    const snapshot = breaker.snapshot();

    expect(structuredClone(snapshot)).to.deep.equal(snapshot);
  });
});
