import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Secret } from '../../src/config/secret.ts';
import { QueueUnavailableError } from '../../src/errors/queueErrors.ts';
import { openRedisStore } from '../../src/queue/bullmq/redisStore.ts';
import { systemClock } from '../../src/time/clock.ts';
import { freshService, jobFor } from '../contract/queueRig.ts';
import { errorOf } from '../support/errorOf.ts';
import { recordingLogger } from '../support/recordingLogger.ts';
import { startRedis } from '../support/redisServer.ts';
import { openStoreOn } from '../support/redisStoreRig.ts';

const newJob = () => jobFor({ now: () => Date.now() }, freshService());

describe('Redis as a guest', () => {
  it('is used with its password, which stands in no line and in no error', async () => {
    const server = await startRedis(['--requirepass', 'canary-of-a-password']);
    const { logger, lines } = recordingLogger();

    const store = await openStoreOn(server, logger);
    const added = await store.queue.add(newJob());
    await server.kill();
    const error = await errorOf(store.queue.add(newJob()), QueueUnavailableError);
    await store.close();
    await server.stop();

    expect(added).to.include({ state: 'queued' });
    expect(inspect(error, { depth: 10 }) + JSON.stringify(lines)).not.to.contain('canary-of-a-password');
  });

  it('says once which setting to correct when it refuses the password, and repeats it neither there nor in an error', async () => {
    const server = await startRedis(['--requirepass', 'the right one']);
    const { logger, lines } = recordingLogger();
    const settings = { ...server.settings, password: new Secret('canary-of-a-password') };

    const store = await openRedisStore(settings, { clock: systemClock, random: () => 0.5, logger });
    const error = await errorOf(store.queue.add(newJob()), QueueUnavailableError);
    await store.close();
    await server.stop();

    const reasons = lines.map((line) => line['reason']);
    expect(reasons).to.deep.equal([
      'Redis refuses our credentials: correct them in REDIS_URL or REDIS_PASSWORD; for the fleet, where it is another, in REDIS_CACHE_URL',
    ]);
    expect(error.message).to.contain('Redis');
    expect(inspect(error, { depth: 10 }) + JSON.stringify(lines)).not.to.contain('canary-of-a-password');
  });

  it('says so when what answers is no Redis, and everything else goes on', async () => {
    const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { logger, lines } = recordingLogger();
    const settings = { host: '127.0.0.1', port, username: undefined, password: undefined, database: 0, tls: false };

    const store = await openRedisStore(settings, { clock: systemClock, random: () => 0.5, logger });
    await errorOf(store.queue.add(newJob()), QueueUnavailableError);
    await store.close();
    server.closeAllConnections();
    server.close();

    expect(lines.map((line) => line['reason'])).to.include(
      'what answers is no Redis: correct REDIS_URL or REDIS_HOST and REDIS_PORT; for the fleet REDIS_CACHE_URL',
    );
  });

  it('is warned of when its settings would lose accepted writes, naming what to set', async () => {
    const server = await startRedis(['--appendfsync', 'everysec', '--maxmemory-policy', 'allkeys-lru']);
    const { logger, lines } = recordingLogger();

    const store = await openStoreOn(server, logger);
    await store.queue.add(newJob());
    await store.close();
    await server.stop();

    const dangers = lines.filter(({ level }) => level === 'warn').map((line) => String(line['danger']));
    expect(dangers).to.have.length(2);
    expect(dangers[0]).to.contain('set maxmemory-policy noeviction (now allkeys-lru)');
    expect(dangers[1]).to.contain('set appendfsync always (now everysec)');
  });

  it('is used without a word when its settings are right, and with one when it does not tell them', async () => {
    const right = await startRedis();
    const silent = await startRedis(['--rename-command', 'CONFIG', '']);
    const [told, untold] = [recordingLogger(), recordingLogger()];

    const stores = [await openStoreOn(right, told.logger), await openStoreOn(silent, untold.logger)];
    for (const store of stores) await store.queue.add(newJob());
    for (const store of stores) await store.close();
    await Promise.all([right.stop(), silent.stop()]);

    expect(told.lines).to.deep.equal([]);
    expect(untold.lines.map((line) => line['danger'])).to.deep.equal(['Redis does not tell its appendfsync: see to it that it is always']);
  });

  it('holds the jobs of two deployments apart by the prefix of their keys', async () => {
    const server = await startRedis();
    const parts = { clock: systemClock, random: () => 0.5, logger: recordingLogger().logger };
    const one = await openRedisStore(server.settings, { ...parts, keyPrefix: 'one' });
    const other = await openRedisStore(server.settings, { ...parts, keyPrefix: 'other' });
    const job = newJob();

    await one.queue.add(job);
    const found = await other.queue.find(job.id);
    const depths = await other.queue.depths();
    await Promise.all([one.close(), other.close()]);
    await server.stop();

    expect(found).to.equal(undefined);
    expect(depths).to.deep.equal([]);
  });
}).timeout(20_000);
