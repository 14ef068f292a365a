import { expect } from 'chai';
import { silentLogger, type LogFields } from '../../../src/logging/logger.ts';
import { type ClaimedJob, JOB_VERSION, type JobOutcome } from '../../../src/queue/durableQueue.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { MemoryQueue } from '../../support/memoryQueue.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';
import type { QuotaState } from '../../../src/pipeline/quotaBoard.ts';
import { jobsThatMayBegin, MAX_CONCURRENT_JOBS, ServiceConsumer, type CapacityReadings } from '../../../src/queue/consumer.ts';

const quota = (fields: Partial<QuotaState>): QuotaState => ({
  service: 'acme',
  window: 'ten_seconds',
  limit: 100,
  remaining: 100,
  at: 0,
  ...fields,
});

const capacity = (fields: Partial<CapacityReadings> = {}): number =>
  jobsThatMayBegin({
    circuit: { effectiveState: 'closed' },
    bulkhead: { limit: 20, inFlight: 0 },
    quotas: [],
    running: 0,
    wallTime: 0,
    ...fields,
  });

describe('the capacity for jobs', () => {
  it('is for a few at once, however much is left', () => {
    expect(capacity()).to.equal(MAX_CONCURRENT_JOBS);
    expect(capacity({ running: 3, bulkhead: { limit: 20, inFlight: 3 } })).to.equal(1);
    expect(capacity({ running: 4, bulkhead: { limit: 20, inFlight: 4 } })).to.equal(0);
  });

  it('is none while the circuit is open, by itself or by a person', () => {
    expect(capacity({ circuit: { effectiveState: 'open' } })).to.equal(0);
    expect(capacity({ circuit: { effectiveState: 'forced_open' } })).to.equal(0);
  });

  it('is for one while the service is on trial, and as ever where a person lets everything through', () => {
    expect(capacity({ circuit: { effectiveState: 'half_open' } })).to.equal(1);
    expect(capacity({ circuit: { effectiveState: 'half_open' }, running: 1 })).to.equal(0);
    expect(capacity({ circuit: { effectiveState: 'metrics_only' } })).to.equal(MAX_CONCURRENT_JOBS);
  });

  it('is what callers leave of half the bulkhead', () => {
    expect(capacity({ bulkhead: { limit: 20, inFlight: 8 } })).to.equal(2);
    expect(capacity({ bulkhead: { limit: 20, inFlight: 10 } })).to.equal(0);
    expect(capacity({ bulkhead: { limit: 20, inFlight: 25 } })).to.equal(0);
  });

  it('is for one job where the bulkhead has shrunk to nothing and nobody is in it', () => {
    expect(capacity({ bulkhead: { limit: 1, inFlight: 0 } })).to.equal(1);
    expect(capacity({ bulkhead: { limit: 1, inFlight: 1 } })).to.equal(0);
  });

  it('is none while a fifth or less of the quota of a day is left: callers go first', () => {
    expect(capacity({ quotas: [quota({ window: 'day', remaining: 21 })] })).to.equal(MAX_CONCURRENT_JOBS);
    expect(capacity({ quotas: [quota({ window: 'day', remaining: 20 })] })).to.equal(0);
    expect(capacity({ quotas: [quota({}), quota({ window: 'day', remaining: 0 })] })).to.equal(0);
  });

  it('leaves shorter windows to the governor of the quota', () => {
    expect(capacity({ quotas: [quota({ remaining: 0 })] })).to.equal(MAX_CONCURRENT_JOBS);
  });

  it('goes by no reading that is out of date', () => {
    expect(capacity({ quotas: [quota({ remaining: 0, window: 'day' })], wallTime: 59_999 })).to.equal(0);
    expect(capacity({ quotas: [quota({ remaining: 0, window: 'day' })], wallTime: 60_000 })).to.equal(MAX_CONCURRENT_JOBS);
  });

  it('goes by no reading that lacks one of its numbers', () => {
    const { limit: _limit, ...unlimited } = quota({ remaining: 0, window: 'day' });

    expect(capacity({ quotas: [unlimited] })).to.equal(MAX_CONCURRENT_JOBS);
  });
});

