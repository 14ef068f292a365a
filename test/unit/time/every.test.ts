import { expect } from 'chai';
import { every } from '../../../src/time/every.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

describe('every', () => {
  const time = useVirtualTime();

  it('works at once, and again so long after each end', async () => {
    const begun: number[] = [];
    const work = async (): Promise<void> => {
      begun.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, 30));
    };

    const stop = every(systemClock, 100, work);
    await time.advance(300);
    stop();

    expect(begun.map((at) => at - (begun[0] ?? 0))).to.deep.equal([0, 130, 260]);
  });

  it('works no more once it is stopped, even if it is stopped while it works, and leaves no timer', async () => {
    let count = 0;
    let release: () => void = () => undefined;
    const stop = every(systemClock, 100, () => {
      count += 1;
      return new Promise((resolve) => {
        release = resolve;
      });
    });

    stop();
    release();
    await time.advance(1_000);

    expect(count).to.equal(1);
    expect(time.pendingTimers).to.equal(0);
  });
});
