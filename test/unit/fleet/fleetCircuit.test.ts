import { expect } from 'chai';
import type { FleetView } from '../../../src/contract/fleetStore.ts';
import { seconds } from '../../../src/time/clock.ts';
import { down, failWith, OPEN_MS, succeed } from '../../support/breakerHouse.ts';
import { fleetViewOf } from '../../support/fleetView.ts';
import { ScriptedFleetStore } from '../../support/scriptedFleetStore.ts';
import { useVirtualFleet, type Replica } from '../../support/virtualFleet.ts';

const E1 = 1_000_000;
const E2 = 2_000_000;
const opened = (changes: Partial<FleetView> = {}): Partial<FleetView> => ({
  state: 'open',
  epoch: E1,
  remainingMs: OPEN_MS,
  openings: 1,
  reason: 'failure_evidence',
  ...changes,
});
const halfOpened = (changes: Partial<FleetView> = {}): Partial<FleetView> => opened({ state: 'half_open', remainingMs: 0, ...changes });

describe('FleetCircuit', () => {
  const house = useVirtualFleet();
  let store: ScriptedFleetStore;
  let replica: Replica;

  beforeEach(async () => {
    store = new ScriptedFleetStore();
    replica = house.replica({ wrap: () => store });
    await house.time.advance(10);
  });

  const say = async (changes: Partial<FleetView>): Promise<void> => {
    store.say(changes);
    await house.time.advance(30);
  };

  /** Half-open, following the fleet, with a lease in hand. */
  const holdLease = async (): Promise<void> => {
    await say(halfOpened());
    await replica.call();
    await house.time.settle();
  };

  /** Open by a probe of its own that failed, which the store has not heard. */
  const failProbeUnheard = async (): Promise<void> => {
    await holdLease();
    store.onSettle = () => Promise.reject(new Error('lost'));
    await replica.call(failWith(down()));
    await house.time.settle();
    expect(replica.reasons.at(-1)).to.equal('open: probe_failed');
  };

  it('opens as the fleet does, for a moment at least, also where its open time is over', async () => {
    await say(halfOpened());

    expect(replica.reasons).to.deep.equal(['open: fleet_quorum', 'half_open: open_time_over']);
    expect(replica.changes[1]!.lastedMs).to.be.at.least(20);
  });

  it('says of an opening that it came to late that it is the fleet’s: no probe of anybody’s failed here', async () => {
    await say(opened({ reason: 'probe_failed', openings: 3 }));

    expect(replica.reasons).to.deep.equal(['open: fleet_quorum']);
    expect(replica.breaker.snapshot().openings).to.equal(3);
  });

  it('begins its trial as soon as the fleet’s open time is cut short', async () => {
    await say(opened({ remainingMs: seconds(10) }));

    await say(opened({ remainingMs: 0 }));

    expect(replica.state).to.equal('half_open');
  });

  it('stays away for its own time after a probe that the fleet has not heard of', async () => {
    await failProbeUnheard();

    await say(halfOpened());

    expect(replica.state).to.equal('open');
  });

  it('cuts that time short when a look has found the service well', async () => {
    await failProbeUnheard();
    await say(halfOpened());

    await replica.looks.foundWell();
    await house.time.advance(5);

    expect(replica.state).to.equal('half_open');
  });

  it('has no evidence to tell while it follows the fleet, and tells it again when the fleet has forgotten', async () => {
    await replica.trip();
    await say(opened({ remainingMs: seconds(20) }));
    await house.time.advance(seconds(6));
    const following = store.reports.at(-1);

    await say({ epoch: 0 });
    await house.hear();

    expect(following).to.include({ score: 0 });
    expect(store.reports.at(-1)).to.include({ score: 1, reason: 'failure_evidence' });
    expect(replica.state).to.equal('open');
  });

  it('is not opened again by an opening from which it has recovered alone, and has evidence to tell from then on', async () => {
    await holdLease();
    store.isUp = false;
    await replica.calls(5, succeed);
    await house.time.advance(seconds(5));
    store.isUp = true;
    store.grants = false;

    await say(halfOpened());
    await replica.call(failWith(down()));
    await house.hear();

    expect(replica.state).to.equal('closed');
    expect(store.reports.at(-1)!.score).to.be.above(0.3);
  });

  it('is closed by a reset once: what it opens by itself afterwards stays open', async () => {
    await say({ epoch: E1, reason: 'reset' });
    await replica.trip();

    await say({ epoch: E1, reason: 'reset' });

    expect(replica.state).to.equal('open');
  });

  it('is not closed by what an earlier trial has shown, when that is heard in the next one', async () => {
    const waiting: ((view: FleetView) => void)[] = [];
    await holdLease();
    store.onSettle = () => new Promise((resolve) => waiting.push(resolve));
    for (let made = 0; made < 5; made += 1) {
      await replica.call();
      await replica.call();
      await house.time.settle();
    }
    expect(store.settled.filter(({ kind }) => kind === 'success')).to.have.length(5);
    await say(opened({ epoch: E2, remainingMs: 50 }));
    await house.time.advance(60);
    expect(replica.state).to.equal('half_open');

    for (const answer of waiting) answer(fleetViewOf(halfOpened()));
    await house.time.settle();

    expect(replica.state).to.equal('half_open');
  });

  it('wants a probe of its prober when it has a lease in hand, or needs none', async () => {
    await say(halfOpened());
    const before = replica.breaker.wantsProbe;
    await house.time.settle();
    const withLease = replica.breaker.wantsProbe;
    await replica.call();
    const after = replica.breaker.wantsProbe;
    store.isUp = false;

    expect([before, withLease, after]).to.deep.equal([false, true, false]);
    expect(replica.breaker.wantsProbe).to.equal(true);
  });

  it('gives the lease in its hand back when the trial ends without it', async () => {
    await holdLease();

    await say(opened({ epoch: E2 }));

    expect(store.settled).to.deep.equal([{ kind: 'ignored' }]);
  });

  it('gives a lease back that is granted when the trial is over', async () => {
    await say(halfOpened());
    store.answer = fleetViewOf(opened({ epoch: E2 }));

    await replica.call();
    await house.time.settle();

    expect(store.leases).to.have.length(1);
    expect(store.settled).to.deep.equal([{ kind: 'ignored' }]);
  });

  it('lets others go first after a probe that failed, and not after a look that found the service well', async () => {
    await holdLease();
    await replica.call(failWith(down()));
    await say(opened({ epoch: E2, remainingMs: 50 }));
    await house.time.advance(60);
    await replica.call();
    await house.time.advance(900);
    const polite = store.leases.length;
    await house.time.advance(200);
    const later = store.leases.length;
    await say(opened({ epoch: E2 + 1, remainingMs: seconds(10) }));
    store.answer = fleetViewOf(opened({ epoch: E2 + 1, remainingMs: 0 }));
    await replica.looks.foundWell();
    await house.time.advance(30);
    await replica.call();
    await house.time.settle();

    expect([polite, later]).to.deep.equal([1, 2]);
    expect(store.leases).to.have.length(3);
  });

  it('refuses nobody for want of a lease once a trial has lasted for a second and a half', async () => {
    store.grants = false;
    await say(halfOpened());
    await replica.call();
    await house.time.advance(1400);
    const before = await replica.call();

    await house.time.advance(100);

    expect(before).to.include({ reason: 'probing' });
    expect(await replica.call()).to.equal('contact');
  });

  it('lets a health check stand in without a lease only when it has asked in vain for twenty seconds', async () => {
    store.grants = false;
    await say(halfOpened());
    await replica.call();
    await house.time.advance(seconds(15));
    store.grants = true;
    await house.time.advance(500);
    store.grants = false;
    await house.time.advance(seconds(6));
    const before = replica.breaker.wantsProbe;

    await house.time.advance(seconds(20) + 200);

    expect([before, replica.breaker.wantsProbe]).to.deep.equal([false, true]);
  });

  it('does not speak for a service that was well before the fleet opened, when a person resets this replica', async () => {
    await replica.calls(20, succeed);
    await say(opened());
    replica.breaker.reset();

    await say(halfOpened());

    expect(replica.state).to.equal('closed');
    expect(store.leases).to.deep.equal([]);
  });

  describe('where the fleet still has open what is well here', () => {
    beforeEach(async () => {
      await say({ epoch: E2 });
      store.leases = [];
    });

    const hearOfOldOpening = (): Promise<void> => say(halfOpened());

    it('votes for the end of it, after five successes in a row, until it is closed', async () => {
      await replica.calls(4, succeed);
      await hearOfOldOpening();
      const before = store.leases.length;
      await replica.call();
      store.onSettle = () => Promise.resolve(store.settled.length === 5 ? fleetViewOf({ epoch: E2 + 1 }) : store.answer);
      await hearOfOldOpening();

      expect(before).to.equal(0);
      expect(store.leases).to.have.length(5);
      expect(store.settled).to.deep.equal(Array.from({ length: 5 }, () => ({ kind: 'success', usualRatio: 0.02 })));
    });

    it('first says that it is well, where the open time is not over', async () => {
      await replica.calls(5, succeed);

      await say(opened());

      expect(store.scoutedEpochs).to.deep.equal([E1]);
      expect(store.leases).not.to.deep.equal([]);
    });

    it('does not vote for what has failed in between', async () => {
      await replica.calls(4, succeed);
      await replica.call(failWith(down()));
      await replica.calls(4, succeed);

      await hearOfOldOpening();

      expect(store.leases).to.deep.equal([]);
    });

    it('does not vote without end', async () => {
      await replica.calls(5, succeed);

      await hearOfOldOpening();

      expect(store.leases).to.have.length(10);
    });
  });
});
