import { expect } from 'chai';
import {
  UpstreamContractBrokenError,
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamUnauthorizedError,
} from '../../../../src/errors/upstreamErrors.ts';
import type { CircuitBreaker } from '../../../../src/circuit/circuitBreaker.ts';
import { RecoveryProber } from '../../../../src/circuit/recovery/recoveryProber.ts';
import { minutes, seconds, systemClock } from '../../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, failWith, policy, PROBES, site, succeed, useBreakerHouse } from '../../../support/breakerHouse.ts';
import { HeldAttempt } from '../../../support/heldAttempt.ts';

const EVERY_MS = 2500;

describe('RecoveryProber', () => {
  // Registered first, so that the house finds nothing left behind.
  afterEach(() => {
    prober.stop();
    stopFactory();
  });

  const house = useBreakerHouse();
  let breaker: CircuitBreaker;
  let prober: RecoveryProber;
  /** When it asked, ms after the opening. */
  let asked: number[];
  let attempt: () => Promise<unknown>;
  let chance: number;
  let openedAt: number;
  let stopFactory: () => void;
  /** Until its turn in an incident; absent: it is in none. */
  let turnMs: number | undefined;
  let sparesQuota: boolean;
  /** Somebody is turned away between any two looks. */
  let callersWait: boolean;

  beforeEach(() => {
    chance = 0.5;
    turnMs = undefined;
    sparesQuota = false;
    callersWait = true;
    asked = [];
    attempt = async () => Promise.reject(down());
    const factory = house.createFactory([
      {
        circuitChanged: (event) => {
          house.changes.push(event);
          prober.circuitChanged(event);
        },
        circuitCalled: (_circuit, result) => house.results.push(result),
      },
    ]);
    stopFactory = () => {
      factory.shutdown();
    };
    // Open for so long that only the prober can be the one who finds out.
    breaker = factory.breaker('hubspot', {
      attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
      circuit: { ...policy, openForMs: minutes(20), openForCapMs: minutes(20) },
    });
    prober = new RecoveryProber({
      breaker,
      everyMs: EVERY_MS,
      attempt: async () => {
        asked.push(systemClock.now() - openedAt);
        if (callersWait) turnAway();
        return attempt();
      },
      shared: { recoveryOf: () => (turnMs === undefined ? undefined : { nextProbeInMs: turnMs, sparesQuota }) },
      clock: systemClock,
      random: () => chance,
    });
  });
  const open = async (): Promise<void> => {
    await house.trip(breaker);
    openedAt = systemClock.now();
    if (callersWait) turnAway();
  };
  const turnAway = (): void => {
    prober.circuitCalled('hubspot', 'reject');
  };

  it('asks nobody while the circuit is closed', async () => {
    await house.time.advance(minutes(10));

    expect(asked).to.deep.equal([]);
  });

  it('checks 2.5 s after the opening, and every 1.5 s while checks fail at once', async () => {
    await open();

    await house.time.advance(seconds(10));

    expect(asked).to.deep.equal([2500, 4000, 5500, 7000, 8500, 10_000]);
    expect(breaker.state).to.equal('open');
  });

  it('checks up to a tenth sooner or later, as chance has it, so that replicas do not check together', async () => {
    chance = 0;
    await open();
    await house.time.advance(2250);
    chance = 1 - Number.EPSILON;
    await house.time.advance(1350 + 1650);

    expect(asked).to.have.length(3);
    expect(asked.slice(0, 2)).to.deep.equal([2250, 3600]);
    expect(asked[2]).to.be.closeTo(5250, 1);
  });

  it('looks as often while the service hangs: what a look took counts towards the wait', async () => {
    attempt = () =>
      new Promise((_, reject) =>
        systemClock.after(seconds(2), () => {
          reject(down());
        }),
      );
    await open();

    await house.time.advance(seconds(12) + 1);

    expect(asked).to.deep.equal([2500, 5000, 7500, 10_000]);
  });

  it('takes its turn among services that failed together, if that comes sooner', async () => {
    turnMs = 700;
    await open();

    await house.time.advance(1400);

    expect(asked).to.deep.equal([700, 1400]);
  });

  it('does not wait for a turn that comes later', async () => {
    turnMs = 9000;
    await open();

    await house.time.advance(2500);

    expect(asked).to.deep.equal([2500]);
  });

  it('asks nothing in an incident while the quota of the day is to be spared, and goes on when that is over', async () => {
    sparesQuota = true;
    turnMs = 1000;
    await open();
    await house.time.advance(seconds(20));
    const during = [...asked];

    turnMs = undefined;
    await house.time.advance(seconds(5));

    expect(during).to.deep.equal([]);
    expect(asked.length).to.be.at.least(1);
  });

  it('leaves a trial to real calls while the quota of the day is to be spared', async () => {
    sparesQuota = true;
    turnMs = 1000;
    await open();

    breaker.recoverNow();
    await house.time.advance(seconds(10));
    const state = breaker.state;
    await house.calls(breaker, PROBES, succeed);

    expect([state, asked.length, breaker.state]).to.deep.equal(['half_open', 0, 'closed']);
  });

  it('begins the trial at the moment the service is seen to be healthy, and stands in for callers who do not come', async () => {
    callersWait = false;
    await open();
    await house.time.advance(seconds(3));
    attempt = async () => Promise.resolve();

    await house.time.advance(750 + 110);

    expect(house.path).to.deep.equal(['open', 'half_open', 'closed']);
    expect(house.changes[1]).to.include({ at: openedAt + 3750 + 1, reason: 'open_time_over' });
    expect(asked).to.have.length(1 + PROBES);
  });

  it('leaves the probes to callers where there are any, though the service is seen to be healthy', async () => {
    await open();
    attempt = async () => Promise.resolve();
    await house.time.advance(EVERY_MS + 1);

    for (let made = 0; made < PROBES - 1; made += 1) {
      await breaker.call(succeed, site);
      await house.time.advance(200);
    }
    const before = breaker.state;
    await breaker.call(succeed, site);

    expect([before, breaker.state]).to.deep.equal(['half_open', 'closed']);
    expect(asked).to.deep.equal([EVERY_MS]);
  });

  const found = [
    ['a refused credential', new UpstreamUnauthorizedError(site, 401)],
    ['a missing scope', new UpstreamUnauthorizedError(site, 403)],
    ['another shape', new UpstreamContractBrokenError(site, 'the answer breaks the contract')],
    ['a rate limit', new UpstreamRateLimitedError(site)],
  ] as const;
  for (const [what, error] of found) {
    it(`begins the trial early by ${what}: that is an answer, and callers decide`, async () => {
      await open();
      attempt = async () => Promise.reject(error);

      await house.time.advance(EVERY_MS + 1);
      await house.calls(breaker, PROBES, succeed);

      expect(house.path).to.deep.equal(['open', 'half_open', 'closed']);
      expect(breaker.snapshot().calls.ignored).to.equal(0);
    });
  }

  it('lets no health check that fails end a trial, or keep callers out of it for more than a moment', async () => {
    callersWait = false;
    await open();
    await house.time.advance(seconds(20));
    breaker.recoverNow();
    await house.time.advance(seconds(20));
    const waiting = breaker.snapshot();

    await house.calls(breaker, 1, succeed);
    await house.time.advance(1000);
    await house.calls(breaker, PROBES, succeed);

    expect(waiting.state).to.equal('half_open');
    expect(waiting.recovery).to.deep.include({ lastHealthCheck: 'upstream_unavailable', trial: { good: 0, out: 0 } });
    expect(waiting.recovery?.failedHealthChecks).to.be.at.least(8);
    expect(breaker.snapshot()).to.include({ state: 'closed', recovery: undefined });
  });

  it('waits longer after a trial that a health check began and callers ended, up to two intervals, so that they are not rushed into it', async () => {
    await open();
    attempt = async () => Promise.resolve();
    const begun: number[] = [];
    for (let trial = 0; trial < 4; trial += 1) {
      while (breaker.state !== 'half_open') await house.time.advance(100);
      begun.push(systemClock.now() - openedAt);
      await house.calls(breaker, 1, failWith(down()));
      turnAway();
      openedAt = systemClock.now();
    }

    expect(begun.map((ms) => Math.round(ms / EVERY_MS))).to.deep.equal([1, 1, 2, 2]);
  });

  it('finds a quiet service alive within 5 s of being so, whenever that is', async () => {
    callersWait = false;
    chance = 1 - Number.EPSILON;
    await open();
    for (const outageMs of [100, 2900, 3100, 7777]) {
      await house.time.advance(outageMs);
      attempt = async () => Promise.resolve();
      await house.time.advance(seconds(5));
      const found = breaker.state;
      attempt = async () => Promise.reject(down());
      await house.time.advance(seconds(20));
      await open();

      expect(found, `after ${String(outageMs)} ms`).to.equal('closed');
    }
  });

  it('goes on checking when callers have ended the trial', async () => {
    await open();
    let good = 1;
    attempt = async () => (good-- > 0 ? Promise.resolve() : Promise.reject(down()));
    await house.time.advance(EVERY_MS + 1);
    await house.calls(breaker, 1, failWith(down()));
    turnAway();

    await house.time.advance(seconds(3));

    expect(house.path).to.deep.equal(['open', 'half_open', 'open']);
    expect(asked).to.deep.equal([EVERY_MS, 2 * EVERY_MS + 1]);
  });

  it('takes no probe away from callers while a health check hangs', async () => {
    callersWait = false;
    await open();
    let good = 1;
    const hung = new HeldAttempt<unknown>();
    attempt = async () => (good-- > 0 ? Promise.resolve() : hung.begin());
    await house.time.advance(3750 + 10);

    await house.calls(breaker, PROBES, succeed);
    hung.fail(down());
    await house.time.advance(10);

    expect(house.path).to.deep.equal(['open', 'half_open', 'closed']);
    expect(asked).to.have.length(2);
  });

  it('does not hammer a service that answers health checks with a rate limit', async () => {
    callersWait = false;
    await open();
    let good = 1;
    attempt = async () => (good-- > 0 ? Promise.resolve() : Promise.reject(new UpstreamRateLimitedError(site)));

    await house.time.advance(3750 + seconds(7) + 500);

    expect(breaker.state).to.equal('half_open');
    expect(asked).to.have.length(1 + 3);
  });

  it('makes no probe, and no refused call, while a person holds the circuit open', async () => {
    callersWait = false;
    await open();
    attempt = async () => Promise.resolve();
    house.impose(breaker, 'forced_open', minutes(1));
    await house.time.advance(seconds(30));
    const { rejected } = breaker.snapshot().calls;
    const asksMeanwhile = asked.length;

    breaker.release();
    await house.time.advance(100);

    expect([rejected, asksMeanwhile]).to.deep.equal([0, 1]);
    expect(breaker.state).to.equal('closed');
  });

  for (const mode of ['disabled', 'metrics_only'] as const) {
    it(`does not run wild while an override lets everything pass (${mode})`, async () => {
      await open();
      house.impose(breaker, mode, minutes(1));
      let good = 1;
      const hung = new HeldAttempt<unknown>();
      attempt = async () => (good-- > 0 ? Promise.resolve() : hung.begin());

      await house.time.advance(2500 + ATTEMPT_TIMEOUT_MS);

      expect(asked.length).to.be.at.most(2);
    });
  }

  it('asks nothing over a refused credential: that mends nothing', async () => {
    await house.calls(breaker, 3, failWith(new UpstreamUnauthorizedError(site, 401)));

    await house.time.advance(seconds(55));

    expect(breaker.snapshot()).to.include({ state: 'open', reason: 'credential' });
    expect(asked).to.deep.equal([]);
  });

  it('asks nothing while the quota of the day is spent: that would spend what is not there', async () => {
    const spent = new UpstreamQuotaExhaustedError({ service: 'hubspot', operation: 'get_contact' }, 'daily');
    await house.calls(breaker, 1, failWith(spent));

    await house.time.advance(seconds(55));

    expect(breaker.snapshot()).to.include({ state: 'open', reason: 'daily_quota' });
    expect(asked).to.deep.equal([]);
  });

  it('listens to its own circuit only', async () => {
    prober.circuitChanged({ circuit: 'lemlist', from: 'closed', to: 'open', reason: 'failure_evidence', at: 0, lastedMs: 0 });

    await house.time.advance(seconds(10));

    expect(asked).to.deep.equal([]);
  });

  it('stops for good, and leaves no timer of its own', async () => {
    await open();
    const before = house.time.pendingTimers;

    prober.stop();
    const after = house.time.pendingTimers;
    await house.time.advance(seconds(10));

    expect(after).to.equal(before - 1);
    expect(asked).to.deep.equal([]);
  });

  it('begins no trial by an answer that comes after it was stopped', async () => {
    await open();
    const late = new HeldAttempt<unknown>();
    attempt = late.begin;
    await house.time.advance(EVERY_MS);
    prober.stop();

    late.succeed(undefined);
    await house.time.advance(10);

    expect(breaker.state).to.equal('open');
  });

  it('begins no trial by an answer that comes after the shutdown, and leaves no timer', async () => {
    await open();
    const late = new HeldAttempt<unknown>();
    attempt = late.begin;
    await house.time.advance(EVERY_MS);
    prober.stop();
    stopFactory();
    house.factory.shutdown();

    late.succeed(undefined);
    breaker.recoverNow();
    await house.time.settle();

    expect(house.path).to.deep.equal(['open']);
    expect(house.time.pendingTimers).to.equal(0);
  });

  it('looks once at a time, also when a look outlasts a trial in between', async () => {
    await open();
    const slow = new HeldAttempt<unknown>();
    attempt = slow.begin;
    await house.time.advance(EVERY_MS);
    breaker.recoverNow();
    await house.time.advance(1);
    await house.calls(breaker, 1, failWith(down()));
    slow.fail(down());
    await house.time.settle();
    attempt = async () => Promise.reject(down());
    asked = [];

    await house.time.advance(seconds(10));

    expect(asked.length).to.be.within(5, 6);
  });
});
