import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  BulkheadFullError,
  UpstreamRateLimitedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../../../../src/errors/upstreamErrors.ts';
import type { Answer } from '../../../../src/contract/call.ts';
import { Bulkhead } from '../../../../src/pipeline/stages/bulkhead.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { answerOf, contextOf } from '../../../support/callContexts.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { HandDrivenClock } from '../../../support/handDrivenClock.ts';
import { HeldAttempt } from '../../../support/heldAttempt.ts';
import { useVirtualTime } from '../../../support/virtualTime.ts';

const policy = { startConcurrent: 2, minConcurrent: 2, maxConcurrent: 2, maxQueued: 2, maxWaitMs: 100 };
const site = { service: 'hubspot', operation: 'get_contact' };
const timedOut = new UpstreamTimeoutError(site, 4000);

describe('Bulkhead', () => {
  const time = useVirtualTime();
  let bulkhead: Bulkhead;
  let begun: string[];

  beforeEach(() => {
    bulkhead = new Bulkhead({ policy, clock: systemClock });
    begun = [];
  });

  const enter = (name: string, work: HeldAttempt<Answer<string>>, signal = new AbortController().signal): Promise<Answer<string>> =>
    bulkhead.stage(async () => {
      begun.push(name);
      return work.begin();
    })(contextOf({ signal }));

  /** Fills it with two calls, that end when the test says so. */
  const fill = () => {
    const work = new HeldAttempt<Answer<string>>();
    const calls = [enter('first', work), enter('second', work)];
    const end = async (): Promise<void> => {
      work.succeed(answerOf('contact'));
      await Promise.all(calls);
    };
    return { end };
  };

  it('lets so many calls in at once, and hands over their answers', async () => {
    const { end } = fill();
    const full = bulkhead.inFlight;

    await end();

    expect([full, bulkhead.limit, bulkhead.inFlight]).to.deep.equal([2, 2, 0]);
  });

  it('lets the waiting in as places come free, the longest waiting first', async () => {
    const { end } = fill();
    const work = new HeldAttempt<Answer<string>>();
    const waiting = [enter('third', work), enter('fourth', work)];
    const before = [...begun];

    await end();
    await time.settle();
    work.succeed(answerOf('contact'));
    await Promise.all(waiting);

    expect(before).to.deep.equal(['first', 'second']);
    expect(begun).to.deep.equal(['first', 'second', 'third', 'fourth']);
    expect(time.pendingTimers).to.equal(0);
  });

  it('refuses at once when as many wait as its policy has room for, and says when to come again', async () => {
    const { end } = fill();
    const work = new HeldAttempt<Answer<string>>();
    const waiting = [enter('third', work), enter('fourth', work)];

    const error = await errorOf(enter('fifth', work), BulkheadFullError);
    work.succeed(answerOf('contact'));
    await end();
    await Promise.all(waiting);

    expect(error).to.include({ code: 'bulkhead_full', verdict: 'ignored', execution: 'not_sent', retryAfterMs: 1000 });
    expect(begun).not.to.include('fifth');
  });

  it('lets callers of a healthy service wait as long as their deadline allows', async () => {
    const { end } = fill();
    const third = enter('third', new HeldAttempt());
    const refused = errorOf(third, BulkheadFullError);
    let isOver = false;
    void third.catch(() => {
      isOver = true;
    });

    await time.advance(9900);
    const early = isOver;
    await time.advance(50);
    await refused;
    await end();

    expect(early).to.equal(false);
    expect(begun).to.deep.equal(['first', 'second']);
    expect(time.pendingTimers).to.equal(0);
  });

  for (const [what, sign] of [
    ['a sign of too many at once', { trouble: true }],
    ['a suspicion', { isSuspect: true }],
    ['an open circuit', { isOpen: true }],
  ] as const) {
    it(`ends the patience of those who wait already, over ${what}`, async () => {
      const signs = { isSuspect: false, isOpen: false, trouble: false };
      bulkhead = new Bulkhead({ policy, clock: systemClock, isSuspect: () => signs.isSuspect, isOpen: () => signs.isOpen });
      const { end } = fill();
      const refused = errorOf(enter('third', new HeldAttempt()), BulkheadFullError);
      await time.advance(5 * policy.maxWaitMs);

      Object.assign(signs, sign);
      if (signs.trouble) bulkhead.attemptEnded('get_contact', 10, timedOut);
      await time.advance(policy.maxWaitMs);

      await refused;
      await end();
      expect(begun).to.deep.equal(['first', 'second']);
    });
  }

  it('refuses those who have waited long enough in trouble, and makes no call for them', async () => {
    bulkhead.attemptEnded('get_contact', 10, timedOut);
    const { end } = fill();
    const refused = errorOf(enter('third', new HeldAttempt()), BulkheadFullError);

    await time.advance(policy.maxWaitMs);
    await refused;
    await end();

    expect(begun).to.deep.equal(['first', 'second']);
    expect(bulkhead.inFlight).to.equal(0);
  });

  it('lets go of a waiting call whose caller has gone, and keeps nothing of it', async () => {
    const { end } = fill();
    const caller = new AbortController();
    const gone = errorOf(enter('third', new HeldAttempt(), caller.signal), Error);

    caller.abort(new Error('hung up'));
    const error = await gone;
    const listeners = getEventListeners(caller.signal, 'abort');
    const timers = time.pendingTimers;
    await end();

    expect(error.message).to.equal('hung up');
    expect([listeners, timers]).to.deep.equal([[], 0]);
    expect(bulkhead.inFlight).to.equal(0);
  });

  it('gives the place of one who left to the next, not to nobody', async () => {
    const { end } = fill();
    const caller = new AbortController();
    const gone = errorOf(enter('third', new HeldAttempt(), caller.signal), Error);
    const work = new HeldAttempt<Answer<string>>();
    const fourth = enter('fourth', work);
    caller.abort(new Error('hung up'));
    await gone;

    await end();
    work.succeed(answerOf('contact'));
    await fourth;

    expect(begun).to.deep.equal(['first', 'second', 'fourth']);
  });

  it('gets its permit back from a call that fails', async () => {
    const failing = bulkhead.stage(async () => Promise.reject(new Error('down')));

    for (let made = 0; made < 10; made += 1) await errorOf(failing(contextOf()), Error);

    expect(bulkhead.inFlight).to.equal(0);
  });
});

