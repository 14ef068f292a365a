import { expect } from 'chai';
import { QuotaWaitTooLongError } from '../../../src/errors/upstreamErrors.ts';
import type { Lane, Permit, PermitWish } from '../../../src/contract/quotaGate.ts';
import { QuotaGovernor } from '../../../src/quota/quotaGovernor.ts';
import { withRateLimit, type ServiceQuotas } from '../../../src/contract/quotaRule.ts';
import { minutes } from '../../../src/time/clock.ts';
import { HandDrivenClock } from '../../support/handDrivenClock.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const site = { service: 'acme', operation: 'get_thing' };
const aSecond = (permits: number): ServiceQuotas => ({ classes: { default: [{ permits, windowMs: 1000, reading: 'second' }] } });
const wishOf = (lane: Lane = 'interactive', weight = 1, quota = 'default'): PermitWish => ({ quota, weight, lane });

/** A governor and who asks it. */
const house = (quotas: ServiceQuotas) => {
  const clock = new HandDrivenClock();
  const governor = new QuotaGovernor(quotas, clock);
  return {
    clock,
    governor,
    ask: (wish: PermitWish = wishOf(), patienceMs = 60_000, signal = new AbortController().signal) =>
      governor.permit(wish, { site, signal, latestAt: clock.now() + patienceMs }),
  };
};

const isGiven = (answer: Permit | Promise<Permit>): answer is Permit => !(answer instanceof Promise);

/** Attempts that begin and end at this moment. */
const useUp = (ask: () => Permit | Promise<Permit>, count: number): void => {
  for (let used = 0; used < count; used += 1) {
    const permit = ask();
    if (!isGiven(permit)) throw new Error('no permit was free');
    permit.end('answered');
  }
};

