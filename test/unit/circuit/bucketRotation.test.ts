import { expect } from 'chai';
import { BUCKET_MS, BUCKETS, BucketRotation } from '../../../src/circuit/bucketRotation.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

describe('BucketRotation', () => {
  const time = useVirtualTime();
  let rotation: BucketRotation;
  let ticks: number;

  beforeEach(() => {
    ticks = 0;
    rotation = new BucketRotation(systemClock);
    rotation.emitter.on('rotate', () => {
      ticks += 1;
    });
  });

  afterEach(() => {
    rotation.stop();
  });

  it('ticks once a bucket', async () => {
    await time.advance(BUCKET_MS - 1);
    const before = ticks;
    await time.advance(1 + 4 * BUCKET_MS);

    expect(before).to.equal(0);
    expect(ticks).to.equal(5);
  });

  it('catches up after a stall', () => {
    time.stall(4 * BUCKET_MS + 300);

    expect(ticks).to.equal(4);
  });

  it('ticks a whole window at most, however long the stall: there is nothing older to drop', () => {
    time.stall(3_600_000);

    expect(ticks).to.equal(BUCKETS);
  });

  it('loses nothing over many late ticks', async () => {
    for (let late = 0; late < 100; late += 1) {
      time.stall(BUCKET_MS * 1.1);
      await time.settle();
    }

    expect(ticks).to.be.within(109, 110);
  });

  it('goes on after a stall', async () => {
    time.stall(60 * BUCKET_MS);
    ticks = 0;

    await time.advance(3 * BUCKET_MS);

    expect(ticks).to.equal(3);
  });

  it('stops for good, and leaves neither timer nor listener', async () => {
    rotation.stop();
    await time.advance(10 * BUCKET_MS);

    expect(ticks).to.equal(0);
    expect(time.pendingTimers).to.equal(0);
    expect(rotation.emitter.listenerCount('rotate')).to.equal(0);
  });
});
