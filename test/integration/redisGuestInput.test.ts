import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Secret } from '../../src/config/secret.ts';
import type { RedisSettings } from '../../src/config/redis.ts';
import { SharedStateUnavailableError } from '../../src/errors/sharedStateErrors.ts';
import { systemClock } from '../../src/time/clock.ts';
import { errorOf } from '../support/errorOf.ts';
import { openGuest, pollUntil, type GuestRig } from '../support/guestRig.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { oldRedis } from '../support/oldRedis.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';

const settingsFor = (port: number): RedisSettings => ({
  host: '127.0.0.1',
  port,
  username: undefined,
  password: undefined,
  database: 0,
  tls: false,
});
const reasons = (rig: GuestRig) => rig.lines.flatMap((line) => (line['reason'] === undefined ? [] : [line['reason']]));

/** For a piece of work: no Redis here is slow, but this machine may be. */
const PATIENT_MS = 2000;

/** What is said of a Redis that cannot be used, after a few more looks at it: each reason once. */
const saidOf = async (settings: RedisSettings, afterLooks = 6): Promise<readonly unknown[]> => {
  let looks = 0;
  const after = (ms: number, callback: () => void) => {
    if (ms === PATIENT_MS) return systemClock.after(ms, callback);
    looks += 1;
    return systemClock.after(1, callback);
  };
  const rig = await openGuest(settings, { clock: { ...systemClock, after }, workWithinMs: PATIENT_MS });
  try {
    await pollUntil(() => looks >= afterLooks);
    expect(rig.told).to.deep.equal([]);
    return reasons(rig);
  } finally {
    await rig.guest.close();
  }
};

