import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

describe('a gateway whose Redis changes while it runs', function () {
  this.timeout(30_000);
  let server: RedisServer;
  let gateway: RunningGateway;
  let writes: number;

  const start = async (parameters: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<void> => {
    server = await startRedis(parameters);
    gateway = await startGateway({ REDIS_HOST: '127.0.0.1', REDIS_PORT: String(server.settings.port), ...settings });
    await untilUp(1);
  };
  const value = async (name: string): Promise<string | undefined> => {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    return new RegExp(`^${name}(?:\\{.*\\})? (\\d)$`, 'mu').exec(metrics)?.[1];
  };
  const untilUp = async (up: 0 | 1): Promise<void> => {
    while ((await value('queue_store_up')) !== String(up) || (up === 1 && (await value('shared_state_up')) !== '1')) await sleep(50);
  };
  const write = async (): Promise<number> => {
    const headers = { 'content-type': 'application/json', prefer: 'respond-async' };
    const body = JSON.stringify({ properties: { email: `write-${String((writes += 1))}@example.com` } });
    return (await gateway.ask('/api/hubspot/contacts', { method: 'POST', headers, body })).status;
  };
  const toldReason = async (): Promise<string> => {
    const { checks } = (await gateway.ask('/health/detailed')).body as { readonly checks: Readonly<Record<string, unknown>> };
    return JSON.stringify(checks['queue:store']);
  };

  beforeEach(() => {
    writes = 0;
  });

  afterEach(async () => {
    await gateway.stop('test');
    await server.stop();
  });

  it('comes back with the new password of its file, for the queue and for the fleet', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder.path, 'password');
    writeFileSync(file, 'before');
    await start(['--requirepass', 'before'], { REDIS_PASSWORD_FILE: file });
    const first = await write();

    await server.tell('AUTH before\r\nCONFIG SET requirepass after\r\nCLIENT KILL TYPE normal SKIPME no');
    await untilUp(0);
    const [whileRefused, reason] = [await write(), await toldReason()];
    writeFileSync(file, 'after');
    const { changed } = await gateway.reload();
    await untilUp(1);
    const last = await write();

    expect([first, whileRefused, last]).to.deep.equal([202, 503, 202]);
    expect(reason).to.include('Redis refuses our credentials');
    expect(changed).to.deep.equal(['REDIS_PASSWORD_FILE']);
    folder.remove();
  });

  it('says that the store is down while Redis cannot write to its disk, and goes on once it can', async () => {
    // A folder in which nobody can make a file: the snapshot fails, and with it every write from then on.
    await start(['--appendonly', 'no', '--dir', '/proc', '--save', '3600 1']);
    const first = await write();

    await server.tell('BGSAVE');
    await untilUp(0);
    const [whileRefused, reason] = [await write(), await toldReason()];
    await server.tell('CONFIG SET stop-writes-on-bgsave-error no');
    await untilUp(1);
    const last = await write();

    expect([first, whileRefused, last]).to.deep.equal([202, 503, 202]);
    expect(reason).to.include('Redis cannot write to its disk');
  });

  it('says that the store is down while Redis reads its data, and goes on afterwards', async () => {
    await start(['--enable-debug-command', 'yes']);
    const first = await write();

    await server.tell('DEBUG POPULATE 60');
    await server.tell('BGREWRITEAOF');
    await server.tell('CONFIG SET key-load-delay 100000 loading-process-events-interval-bytes 1024');
    const loading = server.tell('DEBUG LOADAOF');
    await untilUp(0);
    const whileRefused = await write();
    await loading;
    await untilUp(1);
    const last = await write();

    expect([first, whileRefused, last]).to.deep.equal([202, 503, 202]);
  });
});
