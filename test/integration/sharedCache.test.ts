/**
 * Clients of two replicas, and of two accounts, over one real Redis: what they share, what they never share, and that none of their
 * calls fails whatever becomes of it.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { MemoryCache } from '../../src/cache/memoryCache.ts';
import { SharedCache } from '../../src/cache/sharedCache.ts';
import type { Operation } from '../../src/contract/operation.ts';
import type { Transport } from '../../src/wire/transport.ts';
import { upstreamPath } from '../../src/pipeline/upstreamPath.ts';
import { silentLogger } from '../../src/logging/logger.ts';
import type { Guest } from '../../src/redis/guest.ts';
import { RedisGuest } from '../../src/redis/redisGuest.ts';
import { RedisSharedAnswers } from '../../src/fleet/redis/redisSharedAnswers.ts';
import { systemClock } from '../../src/time/clock.ts';
import { sealerOf } from '../support/cacheFleet.ts';
import { cachedThing, getThing, httpHouse, json, type HttpHouse, type Thing } from '../support/httpHouse.ts';
import { PatientGuest } from '../support/patientGuest.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';

/** Nobody who reads Redis may find these. */
const ID = '90817263544';
const ADDRESS = 'ada.lovelace@canary.example';
const SECRETS = ['account-one-c0ffee', 'account-two-c0ffee'] as const;

const tagsOf: NonNullable<Operation<Thing>['cacheTags']> = ({ path }) => [path];
const readThing: Operation<Thing> = { ...cachedThing, cacheForMs: 60_000, cacheTags: tagsOf };
const updateThing: Operation<Thing> = { ...getThing, name: 'update_thing', method: 'PATCH', idempotency: 'natural', cacheTags: tagsOf };

interface Replica {
  readonly house: HttpHouse;
  readonly guest: Guest;
  readonly shared: SharedCache;
}

