/**
 * What every store of shares is held to (`src/quota/quotaShares.ts`).
 */
import { expect } from 'chai';
import { SharedStateUnavailableError } from '../../src/errors/sharedStateErrors.ts';
import type { ShareGrant, SharedLimitId, ThrottleNews } from '../../src/quota/quotaShares.ts';
import { errorOf } from '../support/errorOf.ts';
import { freshLimit, greedy, reportOf, speaking, type QuotaSharesRig, type SpeakingRig, type Voice } from './quotaSharesRig.ts';

/** Reports on, with all that was granted in use, until the share stays as it is. */
const settleGreedy = async (rig: QuotaSharesRig, replicas: readonly Voice[]) => {
  const held = replicas.map(() => 0);
  for (let round = 0; round < 6; round += 1) {
    for (const [index, replica] of replicas.entries()) held[index] = (await replica(greedy(held[index]!))).permits;
    await rig.pass(500);
  }
  return held;
};

const silenced = async (rig: SpeakingRig, limit: SharedLimitId, forMs: number): Promise<ShareGrant> => {
  const [dead, other] = [rig.speak('dead', limit), rig.speak('other', limit)];
  await dead(reportOf({ wanted: 90, needed: 90 }));
  for (let passedMs = 0; passedMs < forMs; passedMs += 5000) {
    await rig.pass(Math.min(5000, forMs - passedMs));
    await other(reportOf());
  }
  return other(reportOf({ wanted: 100, needed: 1 }));
};

