import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { MemoryQueue } from '../support/memoryQueue.ts';
import { durableQueueContract } from './durableQueueContract.ts';
import type { QueueRig } from './queueRig.ts';

const openQueue = (): Promise<QueueRig> => {
  const clock = new HandDrivenClock();
  const queue = new MemoryQueue(clock);
  return Promise.resolve({
    queue,
    now: () => clock.wallTime(),
    tick: () => {
      clock.advance(10);
      return Promise.resolve();
    },
    crash: () => {
      queue.crash();
      return Promise.resolve();
    },
    close: () => queue.close(),
  });
};

durableQueueContract('the double of tests', openQueue);
