/**
 * A process that works on a queue in Redis, to be killed:
 *
 *   node --import tsx test/support/bullWorkerProcess.ts <port> <service> hold|drain
 *
 * `hold` takes one job and keeps it; `drain` takes jobs and ends them well. Of each it takes, it prints a line of JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../src/logging/logger.ts';
import { openRedisStore } from '../../src/queue/bullmq/redisStore.ts';
import { systemClock } from '../../src/time/clock.ts';

const [port, service = '', mode] = process.argv.slice(2);
const settings = { host: '127.0.0.1', port: Number(port), username: undefined, password: undefined, database: 0, tls: false };
const { queue } = await openRedisStore(settings, { clock: systemClock, random: Math.random, logger: silentLogger });

for (;;) {
  const job = await queue.take(service);
  if (job === undefined) {
    await sleep(20);
    continue;
  }
  const { id, entity, attempts, interrupted } = job;
  console.log(JSON.stringify({ id, entity, attempts, interrupted }));
  if (mode === 'drain') await queue.end(job, { kind: 'succeeded' });
  while (mode === 'hold') {
    await sleep(500);
    await queue.renew(job);
  }
}
