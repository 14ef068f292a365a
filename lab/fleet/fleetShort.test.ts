import { expect } from 'chai';
import { startRedis, type RedisServer } from '../../test/support/redisServer.ts';
import { tcpProxy, type TcpProxy } from '../../test/support/tcpProxy.ts';
import { driveBroken } from './brokenRun.ts';
import type { Running } from './contestants.ts';
import { driveFault } from './faultsRun.ts';
import { FleetHouse } from './fleetHouse.ts';
import { Leftovers } from './leftovers.ts';
import { measureOutage } from './outageRun.ts';
import { Provider } from './provider.ts';

/** From source, as everything that is tested. */
const program = 'source';
const seed = 5;
const REPLICAS = 3;
/** Apart, each replica learns of an outage by itself and looks after it by itself: together they send half of it, and a little. */
const MOST_OF_APART = 0.7;

/** The short form of `npm run fleet`: the same runs, shorter, on one fleet that shares a Redis and one that does not. */
describe('a fleet of real processes', function () {
  this.timeout(90_000);
  const leftovers = new Leftovers();
  let redis: RedisServer;
  let lastProxy: TcpProxy;
  let together: Running;
  let apart: Running;

  const openTogether = async (): Promise<Running> => {
    const provider = leftovers.add(new Provider(program, seed, 'wide'), (started) => started.stop());
    redis = leftovers.add(await startRedis(), (started) => started.stop());
    const origin = await provider.url;
    lastProxy = leftovers.add(await tcpProxy(Number(new URL(origin).port)), (started) => started.close());
    const providerUrl = (index: number): string => (index === REPLICAS - 1 ? `http://127.0.0.1:${String(lastProxy.port)}` : origin);
    const house = new FleetHouse({ program, replicas: REPLICAS, limits: 'wide', providerUrl, redisPort: redis.settings.port });
    leftovers.add(house, (started) => started.close());
    return { name: 'together', provider, urls: await house.open() };
  };

  const openApart = async (): Promise<Running> => {
    const provider = leftovers.add(new Provider(program, seed, 'wide'), (started) => started.stop());
    const origin = await provider.url;
    const house = new FleetHouse({ program, replicas: REPLICAS, limits: 'wide', providerUrl: () => origin });
    leftovers.add(house, (started) => started.close());
    return { name: 'apart', provider, urls: await house.open() };
  };

  before(async () => {
    [together, apart] = await Promise.all([openTogether(), openApart()]);
  });

  after(() => leftovers.clear());

  it('loses no call when its Redis is killed, says so, and shares again when it is back', async () => {
    const settings = { seed, fault: 'killed', callsPerSecond: 20, warmUpMs: 1500, holdMs: 2000, afterMs: 4000 } as const;

    const run = await driveFault(together.urls, { server: redis, proxy: lastProxy, leftovers }, settings);

    expect(run.failures).to.deep.equal([]);
    expect(run.noticedBy).to.equal(REPLICAS);
    expect(run.upAgainMs).to.be.a('number');
  });

  it('is not misled by one replica without a network, which turns unready, says why, and comes back by itself', async () => {
    const run = await driveBroken(together.urls, lastProxy, { seed, callsPerSecond: 15, warmUpMs: 2000, brokenMs: 10_000, afterMs: 6000 });

    expect(run).to.include({ healthyUnserved: 0, healthyDisturbed: 0 });
    expect(run.unreadyMs).to.be.a('number');
    expect(run.reason).to.be.a('string');
    expect(run.readyAgainMs).to.be.a('number');
  });

  it('sends less into an outage than replicas that are on their own', async () => {
    const fault = { fault: 'error', status: 503 } as const;
    const settings = {
      program,
      seed,
      service: 'hubspot',
      fault,
      callsPerSecond: 20,
      warmUpMs: 3000,
      outageMs: 8000,
      afterMs: 500,
    } as const;

    const [shared, alone] = await Promise.all([measureOutage(together, settings), measureOutage(apart, settings)]);

    expect(alone.sent).to.be.above(0);
    expect(shared.sent).to.be.at.most(alone.sent * MOST_OF_APART);
  });
});