describe('Bulkhead that learns', () => {
  const time = useVirtualTime();
  const wide = { startConcurrent: 10, minConcurrent: 2, maxConcurrent: 100, maxQueued: 100, maxWaitMs: 100 };

  /** A service that answers after so long, and what becomes of a call to it. */
  const caller = (bulkhead: Bulkhead, serviceMs: number) => (): Promise<string> =>
    bulkhead
      .stage(async () => {
        await new Promise<void>((resolve) => void systemClock.after(serviceMs, resolve));
        bulkhead.attemptEnded('get_contact', serviceMs, undefined);
        return answerOf('contact');
      })(contextOf())
      .then(
        () => 'served',
        () => 'refused',
      );

  it('serves all that its policy has room for, from a first guess of ten, of a service that takes its time', async () => {
    const bulkhead = new Bulkhead({ policy: wide, clock: systemClock });
    const call = caller(bulkhead, 300);

    const burst = Array.from({ length: wide.maxConcurrent + wide.maxQueued }, call);
    await time.advance(3000);

    expect(new Set(await Promise.all(burst))).to.deep.equal(new Set(['served']));
  });

  it('serves a sudden sixty of a fast service without refusing one, and then has places for all', async () => {
    const bulkhead = new Bulkhead({ policy: wide, clock: systemClock });
    const call = caller(bulkhead, 5);

    const burst = Array.from({ length: 60 }, call);
    await time.advance(30);

    expect(new Set(await Promise.all(burst))).to.deep.equal(new Set(['served']));
    expect(bulkhead.limit).to.be.at.least(40);
    expect(bulkhead.inFlight).to.equal(0);
  });

  for (const [what, error] of [
    ['a time-out', timedOut],
    ['a 429', new UpstreamRateLimitedError(site)],
  ] as const) {
    it(`takes ${what} for a sign that it lets too many in`, () => {
      const bulkhead = new Bulkhead({ policy: wide, clock: systemClock });

      bulkhead.attemptEnded('get_contact', 4000, error);

      expect(bulkhead.limit).to.equal(9);
    });
  }

  it('takes no sign from a service that is down, which is for the circuit to judge', () => {
    const bulkhead = new Bulkhead({ policy: wide, clock: systemClock });

    for (let failed = 0; failed < 100; failed += 1)
      bulkhead.attemptEnded('get_contact', 5, new UpstreamUnavailableError(site, 'http_5xx', 'unknown'));

    expect(bulkhead.limit).to.equal(10);
  });

  it('lets nobody in for those who leave while it has too many inside', async () => {
    const bulkhead = new Bulkhead({ policy: { ...wide, startConcurrent: 3, maxConcurrent: 3 }, clock: systemClock });
    const works = [1, 2, 3, 4].map(() => new HeldAttempt<Answer<string>>());
    const calls = works.map((work) => bulkhead.stage(async () => work.begin())(contextOf()));
    bulkhead.attemptEnded('get_contact', 10, timedOut);

    works[0]?.succeed(answerOf('contact'));
    await calls[0];
    await time.settle();

    expect([bulkhead.limit, bulkhead.inFlight]).to.deep.equal([2, 2]);
    const refused = errorOf(calls[3] ?? Promise.resolve(), BulkheadFullError);
    await time.advance(wide.maxWaitMs);
    await refused;
    for (const work of works) work.succeed(answerOf('contact'));
    await Promise.all(calls.slice(0, 3));
    expect(bulkhead.inFlight).to.equal(0);
  });

  it('lets no more wait than it lets in, once it knows its limit', async () => {
    const bulkhead = new Bulkhead({ policy: { ...wide, startConcurrent: 2 }, clock: systemClock });
    bulkhead.attemptEnded('get_contact', 10, timedOut);
    const call = caller(bulkhead, 50);

    const burst = Array.from({ length: 5 }, call);
    await time.advance(100);

    expect(await Promise.all(burst)).to.deep.equal(['served', 'served', 'served', 'served', 'refused']);
  });
});

