import { expect } from 'chai';
import type { FleetEvidence, FleetStore } from '../../../src/contract/fleetStore.ts';
import { seconds, systemClock } from '../../../src/time/clock.ts';
import { down, failWith, OPEN_MS, site, succeed } from '../../support/breakerHouse.ts';
import { fleetPolicy, useVirtualFleet, type Replica } from '../../support/virtualFleet.ts';

describe('A replica’s reports to its fleet', () => {
  const house = useVirtualFleet();
  let told: (FleetEvidence & { readonly at: number })[];

  beforeEach(() => {
    told = [];
  });

  const wrap = (store: FleetStore): FleetStore => {
    const report = store.report.bind(store);
    return Object.assign(store, {
      report: (...[circuit, evidence]: Parameters<FleetStore['report']>) => {
        told.push({ ...evidence, at: systemClock.now() });
        return report(circuit, evidence);
      },
    });
  };
  const replicaHeard = async (): Promise<Replica> => {
    const replica = house.replica({ wrap });
    await house.time.advance(10);
    return replica;
  };

  it('come every five seconds while nothing happens, with a look every two', async () => {
    const replica = await replicaHeard();

    await house.time.advance(seconds(60));

    expect(told.length).to.be.within(12, 14);
    expect(replica.store.sent.length).to.be.within(28, 45);
    expect(told.at(-1)).to.include({ score: 0, reason: 'failure_evidence' });
  });

  it('spread, by a fifth more or less', async () => {
    house.chance = 0;
    await replicaHeard();
    await house.time.advance(seconds(20));
    const quick = told.length;
    house.chance = 1;
    await house.time.advance(seconds(24));

    expect(quick).to.equal(6);
    expect(told.length - quick).to.be.within(3, 5);
  });

  it('come soon after evidence of a tenth, and not for less', async () => {
    const replica = await replicaHeard();
    await house.time.advance(500);
    const before = told.length;
    await replica.call(failWith(down()));
    await house.hear();
    const after = told.slice(before);
    await replica.call();
    await house.hear();

    expect(after).to.have.length(1);
    expect(after[0]!.score).to.be.closeTo(0.32, 0.01);
    expect(told.length).to.equal(before + 1);
  });

  it('come soon as well when the evidence is gone', async () => {
    const replica = await replicaHeard();
    await replica.calls(2, failWith(down()));
    await house.hear();
    const before = told.length;

    await replica.calls(20, succeed);
    await house.hear();

    expect(told.length).to.equal(before + 1);
    expect(told.at(-1)).to.include({ score: 0 });
  });

  it('tell together what happens within a tenth of a second', async () => {
    const replica = await replicaHeard();
    await house.time.advance(200);
    const before = told.length;
    for (let made = 0; made < 50; made += 1) {
      await replica.calls(1, made % 2 === 0 ? failWith(down()) : succeed);
      await house.time.advance(10);
    }

    expect(told.length - before).to.be.within(2, 6);
    const gaps = told.slice(before).map(({ at }, place, all) => at - (all[place - 1]?.at ?? Number.NEGATIVE_INFINITY));
    expect(Math.min(...gaps)).to.be.at.least(100);
  });

  it('say when the circuit opens by its own evidence, and why, and when it has closed', async () => {
    const replica = await replicaHeard();
    await replica.trip();
    await house.hear();
    const open = told.at(-1);
    await house.time.advance(2 * OPEN_MS);
    await replica.calls(5, succeed);
    await house.hear();

    expect(open).to.include({ score: 1, reason: 'failure_evidence' });
    expect(told.at(-1)).to.include({ score: 0 });
  });

  it('say nothing against a service of which single operations are to blame', async () => {
    const replica = await replicaHeard();
    const callOperation = (operation: string, attempt: () => Promise<unknown>) =>
      replica.breaker.callOperation(attempt, { ...site, operation }).catch(() => undefined);
    for (let round = 0; round < 3; round += 1) {
      await callOperation('broken', failWith(down()));
      await house.time.advance(1);
      await callOperation('well', succeed);
    }
    await house.time.advance(seconds(7));

    expect(told.at(-1)!.score).to.equal(0);
  });

  it('say how long ago a call last succeeded, once one has', async () => {
    const replica = await replicaHeard();
    const before = told.at(-1);
    await replica.call();
    await house.time.advance(seconds(7));

    expect(before).not.to.have.property('succeededAgoMs');
    expect(told.at(-1)!.succeededAgoMs).to.be.within(1000, 7000);
  });

  it('are made again at the next look, where one was lost', async () => {
    const replica = await replicaHeard();
    await house.time.advance(500);
    const report = replica.store.report.bind(replica.store);
    replica.store.report = (...args) => report(...args).then(() => Promise.reject(new Error('lost')));
    const before = told.length;
    await replica.call(failWith(down()));
    await house.hear();

    await house.time.advance(seconds(2));

    expect(told.length).to.equal(before + 2);
  });

  it('go on after a return of the store', async () => {
    const replica = await replicaHeard();
    house.fleet.down();
    await replica.trip();
    await house.time.advance(seconds(30));
    const before = told.length;
    house.fleet.up();
    await house.time.advance(250);

    expect(told.length).to.equal(before + 1);
  });

  for (const [strategy, detection, reason] of [
    ['rate', { strategy: 'rate', windowMs: 10_000, minimumCalls: 4, failureRatePercent: 50, slowRatePercent: 50 }, 'failure_rate'],
    ['consecutive', { strategy: 'consecutive', failures: 5 }, 'consecutive_failures'],
  ] as const) {
    it(`give the reason by which the rule of "${strategy}" would open`, async () => {
      house.replica({ wrap, policy: { ...fleetPolicy, circuit: { ...fleetPolicy.circuit, detection } } });

      await house.hear();

      expect(told.at(-1)).to.include({ reason });
    });
  }
});
