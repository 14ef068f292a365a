import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../contract/queueRig.ts';
import { startGateway, type GatewayAnswer, type RunningGateway } from '../support/gateway.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';

const QUEUE_KEYS = `key-1:${Buffer.alloc(32, 7).toString('base64')}`;
const LOOK_MS = 50;

/** Replicas tell each other in the background, by clocks of their own: all that can be done is to look. */
const holds = (isSo: () => Promise<boolean>, everyMs = LOOK_MS): Promise<true> =>
  until({ tick: () => sleep(everyMs) }, async () => ((await isSo()) ? true : undefined));

const urlOf = ({ settings: { port } }: RedisServer, password = ''): string => `redis://${password}127.0.0.1:${String(port)}`;

const change = (gateway: RunningGateway, method: string, path: string, body: unknown): Promise<GatewayAnswer> =>
  gateway.ask(`/admin/circuits/${path}`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

const stateOf = async (gateway: RunningGateway, circuit: string): Promise<unknown> =>
  (await gateway.ask(`/admin/circuits/${circuit}`)).body['effectiveState'];

/** When its open time ends, wall clock, ms; now where it has ended. */
const openUntilOf = async (gateway: RunningGateway): Promise<number> => {
  const { nextProbeAt } = (await gateway.ask('/admin/circuits/kit')).body as { readonly nextProbeAt?: string };
  return nextProbeAt === undefined ? Date.now() : Date.parse(nextProbeAt);
};

let reads = 0;
/** A subscriber that nobody has, another one each time: no copy can answer. */
const read = (gateway: RunningGateway): Promise<GatewayAnswer> => {
  reads += 1;
  return gateway.ask(`/api/kit/subscribers/${String(900_000 + reads)}`, { headers: { prefer: 'handling=strict' } });
};

describe('replicas on one Redis', function () {
  this.timeout(20_000);
  let redis: RedisServer;
  let replicas: readonly RunningGateway[] = [];

  before(async () => {
    redis = await startRedis();
    const settings = { REDIS_CACHE_URL: urlOf(redis), QUEUE_KEYS, KIT_CIRCUIT_RESET_TIMEOUT: '2000' };
    replicas = await Promise.all([startGateway(settings), startGateway(settings)]);
  });

  after(async () => {
    await Promise.all(replicas.map((each) => each.stop('test')));
    await redis.stop();
  });

  it('tell of each other, whichever is asked', async () => {
    const namesAt = async (gateway: RunningGateway): Promise<readonly unknown[]> => {
      const { replicas: seen } = (await gateway.ask('/admin/fleet')).body as { readonly replicas: readonly { readonly replica: string }[] };
      return seen.map(({ replica }) => replica).sort();
    };
    const [one, other] = replicas as readonly [RunningGateway, RunningGateway];

    await holds(async () => (await namesAt(one)).length === 2 && (await namesAt(other)).length === 2);

    expect(await namesAt(one)).to.deep.equal(await namesAt(other));
    const { body } = await one.ask('/health/detailed');
    expect((body['notes'] as readonly string[])[0]).to.match(/^view: cluster \(2 replicas/u);
    expect(body).to.have.deep.nested.property('checks.fleet:sharedState[0].observedValue', 'up');
  });

  it('obey an override of the fleet, all of them, until it is released', async () => {
    const [one, other] = replicas as readonly [RunningGateway, RunningGateway];
    const reason = 'the service is being moved';

    // As a person would: a busy machine may be late three times, and a repeat does no harm.
    await holds(
      async () =>
        (await change(one, 'POST', 'kit/override', { mode: 'forced_open', reason, ttlSeconds: 60, scope: 'fleet' })).status === 200,
    );
    await holds(async () => (await stateOf(other, 'kit')) === 'forced_open');
    const refused = await other.ask('/api/kit/account', { headers: { prefer: 'handling=strict' } });
    await holds(async () => (await change(other, 'DELETE', 'kit/override', { reason, scope: 'fleet' })).status === 200);
    await holds(async () => (await stateOf(one, 'kit')) === 'closed');

    expect(refused.body).to.include({ status: 503, code: 'circuit_open' });
    expect((await other.ask('/api/kit/account')).status).to.equal(200);
  });

  for (const [mode, fault] of [
    ['answers 500', { fault: 'error', status: 500 }],
    ['hangs', { fault: 'hang' }],
  ] as const) {
    it(`are served again within three seconds of the open time while the health operation ${mode}`, async () => {
      await change(replicas[0]!, 'POST', 'kit/reset', { reason: 'the next drill', scope: 'fleet' });
      await Promise.all(replicas.map((each) => each.fault('kit', { fault: 'error', status: 503 })));
      await holds(async () =>
        (await Promise.all(replicas.map(async (each) => (await read(each)).body['code']))).every((code) => code === 'circuit_open'),
      );
      await Promise.all(replicas.map((each) => each.fault('kit', { ...fault, operation: 'GET /v4/account' })));
      const openUntil = await Promise.all(replicas.map(openUntilOf));

      await holds(
        async () => (await Promise.all(replicas.map(async (each) => (await read(each)).status))).every((status) => status === 404),
        700,
      );

      expect(Date.now() - Math.max(...openUntil)).to.be.at.most(3000);
    });
  }

  it('leave the fleet when they stop', async () => {
    const third = await startGateway({ REDIS_CACHE_URL: urlOf(redis), QUEUE_KEYS });
    const [one] = replicas as readonly [RunningGateway];
    const count = async (): Promise<number> => ((await one.ask('/admin/fleet')).body['replicas'] as readonly unknown[]).length;
    await holds(async () => (await count()) === 3);

    await third.stop('test');

    await holds(async () => (await count()) === 2);
  });
});

describe('a replica whose Redis refuses it', () => {
  it('serves, says that it is alone, and changes nothing of a fleet', async () => {
    const redis = await startRedis(['--requirepass', 'the right one']);
    const gateway = await startGateway({ REDIS_CACHE_URL: urlOf(redis, ':wrong@'), QUEUE_KEYS });

    const served = await gateway.ask('/api/kit/account');
    const { body: health } = await gateway.ask('/health/detailed');
    const changed = await change(gateway, 'POST', 'kit/reset', { reason: 'it is well again', scope: 'fleet' });

    expect(served.status).to.equal(200);
    expect(health).to.include({ status: 'warn' }).and.to.have.deep.nested.property('checks.fleet:sharedState[0].observedValue', 'down');
    expect(changed).to.deep.include({ status: 503 });
    expect(changed.body).to.include({ code: 'fleet_unavailable' });
    await gateway.stop('test');
    await redis.stop();
  });
});
