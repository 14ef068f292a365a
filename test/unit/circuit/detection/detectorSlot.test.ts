import { expect } from 'chai';
import type { DetectionChange } from '../../../../src/contract/circuitState.ts';
import { DetectorSlot } from '../../../../src/circuit/detection/detectorSlot.ts';
import { rateDetection } from '../../../../src/contract/generalPolicy.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { useVirtualTime } from '../../../support/virtualTime.ts';

const regular = { strategy: 'consecutive', failures: 3 } as const;
const changeFor = (forMs: number): DetectionChange => ({ reason: 'noisy', by: 'oncall', until: systemClock.wallTime() + forMs });
const strict = { strategy: 'consecutive', failures: 1 } as const;

describe('DetectorSlot', () => {
  const time = useVirtualTime();

  it('holds the policy’s detector, with its memory', () => {
    const slot = new DetectorSlot(systemClock, regular);
    slot.current.record('failure', 0);

    expect(slot.policy).to.equal(regular);
    expect(slot.current.suspicion(0)).to.be.closeTo(1 / 3, 1e-9);
  });

  it('judges by changed thresholds until their end, then by the policy’s with nothing seen', async () => {
    const slot = new DetectorSlot(systemClock, regular);
    slot.current.record('failure', 0);
    slot.impose(strict, changeFor(1000));
    await time.advance(999);
    const within = slot.policy;

    await time.advance(1);

    expect(within).to.equal(strict);
    expect(slot.policy).to.equal(regular);
    expect(slot.current.suspicion(0)).to.equal(0);
  });

  it('says who changed the thresholds, why and until when, for as long as they hold', async () => {
    const slot = new DetectorSlot(systemClock, regular);
    const change = changeFor(1000);
    slot.impose(strict, change);
    const within = slot.change;

    await time.advance(1000);

    expect(within).to.equal(change);
    expect(slot.change).to.equal(undefined);
  });

  it('ends a change early, with nothing seen, and keeps its memory where there is none to end', () => {
    const slot = new DetectorSlot(systemClock, regular);
    slot.impose(strict, changeFor(1000));

    slot.restore();
    slot.current.record('failure', 0);
    slot.restore();

    expect([slot.policy, slot.change]).to.deep.equal([regular, undefined]);
    expect(slot.current.suspicion(0)).to.be.closeTo(1 / 3, 1e-9);
  });

  it('is suspicious from half the way to opening on', () => {
    const slot = new DetectorSlot(systemClock, { strategy: 'consecutive', failures: 4 });
    slot.current.record('failure', 0);
    const before = slot.isSuspect;

    slot.current.record('failure', 0);

    expect([before, slot.isSuspect]).to.deep.equal([false, true]);
  });

  it('makes a detector of each strategy', () => {
    const cusum = new DetectorSlot(systemClock, { strategy: 'cusum', threshold: 10 });
    const rate = new DetectorSlot(systemClock, rateDetection);
    const consecutive = new DetectorSlot(systemClock, regular);

    expect([cusum, rate, consecutive].map(({ current }) => current.weighsSlowness)).to.deep.equal([true, true, false]);
    expect([cusum, rate, consecutive].map(({ current }) => current.usualRatio)).to.deep.equal([0.02, undefined, undefined]);
  });

  it('keeps the memory of a change, too, however often it is looked at', () => {
    const slot = new DetectorSlot(systemClock, regular);
    slot.impose({ strategy: 'consecutive', failures: 2 }, changeFor(1000));
    slot.current.record('failure', 0);

    expect(slot.current.record('failure', 0)).to.equal('consecutive_failures');
  });

  it('takes the last of several changes', () => {
    const slot = new DetectorSlot(systemClock, regular);
    slot.impose(strict, changeFor(1000));

    slot.impose({ strategy: 'consecutive', failures: 7 }, changeFor(1000));

    expect(slot.policy).to.deep.equal({ strategy: 'consecutive', failures: 7 });
  });
});
