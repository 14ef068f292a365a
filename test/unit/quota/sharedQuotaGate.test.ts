import { expect } from 'chai';
import { QuotaWaitTooLongError } from '../../../src/errors/upstreamErrors.ts';
import type { Lane, Permit, PermitWish } from '../../../src/contract/quotaGate.ts';
import { isRate, type ServiceQuotas } from '../../../src/contract/quotaRule.ts';
import { SharedQuotaGate } from '../../../src/quota/sharedQuotaGate.ts';
import { errorOf } from '../../support/errorOf.ts';
import { EventClock } from '../../support/eventClock.ts';
import { MemoryQuotaStore } from '../../support/memoryQuotaShares.ts';

const site = { service: 'acme', operation: 'get_thing' };
const wishOf = (lane: Lane = 'interactive', quota = 'default'): PermitWish => ({ quota, weight: 1, lane });
const tenASecond: ServiceQuotas = { classes: { default: [{ permits: 10, windowMs: 1000 }] } };
const hundred: ServiceQuotas = { classes: { default: [{ permits: 100, windowMs: 10_000, reading: 'ten' }] } };

/** Replicas of one account, and the store between them, which has known of the limit for a while. */
const fleet = async (quotas = hundred, names = ['one', 'two']) => {
  const clock = new EventClock();
  const store = new MemoryQuotaStore(clock);
  const replicas = names.map((name) => {
    const shares = store.as(name);
    const gate = new SharedQuotaGate({ quotas, service: 'acme', account: 'account', shares, clock, random: () => 0 });
    const ask = (wish = wishOf(), patienceMs = 60_000) =>
      Promise.resolve(gate.permit(wish, { site, signal: new AbortController().signal, latestAt: clock.now() + patienceMs }));
    return { gate, shares, ask };
  });
  const windowMs = quotas.classes['default']?.filter(isRate)[0]?.windowMs ?? 0;
  await store.as('the first').report(
    { service: 'acme', account: 'account', quota: 'default', windowMs },
    {
      limit: 100,
      isStated: false,
      holdsMs: windowMs,
      held: 0,
      used: 0,
      wanted: 0,
      needed: 0,
      usable: 0,
      paceMs: 500,
      generation: 0,
      isLast: true,
    },
  );
  await clock.advance(1000);
  store.reports = 0;
  return { clock, store, one: replicas[0]!, two: replicas[1]! };
};

type Replica = Awaited<ReturnType<typeof fleet>>['one'];

/** So many calls that ask at one moment. @returns the permits of those that have one after a moment. */
const askMany = async ({ ask }: Replica, clock: EventClock, count: number, wish = wishOf()): Promise<Permit[]> => {
  const permits: Permit[] = [];
  for (let call = 0; call < count; call += 1) {
    ask(wish).then(
      (permit) => permits.push(permit),
      () => undefined,
    );
  }
  await clock.advance(10);
  return [...permits];
};

const atOnce = ({ gate }: Replica, clock: EventClock): boolean =>
  !(gate.permit(wishOf(), { site, signal: new AbortController().signal, latestAt: clock.now() + 60_000 }) instanceof Promise);

