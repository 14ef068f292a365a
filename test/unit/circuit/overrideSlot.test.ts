import { expect } from 'chai';
import type { Override } from '../../../src/contract/circuitState.ts';
import { OverrideSlot } from '../../../src/circuit/overrideSlot.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

describe('OverrideSlot', () => {
  const time = useVirtualTime();
  let told: (Override | undefined)[];
  let slot: OverrideSlot;

  beforeEach(() => {
    told = [];
    slot = new OverrideSlot(systemClock, (override) => told.push(override));
  });

  const overrideFor = (forMs: number, scope: Override['scope'] = 'replica'): Override => ({
    mode: 'forced_open',
    reason: 'a drill',
    by: 'local',
    until: systemClock.wallTime() + forMs,
    scope,
  });

  it('is empty at first', () => {
    expect([slot.current, slot.mode, slot.leftMs]).to.deep.equal([undefined, undefined, 0]);
  });

  it('holds an override, and knows how long it has left', async () => {
    const override = overrideFor(1000);
    slot.impose(override);

    await time.advance(400);

    expect([slot.current, slot.mode, slot.leftMs]).to.deep.equal([override, 'forced_open', 600]);
  });

  it('is empty again when its time is over, without a timer to wait for it', async () => {
    slot.impose(overrideFor(1000));
    const timers = time.pendingTimers;

    await time.advance(1000);

    expect(timers).to.equal(0);
    expect([slot.mode, slot.current, slot.leftMs]).to.deep.equal([undefined, undefined, 0]);
    expect(told).to.have.length(2);
  });

  it('keeps one of each scope, and lets the replica’s win', () => {
    const ofFleet = overrideFor(1000, 'fleet');
    const ofReplica = overrideFor(1000);
    slot.impose(ofFleet);
    slot.impose(ofReplica);
    const both = slot.current;

    slot.release();

    expect(both).to.equal(ofReplica);
    expect([slot.current, slot.ofFleet]).to.deep.equal([ofFleet, ofFleet]);
    expect(told).to.deep.equal([ofFleet, ofReplica, ofFleet]);
  });

  it('tells nobody of what comes and goes behind the one in force', () => {
    const ofReplica = overrideFor(1000);
    slot.impose(ofReplica);

    slot.impose(overrideFor(500, 'fleet'));
    slot.release('fleet');

    expect(told).to.deep.equal([ofReplica]);
  });

  it('tells once when both end at one time', async () => {
    slot.impose(overrideFor(1000, 'fleet'));
    slot.impose(overrideFor(1000));
    await time.advance(1000);

    expect(slot.current).to.equal(undefined);
    expect(told.slice(2)).to.deep.equal([undefined]);
  });

  it('tells nobody when there is nothing to release', () => {
    slot.release();

    expect(told).to.deep.equal([]);
  });
});