export const quotaSharesContract = (name: string, open: () => Promise<QuotaSharesRig>): void => {
  describe(`quota shares ${name}`, function () {
    this.timeout(60_000);
    let rig: SpeakingRig;

    before(async () => {
      rig = speaking(await open());
    });

    after(() => rig.close());

    it('give one that is alone what it wants, and say for how long', async () => {
      const grant = await rig.speak('one', await rig.opened())(reportOf({ wanted: 40, needed: 40 }));

      expect(grant).to.include({ permits: 40, leaseMs: 10_000, fair: 100, replicas: 1, reportInMs: 500 });
      expect(grant).not.to.have.property('news');
    });

    it('are even among those who want more than there is', async () => {
      const limit = await rig.opened();
      const replicas = ['one', 'two', 'three'].map((replica) => rig.speak(replica, limit));

      const held = await settleGreedy(rig, replicas);

      expect(held.reduce((sum, permits) => sum + permits, 0)).to.equal(100);
      for (const permits of held) expect(permits).to.be.within(33, 34);
    });

    it('leave whoever wants little what it wants, and give the rest to the others', async () => {
      const limit = await rig.opened();
      const [light, heavy] = [rig.speak('light', limit), rig.speak('heavy', limit)];
      await light(reportOf({ wanted: 10, needed: 10 }));

      const grant = await heavy(reportOf({ wanted: 100, needed: 1 }));

      expect(grant).to.include({ permits: 90, fair: 90, replicas: 2 });
    });

    it('are not free for others before who held them has said that it knows', async () => {
      const limit = await rig.opened();
      const [first, second] = [rig.speak('first', limit), rig.speak('second', limit)];
      await first(reportOf({ wanted: 100, needed: 100 }));

      const refused = await second(greedy(0));
      const lowered = await first(greedy(100));
      const stillRefused = await second(greedy(0));
      await first(greedy(lowered.permits, { used: 60, fallsInMs: 1000 }));
      const granted = await second(greedy(0));

      expect([refused.permits, lowered.permits, stillRefused.permits, granted.permits]).to.deep.equal([0, 50, 0, 50 - 10]);
    });

    it('are free by themselves when what was used of them is back', async () => {
      const limit = await rig.opened();
      const [first, second] = [rig.speak('first', limit), rig.speak('second', limit)];
      await first(reportOf());
      await first(reportOf({ held: 10, used: 100, usable: 100, fallsInMs: 3000, wanted: 10 }));

      const before = await second(greedy(0));
      await rig.pass(before.reportInMs < 3000 ? 3000 : before.reportInMs);
      const after = await second(greedy(0));

      expect([before.permits, after.permits]).to.deep.equal([0, 90]);
    });

    it('tell who waits to come back when the next permits are back', async () => {
      const limit = await rig.opened();
      await rig.speak('first', limit)(reportOf({ held: 10, used: 100, usable: 100, fallsInMs: 300, wanted: 10 }));

      const { reportInMs } = await rig.speak('second', limit)(greedy(0));

      expect(reportInMs).to.be.within(Math.max(1, 300 - rig.slackMs), 300);
    });

    it('stay reserved for one that is silent until its lease and all that it used is over', async () => {
      const [during, after] = [
        await silenced(rig, await rig.opened(), 19_000 - rig.slackMs),
        await silenced(rig, await rig.opened(), 20_001),
      ];

      expect([during.permits, after.permits]).to.deep.equal([10, 100]);
      expect(during.replicas).to.equal(1);
    });

    it('that are lowered are lowered no further than others need', async () => {
      const limit = await rig.opened();
      const [wide, narrow] = [rig.speak('wide', limit), rig.speak('narrow', limit)];
      await wide(reportOf({ wanted: 90, needed: 90 }));
      await narrow(greedy(0, { wanted: 20, needed: 15 }));

      const lowered = await wide(reportOf({ held: 90, used: 30, wanted: 34 }));

      expect(lowered.permits).to.equal(80);
    });

    it('of who uses nothing are small, and there at once', async () => {
      const limit = await rig.opened();
      const idle = rig.speak('idle', limit);

      const fresh = await idle(reportOf());
      const later = await idle(reportOf({ held: 70 }));

      expect([fresh.permits, later.permits]).to.deep.equal([6, 6]);
    });

    it('of fewer permits than replicas go round', async () => {
      const limit = await rig.opened();
      const replicas = ['one', 'two', 'three'].map((replica) => rig.speak(replica, limit));
      const order: number[] = [];
      for (const replica of replicas) {
        await replica(greedy(0, { limit: 1, wanted: 1 }));
        await rig.pass(1);
      }
      for (let turn = 0; turn < 6; turn += 1) {
        for (const [index, replica] of replicas.entries()) {
          const { permits } = await replica(greedy(0, { limit: 1, wanted: 1 }));
          if (permits === 0) continue;
          order.push(index);
          await replica(reportOf({ limit: 1, held: 1, used: 1, wanted: 1, needed: 2, usable: 1, fallsInMs: 100 }));
          await replica(reportOf({ limit: 1, held: 0, used: 1, wanted: 1, needed: 2, usable: 1, fallsInMs: 100 }));
        }
        await rig.pass(101);
      }

      expect(order.slice(0, 6)).to.deep.equal([0, 1, 2, 0, 1, 2]);
    });

    it('that are too small for a heavy call go whole to who has waited longest', async () => {
      const limit = await rig.opened();
      const heavy = { limit: 100, wanted: 100, needed: 60 };
      const [first, second] = [rig.speak('first', limit), rig.speak('second', limit)];
      await first(reportOf(heavy));
      const waiting = await second(reportOf(heavy));
      await rig.pass(1);
      await first(reportOf({ ...heavy, held: 60, used: 60, needed: 100, usable: 60 }));
      await first(reportOf({ ...heavy, held: 0, used: 0, needed: 60 }));

      const granted = await second(reportOf(heavy));

      expect([waiting.permits, granted.permits]).to.deep.equal([0, 60]);
    });

    it('are as many as a heavy call needs, though it is more than is fair, for who has waited for a window', async () => {
      const limit = await rig.opened();
      const [heavy, busy] = [rig.speak('heavy', limit), rig.speak('busy', limit)];
      const wish = reportOf({ wanted: 70, needed: 70 });
      await busy(reportOf({ wanted: 100, needed: 100 }));
      const early = await heavy(wish);
      await rig.pass(5000);
      await heavy(wish);
      const lowered = await busy(greedy(100));
      await rig.pass(5001);
      const late = await busy(greedy(lowered.permits));
      await busy(greedy(late.permits));

      const granted = await heavy(wish);

      expect([early.permits, late.permits, granted.permits]).to.deep.equal([0, 30, 70]);
    });

    it('go by the limit that the service told one of the replicas', async () => {
      const limit = await rig.opened();
      await rig.speak('told', limit)(reportOf({ limit: 190, isStated: true }));

      const grant = await rig.speak('untold', limit)(reportOf({ wanted: 150, needed: 150 }));

      expect(grant.permits).to.equal(150);
    });

    it('of other accounts, classes and windows are other shares', async () => {
      const limit = await rig.opened();
      const all = [limit, { ...limit, account: 'another' }, { ...limit, quota: 'search' }, { ...limit, windowMs: 1000 }];
      await rig.speak('one', limit)(reportOf({ wanted: 100, needed: 100 }));

      const grants = await Promise.all(all.map((each) => rig.speak('two', each)(reportOf({ wanted: 100, needed: 1 }))));

      expect(grants.map(({ permits }) => permits)).to.deep.equal([0, 5, 5, 5]);
    });

    it('are believed, and grow for nobody, for six seconds after the memory of them was lost', async () => {
      const limit = await rig.opened();
      const [old, fresh] = [rig.speak('old', limit), rig.speak('fresh', limit)];
      const { generation } = await old(reportOf({ wanted: 50, needed: 50 }));
      await rig.flush();

      const kept = await old(greedy(50, { generation }));
      const during = await fresh(greedy(0));
      await rig.pass(6001);
      const after = await fresh(greedy(0));

      expect([kept.permits, during.permits, after.permits]).to.deep.equal([50, 0, 50]);
      expect(kept.generation).not.to.equal(generation);
      expect(after.generation).to.equal(kept.generation);
    });

    it('are small for the first moment of a memory, which may be the moment after its loss', async () => {
      const limit = freshLimit();
      const one = rig.speak('one', limit);

      const during = await one(greedy(0));
      await rig.pass(601);
      const after = await one(greedy(5));

      expect([during.permits, after.permits]).to.deep.equal([5, 100]);
      expect(during.reportInMs).to.be.at.most(601);
    });

    it('are divided among those that are here, while those that were here are known, unless they have ended', async () => {
      const limit = await rig.opened();
      await rig.speak('silent', limit)(reportOf());
      await rig.speak('ended', limit)(reportOf({ isLast: true }));
      await rig.pass(21_000);

      const grant = await rig.speak('here', limit)(greedy(0));

      expect(grant).to.include({ permits: 100, replicas: 1, known: 2 });
    });

    describe('and refusals', () => {
      it('are news for all, with what is left of the pause', async () => {
        const limit = await rig.opened();
        const [one, two] = [rig.join('one'), rig.join('two')];
        const heard: ThrottleNews[] = [];
        two.listen(({ service }, news) => {
          if (service === limit.service) heard.push(news);
        });

        const number = await one.throttled(limit, 5000);
        await rig.heard();
        await rig.pass(2000);
        const { news } = await rig.speak('two', limit)(reportOf());

        expect(heard.map((each) => each.number)).to.deep.equal([number]);
        expect(heard[0]!.pauseMs).to.be.within(5000 - rig.slackMs, 5000);
        expect(news!.number).to.equal(number);
        expect(news!.pauseMs).to.be.within(3000 - rig.slackMs, 3000);
        expect(news!.agoMs).to.be.within(2000, 2000 + rig.slackMs);
      });

      it('within a second are one piece of news, with the longer pause', async () => {
        const limit = await rig.opened();
        const one = rig.join('one');

        const numbers = [await one.throttled(limit, 0), await one.throttled(limit, 3000)];
        await rig.pass(4100);
        numbers.push(await one.throttled(limit, 0));
        const { news } = await rig.speak('one', limit)(reportOf());

        expect(numbers[1]).to.equal(numbers[0]);
        expect(numbers[2]).to.be.greaterThan(numbers[1]!);
        expect(news).to.include({ number: numbers[2], pauseMs: 0 });
      });

      it('are no news any more once their pause is over, which is news itself', async () => {
        const limit = await rig.opened();
        const [one, two] = [rig.join('one'), rig.join('two')];
        const heard: ThrottleNews[] = [];
        two.listen(({ service }, news) => {
          if (service === limit.service) heard.push(news);
        });
        const number = await one.throttled(limit, 5000);

        await one.pauseOver(limit);
        await rig.heard();
        const grant = await rig.speak('two', limit)(reportOf());

        expect(heard.map(({ isOver }) => isOver === true)).to.deep.equal([false, true]);
        expect(heard[1]!.number).to.be.greaterThan(number);
        expect(grant).not.to.have.property('news');
      });

      it('of one class are no news for another', async () => {
        const limit = await rig.opened();
        await rig.join('one').throttled(limit, 1000);

        const grant = await rig.speak('two', { ...limit, quota: 'search' })(reportOf());

        expect(grant).not.to.have.property('news');
      });
    });

    it('cannot be had while the store is down, which says so at once', async () => {
      const limit = await rig.opened();
      const one = rig.join('one');
      await rig.down();

      await errorOf(rig.speak('one', limit)(reportOf()), SharedStateUnavailableError);
      await errorOf(one.throttled(limit, 0), SharedStateUnavailableError);
      const wasUp = one.isUp;
      await rig.up();
      const grant = await rig.speak('one', limit)(reportOf({ wanted: 5, needed: 5 }));

      expect([wasUp, one.isUp]).to.deep.equal([false, true]);
      expect(grant.permits).to.be.at.least(5);
    });
  });
};
