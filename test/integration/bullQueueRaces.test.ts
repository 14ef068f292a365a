import * as bullmq from 'bullmq';
import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../src/logging/logger.ts';
import type { NewJob, QueueStore } from '../../src/queue/durableQueue.ts';
import { BullScripts } from '../../src/queue/bullmq/bullScripts.ts';
import { BullService } from '../../src/queue/bullmq/bullService.ts';
import { RedisConnection } from '../../src/redis/redisConnection.ts';
import { systemClock } from '../../src/time/clock.ts';
import { freshService, jobFor, until } from '../contract/queueRig.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';
import { openStoreOn } from '../support/redisStoreRig.ts';

const PREFIX = '{sales-auto-api}:jobs';
const realTime = { now: () => Date.now(), tick: () => sleep(10) };
const inAWhile = () => Date.now() + 10_000;

/** What a process leaves behind that dies between two steps: the steps are made here one by one. */
describe('BullMQ between two steps', () => {
  let server: RedisServer;
  let store: QueueStore;
  let connection: RedisConnection;

  const newJob = (fields: object = {}): NewJob => jobFor(realTime, freshService(), fields);

  /** Both sides of the queue of one service: BullMQ and our scripts. */
  const parts = (service: string) => {
    const bull = new BullService(bullmq, service, connection.client, PREFIX);
    return { bull, scripts: new BullScripts(() => connection.client, bull.base, { key: '{acme}:kept', bytes: 1_000_000 }) };
  };

  before(async () => {
    server = await startRedis();
    store = await openStoreOn(server);
    connection = await RedisConnection.open(
      { settings: server.settings, clock: systemClock, random: () => 0.5, logger: silentLogger },
      'test',
    );
    await connection.opened(2000);
  });

  after(async () => {
    await connection.close();
    await store.close();
    await server.stop();
  });

  it('accepts nothing whose acceptance comes too late, and never offers it', async () => {
    const job = newJob();
    const { bull, scripts } = parts(job.service);
    await bull.hold(job);

    const acceptance = await scripts.accept(job, Date.now() - 1, `${PREFIX}:services`);

    expect(acceptance).to.equal('late');
    expect(await store.queue.find(job.id)).to.equal(undefined);
    expect(await store.queue.take(job.service)).to.equal(undefined);
  });

  it('drops a job whose adder died before its acceptance, once its time is over, and executes it never', async () => {
    const job = newJob();
    const { bull } = parts(job.service);
    await bull.hold(job);
    await server.tell(`ZADD ${bull.base}delayed 1 ${job.id}`);

    const taken = await store.queue.take(job.service);

    expect(taken).to.equal(undefined);
    expect(await server.tell(`EXISTS ${bull.base}${job.id}`)).to.equal(':0\r\n');
    expect(await server.tell(`LLEN ${bull.base}active`)).to.equal(':0\r\n');
  });

  it('accepts no job that is being dropped at that moment', async () => {
    const job = newJob();
    const { bull, scripts } = parts(job.service);
    await bull.hold(job);
    await server.tell(`ZADD ${bull.base}delayed 1 ${job.id}`);
    const fetched = await bull.fetch('token');
    const verdict = await scripts.admit(job.id, 'token', Date.now());

    const acceptance = await scripts.accept(job, inAWhile(), `${PREFIX}:services`);

    expect(fetched).to.include({ id: job.id });
    expect(verdict).to.deep.equal(['unaccepted']);
    expect(acceptance).to.equal('missing');
  });

  it('lets the next of an entity go on when the process that ended the first died before it said so', async () => {
    const first = newJob({ entity: 'digest' });
    const second = { ...newJob({ entity: 'digest' }), service: first.service };
    await store.queue.add(first);
    await store.queue.add(second);
    const claimed = await store.queue.take(first.service);
    await parts(first.service).bull.complete(first.id, claimed!.claim);

    const next = await until(realTime, () => store.queue.take(first.service));

    expect(next).to.include({ id: second.id });
  });

  it('does a job again as an interrupted one when its process died between noting the end and making it', async () => {
    const job = newJob();
    await store.queue.add(job);
    const claimed = await store.queue.take(job.service);
    await parts(job.service).scripts.note(job.id, claimed!.claim, Date.now(), { kind: 'uncertain', reason: 'outcome_unknown', dueAt: 0 });

    const again = await until(realTime, () => store.queue.take(job.service));
    const depth = (await store.queue.depths()).find(({ service }) => service === job.service);

    expect(again).to.include({ id: job.id, interrupted: true });
    expect(depth?.jobs).to.include({ running: 1, uncertain: 0 });
  });

  it('counts a job as not begun when nobody waited for its admission', async () => {
    const job = newJob();
    await store.queue.add(job);
    const { bull, scripts } = parts(job.service);
    await bull.fetch('token');
    await scripts.admit(job.id, 'token', Date.now());
    await scripts.withdraw(job.id, 'token');

    const again = await until(realTime, () => store.queue.take(job.service));

    expect(again).to.include({ id: job.id, interrupted: false });
  });

  it('lets a replayed job wait while a later one of its entity is under way', async () => {
    const first = newJob({ entity: 'digest' });
    const second = { ...newJob({ entity: 'digest' }), service: first.service };
    await store.queue.add(first);
    await store.queue.add(second);
    await store.queue.end((await store.queue.take(first.service))!, { kind: 'failed', reason: 'upstream_rejected' });
    const underWay = (await store.queue.take(first.service))!;
    await store.queue.replay(first.id, inAWhile());

    const meanwhile = await store.queue.take(first.service);
    await store.queue.end(underWay, { kind: 'succeeded' });
    const afterwards = await until(realTime, () => store.queue.take(first.service));

    expect(meanwhile).to.equal(undefined);
    expect(afterwards).to.include({ id: first.id });
  });

  it('offers jobs in the order of acceptance whatever they have been through', async () => {
    const service = freshService();
    const ids: string[] = [];
    for (let number = 0; number < 5; number += 1) ids.push((await store.queue.add(jobFor(realTime, service))).id);
    for (const reason of ['first', 'second', 'third']) {
      await store.queue.end((await store.queue.take(service))!, { kind: 'postponed', reason, afterMs: 50 });
    }
    await sleep(60);

    const order: (string | undefined)[] = [];
    for (let times = 0; times < 5; times += 1) order.push((await store.queue.take(service))?.id);

    expect(order).to.deep.equal(ids);
  });

  it('beats the defaults of BullMQ, by which a second death of its worker fails a job for good', async () => {
    const service = freshService();
    const options = { connection: connection.client, prefix: PREFIX, autorun: false, lockDuration: 50, stalledInterval: 10 };
    const factory: bullmq.BackendFactory<bullmq.RedisQueueBackend> = (name, its) =>
      bullmq.createRedisBackend(name, { ...its, connection: connection.client, skipVersionCheck: true });
    const queue = new bullmq.Queue(service, { connection: connection.client, prefix: PREFIX }, factory);
    const worker = new bullmq.Worker(service, null, options, factory);
    await queue.add('write', {}, { jobId: 'job', attempts: 5 });
    for (const death of ['first', 'second']) {
      await worker.getNextJob(death, { block: false });
      await sleep(60);
      await worker.getBackend().moveStalledJobsToWait();
      await sleep(20);
      await worker.getBackend().moveStalledJobsToWait();
    }

    const job = await bullmq.Job.fromId(queue, 'job');
    await Promise.all([worker.close(true), queue.close()]);

    expect(job?.deferredFailure).to.equal('job stalled more than allowable limit');
  });
}).timeout(20_000);