const HOUR_MS = 3_600_000;

describe('a consumer of one service', () => {
  const time = useVirtualTime();

  const open = (execute: (job: ClaimedJob, signal: AbortSignal) => Promise<JobOutcome>) => {
    const queue = new MemoryQueue(systemClock);
    const lines: LogFields[] = [];
    const logger = { ...silentLogger, error: (fields: LogFields) => void lines.push(fields) };
    const capacity = (running: number): number => 4 - running;
    const consumer = new ServiceConsumer({ service: 'acme', queue, execute, capacity, clock: systemClock, logger, events: {} });
    queue.onWork(() => {
      consumer.nudge();
    });
    return { queue, consumer, lines };
  };

  const add = (queue: MemoryQueue, id: string) => {
    const now = systemClock.wallTime();
    const times = { acceptedAt: now, expiresAt: now + HOUR_MS };
    return queue.add({ id, version: JOB_VERSION, service: 'acme', operation: 'create_thing', owner: 'key_1', payload: '', ...times });
  };

  it('takes nothing before it is started, nor after it is stopped', async () => {
    const taken: string[] = [];
    const { queue, consumer } = open(({ id }) => {
      taken.push(id);
      return Promise.resolve({ kind: 'succeeded' });
    });

    await add(queue, 'job_1');
    await time.advance(5_000);
    const before = [...taken];
    consumer.start();
    await time.advance(100);
    await consumer.stop();
    await add(queue, 'job_2');
    await time.advance(5_000);

    expect([before, taken]).to.deep.equal([[], ['job_1']]);
    expect(time.pendingTimers).to.equal(0);
  });

  it('looks at once when it is told of work, and by itself when a pause is over', async () => {
    const taken: number[] = [];
    const { queue, consumer } = open(() => {
      taken.push(performance.now());
      return Promise.resolve(taken.length === 1 ? { kind: 'retry', reason: 'upstream_timeout', afterMs: 2_500 } : { kind: 'succeeded' });
    });
    consumer.start();
    await time.advance(300);
    const addedAt = performance.now();

    await add(queue, 'job_1');
    await time.advance(5_000);
    await consumer.stop();

    expect(taken.map((at) => at - addedAt)).to.deep.equal([0, 2_500]);
  });

  it('keeps its claims through a long execution, and tells it when one is lost', async () => {
    const signals: AbortSignal[] = [];
    const { queue, consumer } = open(
      (_job, signal) =>
        new Promise((resolve) => {
          signals.push(signal);
          signal.addEventListener('abort', () => {
            resolve({ kind: 'uncertain', reason: 'call_cancelled' });
          });
        }),
    );
    consumer.start();
    await add(queue, 'job_1');
    await time.advance(30_000);
    const whileHeld = signals[0]?.aborted;

    queue.crash();
    await time.advance(1_000);

    expect([whileHeld, signals[0]?.aborted]).to.deep.equal([false, true]);
    expect((await queue.find('job_1'))?.state).to.be.oneOf(['queued', 'running']);
    const stopped = consumer.stop();
    await time.advance(15_000);
    await stopped;
    await queue.close();
    expect(time.pendingTimers).to.equal(0);
  });

  it('leaves a job that breaks our own code to its claim, says so without its payload, and goes on', async () => {
    const { queue, consumer, lines } = open(({ id }) => {
      if (id === 'job_1') throw new TypeError('a rule is wrong');
      return Promise.resolve({ kind: 'succeeded' });
    });
    consumer.start();

    await add(queue, 'job_1');
    await add(queue, 'job_2');
    await time.advance(1_000);
    await consumer.stop();

    expect(await queue.find('job_1')).to.include({ state: 'running' });
    expect(await queue.find('job_2')).to.include({ state: 'succeeded' });
    expect(lines.map((fields) => Object.keys(fields))).to.deep.equal([['error', 'jobId', 'service', 'operation']]);
    expect(time.pendingTimers).to.equal(0);
  });
});
