import { expect } from 'chai';
import type { Answer, Call, CallContext } from '../../../src/contract/call.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { down } from '../../support/breakerHouse.ts';
import { cacheReplica, sealerOf, type CacheReplica } from '../../support/cacheFleet.ts';
import { answerOf } from '../../support/callContexts.ts';
import { errorOf } from '../../support/errorOf.ts';
import { MemoryFleet, MemorySharedAnswers } from '../../support/memorySharedAnswers.ts';
import { recordingLogger } from '../../support/recordingLogger.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

describe('SharedCache', () => {
  const time = useVirtualTime();
  let fleet: MemoryFleet;
  let doors: readonly MemorySharedAnswers[];
  let replicas: readonly CacheReplica[];
  let one: CacheReplica;
  let other: CacheReplica;
  let calls: number;

  /** The service: says how often it was asked, 100 ms after each question. */
  const service: Call<unknown> = async ({ signal }) => {
    calls += 1;
    const value = `answer ${String(calls)}`;
    return new Promise<Answer<unknown>>((resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
      systemClock.after(100, () => {
        resolve(answerOf(value));
      });
    });
  };

  const read = async (replica: CacheReplica, wishes: Partial<CallContext> = {}): Promise<Answer<unknown>> => {
    const answer = replica.read(service, wishes);
    await time.advance(100);
    return answer;
  };

  beforeEach(() => {
    calls = 0;
    fleet = new MemoryFleet(systemClock);
    doors = [new MemorySharedAnswers(fleet), new MemorySharedAnswers(fleet)];
    replicas = doors.map((door) => cacheReplica(door));
    [one, other] = replicas as [CacheReplica, CacheReplica];
  });

  afterEach(() => {
    for (const replica of replicas) replica.close();
  });

  it('answers a replica from what another one was told, marked and with its age', async () => {
    await read(one);
    await time.advance(300);

    const answer = await other.read(service);

    expect(answer).to.deep.equal({ value: 'answer 1', source: 'cache', ageMs: 300, freshForMs: 700 });
    expect(calls).to.equal(1);
    expect(other.told).to.deep.equal(['(hit)', 'hit']);
  });

  it('keeps what the fleet knew in memory, no longer than it would have been fresh there', async () => {
    await read(one);
    await time.advance(300);
    await other.read(service);
    await time.advance(699);

    expect(await other.read(service)).to.include({ source: 'cache', ageMs: 999 });
    expect(other.told).to.deep.equal(['(hit)', 'hit', 'hit']);
    await time.advance(1);
    expect((await read(other)).value).to.equal('answer 2');
  });

  it('makes one call for many equal reads in several replicas', async () => {
    const reads = replicas.flatMap((replica) => Array.from({ length: 20 }, () => replica.read(service)));
    await time.advance(150);
    const answers = await Promise.all(reads);

    expect(calls).to.equal(1);
    expect(new Set(answers.map(({ value }) => value))).to.deep.equal(new Set(['answer 1']));
    expect(other.told.filter((result) => result.startsWith('('))).to.deep.equal(['(awaited)']);
  });

  it('marks everybody who came along with an answer of the fleet as answered by the cache', async () => {
    await read(one);
    await time.advance(50);

    const answers = await Promise.all([other.read(service), other.read(service)]);

    expect(answers.map(({ source }) => source)).to.deep.equal(['cache', 'cache']);
  });

  it('waits a second at most for a replica that died while it asked', async () => {
    const lost = one.read(() => new Promise(() => undefined));
    void lost;
    await time.settle();
    const startedAt = systemClock.now();

    const answer = read(other);
    await time.advance(1100);

    expect(await answer).to.include({ value: 'answer 1', source: 'upstream' });
    expect(systemClock.now() - startedAt).to.equal(1200);
    expect(calls).to.equal(1);
  });

  it('waits for no more than four times what such questions take', async () => {
    await read(other, { cacheKey: 'another key' });
    void one.read(() => new Promise(() => undefined));
    await time.settle();

    const answer = other.read(service);
    await time.advance(400);
    const askedBy = calls;
    await time.advance(100);

    expect(askedBy).to.equal(2);
    expect((await answer).source).to.equal('upstream');
  });

  it('waits no longer than half of the time that its caller has left', async () => {
    void one.read(() => new Promise(() => undefined));
    await time.settle();

    const answer = other.read(service, { deadlineAt: systemClock.now() + 300 });
    await time.advance(150);
    const askedAfterHalf = calls;
    await time.advance(100);

    expect(askedAfterHalf).to.equal(1);
    expect((await answer).source).to.equal('upstream');
  });

  it('asks as soon as the replica it waits for has failed', async () => {
    const failed = errorOf(
      one.read(
        async () =>
          new Promise(
            (_, reject) =>
              void systemClock.after(50, () => {
                reject(down());
              }),
          ),
      ),
      Error,
    );
    await time.settle();
    const answer = other.read(service);
    await time.advance(170);

    expect((await answer).value).to.equal('answer 1');
    await failed;
  });

  it('waits no longer than one with little time can who joins a patient caller’s wait', async () => {
    void one.read(() => new Promise(() => undefined));
    await time.settle();
    const patient = other.read(service);
    await time.advance(20);

    const hasty = other.read(service, { deadlineAt: systemClock.now() + 300 });
    await time.advance(200);
    const askedInTime = calls;
    await time.advance(100);

    expect(askedInTime).to.equal(1);
    expect([(await patient).source, (await hasty).source]).to.deep.equal(['upstream', 'coalesced']);
  });

  it('hands the lease on when the only caller of the replica that asks has run out of time', async () => {
    const hasty = new AbortController();
    const ended = errorOf(
      one.read(
        async ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              reject(signal.reason as Error);
            });
          }),
        { signal: hasty.signal, deadlineAt: systemClock.now() + 50 },
      ),
      Error,
    );
    await time.settle();
    const patient = other.read(service);
    await time.advance(50);
    hasty.abort(new Error('deadline'));
    await time.advance(150);

    expect(await patient).to.include({ value: 'answer 1', source: 'upstream' });
    expect((await ended).message).to.equal('deadline');
  });

  it('lets its caller leave while it waits for another replica, and asks nobody then', async () => {
    void one.read(() => new Promise(() => undefined));
    await time.settle();
    const leaver = new AbortController();
    const left = errorOf(other.read(service, { signal: leaver.signal }), Error);
    await time.advance(30);

    leaver.abort(new Error('hung up'));
    await time.advance(2000);

    expect((await left).message).to.equal('hung up');
    expect(calls).to.equal(0);
  });

  it('has no answer of the fleet older than it may be, and the stale one only where the service fails', async () => {
    await read(one);
    await time.advance(2000);

    await errorOf(
      other.read(async () => Promise.reject(down())),
      Error,
    );

    expect(other.memory.get('key')?.value).to.equal('answer 1');
    expect(other.told).to.deep.equal(['(stale)', 'miss']);
    await time.advance(4000);
    expect(other.memory.get('key')).to.equal(undefined);
  });

  it('asks the service where the caller wants a fresh answer, and gives it to the fleet', async () => {
    await read(one);
    await time.advance(10);
    const refreshed = await read(one, { refresh: true });

    expect(refreshed).to.include({ value: 'answer 2', source: 'upstream' });
    expect((await other.read(service)).value).to.equal('answer 2');
  });

  for (const [what, wishes] of [
    ['accounts', { cacheKey: 'acme:get:other account:/things/7' }],
    ['operations', { cacheKey: 'acme:get_other:account:/things/7' }],
  ] as const) {
    it(`keeps two ${what} apart`, async () => {
      await read(one, { cacheKey: 'acme:get:account:/things/7' });

      expect((await read(other, wishes)).value).to.equal('answer 2');
    });
  }

  it('keeps apart what two versions made, what lies at two addresses, and what two keys sealed', async () => {
    await read(one);
    const strangers = [
      cacheReplica(doors[1]!, { maker: '2.0.0' }),
      cacheReplica(doors[1]!, { origin: 'http://127.0.0.1:4010/acme' }),
      cacheReplica(doors[1]!, { sealer: sealerOf('another') }),
    ];

    const answers = [await read(strangers[0]!), await read(strangers[1]!), await read(strangers[2]!)];

    expect(answers.map(({ value }) => value)).to.deep.equal(['answer 2', 'answer 3', 'answer 4']);
    for (const stranger of strangers) stranger.close();
  });

  it('asks the service for what it cannot open, counts that, and says it once', async () => {
    const { logger, lines } = recordingLogger();
    // While keys are changed, the replica that has not got the new one finds the place, and cannot open what lies there.
    const writer = cacheReplica(doors[0]!, { sealer: sealerOf('new', 'old') });
    const reader = cacheReplica(doors[1]!, { sealer: sealerOf('old'), logger });
    await read(writer, { cacheKey: 'a' });
    await read(writer, { cacheKey: 'b' });

    await Promise.all([read(reader, { cacheKey: 'a' }), read(reader, { cacheKey: 'b' })]);

    expect(calls).to.equal(4);
    expect(reader.told.filter((result) => result === '(unreadable)')).to.have.length(2);
    expect(lines.map(({ msg }) => msg)).to.deep.equal(['an answer in the shared cache cannot be opened, and counts as none']);
    writer.close();
    reader.close();
  });

  it('waits for no turn where answers are too large to be shared', async () => {
    const large: Call<unknown> = async () => {
      calls += 1;
      return Promise.resolve(answerOf(Array.from({ length: 40_000 }, (_, index) => Math.sin(index) * 1e9)));
    };
    await one.read(large);
    await time.settle();

    const startedAt = systemClock.now();
    await other.read(large);

    expect(calls).to.equal(2);
    expect(systemClock.now()).to.equal(startedAt);
    expect(fleet.answers.size).to.equal(0);
  });

  describe('when the store is slow to answer', () => {
    let late: CacheReplica;

    beforeEach(() => {
      doors[1]!.lateMs = 30;
      late = cacheReplica(doors[1]!);
    });

    afterEach(() => {
      late.close();
    });

    it('keeps nothing of what was purged meanwhile', async () => {
      await read(one);
      const answer = late.read(service);
      await time.advance(10);
      late.memory.purge('hubspot');
      await time.advance(20);

      expect((await answer).value).to.equal('answer 1');
      expect(late.memory.get('key')).to.equal(undefined);
    });

    it('keeps the newer answer that came in meanwhile', async () => {
      await read(one);
      await time.advance(100);
      const answer = late.read(service);
      await time.advance(10);
      const now = systemClock.now();
      late.memory.set('key', { value: 'newer', storedAt: now, freshUntil: now + 1000, staleUntil: now + 6000 });
      await time.advance(20);
      await answer;

      expect(late.memory.get('key')?.value).to.equal('newer');
    });

    it('passes the turn on when its caller has left meanwhile', async () => {
      const leaver = new AbortController();
      const left = errorOf(late.read(service, { signal: leaver.signal }), Error);
      await time.advance(10);
      leaver.abort(new Error('hung up'));
      await left;
      await time.advance(30);

      const answer = await read(one);

      expect(answer).to.include({ value: 'answer 1', source: 'upstream' });
    });
  });

  describe('when the store', () => {
    for (const state of ['down', 'hung'] as const) {
      it(`is ${state}, goes on by the memory of each process`, async () => {
        for (const door of doors) door.state = state;

        const answers = [read(one), read(other)];
        await time.advance(100);

        expect((await Promise.all(answers)).map(({ value }) => value)).to.deep.equal(['answer 1', 'answer 2']);
        expect((await one.read(service)).source).to.equal('cache');
      });
    }

    it('is lost while another replica asks, fails nobody', async () => {
      const first = one.read(service);
      await time.settle();
      const second = other.read(service);
      await time.advance(20);
      fleet.flush();
      for (const door of doors) door.state = 'down';
      await time.advance(300);

      expect([await first, await second].map(({ source }) => source)).to.deep.equal(['upstream', 'upstream']);
      expect(other.told).to.include('(unavailable)');
    });

    it('is emptied in the middle, shares again from then on', async () => {
      const first = one.read(service);
      await time.settle();
      fleet.flush();
      await time.advance(100);
      await first;
      await time.advance(1000);

      await read(one);

      expect(await other.read(service)).to.include({ value: 'answer 2', source: 'cache' });
    });
  });
});
