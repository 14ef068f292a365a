import { expect } from 'chai';
import { SharedStateUnavailableError } from '../../../src/errors/sharedStateErrors.ts';
import { CircuitOpenError } from '../../../src/errors/upstreamErrors.ts';
import type { FleetOverride } from '../../../src/contract/fleetStore.ts';
import { minutes, seconds, systemClock } from '../../../src/time/clock.ts';
import { down, failWith } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { useVirtualFleet, type Replica } from '../../support/virtualFleet.ts';

describe('A fleet’s override', () => {
  const house = useVirtualFleet();
  const three = async (): Promise<readonly [Replica, Replica, Replica]> => (await house.of(3)) as [Replica, Replica, Replica];
  const overrideOf = (changes: Partial<FleetOverride> = {}): FleetOverride => ({
    mode: 'forced_open',
    reason: 'maintenance',
    by: 'ops-1',
    leftMs: minutes(10),
    ...changes,
  });

  it('is obeyed by every replica, which says that it is the fleet’s', async () => {
    const replicas = await three();

    await replicas[0].circuits.impose('hubspot', overrideOf());
    await house.hear();

    for (const { breaker } of replicas) {
      const { override, effectiveState } = breaker.snapshot();
      expect(effectiveState).to.equal('forced_open');
      expect(override).to.include({ mode: 'forced_open', reason: 'maintenance', by: 'ops-1', scope: 'fleet' });
      expect(override!.until - systemClock.wallTime()).to.be.closeTo(minutes(10), 200);
    }
    expect(await replicas[2].call()).to.be.instanceOf(CircuitOpenError);
  });

  it('is told once, however often the fleet is asked', async () => {
    const [one, two] = await three();
    await one.circuits.impose('hubspot', overrideOf());

    await house.time.advance(minutes(1));

    expect(two.overrides).to.have.length(1);
  });

  it('is obeyed anew when another one takes its place', async () => {
    const [one, two] = await three();
    await one.circuits.impose('hubspot', overrideOf());
    await house.hear();

    await one.circuits.impose('hubspot', overrideOf({ mode: 'disabled' }));
    await house.hear();

    expect(two.breaker.snapshot().effectiveState).to.equal('disabled');
  });

  it('ends everywhere when it is released', async () => {
    const replicas = await three();
    await replicas[0].circuits.impose('hubspot', overrideOf());
    await house.hear();

    await replicas[1].circuits.release('hubspot');
    await house.hear();

    expect(replicas.map(({ breaker }) => breaker.snapshot().effectiveState)).to.deep.equal(['closed', 'closed', 'closed']);
    expect(replicas.map(({ overrides }) => overrides.length)).to.deep.equal([2, 2, 2]);
  });

  it('ends in time, also where the store is gone by then', async () => {
    const [one, two] = await three();
    await one.circuits.impose('hubspot', overrideOf({ leftMs: seconds(30) }));
    await house.hear();
    house.fleet.down();

    await house.time.advance(seconds(30));

    expect([one, two].map(({ breaker }) => breaker.snapshot().override)).to.deep.equal([undefined, undefined]);
  });

  it('is imposed nowhere where the store is gone, and says so', async () => {
    const [one] = await three();
    house.fleet.down();

    for (const act of [one.circuits.impose('hubspot', overrideOf()), one.circuits.release('hubspot'), one.circuits.reset('hubspot')]) {
      await errorOf(act, SharedStateUnavailableError);
    }

    expect(one.breaker.snapshot().override).to.equal(undefined);
  });

  it('knows no circuit that is not part of the fleet', async () => {
    const [one] = await three();

    await errorOf(one.circuits.release('nobody'), Error);
  });

  it('gives way to a replica’s own, and comes into force again after it', async () => {
    const [one, two] = await three();
    two.breaker.impose({ mode: 'disabled', reason: 'a drill', by: 'local', until: systemClock.wallTime() + seconds(60), scope: 'replica' });
    await one.circuits.impose('hubspot', overrideOf());
    await house.hear();
    const during = two.breaker.snapshot();

    two.breaker.release();

    expect(during.override).to.include({ mode: 'disabled', scope: 'replica' });
    expect(two.breaker.snapshot().override).to.include({ mode: 'forced_open', scope: 'fleet' });
    expect(two.overrides.map(({ override }) => override?.scope)).to.deep.equal(['replica', 'fleet']);
  });

  it('takes a replica out of judgement: what it had seen is no evidence meanwhile', async () => {
    const [one, two, other] = await three();
    for (const replica of [one, two]) {
      await replica.calls(1, failWith(down()));
      replica.breaker.impose({
        mode: 'disabled',
        reason: 'a drill',
        by: 'local',
        until: systemClock.wallTime() + minutes(5),
        scope: 'replica',
      });
    }
    await house.time.advance(seconds(6));

    await other.trip();
    await house.time.advance(seconds(10));

    expect([one.state, two.state]).to.deep.equal(['closed', 'closed']);
    expect(other.view).to.include({ state: 'closed', othersIll: 0 });
  });

  describe('reset', () => {
    it('closes everywhere, also what one replica has open alone, with no ramp and no openings', async () => {
      const [one, two, alone] = await three();
      await alone.trip();
      await house.open([one, two]);

      await two.circuits.reset('hubspot');
      await house.hear();

      expect(house.states).to.deep.equal(['closed', 'closed', 'closed']);
      for (const { breaker } of house.replicas) expect(breaker.snapshot()).to.include({ reason: 'reset', isRamping: false, openings: 0 });
    });

    it('leaves a replica’s own override alone', async () => {
      const [one, two] = await three();
      two.breaker.impose({
        mode: 'forced_open',
        reason: 'a drill',
        by: 'local',
        until: systemClock.wallTime() + minutes(5),
        scope: 'replica',
      });

      await one.circuits.reset('hubspot');
      await house.hear();

      expect(two.breaker.snapshot().effectiveState).to.equal('forced_open');
    });
  });
});
