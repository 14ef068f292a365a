import { expect } from 'chai';
import { seconds, systemClock } from '../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, down, failWith, OPEN_MS, succeed } from '../../support/breakerHouse.ts';
import { fleetPolicy, useVirtualFleet, type Replica } from '../../support/virtualFleet.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

describe('FleetCircuits', () => {
  const house = useVirtualFleet();
  const three = async (): Promise<readonly [Replica, Replica, Replica]> => (await house.of(3)) as [Replica, Replica, Replica];

  it('send no command while calls are on their way', async () => {
    const replica = house.replica();
    await house.time.advance(10);
    const before = replica.store.sent.length;

    await replica.calls(100, failWith(down()));
    await replica.calls(100, succeed);

    expect(replica.store.sent.length).to.equal(before);
  });

  it('let a call pass while a command to the store hangs', async () => {
    const replica = house.replica({ wrap: (store) => Object.assign(store, { report: () => new Promise(() => undefined) }) });

    expect(await replica.call()).to.equal('contact');
  });

  it('show what the fleet said last, and how long ago', async () => {
    const [one] = await three();
    await house.time.advance(seconds(6));
    house.fleet.down();
    await house.time.advance(seconds(30));

    const [seen] = one.circuits.views();

    expect(seen).to.deep.include({ circuit: 'hubspot' });
    expect(seen!.view).to.include({ state: 'closed', replicas: 3 });
    expect(seen!.seenAgoMs).to.be.within(seconds(30), seconds(33));
  });

  it('show nothing before the first answer', () => {
    house.fleet.down();
    const replica = house.replica();

    expect(replica.circuits.views()).to.deep.equal([{ circuit: 'hubspot', view: undefined, seenAgoMs: undefined }]);
  });

  it('know of each other who is well and who is not', async () => {
    const [one, two, other] = await three();
    await one.trip();
    await two.calls(3, succeed);
    await house.time.advance(seconds(6));

    expect(other.view).to.include({ replicas: 3, othersWell: 1, othersIll: 1 });
    expect(one.view).to.include({ othersWell: 1, othersIll: 0 });
  });

  it('start a circuit that joins later', async () => {
    const [one] = await three();
    await house.time.advance(seconds(3));
    const policy = { ...fleetPolicy, attemptTimeoutMs: 2 * ATTEMPT_TIMEOUT_MS };
    const breaker = one.factory.breaker('lemlist', policy);

    one.circuits.join({ breaker, policy, account: 'account' });
    await house.hear();

    expect(one.circuits.views().map(({ circuit, view }) => [circuit, view?.replicas])).to.deep.equal([
      ['hubspot', 3],
      ['lemlist', 1],
    ]);
  });

  describe('when they stop', () => {
    it('leave the fleet: what this replica had seen is no evidence any more, and its lease is free', async () => {
      const replicas = await three();
      await house.open(replicas);
      await house.time.advance(OPEN_MS);
      const [one, two] = replicas;
      await one.call();
      await house.time.settle();

      await one.circuits.stop();
      await two.call();
      await house.time.settle();

      expect(await two.call()).to.equal('contact');
      expect(two.view?.replicas).to.equal(2);
    });

    it('leave the circuits to the rules of this process', async () => {
      const replicas = await three();
      await house.open(replicas);
      const [one] = replicas;
      await one.circuits.stop();
      await house.time.advance(2 * OPEN_MS);

      await one.calls(5, succeed);

      expect(one.reasons.at(-1)).to.equal('closed: probe_succeeded');
    });

    it('hear nothing any more, and say nothing', async () => {
      const [one, two, three_] = await three();
      await one.circuits.stop();
      const before = one.store.sent.length;

      await house.open([two, three_]);
      await one.trip();
      await house.time.advance(seconds(30));

      expect(one.store.sent.length).to.equal(before);
      expect(one.changes[0]).to.include({ reason: 'failure_evidence' });
    });

    it('stop once, and in half a second, whatever the store does', async () => {
      const replica = house.replica({ wrap: (store) => Object.assign(store, { leave: () => new Promise(() => undefined) }) });
      const startedAt = systemClock.now();

      const stopped = Promise.all([replica.circuits.stop(), replica.circuits.stop()]);
      await house.time.advance(500);
      await stopped;

      expect(systemClock.now() - startedAt).to.equal(500);
    });

    it('leave no timer behind, also in the middle of a trial', async () => {
      const replicas = await three();
      await house.open(replicas);
      await house.time.advance(OPEN_MS);
      const attempt = new HeldAttempt();
      const [one] = replicas;
      await one.call();
      await house.time.settle();
      const call = one.call(attempt.begin);

      for (const replica of replicas) await replica.stop();

      expect(house.time.pendingTimers).to.equal(0);
      attempt.succeed('contact');
      expect(await call).to.equal('contact');
    });

    it('leave no timer behind where the circuits are shut down first', async () => {
      const replicas = await three();
      await house.open(replicas);

      for (const replica of replicas) replica.factory.shutdown();

      expect(house.time.pendingTimers).to.equal(0);
    });
  });
});
