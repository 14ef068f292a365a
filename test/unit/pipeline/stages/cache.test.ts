import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { MemoryCache } from '../../../../src/cache/memoryCache.ts';
import { DeadlineExceededError, QuotaWaitTooLongError } from '../../../../src/errors/upstreamErrors.ts';
import type { Answer, Call, CallContext } from '../../../../src/contract/call.ts';
import { guarded } from '../../../../src/contract/events.ts';
import { CacheStage } from '../../../../src/pipeline/stages/cache.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { down } from '../../../support/breakerHouse.ts';
import { answerOf, contextOf } from '../../../support/callContexts.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { HeldAttempt } from '../../../support/heldAttempt.ts';
import { useVirtualTime } from '../../../support/virtualTime.ts';

const FRESH_MS = 1000;
const SITE = { service: 'hubspot', operation: 'get_contact' };

describe('Cache stage', () => {
  const time = useVirtualTime();
  let cache: MemoryCache;
  let stage: CacheStage;
  let told: string[];
  let flight: HeldAttempt<Answer<unknown>>;

  beforeEach(() => {
    told = [];
    flight = new HeldAttempt();
    cache = new MemoryCache(systemClock);
    const events = guarded([{ cacheAsked: (service, result) => told.push(`${service} ${result}`) }], () => undefined);
    stage = new CacheStage({ cache, clock: systemClock, events });
  });

  afterEach(() => {
    cache.close();
  });

  const ask = (
    wishes: Partial<CallContext> = {},
    next: HeldAttempt<Answer<unknown>> | Call<unknown> = flight,
  ): Promise<Answer<unknown>> => {
    const service: Call<unknown> = next instanceof HeldAttempt ? ({ signal }) => next.begin(signal) : next;
    return stage.stage(service)(contextOf({ cacheKey: 'key', cacheForMs: FRESH_MS, staleForMs: 5000, ...wishes }));
  };

  const answered = async (value: unknown, wishes: Partial<CallContext> = {}): Promise<Answer<unknown>> => {
    const next = new HeldAttempt<Answer<unknown>>();
    next.succeed(answerOf(value));
    return ask(wishes, next);
  };

  it('lets an operation without a key pass, and keeps nothing of it', async () => {
    await answered('contact', { cacheKey: undefined });

    expect(told).to.deep.equal([]);
    expect(cache.size).to.equal(0);
  });

  it('asks once, and answers from what it kept while that is fresh', async () => {
    const first = await answered('contact');
    await time.advance(400);
    const second = await ask();

    expect(first).to.deep.equal({ value: 'contact', source: 'upstream', ageMs: 0, freshForMs: FRESH_MS });
    expect(second).to.deep.equal({ value: 'contact', source: 'cache', ageMs: 400, freshForMs: 600 });
    expect(flight.begun).to.equal(0);
    expect(told).to.deep.equal(['hubspot miss', 'hubspot hit']);
  });

  it('asks again once it is no longer fresh', async () => {
    await answered('old');
    await time.advance(FRESH_MS);

    expect((await answered('new')).value).to.equal('new');
    expect((await ask()).value).to.equal('new');
  });

  it('keeps a stale answer for those who fall back on it', async () => {
    await answered('old');
    await time.advance(FRESH_MS + 1);

    expect(cache.get('key')?.value).to.equal('old');
  });

  it('keeps answers of different keys apart, such as those of two accounts', async () => {
    const [one, other] = [
      await answered('of account one', { cacheKey: 'hubspot one get_contact 7' }),
      await answered('of account two', { cacheKey: 'hubspot two get_contact 7' }),
    ];

    expect([one.value, other.value]).to.deep.equal(['of account one', 'of account two']);
  });

  it('asks the service if the caller wants a fresh answer, and keeps that', async () => {
    await answered('old');

    const refreshed = await answered('new', { refresh: true });

    expect(refreshed).to.include({ value: 'new', source: 'upstream' });
    expect((await ask()).value).to.equal('new');
    expect(told).to.deep.equal(['hubspot miss', 'hubspot bypass', 'hubspot hit']);
  });

  it('hands out what none can change', async () => {
    const { value } = await answered({ properties: { tags: ['a'] } });

    expect(() => {
      (value as { properties: { tags: string[] } }).properties.tags.push('b');
    }).to.throw(TypeError);
  });

  describe('with equal concurrent reads', () => {
    it('makes one call for all, and marks those who came along', async () => {
      const calls = [ask(), ask(), ask()];

      flight.succeed(answerOf('contact'));
      const answers = await Promise.all(calls);

      expect(flight.begun).to.equal(1);
      expect(answers.map(({ source }) => source)).to.deep.equal(['upstream', 'coalesced', 'coalesced']);
      expect(told).to.deep.equal(['hubspot miss', 'hubspot coalesced', 'hubspot coalesced']);
    });

    it('gives all the same error, and asks anew after it', async () => {
      const error = down();
      const calls = [ask(), ask()].map((call) => errorOf(call, Error));

      flight.fail(error);

      expect(await Promise.all(calls)).to.deep.equal([error, error]);
      expect((await answered('contact')).value).to.equal('contact');
    });

    it('lets one leave without harm to the others', async () => {
      const leaver = new AbortController();
      const left = errorOf(ask({ signal: leaver.signal }), Error);
      const stays = ask();

      leaver.abort(new Error('hung up'));
      const error = await left;
      const isTold = flight.signal?.aborted;
      flight.succeed(answerOf('contact'));

      expect(error.message).to.equal('hung up');
      expect(isTold).to.equal(false);
      expect(await stays).to.include({ value: 'contact', source: 'coalesced' });
    });

    it('tells the call to stop when the last has left, for that one’s reason', async () => {
      const leavers = [new AbortController(), new AbortController()];
      const left = leavers.map(({ signal }) => errorOf(ask({ signal }), Error));

      for (const [index, leaver] of leavers.entries()) leaver.abort(new Error(`left ${String(index)}`));
      await Promise.all(left);

      expect(flight.signal?.reason).to.include({ message: 'left 1' });
    });

    it('lets nobody join a call that all have left: its error would be somebody else’s', async () => {
      const leaver = new AbortController();
      const left = errorOf(ask({ signal: leaver.signal }), Error);
      leaver.abort(new Error('hung up'));

      const late = await answered('contact');
      flight.fail(new Error('aborted'));
      await left;

      expect(late).to.include({ value: 'contact', source: 'upstream' });
    });

    it('keeps a left call’s end from the call that took its place', async () => {
      const leaver = new AbortController();
      const left = errorOf(ask({ signal: leaver.signal }), Error);
      leaver.abort(new Error('hung up'));
      const next = new HeldAttempt<Answer<unknown>>();
      const first = ask({}, next);
      flight.fail(new Error('aborted'));
      await left;
      await time.settle();

      const joining = ask({}, flight);
      next.succeed(answerOf('contact'));

      expect((await first).source).to.equal('upstream');
      expect((await joining).source).to.equal('coalesced');
    });

    it('asks by the limits of the service, for the most patient of those who wait, and by no wish of one of them', async () => {
      let asked: CallContext | undefined;
      const seen: Call<unknown> = async (context) => {
        asked = context;
        return flight.begin(context.signal);
      };
      const [startedAt, leader] = [systemClock.now(), { attempts: 0, unsettled: false }];
      const wishes = { deadlineAt: startedAt + 300, attemptTimeoutMs: 50, strict: true, progress: leader };
      const calls = [ask(wishes, seen), ask({ deadlineAt: startedAt + 8000 }, seen)];
      const whileBoth = asked?.deadlineAt;
      asked!.progress.attempts += 1;
      asked!.progress.unsettled = true;
      const whileUnderWay = { ...leader };
      flight.succeed(answerOf('contact'));
      await Promise.all(calls);

      expect(asked).to.deep.include({ attemptTimeoutMs: 4000, livesUntil: startedAt + 10_000, strict: false });
      expect(whileBoth).to.equal(startedAt + 8000);
      expect(whileUnderWay).to.deep.equal({ attempts: 0, unsettled: false });
      expect(leader).to.deep.equal({ attempts: 1, unsettled: true });
    });

    for (const [what, error] of [
      ['deadline', new DeadlineExceededError(SITE, 300)],
      ['wait for the quota', new QuotaWaitTooLongError(SITE, 5000)],
    ] as const) {
      it(`asks again for those with time left when the ${what} of who began it has ended it`, async () => {
        const startedAt = systemClock.now();
        const next = new HeldAttempt<Answer<unknown>>();
        const hasty = errorOf(ask({ deadlineAt: startedAt + 300 }), Error);
        const patient = [ask({}, next), ask({}, next)];
        const asHasty = errorOf(ask({ deadlineAt: startedAt + 300 }), Error);

        flight.fail(error);
        next.succeed(answerOf('contact'));

        expect(await Promise.all([hasty, asHasty])).to.deep.equal([error, error]);
        expect((await Promise.all(patient)).map(({ source }) => source)).to.deep.equal(['upstream', 'coalesced']);
      });
    }

    it('does not ask again what may have been paid for', async () => {
      const wishes = { idempotency: 'never' } as const;
      const charged: Call<unknown> = ({ progress, signal }) => {
        progress.unsettled = true;
        return flight.begin(signal);
      };
      const hasty = errorOf(ask({ ...wishes, deadlineAt: systemClock.now() + 300 }, charged), Error);
      const patient = errorOf(ask(wishes, charged), Error);

      flight.fail(new DeadlineExceededError(SITE, 300));
      await Promise.all([hasty, patient]);

      expect(flight.begun).to.equal(1);
    });

    it('lets nobody who is waited for stand behind what nobody waits for', async () => {
      const next = new HeldAttempt<Answer<unknown>>();
      const background = ask({ lane: 'drain' });
      const foreground = ask({}, next);
      const another = ask({ lane: 'drain' });

      next.succeed(answerOf('contact'));

      expect([(await foreground).source, (await another).source]).to.deep.equal(['upstream', 'coalesced']);
      flight.succeed(answerOf('contact'));
      expect((await background).source).to.equal('upstream');
    });

    it('does not join those who want a fresh answer to a call that is under way', async () => {
      const shared = ask();
      const own = await answered('newest', { refresh: true });

      flight.succeed(answerOf('contact'));

      expect(own.value).to.equal('newest');
      expect((await shared).value).to.equal('contact');
    });

    it('does not replace what was asked for later by what was asked for before', async () => {
      const shared = ask();
      await time.advance(10);
      await answered('newest', { refresh: true });
      flight.succeed(answerOf('contact'));
      await shared;

      expect((await ask()).value).to.equal('newest');
    });

    it('leaves no listener on anybody’s signal', async () => {
      const { signal } = new AbortController();
      const calls = [ask({ signal }), ask({ signal })];

      flight.succeed(answerOf('contact'));
      await Promise.all(calls);

      expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
    });
  });
});