describe('clients with a shared cache in Redis', function () {
  this.timeout(30_000);

  let server: RedisServer;
  let replicas: Replica[] = [];
  let sent: number;
  /** How often the record was changed. */
  let version: number;

  before(async () => {
    server = await startRedis();
  });

  beforeEach(async () => {
    await server.tell('FLUSHALL');
    sent = 0;
    version = 0;
  });

  afterEach(async () => {
    for (const { house, guest, shared } of replicas) {
      shared.stop();
      house.close();
      await guest.close();
    }
    replicas = [];
  });

  after(() => server.stop());

  /** Answers after 20 ms, with whose record it is. */
  const serviceOf =
    (account: string): Transport =>
    async ({ method, path }) => {
      sent += 1;
      if (method === 'PATCH') version += 1;
      const name = `${account} ${ADDRESS} ${String(version)}`;
      await sleep(20);
      return json(200, { id: path.split('/').at(-1), name, notes: 'a long answer is compressed. '.repeat(60) });
    };

  const realGuest = async (): Promise<Guest> => {
    const parts = { settings: server.settings, clock: systemClock, logger: silentLogger, random: Math.random };
    const guest = await RedisGuest.open({ ...parts, keyPrefix: 'sales' }, 'cache');
    await new Promise<void>((resolve) => {
      guest.watch({ up: resolve, down: () => undefined });
    });
    return guest;
  };

  const open = (account: string = SECRETS[0], guest: Guest = new PatientGuest(server, 'sales')): Replica => {
    const cache = new MemoryCache(systemClock);
    const shared = new SharedCache({
      store: new RedisSharedAnswers(guest, 'room'),
      cache,
      sealer: sealerOf('fleet'),
      clock: systemClock,
      logger: silentLogger,
      events: { sharedCacheAsked: () => undefined },
      newToken: randomUUID,
      maker: '1.0.0',
    });
    shared.start();
    const policy = { bulkhead: { maxConcurrent: 500, maxQueued: 500 } };
    const house = httpHouse(serviceOf(account), { account, cache, sharedCache: shared, policy });
    const replica = { house, guest, shared };
    replicas.push(replica);
    return replica;
  };

  const read = ({ house }: Replica, id: string = ID) => house.http.send(readThing, { path: upstreamPath`/things/${id}` });
  const write = ({ house }: Replica) => house.http.send(updateThing, { path: upstreamPath`/things/${ID}`, body: { name: ADDRESS } });

  it('send one request for a hundred equal reads in each of three replicas', async () => {
    const all = [open(), open(), open()];

    const answers = await Promise.all(all.flatMap((replica) => Array.from({ length: 100 }, () => read(replica))));

    expect(sent).to.equal(1);
    expect(new Set(answers.map(({ name }) => name))).to.have.property('size', 1);
  });

  it('never see what belongs to another account', async () => {
    const [one, two] = [open(SECRETS[0]), open(SECRETS[1])];

    const names: unknown[] = [];
    for (const replica of [one, two, one, two]) names.push((await read(replica))['name']);

    expect(names).to.deep.equal([SECRETS[0], SECRETS[1], SECRETS[0], SECRETS[1]].map((account) => `${account} ${ADDRESS} 0`));
    expect(sent).to.equal(2);
  });

  it('leave nothing in Redis that tells of a person, a record or a credential', async () => {
    const [one, two] = [open(SECRETS[0]), open(SECRETS[1])];
    await Promise.all([read(one), read(two), read(one, 'a-hanging-turn')]);
    await write(one);
    await read(one);
    await sleep(50);

    const everything = await dump(server);

    expect(everything.keys.length).to.be.greaterThan(8);
    for (const canary of [ID, ADDRESS, 'lovelace', ...SECRETS, 'things', 'cached_thing', 'compressed']) {
      for (const form of [canary, Buffer.from(canary).toString('base64').slice(0, -4), Buffer.from(canary).toString('hex')]) {
        expect(everything.text.includes(form), form).to.equal(false);
      }
    }
  });

  it('let everything they leave in Redis end by itself', async () => {
    const one = open();
    await read(one);
    await write(one);
    await sleep(50);

    const { keys, lives } = await dump(server);

    expect(keys.filter((_key, index) => (lives[index] ?? -1) <= 0)).to.deep.equal([]);
  });

  it('show a change at once to who made it, and within moments to who reads by way of another replica', async () => {
    const [one, two] = [open(), open()];
    await read(one);
    await read(two);

    for (let round = 1; round <= 10; round += 1) {
      const [writer, reader] = round % 2 === 0 ? [one, two] : [two, one];
      const changed = `${SECRETS[0]} ${ADDRESS} ${String(round)}`;
      await write(writer);

      expect((await read(writer))['name']).to.equal(changed);
      // The message is on its way to the other one.
      for (let looks = 0; looks < 100 && (await read(reader))['name'] !== changed; looks += 1) await sleep(5);
      expect((await read(reader))['name']).to.equal(changed);
    }
  });

  const faults: readonly (readonly [what: string, fault: () => Promise<unknown>, mend: () => Promise<unknown>])[] = [
    ['dies and comes back', () => server.kill(), () => server.start()],
    [
      'hangs for a while',
      async () => {
        server.hang();
      },
      async () => {
        server.resume();
      },
    ],
    ['is emptied', () => server.tell('FLUSHALL'), async () => Promise.resolve()],
    ['forgets its scripts', () => server.tell('SCRIPT FLUSH'), async () => Promise.resolve()],
  ];

  for (const [what, fault, mend] of faults) {
    it(`answer every call while Redis ${what}`, async () => {
      const both = [open(SECRETS[0], await realGuest()), open(SECRETS[0], await realGuest())];
      const asked: Promise<unknown>[] = [];
      const durations: number[] = [];
      const ask = async (replica: Replica, id: string): Promise<void> => {
        const startedAt = performance.now();
        await read(replica, id);
        durations.push(performance.now() - startedAt);
      };
      for (let round = 0; round < 100; round += 1) {
        for (const replica of both) asked.push(ask(replica, String(round % 60)));
        if (round === 20) await fault();
        if (round === 70) await mend();
        await sleep(15);
      }

      const ended = await Promise.allSettled(asked);

      expect(ended.filter(({ status }) => status === 'rejected')).to.deep.equal([]);
      expect(Math.max(...durations)).to.be.below(3000);
    });
  }
});

/** All that Redis holds, as text, and how long each key lives, ms. */
const dump = async ({ settings: { host, port } }: RedisServer) => {
  const client = new Redis({ host, port });
  const keys = await client.keys('*');
  const values = await Promise.all(
    keys.map(async (key) => {
      const type = await client.type(key);
      if (type === 'hash') return client.hgetall(key);
      return type === 'list' ? client.lrange(key, 0, -1) : client.get(key);
    }),
  );
  const lives = await Promise.all(keys.map((key) => client.pttl(key)));
  client.disconnect();
  return { text: JSON.stringify([keys, values]), keys, lives };
};