describe('sharedQuotaGate', () => {
  it('asks before the first call, and not again for those that its share has room for', async () => {
    const { clock, store, one } = await fleet();
    const first = await askMany(one, clock, 20);
    const asked = store.reports;

    const second = atOnce(one, clock);

    expect(first).to.have.length(20);
    expect(second).to.equal(true);
    expect(asked).to.be.at.most(2);
    expect(store.reports).to.equal(asked);
  });

  it('asks nobody about what has no limit', async () => {
    const { clock, store, one } = await fleet({ classes: { default: [], free: [] }, others: { permits: 'learned', windowMs: 1000 } });

    const permits = await askMany(one, clock, 500, wishOf('interactive', 'free'));

    expect(permits).to.have.length(500);
    expect(store.reports).to.equal(0);
  });

  it('makes who has to wait go when another replica gives up its share', async () => {
    const { clock, one, two } = await fleet();
    const busy = await askMany(one, clock, 50);
    for (const permit of busy) permit.end('unsent');
    let given = 0;
    for (let call = 0; call < 50; call += 1)
      void two.ask().then(() => {
        given += 1;
      });
    await clock.advance(0);

    await clock.advance(10_000);

    expect(given).to.equal(50);
  });

  it('refuses at once whose turn would come too late with what is fair', async () => {
    const { clock, one, two } = await fleet();
    await askMany(one, clock, 100);
    await askMany(two, clock, 100);
    await clock.advance(1000);

    const error = await errorOf(two.ask(wishOf(), 5000), QuotaWaitTooLongError);

    expect(error.retryAfterMs).to.be.within(5000, 30_000);
  });

  it('refuses in time whom nothing could be given', async () => {
    const { clock, one, two } = await fleet(tenASecond);
    const lasting = await askMany(one, clock, 10);
    const before = clock.now();
    let refusedAfterMs = 0;
    const refusal = errorOf(two.ask(wishOf(), 3000), QuotaWaitTooLongError).then(() => {
      refusedAfterMs = clock.now() - before;
    });

    await clock.advance(4000);
    await refusal;

    expect(lasting).to.have.length(10);
    expect(refusedAfterMs).to.be.at.most(3000);
  });

  it('leaves callers a fifth of the share before the queue', async () => {
    const { clock, one } = await fleet(tenASecond);
    const drained = await askMany(one, clock, 10, wishOf('drain'));

    const interactive = await askMany(one, clock, 2);

    expect(drained).to.have.length(8);
    expect(interactive).to.have.length(2);
  });

  it('tells every replica of a refusal, once', async () => {
    const { clock, one, two } = await fleet();
    await askMany(one, clock, 1);
    await askMany(two, clock, 1);

    one.gate.throttled('default', 3000);
    await clock.advance(0);
    const [waitOne, waitTwo] = [one.gate.waitMs(wishOf()), two.gate.waitMs(wishOf())];
    await clock.advance(30_000);

    expect([waitOne, waitTwo]).to.deep.equal([3000, 3000]);
    expect([one, two].map(({ gate }) => gate.waitMs(wishOf()))).to.deep.equal([0, 0]);
  });

  for (const scope of ['replica', 'fleet'] as const) {
    it(`ends a pause by a person’s word for a ${scope}`, async () => {
      const { clock, one, two } = await fleet();
      await askMany(one, clock, 1);
      await askMany(two, clock, 1);
      one.gate.throttled('default', 100_000);
      await clock.advance(0);

      two.gate.reset(scope);
      await clock.advance(2000);

      expect(two.gate.waitMs(wishOf())).to.equal(0);
      expect(one.gate.waitMs(wishOf())).to.equal(scope === 'fleet' ? 0 : 98_000);
    });
  }

  it('hears of a refusal with its next grant, where the message was lost', async () => {
    const { clock, one, two } = await fleet();
    await askMany(one, clock, 1);
    await askMany(two, clock, 1);
    two.shares.isCut = true;
    one.gate.throttled('default', 5000);
    await clock.advance(1000);

    two.shares.isCut = false;
    await clock.advance(1000);

    expect(two.gate.waitMs(wishOf())).to.equal(3000);
  });

  it('goes on with its share for as long as it is leased, and then with its part of the limit', async () => {
    const { clock, store, one, two } = await fleet();
    const granted = await askMany(one, clock, 40);
    for (const permit of granted) permit.end('answered');
    await askMany(two, clock, 1);
    await clock.advance(1000);
    store.isDown = true;
    await clock.advance(8900);
    const leased = one.gate.limits()[0];
    await clock.advance(1200);
    const after = one.gate.limits()[0];
    await clock.advance(22_000);
    const later = two.gate.limits()[0];

    expect(granted).to.have.length(40);
    expect(leased?.share).to.be.within(40, 90);
    expect(after).to.include({ share: 50, replicas: 2 });
    expect(later).to.include({ share: 50 });
  });

  it('lets a tenth go in the first second when the store cannot be had from the start, and then goes alone', async () => {
    const { clock, store, one } = await fleet();
    store.isDown = true;

    const first = await askMany(one, clock, 40);
    await clock.advance(1500);
    const second = await askMany(one, clock, 10);

    expect(first).to.have.length(10 / 2);
    expect(second).to.have.length(10);
    expect(one.gate.limits()[0]).to.include({ share: 100, replicas: 1 });
  });

  it('gives its share back when it has been idle for a minute, and asks again for the next call', async () => {
    const { clock, store, one, two } = await fleet();
    const permits = await askMany(one, clock, 40);
    for (const permit of permits) permit.end('answered');
    await clock.advance(75_000);
    const idle = one.gate.limits()[0];
    store.reports = 0;
    await clock.advance(60_000);
    const whileIdle = store.reports;

    const other = await askMany(two, clock, 50);
    const again = await askMany(one, clock, 1);

    expect(idle).to.include({ share: 0, used: 0 });
    expect(whileIdle).to.equal(0);
    expect(other).to.have.length(50);
    expect(again).to.have.length(1);
  });

  it('gives its share to the others when it is closed', async () => {
    const { clock, one, two } = await fleet();
    for (const permit of await askMany(one, clock, 50)) permit.end('answered');

    one.gate.close();
    await clock.advance(10_000);
    const other = await askMany(two, clock, 50);

    expect(other).to.have.length(50);
    expect(two.gate.limits()[0]).to.include({ replicas: 1 });
  });

  it('shares a limit that nobody publishes from the moment it is known', async () => {
    const { clock, store, one } = await fleet({ classes: {}, others: { permits: 'learned', windowMs: 60_000 } });
    const mail = wishOf('interactive', 'send_mail');
    const before = await askMany(one, clock, 30, mail);
    for (const permit of before) permit.end('answered');
    const unshared = store.reports;

    one.gate.seen([{ window: 'send_mail', limit: 40, remaining: 10 }]);
    await askMany(one, clock, 1, mail);

    expect([before.length, unshared, store.reports]).to.deep.equal([30, 0, 1]);
    expect(one.gate.limits()[0]).to.include({ quota: 'send_mail', limit: 40 });
  });

  it('counts a probe that asks nobody, and tells of it', async () => {
    const { clock, store, one } = await fleet();

    one.gate.countOnly(wishOf()).end('answered');
    await clock.advance(0);

    expect(one.gate.limits()[0]).to.include({ used: 1 });
    expect(store.reports).to.equal(1);
  });

  it('forgets a caller who leaves while it asks', async () => {
    const { clock, one } = await fleet();
    const controller = new AbortController();
    const gone = errorOf(Promise.resolve(one.gate.permit(wishOf(), { site, signal: controller.signal, latestAt: 60_000 })), Error);

    controller.abort(new Error('gone'));
    await clock.advance(10);

    expect((await gone).message).to.equal('gone');
    expect(one.gate.limits()[0]).to.include({ used: 0, waiting: 0 });
  });
});
