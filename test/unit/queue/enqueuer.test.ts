import { expect } from 'chai';
import { QueueUnavailableError } from '../../../src/errors/queueErrors.ts';
import { PayloadTooLargeError } from '../../../src/errors/requestErrors.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import type { WriteToKeep } from '../../../src/contract/writeQueue.ts';
import { silentLogger, type LogFields } from '../../../src/logging/logger.ts';
import type { JobAccepted, JobRecord } from '../../../src/queue/durableQueue.ts';
import { readPayload } from '../../../src/queue/jobPayload.ts';
import { createSealer } from '../../../src/queue/sealer.ts';
import { Enqueuer, type EnqueuerParts } from '../../../src/queue/enqueuer.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HandDrivenClock } from '../../support/handDrivenClock.ts';
import { MemoryQueue } from '../../support/memoryQueue.ts';

const HOUR_MS = 3_600_000;

const write: WriteToKeep = {
  service: 'hubspot',
  operation: 'create_contact',
  request: { path: upstreamPath`/contacts`, query: { notify: true }, body: { properties: { email: 'ada@example.com' } }, weight: 2 },
  entity: 'contacts/ada@example.com',
  owner: 'key_1',
  jobId: undefined,
  requestId: 'request-1',
  mayHaveHappened: true,
};

/** A store whose additions end when the test says so. */
class SlowQueue extends MemoryQueue {
  readonly waiting: (() => void)[] = [];

  override async add(...job: Parameters<MemoryQueue['add']>): Promise<JobRecord> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    return super.add(...job);
  }
}

const enqueuerOver = (queue: MemoryQueue, clock: HandDrivenClock, parts: Partial<EnqueuerParts> = {}) => {
  const accepted: JobAccepted[] = [];
  const sealer = createSealer({ keys: [{ id: 'one', key: Buffer.alloc(32, 7) }], clearText: false });
  const events = { jobAccepted: (event: JobAccepted) => void accepted.push(event) };
  const enqueuer = new Enqueuer({ queue, sealer, clock, logger: silentLogger, events, expiresMs: HOUR_MS, ...parts });
  return { enqueuer, sealer, accepted };
};

const house = (parts: Partial<EnqueuerParts> = {}) => {
  const clock = new HandDrivenClock();
  const queue = new MemoryQueue(clock);
  return { clock, queue, ...enqueuerOver(queue, clock, parts) };
};

describe('the enqueuer of writes', () => {
  it('answers when the job is kept, with its id and its times', async () => {
    const { enqueuer, queue, clock } = house();

    const answer = await enqueuer.accept(write);

    expect(answer).to.deep.equal({
      queued: true,
      id: answer.id,
      status: 'queued',
      acceptedAt: new Date(clock.wallTime()).toISOString(),
      expiresAt: new Date(clock.wallTime() + HOUR_MS).toISOString(),
    });
    expect(await queue.find(answer.id)).to.include({
      state: 'queued',
      service: 'hubspot',
      operation: 'create_contact',
      owner: 'key_1',
      requestId: 'request-1',
      version: 1,
    });
  });

  it('makes ids that nobody can guess', async () => {
    const { enqueuer } = house();

    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await enqueuer.accept(write)).id));

    expect(new Set(ids).size).to.equal(20);
    expect(ids.every((id) => /^job_[\w-]{22}$/u.test(id))).to.equal(true);
  });

  it('seals the request for its job, whole', async () => {
    const { enqueuer, queue, sealer } = house();

    const { id } = await enqueuer.accept(write);
    const payload = (await queue.take('hubspot'))?.payload ?? '';

    expect(payload).to.match(/^v1\.one\./u);
    expect(readPayload(sealer.open(payload, id))).to.deep.equal({ request: write.request, mayHaveHappened: true });
  });

  it('keeps what is written as a digest of service and entity', async () => {
    const { enqueuer, queue } = house();

    const entities = await Promise.all(
      [{}, {}, { service: 'lemlist' }, { entity: 'contacts/bert@example.com' }, { entity: undefined }].map(async (fields) => {
        const { id } = await enqueuer.accept({ ...write, ...fields });
        return (await queue.find(id))?.entity;
      }),
    );

    expect(entities[0]).to.equal(entities[1]);
    expect(new Set(entities).size).to.equal(4);
    expect(entities[4]).to.equal(undefined);
    expect(JSON.stringify(await queue.list({ limit: 10 }))).not.to.contain('example.com');
  });

  it('takes a write with a known id once', async () => {
    const { enqueuer, queue, clock } = house();
    const jobId = 'job_0123456789012345678901';
    const first = await enqueuer.accept({ ...write, jobId });
    clock.advance(1_000);

    const second = await enqueuer.accept({ ...write, jobId });

    expect(second).to.deep.equal(first);
    expect(await queue.list({ limit: 10 })).to.have.length(1);
  });

  it('tells who watches of each job, by its names', async () => {
    const { enqueuer, accepted } = house();

    const { id } = await enqueuer.accept(write);

    expect(accepted).to.deep.equal([{ id, service: 'hubspot', operation: 'create_contact', requestId: 'request-1' }]);
  });

  it('refuses a write that is too large to wait', async () => {
    const { enqueuer, queue } = house();
    const request = { ...write.request, body: 'é'.repeat(128_000) };

    await errorOf(enqueuer.accept({ ...write, request }), PayloadTooLargeError);

    expect(await queue.list({ limit: 10 })).to.deep.equal([]);
  });

  it('says that it was not accepted when the store is down, and logs no payload', async () => {
    const lines: LogFields[] = [];
    const { enqueuer, queue, accepted } = house({ logger: { ...silentLogger, warn: (fields) => void lines.push(fields) } });
    queue.failWith('the disk is full');

    await errorOf(enqueuer.accept(write), QueueUnavailableError);

    expect(accepted).to.deep.equal([]);
    expect(lines).to.have.length(1);
    expect(Object.keys(lines[0] ?? {})).to.have.members(['error', 'service', 'operation', 'jobId']);
  });

  it('waits a second for the store and no longer; what that keeps too late is taken back', async () => {
    const clock = new HandDrivenClock();
    const queue = new SlowQueue(clock);
    const { enqueuer } = enqueuerOver(queue, clock);
    const refusal = errorOf(enqueuer.accept({ ...write, jobId: 'job_0123456789012345678901' }), QueueUnavailableError);

    clock.advance(1_000);
    await refusal;
    for (const release of queue.waiting) release();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();

    expect(await queue.find('job_0123456789012345678901')).to.include({ state: 'cancelled' });
    expect(clock.pending).to.equal(0);
  });
});
