import { expect } from 'chai';
import { silentLogger } from '../../../src/logging/logger.ts';
import { JOB_VERSION, type JobOutcome } from '../../../src/queue/durableQueue.ts';
import { QueueMaintenance } from '../../../src/queue/queueMaintenance.ts';
import { QueueUnavailableError } from '../../../src/errors/queueErrors.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { MemoryIdempotencyStore } from '../../support/memoryIdempotencyStore.ts';
import { MemoryQueue } from '../../support/memoryQueue.ts';
import { useVirtualTime } from '../../support/virtualTime.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

describe('the maintenance of the queue', () => {
  const time = useVirtualTime();
  let queue: MemoryQueue;
  let maintenance: QueueMaintenance;
  let keys: MemoryIdempotencyStore;
  let tokens: number;
  let lines: string[];

  beforeEach(() => {
    queue = new MemoryQueue(systemClock);
    keys = new MemoryIdempotencyStore();
    tokens = 0;
    lines = [];
    const note = (_fields: object, message: string): void => void lines.push(message);
    maintenance = new QueueMaintenance({
      queue,
      keys,
      newToken: () => String((tokens += 1)),
      clock: systemClock,
      logger: { ...silentLogger, info: note, warn: note, error: note },
    });
    maintenance.start();
  });

  afterEach(() => {
    maintenance.stop();
  });

  const ended = async (id: string, outcome: JobOutcome): Promise<void> => {
    const now = systemClock.wallTime();
    const times = { acceptedAt: now, expiresAt: now + HOUR_MS };
    await queue.add({ id, version: JOB_VERSION, service: 'acme', operation: 'create_thing', owner: 'key_1', payload: '', ...times });
    const claimed = await queue.take('acme');
    if (claimed !== undefined) await queue.end(claimed, outcome);
  };

  it('sees every five seconds how full it is', async () => {
    await time.advance(1);
    await ended('job_done', { kind: 'succeeded' });
    const before = maintenance.reading.depths;

    await time.advance(5_000);

    expect(before).to.deep.equal([]);
    expect(maintenance.reading).to.deep.include({ engine: 'embedded', up: true, at: systemClock.wallTime() - 1 });
    expect(maintenance.reading.depths).to.deep.equal([
      { service: 'acme', jobs: { queued: 0, running: 0, succeeded: 1, failed: 0, uncertain: 0, cancelled: 0 } },
    ]);
  });

  it('keeps what it saw last while the store is down, and says so once', async () => {
    await ended('job_done', { kind: 'succeeded' });
    await time.advance(5_000);
    queue.failWith('the disk is gone');

    await time.advance(20_000);
    const whileDown = maintenance.reading;
    queue.failWith(undefined);
    await time.advance(5_000);

    expect(whileDown).to.include({ up: false }).and.have.property('depths').with.length(1);
    expect(maintenance.reading.up).to.equal(true);
    expect(lines).to.deep.equal(['the store of the queue takes no writes', 'the store of the queue takes writes again']);
  });

  it('calls a store down that answers but takes no writes, and goes on seeing how full it is', async () => {
    await time.advance(1);
    await ended('job_done', { kind: 'succeeded' });
    keys.down = true;

    await time.advance(5_000);
    const whileRefused = maintenance.reading;
    keys.down = false;
    await time.advance(5_000);

    expect(whileRefused).to.include({ up: false, reason: 'the store is down' }).and.have.property('depths').with.length(1);
    expect(maintenance.reading).to.include({ up: true }).and.not.have.property('reason');
  });

  it('leaves nothing of its test writes', async () => {
    await time.advance(20_000);

    expect(keys.texts).to.equal('[]');
    expect(tokens).to.equal(5);
  });

  it('calls a store down as soon as it refuses a real write, of a job or of an Idempotency-Key', async () => {
    await time.advance(1);
    const use = { key: 'of a caller', fingerprint: '', leaseUntil: 0, keepUntil: 0 };

    maintenance.refused(new QueueUnavailableError('Redis has no memory left'));
    const afterJob = maintenance.reading;
    await time.advance(5_000);
    const between = maintenance.reading.up;
    keys.down = true;
    await maintenance
      .watched(keys)
      .begin(use, 0)
      .catch(() => undefined);

    expect(afterJob).to.include({ up: false, reason: 'Redis has no memory left' });
    expect(between).to.equal(true);
    expect(maintenance.reading).to.include({ up: false, reason: 'the store is down' });
  });

  it('drops ended jobs after a day and those that wait for a person after thirty', async () => {
    await ended('job_done', { kind: 'succeeded' });
    await ended('job_dead', { kind: 'failed', reason: 'rejected' });
    const kept = async (): Promise<readonly string[]> => (await queue.list({ limit: 10 })).map(({ id }) => id);

    time.stall(DAY_MS - 2 * HOUR_MS);
    await time.advance(HOUR_MS);
    const afterAlmostADay = await kept();
    await time.advance(3 * HOUR_MS);
    const afterADay = await kept();
    time.stall(29 * DAY_MS);
    await time.advance(2 * HOUR_MS);

    expect(afterAlmostADay).to.deep.equal(['job_done', 'job_dead']);
    expect(afterADay).to.deep.equal(['job_dead']);
    expect(await kept()).to.deep.equal([]);
    expect(lines).to.deep.equal(Array.from({ length: 2 }, () => 'dropped jobs that had been kept long enough'));
  });

  it('tries again in an hour where nothing could be dropped', async () => {
    await ended('job_done', { kind: 'succeeded' });
    time.stall(DAY_MS);
    queue.failWith('the disk is gone');
    await time.advance(2_000);
    queue.failWith(undefined);

    await time.advance(2 * HOUR_MS);

    expect(await queue.list({ limit: 10 })).to.deep.equal([]);
  });

  it('leaves no timer when it is stopped', async () => {
    await time.advance(1);

    maintenance.stop();

    expect(time.pendingTimers).to.equal(0);
  });
});
