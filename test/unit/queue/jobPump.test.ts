import { expect } from 'chai';
import { silentLogger, type LogFields } from '../../../src/logging/logger.ts';
import { JOB_VERSION, type ClaimedJob, type JobOutcome } from '../../../src/queue/job.ts';
import { JobPump } from '../../../src/queue/jobPump.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { MemoryQueue } from '../../support/memoryQueue.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

const HOUR_MS = 3_600_000;

describe('a pump of jobs', () => {
  const time = useVirtualTime();

  const open = (execute: (job: ClaimedJob, signal: AbortSignal) => Promise<JobOutcome>) => {
    const queue = new MemoryQueue(systemClock);
    const lines: LogFields[] = [];
    const logger = { ...silentLogger, error: (fields: LogFields) => void lines.push(fields) };
    const room = (draining: number): number => 4 - draining;
    const pump = new JobPump({ service: 'acme', queue, execute, room, clock: systemClock, logger, events: {} });
    queue.onWork(() => {
      pump.nudge();
    });
    return { queue, pump, lines };
  };

  const add = (queue: MemoryQueue, id: string) => {
    const now = systemClock.wallTime();
    const times = { acceptedAt: now, expiresAt: now + HOUR_MS };
    return queue.add({ id, version: JOB_VERSION, service: 'acme', operation: 'create_thing', owner: 'key_1', payload: '', ...times });
  };

  it('takes nothing before it is started, nor after it is stopped', async () => {
    const taken: string[] = [];
    const { queue, pump } = open(({ id }) => {
      taken.push(id);
      return Promise.resolve({ kind: 'succeeded' });
    });

    await add(queue, 'job_1');
    await time.advance(5_000);
    const before = [...taken];
    pump.start();
    await time.advance(100);
    await pump.stop();
    await add(queue, 'job_2');
    await time.advance(5_000);

    expect([before, taken]).to.deep.equal([[], ['job_1']]);
    expect(time.pendingTimers).to.equal(0);
  });

  it('looks at once when it is told of work, and by itself when a pause is over', async () => {
    const taken: number[] = [];
    const { queue, pump } = open(() => {
      taken.push(performance.now());
      return Promise.resolve(taken.length === 1 ? { kind: 'retry', reason: 'upstream_timeout', afterMs: 2_500 } : { kind: 'succeeded' });
    });
    pump.start();
    await time.advance(300);
    const addedAt = performance.now();

    await add(queue, 'job_1');
    await time.advance(5_000);
    await pump.stop();

    expect(taken.map((at) => at - addedAt)).to.deep.equal([0, 2_500]);
  });

  it('keeps its claims through a long execution, and tells it when one is lost', async () => {
    const signals: AbortSignal[] = [];
    const { queue, pump } = open(
      (_job, signal) =>
        new Promise((resolve) => {
          signals.push(signal);
          signal.addEventListener('abort', () => {
            resolve({ kind: 'uncertain', reason: 'call_cancelled' });
          });
        }),
    );
    pump.start();
    await add(queue, 'job_1');
    await time.advance(30_000);
    const whileHeld = signals[0]?.aborted;

    queue.crash();
    await time.advance(1_000);

    expect([whileHeld, signals[0]?.aborted]).to.deep.equal([false, true]);
    expect((await queue.find('job_1'))?.state).to.be.oneOf(['queued', 'running']);
    const stopped = pump.stop();
    await time.advance(15_000);
    await stopped;
    await queue.close();
    expect(time.pendingTimers).to.equal(0);
  });

  it('leaves a job that breaks our own code to its claim, says so without its payload, and goes on', async () => {
    const { queue, pump, lines } = open(({ id }) => {
      if (id === 'job_1') throw new TypeError('a rule is wrong');
      return Promise.resolve({ kind: 'succeeded' });
    });
    pump.start();

    await add(queue, 'job_1');
    await add(queue, 'job_2');
    await time.advance(1_000);
    await pump.stop();

    expect(await queue.find('job_1')).to.include({ state: 'running' });
    expect(await queue.find('job_2')).to.include({ state: 'succeeded' });
    expect(lines.map((fields) => Object.keys(fields))).to.deep.equal([['error', 'jobId', 'service', 'operation']]);
    expect(time.pendingTimers).to.equal(0);
  });
});
