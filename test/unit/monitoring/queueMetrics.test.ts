import { expect } from 'chai';
import { jobStates } from '../../../src/queue/durableQueue.ts';
import type { QueueReading } from '../../../src/queue/queueMaintenance.ts';
import { createMetrics } from '../../support/exampleMetrics.ts';
import { Scrape } from '../../support/scrape.ts';

const reading: QueueReading = {
  engine: 'embedded',
  up: true,
  at: 1_790_000_010_000,
  depths: [
    {
      service: 'hubspot',
      jobs: { queued: 5, running: 2, succeeded: 9, failed: 3, uncertain: 1, cancelled: 0 },
      oldestAcceptedAt: 1_790_000_000_000,
    },
  ],
};

const job = { id: 'job_1', service: 'hubspot', operation: 'create_contact', requestId: undefined };
const executed = { ...job, reason: undefined, waitedMs: 2_500, attempts: 0 };

const scrapeOf = async (metrics: ReturnType<typeof createMetrics>): Promise<Scrape> => new Scrape((await metrics.render()).body);

describe('Queue metrics', () => {
  it('bring no series before there was a job or a repeat', async () => {
    const scrape = await scrapeOf(createMetrics());

    for (const name of ['queue_jobs_total', 'queue_wait_seconds_count', 'idempotency_replays_total']) {
      expect(scrape.values(name), name).to.deep.equal([]);
    }
  });

  it('show no depths of a house without a queue', async () => {
    const scrape = await scrapeOf(createMetrics());

    expect(scrape.values('queue_jobs')).to.deep.equal([]);
    expect(scrape.values('queue_store_up')).to.deep.equal([]);
  });

  it('show how full the queue was when it was last looked at, for services without a job too', async () => {
    const metrics = createMetrics();
    metrics.watchQueue(() => reading);

    const scrape = await scrapeOf(metrics);

    expect(jobStates.map((state) => scrape.value('queue_jobs', { service: 'hubspot', state }))).to.deep.equal([5, 2, 9, 3, 1, 0]);
    expect(jobStates.map((state) => scrape.value('queue_jobs', { service: 'lemlist', state }))).to.deep.equal([0, 0, 0, 0, 0, 0]);
    expect(scrape.value('queue_dead_letter_jobs', { service: 'hubspot' })).to.equal(4);
  });

  it('show when the oldest open job was accepted, and nothing where none is', async () => {
    const metrics = createMetrics();
    metrics.watchQueue(() => reading);

    const scrape = await scrapeOf(metrics);

    expect(scrape.value('queue_oldest_job_timestamp_seconds', { service: 'hubspot' })).to.equal(1_790_000_000);
    expect(scrape.values('queue_oldest_job_timestamp_seconds', { service: 'lemlist' })).to.deep.equal([]);
  });

  it('show whether the store answers', async () => {
    const metrics = createMetrics();
    let up = true;
    metrics.watchQueue(() => ({ ...reading, up }));

    const before = await scrapeOf(metrics);
    up = false;
    const after = await scrapeOf(metrics);

    expect([before, after].map((scrape) => scrape.value('queue_store_up', { engine: 'embedded' }))).to.deep.equal([1, 0]);
  });

  it('count jobs as they are accepted, and executions as they end', async () => {
    const metrics = createMetrics();

    metrics.jobAccepted(job);
    metrics.jobExecuted({ ...executed, outcome: 'postponed', reason: 'circuit_open' });
    metrics.jobExecuted({ ...executed, outcome: 'succeeded' });

    const scrape = await scrapeOf(metrics);
    const count = (outcome: string): number => scrape.value('queue_jobs_total', { service: 'hubspot', outcome });
    expect(['accepted', 'postponed', 'succeeded'].map(count)).to.deep.equal([1, 1, 1]);
  });

  it('time how long a job waited that was made, and no other', async () => {
    const metrics = createMetrics();

    metrics.jobExecuted({ ...executed, outcome: 'succeeded' });
    metrics.jobExecuted({ ...executed, outcome: 'failed', reason: 'rejected' });

    const scrape = await scrapeOf(metrics);
    expect(scrape.value('queue_wait_seconds_count', { service: 'hubspot' })).to.equal(1);
    expect(scrape.value('queue_wait_seconds_sum', { service: 'hubspot' })).to.equal(2.5);
  });

  it('count the repeats of requests by what they met', async () => {
    const metrics = createMetrics();

    metrics.requestRepeated('replayed');
    metrics.requestRepeated('reused');
    metrics.requestRepeated('replayed');

    const scrape = await scrapeOf(metrics);
    expect(['replayed', 'reused'].map((result) => scrape.value('idempotency_replays_total', { result }))).to.deep.equal([2, 1]);
  });
});