/** Lets what was promised settle. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

const rejection = async (answer: Permit | Promise<Permit>): Promise<unknown> =>
  Promise.resolve(answer).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('quotaGovernor', () => {
  it('gives permits at once while the quota lasts, and the next one when one is back', async () => {
    const { clock, ask } = house(aSecond(2));
    useUp(ask, 2);
    let given = false;
    const waiting = Promise.resolve(ask()).then(() => {
      given = true;
    });

    clock.advance(999);
    await settled();
    const before = given;
    clock.advance(1);
    await waiting;

    expect(before).to.equal(false);
    expect(given).to.equal(true);
  });

  it('refuses at once whom the quota could only serve too late, and says when it could', async () => {
    const { ask } = house(aSecond(1));
    useUp(ask, 1);

    const error = await rejection(ask(wishOf(), 500));

    expect(error).to.be.instanceOf(QuotaWaitTooLongError);
    expect(error).to.include({ code: 'quota_wait_too_long', retryAfterMs: 1000, execution: 'not_sent', verdict: 'ignored' });
  });

  it('counts those who wait already', async () => {
    const { clock, ask } = house(aSecond(1));
    useUp(ask, 1);
    const first = ask();

    const error = await rejection(ask(wishOf(), 1500));

    expect(error).to.include({ code: 'quota_wait_too_long', retryAfterMs: 2000 });
    clock.advance(1000);
    (await first).end('answered');
  });

  it('lets callers go before the queue, and leaves them a fifth of the quota', async () => {
    const { clock, ask } = house(aSecond(5));
    const order: Lane[] = [];
    useUp(() => ask(wishOf('drain')), 4);
    const drain = ask(wishOf('drain'));
    const free = ask();
    const late = ask();

    const all = [Promise.resolve(drain).then(() => order.push('drain')), Promise.resolve(late).then(() => order.push('interactive'))];
    clock.advance(1000);
    await Promise.all(all);

    expect(isGiven(drain)).to.equal(false);
    expect(isGiven(free)).to.equal(true);
    expect(order).to.deep.equal(['interactive', 'drain']);
  });

  it('forgets a caller who leaves, for those behind', async () => {
    const { clock, ask } = house(aSecond(1));
    useUp(ask, 1);
    const controller = new AbortController();
    const gone = rejection(ask(wishOf(), 60_000, controller.signal));
    const behind = ask();

    controller.abort(new Error('gone'));
    clock.advance(1000);
    const error = await gone;
    (await behind).end('answered');

    expect(error).to.have.property('message', 'gone');
    expect(clock.pending).to.equal(0);
  });

  it('keeps the limits of different classes apart, and several of one class together', () => {
    const { ask } = house({
      classes: {
        default: [
          { permits: 3, windowMs: 1000 },
          { permits: 2, windowMs: 1500 },
        ],
        search: [{ permits: 1, windowMs: 1000 }],
      },
    });
    useUp(ask, 2);

    const [third, search, secondSearch] = [ask(), ask(wishOf('interactive', 1, 'search')), ask(wishOf('interactive', 1, 'search'))];

    expect([third, search, secondSearch].map(isGiven)).to.deep.equal([false, true, false]);
  });

  it('learns a limit that nobody publishes, of each class apart', () => {
    const { ask, governor } = house({ classes: {}, others: { permits: 'learned', windowMs: 1000 } });
    const [mail, lists] = [wishOf('interactive', 1, 'send_mail'), wishOf('interactive', 1, 'list_lists')];
    useUp(() => ask(mail), 3);
    useUp(() => ask(lists), 3);

    governor.seen([{ window: 'send_mail', limit: 3, remaining: 0 }]);

    expect([ask(mail), ask(lists)].map(isGiven)).to.deep.equal([false, true]);
  });

  it('believes headers that others have used the quota, until it starts anew', async () => {
    const { ask, governor, clock } = house(aSecond(10));
    governor.seen([{ window: 'second', limit: 10, remaining: 0, resetAt: clock.wallTime() + 400 }]);
    const waiting = ask();

    const wasGiven = isGiven(waiting);
    clock.advance(400);
    (await waiting).end('answered');

    expect(wasGiven).to.equal(false);
  });

  it('raises a declared limit that headers state higher, but none that a setting fixed', () => {
    const declared = house(aSecond(2));
    const fixed = house(withRateLimit(aSecond(10), { requests: 2, windowMs: 1000 }));
    for (const { governor, ask } of [declared, fixed]) {
      governor.seen([{ window: 'second', limit: 4 }]);
      useUp(ask, 2);
    }

    const given = [declared.ask(), fixed.ask()].map(isGiven);

    expect(given).to.deep.equal([true, false]);
  });

  it('pauses after a refusal for as long as the service asks, and refuses whom that is too long', async () => {
    const { ask, governor, clock } = house(aSecond(1));
    useUp(ask, 1);
    const impatient = rejection(ask(wishOf(), 1500));
    const patient = ask(wishOf(), 10_000);

    governor.throttled('default', 3000);
    const error = await impatient;
    clock.advance(3000);
    (await patient).end('answered');

    expect(error).to.include({ code: 'quota_wait_too_long', retryAfterMs: 3000 });
  });

  for (const resetMs of [400, 4000]) {
    it(`pauses after a refusal for the later of what it asks for and a window of ${String(resetMs)} ms, never for both, and says so`, async () => {
      const { ask, governor, clock } = house({ classes: { default: [{ permits: 10, windowMs: 5000, reading: 'default' }] } });
      const pausedMs = Math.max(2000, resetMs);
      useUp(ask, 1);
      clock.advance(5000);
      governor.seen([{ window: 'default', limit: 10, remaining: 0, resetAt: clock.wallTime() + resetMs }]);
      governor.throttled('default', 2000);

      const [waitMs, refusal] = [governor.waitMs(wishOf()), await rejection(ask(wishOf(), 1000))];
      const patient = ask(wishOf(), pausedMs + 1);
      clock.advance(pausedMs - 1);
      const early = governor.waitMs(wishOf());
      clock.advance(1);
      (await patient).end('answered');

      expect(waitMs).to.equal(pausedMs);
      expect(refusal).to.include({ code: 'quota_wait_too_long', retryAfterMs: pausedMs });
      expect(early).to.be.at.least(1);
    });
  }

  it('keeps a pause of an hour at most, whatever the service asks for', () => {
    const { ask, governor, clock } = house(aSecond(10));
    governor.throttled('default', minutes(60 * 22));
    const atOnce = (): number => [ask(), ask(), ask()].filter(isGiven).length;
    clock.advance(minutes(60) - 1);
    const before = atOnce();
    clock.advance(1);

    expect(before).to.equal(1);
    expect(atOnce()).to.equal(3);
  });

  it('lets one call through every five minutes of a long pause, and ends the pause if that is not refused', async () => {
    const { ask, governor, clock } = house(aSecond(10));
    governor.throttled('default', minutes(60));
    const told = await rejection(ask());

    clock.advance(minutes(5));
    const [trial, second] = [ask(), await rejection(ask())];
    if (isGiven(trial)) trial.end('answered');
    const after = [ask(), ask()].map(isGiven);

    expect(told).to.include({ code: 'quota_wait_too_long', retryAfterMs: minutes(5) });
    expect(second).to.include({ code: 'quota_wait_too_long', retryAfterMs: minutes(5) });
    expect(after).to.deep.equal([true, true]);
  });

  for (const [what, end] of [
    [
      'is refused again',
      (governor: QuotaGovernor, trial: Permit) => {
        governor.throttled('default', minutes(60));
        trial.end('answered');
      },
    ],
    [
      'is refused again without a word',
      (governor: QuotaGovernor, trial: Permit) => {
        governor.throttled('default', undefined);
        trial.end('answered');
      },
    ],
    [
      'is cut off',
      (_governor: QuotaGovernor, trial: Permit) => {
        trial.end('abandoned');
      },
    ],
  ] as const) {
    it(`keeps a long pause whose trial ${what}`, () => {
      const { ask, governor, clock } = house(aSecond(10));
      governor.throttled('default', minutes(60));
      clock.advance(minutes(5));
      const trial = ask();
      if (!isGiven(trial)) throw new Error('no trial was let through');

      end(governor, trial);

      expect(governor.waitMs(wishOf())).to.equal(minutes(5));
    });
  }

  it('doubles the pause of a service that refuses again and again when it is over, until a call is served', () => {
    const { ask, governor, clock } = house(aSecond(10));
    const pauses: number[] = [];
    const meet = (isRefused: boolean): void => {
      const permit = ask();
      if (!isGiven(permit)) throw new Error('the pause was not over');
      if (isRefused) governor.throttled('default', 2000);
      permit.end('answered');
      pauses.push(governor.waitMs(wishOf()));
      clock.advance(pauses.at(-1) ?? 0);
    };

    for (const isRefused of [true, true, true, true, false, true]) meet(isRefused);

    expect(pauses).to.deep.equal([2000, 2000, 4000, 8000, 0, 2000]);
  });

  it('lets the next call try where a trial was never sent', () => {
    const { ask, governor, clock } = house(aSecond(10));
    governor.throttled('default', minutes(60));
    clock.advance(minutes(5));
    const trial = ask();

    if (isGiven(trial)) trial.end('unsent');

    expect(isGiven(ask())).to.equal(true);
  });

  it('ends every pause by a person’s word, and believes nothing that was said before', () => {
    const { ask, governor } = house(aSecond(10));
    governor.seen([{ window: 'second', limit: 10, remaining: 0 }]);
    governor.throttled('default', minutes(60));

    governor.reset();

    useUp(ask, 10);
    expect(isGiven(ask())).to.equal(false);
  });

  it('goes on at seven tenths after a refusal without a word, and is back in a few seconds', () => {
    const { ask, governor, clock } = house(aSecond(10));
    governor.throttled('default', undefined);
    useUp(ask, 7);

    const eighth = isGiven(ask());
    clock.advance(5000);
    useUp(ask, 8);

    expect(eighth).to.equal(false);
  });

  it('gives a permit that was not used back to whoever waits', async () => {
    const { ask } = house(aSecond(1));
    const first = ask();
    const second = ask();

    if (isGiven(first)) first.end('unsent');
    const permit = await second;

    expect(isGiven(second)).to.equal(false);
    permit.end('answered');
  });

  it('never keeps waiting what only has to be counted', () => {
    const { ask, governor } = house(aSecond(1));
    useUp(ask, 1);

    governor.countOnly(wishOf()).end('answered');
    const waitMs = governor.waitMs(wishOf());

    expect(waitMs).to.equal(1000);
  });

  it('limits nothing where nothing is declared', () => {
    const { ask } = house({ classes: {} });

    useUp(ask, 10_000);

    expect(isGiven(ask())).to.equal(true);
  });
});

/** A service that counts at some moment of each attempt, in a rolling window. */
class RollingService {
  readonly #limit: number;
  readonly #windowMs: number;
  #counted: number[] = [];
  refused = 0;
  served = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  ask(now: number): void {
    this.#counted = this.#counted.filter((at) => at > now - this.#windowMs);
    if (this.#counted.length >= this.#limit) {
      this.refused += 1;
      return;
    }
    this.#counted.push(now);
    this.served += 1;
  }
}