describe('Redis guest and bad input', () => {
  const servers: RedisServer[] = [];
  const start = async (parameters: readonly string[] = []): Promise<RedisServer> => {
    const server = await startRedis(['--appendonly', 'no', ...parameters]);
    servers.push(server);
    return server;
  };

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  it('says once which setting to correct when Redis refuses the password, and repeats the password nowhere', async () => {
    const { settings } = await start(['--requirepass', 'the right one']);
    const rig = await openGuest({ ...settings, password: new Secret('canary-of-a-password') });

    await pollUntil(() => rig.lines.length > 0);
    const error = await errorOf(
      rig.guest.ask((client) => client.ping()),
      SharedStateUnavailableError,
    );
    await rig.guest.close();

    expect(reasons(rig)).to.deep.equal([
      'Redis refuses our credentials: correct them in REDIS_URL or REDIS_PASSWORD; for the fleet, where it is another, in REDIS_CACHE_URL',
    ]);
    expect(inspect(error, { depth: 10 }) + JSON.stringify(rig.lines)).not.to.contain('canary');
  });

  it('says the same when Redis wants a password and none is set', async () => {
    const { settings } = await start(['--requirepass', 'the right one']);

    expect(await saidOf({ ...settings, password: undefined })).to.deep.equal([
      'Redis refuses our credentials: correct them in REDIS_URL or REDIS_PASSWORD; for the fleet, where it is another, in REDIS_CACHE_URL',
    ]);
  });

  it('is used with its password', async () => {
    const { settings } = await start(['--requirepass', 'the right one']);
    const rig = await openGuest(settings);

    await rig.becomes('up');
    await rig.guest.close();

    expect(rig.lines).to.deep.equal([]);
  });

  it('says so when what answers is no Redis', async () => {
    const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');

    const said = await saidOf(settingsFor((server.address() as AddressInfo).port));
    server.closeAllConnections();
    server.close();

    expect(said).to.deep.equal(['what answers is no Redis: correct REDIS_URL or REDIS_HOST and REDIS_PORT; for the fleet REDIS_CACHE_URL']);
  });

  it('says which Redis it takes when it meets an older one', async () => {
    const old = await oldRedis('4.0.14');

    const said = await saidOf(settingsFor(old.port));
    await old.close();

    expect(said).to.deep.equal(['Redis 4.0.14 is too old: use 6.2 or newer']);
  });

  it('says so when Redis lacks the commands it uses, whatever its version', async () => {
    const hidden = await oldRedis('7.2.0');

    const said = await saidOf(settingsFor(hidden.port));
    await hidden.close();

    expect(said).to.deep.equal(['Redis lacks a command that we use, or hides it: use 6.2 or newer, with all commands']);
  });

  it('says so when there is no TLS to speak', async () => {
    const { settings } = await start();

    const said = await saidOf({ ...settings, tls: true }, 1);

    expect(said).to.deep.equal([
      'Redis takes no connection: correct its address, or name it rediss:// if it speaks TLS, redis:// if it does not',
    ]);
  });

  it('says so when Redis is a replica, and uses it from the look after it has become the primary', async () => {
    const primary = await start();
    const replica = await start(['--replicaof', `127.0.0.1 ${String(primary.settings.port)}`]);
    const rig = await openGuest(replica.settings);
    await pollUntil(() => rig.lines.length > 0);

    await replica.tell('REPLICAOF NO ONE');
    await rig.becomes('up');
    await rig.guest.close();

    expect(rig.lines[0]).to.include({ level: 'error' });
    expect(reasons(rig)).to.deep.equal(['Redis is a replica that takes no writes: name the primary in REDIS_URL or REDIS_CACHE_URL']);
  });

  it('says so when Redis has no memory left, each piece of work fails at once, and it goes on when it has', async () => {
    const server = await start();
    const clock = new HandDrivenClock();
    const rig = await openGuest(server.settings, { clock });
    await rig.becomes('up');
    await server.tell('CONFIG SET maxmemory 1');

    const failures = [];
    for (let time = 0; time < 4; time += 1) {
      failures.push(
        (
          await errorOf(
            rig.guest.ask((client) => client.set('test:any', '1')),
            SharedStateUnavailableError,
          )
        ).reason,
      );
    }
    await clock.untilPending(1);
    await server.tell('CONFIG SET maxmemory 0');
    clock.advance(5000);
    await rig.becomes('up');
    await rig.guest.close();

    expect(new Set(failures)).to.deep.equal(new Set(['Redis has no memory left: raise its maxmemory']));
    expect(rig.told).to.deep.equal(['up', 'Redis has no memory left: raise its maxmemory', 'up']);
  });

  it('says so when Redis forbids its user a command', async () => {
    const server = await start(['--user', 'weak', 'on', 'nopass', '~*', '&*', '+@all', '-evalsha', '-eval']);

    const said = await saidOf({ ...server.settings, username: 'weak', password: new Secret('any') });

    expect(said).to.deep.equal(['Redis forbids our user a command: allow it all commands on its keys']);
  });

  it('says so when Redis does not have the database', async () => {
    const server = await start();

    const said = await saidOf({ ...server.settings, database: 99 });

    expect(said).to.deep.equal(['Redis does not have the database: correct its number in REDIS_URL or REDIS_CACHE_URL']);
  });

  it('goes on with a Redis that answers one piece of work with an error of our own making, and names its code once', async () => {
    const server = await start();
    const rig = await openGuest(server.settings);
    await rig.becomes('up');
    await rig.guest.ask((client) => client.lpush('test:list', 'canary'));

    for (let time = 0; time < 10; time += 1)
      await errorOf(
        rig.guest.ask((client) => client.get('test:list')),
        SharedStateUnavailableError,
      );
    const answer = await rig.guest.ask((client) => client.ping());
    await rig.guest.close();

    expect(answer).to.equal('PONG');
    expect(rig.lines).to.have.length(1);
    expect(rig.lines[0]).to.include({ level: 'error', fault: 'WRONGTYPE' });
  });

  for (const [hours, ahead] of [
    [1, 3600],
    [-1, -3600],
  ] as const) {
    it(`warns once of a clock that is ${String(hours)} h off, and goes on: nothing that is shared depends on it`, async () => {
      const server = await start();
      const clock = { ...systemClock, wallTime: () => Date.now() + hours * 3_600_000 };
      const rig = await openGuest(server.settings, { clock });
      await rig.becomes('up');
      await server.kill();
      await rig.becomes('down');
      await server.start();
      await rig.becomes('up');
      await rig.guest.close();

      const warnings = rig.lines.filter(({ level }) => level === 'warn');
      expect(warnings).to.have.length(1);
      expect(warnings[0]?.['secondsAhead']).to.be.within(ahead - 5, ahead + 5);
    });
  }

  it('says nothing of a clock that is right', async () => {
    const server = await start();
    const rig = await openGuest(server.settings);
    await rig.becomes('up');
    await rig.guest.close();

    expect(rig.lines).to.deep.equal([]);
  });

  it('rejects what is asked after it was closed, and leaves no connection', async () => {
    const server = await start();
    const rig = await openGuest(server.settings);
    rig.guest.subscribe('news', () => undefined);
    await rig.becomes('up');

    await rig.guest.close();
    await rig.guest.close();
    const { reason } = await rig.fails();
    const other = await openGuest(server.settings);
    await other.becomes('up');
    const clients = await other.guest.ask((client) => client.client('LIST'));
    await other.guest.close();

    expect(reason).to.equal('it is closed');
    expect(String(clients).match(/name=sales-auto-api:\S+/g)).to.have.length(1);
  });
}).timeout(30_000);
