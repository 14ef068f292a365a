import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { QueueUnavailableError } from '../../src/errors/queueErrors.ts';
import { openRedisStore } from '../../src/queue/bullmq/redisStore.ts';
import type { QueueStore } from '../../src/queue/durableQueue.ts';
import { freshService, jobFor, until } from '../contract/queueRig.ts';
import { silentLogger } from '../../src/logging/logger.ts';
import { systemClock } from '../../src/time/clock.ts';
import { tcpProxy } from '../support/tcpProxy.ts';
import { errorOf } from '../support/errorOf.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';
import { openStoreOn } from '../support/redisStoreRig.ts';

const realTime = { now: () => Date.now(), tick: () => sleep(10) };
const newJob = (service: string, fields: object = {}) => jobFor(realTime, service, fields);

const timed = async <T>(work: Promise<T>): Promise<{ readonly result: T; readonly ms: number }> => {
  const start = performance.now();
  const result = await work;
  return { result, ms: performance.now() - start };
};

interface Taken {
  readonly id: string;
  readonly entity?: string;
  readonly attempts: number;
  readonly interrupted: boolean;
}

interface WorkerProcess {
  readonly taken: readonly Taken[];
  kill(): Promise<void>;
}

const startWorker = ({ settings }: RedisServer, service: string, mode: 'hold' | 'drain'): WorkerProcess => {
  const script = fileURLToPath(new URL('../support/bullWorkerProcess.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', script, String(settings.port), service, mode], {
    env: { ...process.env, NODE_V8_COVERAGE: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const taken: Taken[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => taken.push(JSON.parse(line) as Taken));
  return {
    taken,
    kill: async () => {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    },
  };
};

describe('BullMQ under faults of Redis', () => {
  let server: RedisServer;
  let store: QueueStore;

  beforeEach(async () => {
    server = await startRedis();
    store = await openStoreOn(server);
  });

  afterEach(async () => {
    await store.close();
    await server.stop();
  });

  it('loses nothing that was accepted when Redis is killed, refuses the rest at once, and goes on by itself', async () => {
    const service = freshService();
    const accepted: string[] = [];
    const refusals: number[] = [];
    let isOver = false;
    const write = async (): Promise<void> => {
      while (!isOver) {
        const job = newJob(service);
        const { result, ms } = await timed(store.queue.add(job).catch((error: unknown) => error));
        if (result instanceof QueueUnavailableError) refusals.push(ms);
        else accepted.push(job.id);
        await sleep(1);
      }
    };
    const writers = Array.from({ length: 4 }, write);
    await sleep(300);
    await server.kill();
    await sleep(300);
    await server.start();
    const back = await timed(until(realTime, () => store.queue.add(newJob(service)).catch(() => undefined)));
    isOver = true;
    await Promise.all(writers);

    const kept = await Promise.all(accepted.map((id) => store.queue.find(id)));

    expect(accepted.length).to.be.above(10);
    expect(kept.filter((record) => record?.state !== 'queued')).to.deep.equal([]);
    expect(refusals.length).to.be.above(0);
    expect(Math.max(...refusals)).to.be.below(1000);
    expect(back.ms).to.be.below(5000);
  });

  it('refuses a write within a second while Redis hangs, and it stays refused when Redis goes on', async () => {
    const service = freshService();
    const job = newJob(service);
    const use = { key: 'digest', fingerprint: 'print', leaseUntil: Date.now() + 60_000, keepUntil: Date.now() + 600_000 };
    await store.queue.add(newJob(service));

    server.hang();
    const write = await timed(errorOf(store.queue.add(job), QueueUnavailableError));
    const key = await timed(errorOf(store.keys.begin(use, Date.now()), QueueUnavailableError));
    const take = await timed(errorOf(store.queue.take(service), QueueUnavailableError));
    server.resume();
    await until(realTime, () => store.queue.depths().catch(() => undefined));

    expect(Math.max(write.ms, key.ms, take.ms)).to.be.below(1000);
    expect(await store.queue.find(job.id)).to.equal(undefined);
    expect(await store.queue.list({ service, limit: 10 })).to.have.length(1);
    expect(await store.keys.begin(use, Date.now())).to.deep.equal({ kind: 'first' });
  });

  it('accepts a write that was refused before, when it is made again with the same id', async () => {
    const job = newJob(freshService());
    server.hang();
    await errorOf(store.queue.add(job), QueueUnavailableError);
    server.resume();

    const added = await until(realTime, () => store.queue.add(job).catch(() => undefined));

    expect(added).to.include({ id: job.id, state: 'queued' });
    expect(await store.queue.take(job.service)).to.include({ id: job.id, interrupted: false });
  });

  it('refuses a write when Redis has no memory left, says so, and keeps what it has', async () => {
    const service = freshService();
    const { id } = await store.queue.add(newJob(service));
    await server.tell('CONFIG SET maxmemory 1');

    const refused = await errorOf(store.queue.add(newJob(service)), QueueUnavailableError);
    await server.tell('CONFIG SET maxmemory 0');

    expect(refused.message).to.contain('raise its maxmemory');
    expect(await store.queue.list({ service, limit: 10 })).to.have.length(1);
    expect(await store.queue.take(service)).to.include({ id });
  });

  it('keeps the answer of a request that was begun, though Redis has no memory left by then', async () => {
    const now = realTime.now();
    const use = { key: 'of a request', fingerprint: 'a', leaseUntil: now + 60_000, keepUntil: now + 60_000 };
    await store.keys.begin(use, now);
    await server.tell('CONFIG SET maxmemory 1');

    await store.keys.finish(use.key, 'v1.sealed.answer');
    const another = await errorOf(store.keys.begin({ ...use, key: 'another' }, now), QueueUnavailableError);

    expect(await store.keys.begin(use, now)).to.deep.equal({ kind: 'answered', answer: 'v1.sealed.answer' });
    expect(another.what).to.contain('raise its maxmemory');
  });

  it('notes the end of a job that was under way when Redis had no memory left', async () => {
    const job = newJob(freshService());
    await store.queue.add(job);
    const taken = await store.queue.take(job.service);
    await server.tell('CONFIG SET maxmemory 1');

    const noted = await store.queue.end(taken!, { kind: 'succeeded' });

    expect(noted).to.equal(true);
    expect(await store.queue.find(job.id)).to.include({ state: 'succeeded' });
  });

  it('takes writes again within seconds after a failover that leaves the old connection open', async () => {
    const copy = await startRedis(['--replicaof', `127.0.0.1 ${String(server.settings.port)}`]);
    const proxy = await tcpProxy(server.settings.port);
    const moved = await openRedisStore(
      { ...server.settings, port: proxy.port },
      { clock: systemClock, random: () => 0.5, logger: silentLogger },
    );
    const job = newJob(freshService());
    await moved.queue.add(newJob(job.service));
    await until(realTime, async () => ((await copy.tell('INFO replication')).includes('master_link_status:up') ? true : undefined));
    await copy.tell('REPLICAOF NO ONE');
    await server.tell(`REPLICAOF 127.0.0.1 ${String(copy.settings.port)}`);

    const refused = await errorOf(moved.queue.add(job), QueueUnavailableError);
    proxy.target = copy.settings.port;
    const { ms } = await timed(until(realTime, () => moved.queue.add(job).catch(() => undefined)));
    await moved.close();
    await proxy.close();
    await copy.stop();

    expect(refused.what).to.match(/replica that takes no writes|cannot be reached/u);
    expect(ms).to.be.below(5000);
  });

  it('starts without its Redis, refuses at once, and works when Redis comes', async () => {
    const service = freshService();
    await server.kill();
    const early = await openStoreOn(server);
    const refused = await timed(errorOf(early.queue.add(newJob(service)), QueueUnavailableError));

    await server.start();
    const added = await timed(until(realTime, () => early.queue.add(newJob(service)).catch(() => undefined)));
    await early.close();

    expect(refused.ms).to.be.below(1000);
    expect(added.ms).to.be.below(5000);
    expect(added.result).to.include({ state: 'queued' });
  });
}).timeout(30_000);

describe('BullMQ under deaths of workers', () => {
  let server: RedisServer;
  let store: QueueStore;
  const workers: WorkerProcess[] = [];
  const work = (service: string, mode: 'hold' | 'drain'): WorkerProcess => {
    const worker = startWorker(server, service, mode);
    workers.push(worker);
    return worker;
  };

  before(async () => {
    server = await startRedis();
    store = await openStoreOn(server);
  });

  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.kill();
  });

  after(async () => {
    await store.close();
    await server.stop();
  });

  it('offers a job within five seconds after its worker was killed, twice in a row, at no cost of an attempt', async () => {
    const service = freshService();
    const { id } = await store.queue.add(newJob(service));
    for (let death = 1; death <= 2; death += 1) {
      const worker = startWorker(server, service, 'hold');
      const taken = await until(realTime, () => Promise.resolve(worker.taken[0]));
      expect(taken).to.include({ id, attempts: 0, interrupted: death > 1 });
      await worker.kill();
    }

    const { result: job, ms } = await timed(until(realTime, () => store.queue.take(service)));
    await store.queue.end(job, { kind: 'succeeded' });

    expect(ms).to.be.below(5000);
    expect(job).to.include({ id, attempts: 0, interrupted: true });
    expect(await store.queue.find(id)).to.include({ state: 'succeeded', attempts: 1 });
  });

  it('keeps the claim of a worker that takes its time, and gives it to nobody else', async () => {
    const service = freshService();
    const { id } = await store.queue.add(newJob(service));
    const slow = work(service, 'hold');
    await until(realTime, () => Promise.resolve(slow.taken[0]));

    const other = work(service, 'hold');
    await sleep(5000);

    expect(slow.taken).to.have.length(1);
    expect(other.taken).to.deep.equal([]);
    expect(await store.queue.find(id)).to.include({ state: 'running' });
  });

  it('shares jobs among two processes: each is done once, those of an entity in the order of acceptance', async () => {
    const service = freshService();
    const ids: string[] = [];
    const seen = [work(service, 'drain'), work(service, 'drain')];
    for (let number = 0; number < 60; number += 1) {
      const { id } = await store.queue.add(newJob(service, { entity: `entity${String(number % 3)}` }));
      ids.push(id);
    }
    const taken = () => seen.flatMap((worker) => worker.taken.map(({ id }) => id));

    await until(realTime, async () =>
      (await store.queue.list({ service, states: ['succeeded'], limit: 100 })).length === 60 ? true : undefined,
    );
    const ended = await Promise.all(ids.map((id) => store.queue.find(id)));
    await until(realTime, () => Promise.resolve(taken().length === 60 ? true : undefined));

    expect(taken()).to.have.members(ids);
    for (const entity of ['entity0', 'entity1', 'entity2']) {
      const ends = ended.flatMap((record) => (record?.entity === entity ? [record.since] : []));
      expect(ends).to.deep.equal([...ends].sort((one, other) => one - other));
    }
  });
}).timeout(40_000);
