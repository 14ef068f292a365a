import { expect } from 'chai';
import type { Override } from '../../../src/resilience/circuitState.ts';
import { OverrideSlot } from '../../../src/resilience/overrideSlot.ts';
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

  const overrideFor = (forMs: number): Override => ({
    mode: 'forced_open',
    reason: 'a drill',
    by: 'local',
    until: systemClock.wallTime() + forMs,
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

  it('tells nobody when there is nothing to release', () => {
    slot.release();

    expect(told).to.deep.equal([]);
  });
});