describe('quotaGovernor under more calls than the quota allows', () => {
  for (const seed of [1, 2, 3]) {
    it(`is never refused and uses at least 95 % of it, seed ${String(seed)}`, async () => {
      const [limit, windowMs, windows] = [100, 10_000, 12];
      const { clock, ask } = house({ classes: { default: [{ permits: limit, windowMs }] } });
      const service = new RollingService(limit, windowMs);
      const random = seededRandom(seed);
      const attempt = (permit: Permit): void => {
        const [travelMs, answerMs] = [random() * 100, random() * 100];
        clock.after(travelMs, () => {
          service.ask(clock.now());
        });
        clock.after(travelMs + answerMs, () => {
          permit.end('answered');
          void Promise.resolve(ask(wishOf(), 1e9)).then(attempt);
        });
      };
      for (let caller = 0; caller < 30; caller += 1) void Promise.resolve(ask(wishOf(), 1e9)).then(attempt);

      for (let passedMs = 0; passedMs < windows * windowMs; passedMs += 5) {
        await settled();
        clock.advance(5);
      }

      expect(service.refused).to.equal(0);
      expect(service.served).to.be.at.least(0.95 * limit * windows);
    });
  }

  it('never makes anybody wait much longer than others, once it is spread', async () => {
    const { clock, ask } = house({ classes: { default: [{ permits: 100, windowMs: 10_000 }] } });
    const given: number[] = [];
    const keepAsking = (permit: Permit): void => {
      given.push(clock.now());
      permit.end('answered');
      void Promise.resolve(ask(wishOf(), 1e9)).then(keepAsking);
    };
    void Promise.resolve(ask(wishOf(), 1e9)).then(keepAsking);

    for (let passedMs = 0; passedMs < 60_000; passedMs += 1) {
      clock.advance(1);
      await settled();
    }
    const gaps = given.slice(1).map((at, index) => at - (given[index] ?? 0));

    expect(Math.max(...gaps)).to.be.at.most(400);
  });
});