type Step =
  | { readonly does: 'enter' }
  | { readonly does: 'report'; readonly isGood: boolean }
  | { readonly does: 'end' | 'leave'; readonly which: number }
  | { readonly does: 'pass'; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ does: fc.constant('enter' as const) }) },
    { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('end' as const, 'leave' as const), which: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('report' as const), isGood: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('pass' as const), ms: fc.nat(120) }) },
  ),
  { maxLength: 60, size: 'max' },
);

const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Few enough calls suffice to move its limit. */
const moving = { startConcurrent: 2, minConcurrent: 1, maxConcurrent: 5, maxQueued: 3, maxWaitMs: 100 };

/** A bulkhead, and next to it plain lists of who should be inside and who should be waiting. */
class BulkheadModel {
  readonly clock = new HandDrivenClock();
  readonly bulkhead = new Bulkhead({ policy: moving, clock: this.clock });
  readonly begun: number[] = [];
  readonly ended: number[] = [];
  readonly #entered: { readonly work: HeldAttempt<Answer<string>>; readonly caller: AbortController }[] = [];

  get inside(): readonly number[] {
    return this.begun.filter((id) => !this.ended.includes(id));
  }

  get entered(): number {
    return this.#entered.length;
  }

  async take(step: Step): Promise<void> {
    if (step.does === 'enter') this.#enter();
    else if (step.does === 'pass') this.clock.advance(step.ms);
    else if (step.does === 'report') this.bulkhead.attemptEnded('get_contact', 0, step.isGood ? undefined : timedOut);
    else if (step.does === 'leave') this.#entered[step.which]?.caller.abort(new Error('left'));
    else if (this.begun.includes(step.which)) this.#entered[step.which]?.work.succeed(answerOf('contact'));
    await settled();
  }

  async endAll(): Promise<void> {
    for (const { work } of this.#entered) work.succeed(answerOf('contact'));
    await settled();
  }

  #enter(): void {
    const id = this.#entered.length;
    const work = new HeldAttempt<Answer<string>>();
    const caller = new AbortController();
    this.#entered.push({ work, caller });
    const stage = this.bulkhead.stage(async () => {
      this.begun.push(id);
      return work.begin();
    });
    const end = (): void => {
      this.ended.push(id);
    };
    stage(contextOf({ signal: caller.signal })).then(end, end);
  }
}

describe('Bulkhead under any order of events', () => {
  it('never lets too many in, never out of turn, never leaves a place empty for a waiting one, and loses no permit', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const model = new BulkheadModel();
        for (const step of all) {
          await model.take(step);
          expect(model.inside.length).to.be.at.most(moving.maxConcurrent);
          expect(model.bulkhead.inFlight).to.equal(model.inside.length);
          expect(model.begun, 'first come, first served').to.deep.equal([...model.begun].sort((one, other) => one - other));
          const waiting = model.entered - model.ended.length - model.inside.length;
          const places = moving.maxQueued + moving.maxConcurrent - model.bulkhead.limit;
          expect(waiting).to.be.within(
            0,
            model.inside.length < model.bulkhead.limit ? 0 : Math.max(places, moving.maxQueued + moving.maxConcurrent),
          );
        }
        await model.endAll();

        expect(model.bulkhead.inFlight).to.equal(0);
        expect(model.clock.pending).to.equal(0);
        expect([...model.ended].sort((one, other) => one - other)).to.deep.equal(Array.from({ length: model.entered }, (_, id) => id));
      }),
      { numRuns: 60 },
    );
  });
});
