import { expect } from 'chai';
import type { Answer } from '../../../src/contract/call.ts';
import { operationLabel, serviceLabel, tagLabel } from '../../../src/cache/labels.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { cacheReplica, sealerOf, type CacheReplica } from '../../support/cacheFleet.ts';
import { answerOf } from '../../support/callContexts.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';
import { MemoryFleet, MemorySharedAnswers } from '../../support/memorySharedAnswers.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

const TAG = tagLabel('hubspot', 'contacts:7');

describe('FleetPurges', () => {
  const time = useVirtualTime();
  let fleet: MemoryFleet;
  let doors: readonly [MemorySharedAnswers, MemorySharedAnswers];
  let one: CacheReplica;
  let other: CacheReplica;

  beforeEach(async () => {
    fleet = new MemoryFleet(systemClock);
    doors = [new MemorySharedAnswers(fleet), new MemorySharedAnswers(fleet)];
    [one, other] = [cacheReplica(doors[0]), cacheReplica(doors[1])];
    one.shared.start();
    other.shared.start();
    await time.settle();
  });

  afterEach(() => {
    one.close();
    other.close();
  });

  const read = (replica: CacheReplica, value: unknown, cacheKey = 'key'): Promise<Answer<unknown>> =>
    replica.read(async () => Promise.resolve(answerOf(value)), {
      cacheKey,
      cacheForMs: 60_000,
      cacheTags: () => [`contacts:${cacheKey === 'key' ? '7' : '8'}`],
    });

  /** As a write, or a person, purges: at home at once, then in the fleet. */
  const purge = (replica: CacheReplica, label = TAG): Promise<boolean> => {
    replica.memory.purge(label);
    return replica.shared.purge('hubspot', [label]);
  };

  for (const label of [serviceLabel('hubspot'), operationLabel('hubspot', 'get_contact'), TAG]) {
    it(`takes "${label}" from the memory of every replica and from the store`, async () => {
      await read(one, 'old');
      await read(other, 'old');

      const told = await purge(one, label);

      expect(told).to.equal(true);
      expect((await read(other, 'new')).value).to.equal('new');
      expect((await read(one, 'newer')).value).to.equal('new');
    });
  }

  it('leaves alone what does not bear the label', async () => {
    await read(one, 'contact 8', 'another key');

    await purge(other);

    expect(await read(one, 'asked again', 'another key')).to.include({ value: 'contact 8', source: 'cache' });
  });

  it('reaches a replica that gets no messages within two seconds', async () => {
    await read(one, 'old');
    await read(other, 'old');
    fleet.hasMessages = false;
    await purge(one);

    const atOnce = await read(other, 'new');
    await time.advance(2000);

    expect(atOnce.value).to.equal('old');
    expect((await read(other, 'new')).value).to.equal('new');
  });

  it('catches up at once when it hears that it has missed a message', async () => {
    await read(other, 'old');
    fleet.hasMessages = false;
    await purge(one);
    fleet.hasMessages = true;
    await purge(one, tagLabel('hubspot', 'contacts:9'));
    await time.settle();

    expect((await read(other, 'new')).value).to.equal('new');
  });

  it('keeps what is asked for after a purge of its own, though the fleet hears of that later', async () => {
    await read(one, 'old');
    const purged = purge(one);
    const after = read(one, 'new');
    await purged;

    expect((await after).value).to.equal('new');
    expect(one.memory.get('key')).to.include({ value: 'new' });
  });

  it('keeps the answer to an earlier question out of memory and store, and lets nobody join it', async () => {
    const held = new HeldAttempt<Answer<unknown>>();
    const before = one.read(() => held.begin(), { cacheForMs: 60_000, cacheTags: () => ['contacts:7'] });
    await time.settle();
    await purge(other);

    const after = read(one, 'new');
    held.succeed(answerOf('old'));

    expect((await before).value).to.equal('old');
    expect((await after).value).to.equal('new');
    expect((await read(other, 'asked again')).value).to.equal('new');
  });

  it('says when the fleet could not be told, and tells it when the store is back', async () => {
    await read(one, 'old');
    await read(other, 'old');
    doors[0].state = 'down';

    const told = await purge(one);
    const meanwhile = await read(other, 'new');
    doors[0].comeBack();
    await time.settle();

    expect(told).to.equal(false);
    expect(meanwhile.value).to.equal('old');
    expect((await read(other, 'new')).value).to.equal('new');
  });

  it('has nothing to do with a store that has not heard of a purge of its own', async () => {
    await read(one, 'old');
    doors[0].state = 'hung';
    const untold = purge(one);
    await time.advance(50);
    await untold;
    doors[0].state = 'up';

    const answer = await read(one, 'new');

    expect(answer).to.include({ value: 'new', source: 'upstream' });
    await time.advance(2000);
    expect(one.shared.isUp).to.equal(true);
  });

  it('keeps no endless list of what it could not tell: whole services instead', async () => {
    doors[0].state = 'down';
    for (let id = 0; id < 1500; id += 1) await purge(one, tagLabel('hubspot', `contacts:${String(id)}`));
    await read(other, 'old', 'another key');

    doors[0].comeBack();
    await time.settle();

    expect(fleet.notices).to.have.length(1);
    expect((await read(other, 'new', 'another key')).value).to.equal('new');
  });

  it('tells a flood of purges in few notices, none of them long', async () => {
    const purges = Array.from({ length: 900 }, (_, id) => purge(one, tagLabel('hubspot', `contacts:${String(id)}@example.com`)));
    await time.advance(100);

    expect(await Promise.all(purges)).to.deep.equal(purges.map(() => true));
    expect(fleet.notices.length).to.be.within(2, 10);
    expect(Math.max(...fleet.notices.map(({ text }) => text.length))).to.be.lessThan(16_000);
  });

  it('tells at most some hundred notices a second, however many records are gone one after the other', async () => {
    const isOver = time.advance(1000);
    for (let until = systemClock.now() + 1000; systemClock.now() < until;) await purge(one);
    await isOver;

    expect(fleet.notices.length).to.be.within(50, 160);
  });

  it('takes nothing over from the store that was purged while an earlier purge was being told', async () => {
    await read(one, 'old');
    await read(other, 'old', 'another key');
    const first = purge(one);
    const second = purge(one, tagLabel('hubspot', 'contacts:8'));
    await read(one, 'new', 'another key');
    await Promise.all([first, second]);

    expect((await read(one, 'newest', 'another key')).value).to.equal('newest');
  });

  it('holds nothing for fresh when the log of purges was lost, but keeps it for those who fall back', async () => {
    await read(one, 'old');
    await purge(other, tagLabel('hubspot', 'contacts:9'));
    fleet.flush();
    await time.advance(2000);

    const kept = one.memory.get('key');

    expect(kept).to.include({ value: 'old' });
    expect((await read(one, 'new')).value).to.equal('new');
  });

  it('does not let a failover that loses a purge bring the purged answer back', async () => {
    await purge(other, tagLabel('hubspot', 'contacts:9'));
    await read(one, 'old');
    const failOver = fleet.snapshot();
    await purge(one);
    failOver();
    await time.advance(2000);

    expect((await read(one, 'new')).value).to.equal('new');
    expect((await read(other, 'newer')).value).to.equal('new');
  });

  it('holds nothing for fresh when it hears of a purge that it cannot read, as while keys are changed', async () => {
    const newer = cacheReplica(doors[0], { sealer: sealerOf('new', 'fleet') });
    await read(one, 'old');

    await purge(newer);

    expect(one.memory.get('key')).to.include({ value: 'old', freshUntil: systemClock.now() });
    expect((await read(one, 'new')).value).to.equal('new');
    newer.close();
  });

  it('leaves no timer when it is stopped', () => {
    one.close();
    other.close();

    expect(time.pendingTimers).to.equal(0);
  });
});
