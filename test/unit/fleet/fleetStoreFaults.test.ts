import { expect } from 'chai';
import type { FleetStore } from '../../../src/contract/fleetStore.ts';
import { seconds } from '../../../src/time/clock.ts';
import { down, failWith, OPEN_MS, succeed } from '../../support/breakerHouse.ts';
import { useVirtualFleet, type Replica } from '../../support/virtualFleet.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

describe('A fleet’s store that fails', () => {
  const house = useVirtualFleet();
  const three = async (): Promise<readonly [Replica, Replica, Replica]> => (await house.of(3)) as [Replica, Replica, Replica];

  const halfOpen = async (): Promise<readonly [Replica, Replica, Replica]> => {
    const replicas = await three();
    await house.open(replicas);
    await house.time.advance(OPEN_MS);
    return replicas;
  };

  const fetchLease = async (replica: Replica): Promise<void> => {
    await replica.call();
    await house.time.settle();
  };

  describe('by being down', () => {
    it('leaves each replica to its own evidence', async () => {
      const [one, two] = await three();
      house.fleet.down();
      await one.calls(2, failWith(down()));
      await two.trip();

      await house.time.advance(seconds(3));

      expect(house.states).to.deep.equal(['closed', 'half_open', 'closed']);
    });

    it('is not asked again and again: a look at whether it is back costs no command', async () => {
      const [one] = await three();
      house.fleet.down();
      const before = one.store.sent.length;

      await house.time.advance(seconds(60));

      expect(one.store.sent.length).to.equal(before);
    });

    it('lets a trial go on by local rules, with the probes that have succeeded counted', async () => {
      const [one] = await halfOpen();
      await fetchLease(one);
      await one.call();
      house.fleet.down();

      await one.calls(4, succeed);

      expect(one.reasons.at(-1)).to.equal('closed: probe_succeeded');
    });

    it('between a lease and its outcome loses neither the call nor what it showed', async () => {
      const [one] = await halfOpen();
      await fetchLease(one);
      const attempt = new HeldAttempt();
      const call = one.call(attempt.begin);
      house.fleet.down();
      attempt.succeed('contact');

      expect(await call).to.equal('contact');
      await one.calls(4, succeed);
      expect(one.state).to.equal('closed');
    });

    it('between a lease and its use does not hold up the probe', async () => {
      const [one] = await halfOpen();
      await fetchLease(one);
      house.fleet.down();

      expect(await one.call()).to.equal('contact');
    });

    it('is told, on its return, of what is open here', async () => {
      const replicas = await three();
      house.fleet.down();
      for (const replica of replicas.slice(0, 2)) await replica.trip();

      house.fleet.up();
      await house.time.advance(400);

      expect(house.states).to.deep.equal(['open', 'open', 'open']);
      expect(replicas[2].reasons).to.deep.equal(['open: fleet_quorum']);
    });

    it('is heard, on its return, of what the others have opened meanwhile', async () => {
      const [one, two, away] = await three();
      away.store.cut();
      await house.open([one, two]);
      expect(away.state).to.equal('closed');

      away.store.mend();
      await house.time.advance(400);

      expect(away.reasons).to.deep.equal(['open: fleet_quorum']);
    });

    it('is heard, on its return, of what the others have closed meanwhile', async () => {
      const [one, two, away] = await halfOpen();
      away.store.cut();
      for (let round = 0; round < 100 && one.state === 'half_open'; round += 1) {
        await one.call();
        await house.time.advance(20);
      }
      expect([one.state, two.state, away.state]).to.deep.equal(['closed', 'closed', 'half_open']);

      away.store.mend();
      await house.time.advance(400);

      expect(away.reasons.at(-1)).to.equal('closed: fleet_recovered');
    });

    it('is told, on its return, that the service is back, by who has found so alone; nothing opens again', async () => {
      const replicas = await halfOpen();
      house.fleet.down();
      for (const replica of replicas) await replica.calls(5, succeed);
      const before = replicas.map(({ changes }) => changes.length);

      house.fleet.up();
      await house.time.advance(seconds(3));

      expect(replicas.map(({ view }) => view?.state)).to.deep.equal(['closed', 'closed', 'closed']);
      expect(replicas.map(({ changes }) => changes.length)).to.deep.equal(before);
    });
  });

  describe('by forgetting', () => {
    it('closes nothing', async () => {
      const replicas = await three();
      await house.open(replicas);

      house.fleet.flush();
      await house.time.advance(500);

      expect(house.states).to.deep.equal(['open', 'open', 'open']);
    });

    it('is told again what is open, as a new decision', async () => {
      const replicas = await halfOpen();
      const before = replicas[0].view!.epoch;

      house.fleet.flush();
      await house.time.advance(seconds(3));

      expect(replicas[0].view).to.deep.include({ state: 'open' });
      expect(replicas[0].view!.epoch).to.be.above(before);
      expect(replicas[0].reasons.filter((reason) => reason.startsWith('closed'))).to.deep.equal([]);
    });

    it('leaves what is half-open to the rules of one process until it knows again', async () => {
      const [one, two, three_] = await halfOpen();
      two.store.cut();
      three_.store.cut();
      house.fleet.flush();
      await house.time.advance(seconds(3));

      await one.calls(5, succeed);

      expect(one.state).to.equal('closed');
    });

    it('does not bring back an opening that is over: a copy that lacks the end of it moves nobody', async () => {
      const replicas = await halfOpen();
      const copy = house.fleet.snapshot();
      for (let round = 0; round < 100 && house.states.includes('half_open'); round += 1) {
        await replicas[0].call();
        await house.time.advance(20);
      }
      const before = replicas.map(({ changes }) => changes.length);
      house.fleet.restore(copy);

      await house.time.advance(seconds(10));

      expect(replicas.map(({ changes }) => changes.length)).to.deep.equal(before);
    });

    it('is told by who is well that the opening in such a copy is over', async () => {
      const replicas = await halfOpen();
      const copy = house.fleet.snapshot();
      for (let round = 0; round < 100 && house.states.includes('half_open'); round += 1) {
        await replicas[0].call();
        await house.time.advance(20);
      }
      house.fleet.restore(copy);
      await replicas[1].calls(5, succeed);

      await house.time.advance(seconds(5));

      expect(replicas.map(({ view }) => view?.state)).to.deep.equal(['closed', 'closed', 'closed']);
    });
  });

  describe('by breaking its word', () => {
    const faults: Readonly<Record<string, (store: FleetStore) => Partial<FleetStore>>> = {
      'throws at once': () => ({
        report: () => {
          throw new Error('a bug');
        },
        view: () => {
          throw new Error('a bug');
        },
      }),
      'never answers': () => ({
        report: () => new Promise(() => undefined),
        view: () => new Promise(() => undefined),
        lease: () => new Promise(() => undefined),
        settle: () => new Promise(() => undefined),
        leave: () => new Promise(() => undefined),
      }),
      'grants leases and loses every outcome': () => ({ settle: () => Promise.reject(new Error('a bug')) }),
      'grants leases and never answers to an outcome': () => ({ settle: () => new Promise(() => undefined) }),
      'never grants a lease': (store) => ({
        lease: async (circuit) => ({ granted: false, view: await store.view(circuit) }),
      }),
      'takes every outcome, and counts none': (store) => ({
        settle: (circuit, lease) => store.settle(circuit, lease, { kind: 'ignored' }),
      }),
    };

    for (const [title, faultOf] of Object.entries(faults)) {
      it(`that ${title} keeps no circuit from closing in time`, async () => {
        const wrap = (store: FleetStore): FleetStore => bound(store, faultOf(store));
        const replicas = await house.of(3, { wrap });
        for (const replica of replicas) await replica.trip();
        let waitedMs = 0;

        for (; waitedMs < seconds(120) && house.states.some((state) => state !== 'closed'); waitedMs += 250) {
          for (const replica of replicas) await replica.call();
          await house.time.advance(250);
        }

        expect(waitedMs).to.be.at.most(seconds(70));
      });
    }
  });
});

/** The store with some of its methods in the place of its own. */
const bound = (store: FleetStore, changed: Partial<FleetStore>): FleetStore => ({
  get isUp() {
    return store.isUp;
  },
  report: store.report.bind(store),
  view: store.view.bind(store),
  lease: store.lease.bind(store),
  settle: store.settle.bind(store),
  scout: store.scout.bind(store),
  scouted: store.scouted.bind(store),
  impose: store.impose.bind(store),
  release: store.release.bind(store),
  reset: store.reset.bind(store),
  leave: store.leave.bind(store),
  listen: store.listen.bind(store),
  ...changed,
});
