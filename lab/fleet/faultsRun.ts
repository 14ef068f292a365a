/**
 * Three replicas under load while something befalls their Redis. The providers are well, and the writes are direct: whatever is not
 * served is lost because of Redis.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../drill/drillFigures.ts';
import { startRedis } from '../../test/support/redisServer.ts';
import { tcpProxy } from '../../test/support/tcpProxy.ts';
import type { Program } from '../../test/support/serverProcess.ts';
import { Callers, wasServed, type FleetCall } from './callers.ts';
import { FleetHouse } from './fleetHouse.ts';
import { Leftovers } from './leftovers.ts';
import { Provider } from './provider.ts';
import { redisFaultOf, type FleetRedis, type RedisFaultName } from './redisFaults.ts';
import { subjects, type Asked } from './subjects.ts';
import { Watch, type Reading } from './watch.ts';
import { whileActive } from './whileActive.ts';

export interface FaultSettings {
  readonly program: Program;
  readonly seed: number;
  readonly fault: RedisFaultName;
  /** Over all replicas. */
  readonly callsPerSecond: number;
  readonly warmUpMs: number;
  readonly holdMs: number;
  /** How long the return to shared state is waited for. */
  readonly afterMs: number;
}

export interface FaultRun {
  readonly calls: number;
  /** Not served. */
  readonly failed: number;
  /** Of those: `503 queue_unavailable`, … */
  readonly failures: readonly string[];
  /** Of calls since the fault began, ms. */
  readonly p99Ms: number;
  readonly slowestMs: number;
  /** Replicas that have said `shared_state_up` 0 since the fault began. */
  readonly noticedBy: number;
  /** From its end until all of them said 1, and stayed so, ms; `null`: not in the time that was waited, or nobody has such a series. */
  readonly upAgainMs: number | null;
}

const REPLICAS = 3;
const CONTACTS = 12;
const JSON_TYPE = { 'content-type': 'application/json' };
/** An error rather than a place in the queue, which is on the same Redis. */
const AT_ONCE = { prefer: 'handling=strict', ...JSON_TYPE };

const contactWrite = (number: number): Asked => ({
  method: 'PATCH',
  path: `/api/hubspot/contacts/${String(101 + (number % CONTACTS))}`,
  headers: AT_ONCE,
  body: { properties: { jobtitle: `Buyer ${String(number)}` } },
});

const subscriberWrite = (number: number): Asked => ({
  method: 'POST',
  path: '/api/kit/subscribers',
  headers: AT_ONCE,
  body: { email_address: `fleet-${String(number)}@example.com` },
});

/** Reads past the cache, reads out of it, and writes: two of each six. */
const everyKind: readonly ((number: number) => Asked)[] = [
  subjects.hubspot.call,
  () => ({ method: 'GET', path: '/api/kit/tags' }),
  contactWrite,
  subjects.lemlist.call,
  () => ({ method: 'GET', path: '/api/hubspot/account' }),
  subscriberWrite,
];

/** Going round kinds and replicas at different paces, so that every replica gets every kind. */
const mixedCall = (number: number): Asked => everyKind[(number + Math.floor(number / everyKind.length)) % everyKind.length]!(number);

const upAgain = (readings: readonly Reading[], since: number): number | null => {
  const later = readings.filter(({ at }) => at >= since);
  const lastDown = later.findLastIndex(({ sharedStateUp }) => sharedStateUp !== 1);
  const latest = new Map(later.map((reading) => [reading.replica, reading.sharedStateUp]));
  if (latest.size < REPLICAS || [...latest.values()].some((up) => up !== 1)) return null;
  return lastDown === -1 ? 0 : (later[lastDown + 1]?.at ?? since) - since;
};

const figures = (calls: readonly FleetCall[], readings: readonly Reading[], struckAt: number, overAt: number): FaultRun => {
  const failed = calls.filter((call) => !wasServed(call));
  const latencies = calls.filter(({ at }) => at >= struckAt).map(({ latencyMs }) => latencyMs);
  const noticed = readings.filter(({ at, sharedStateUp }) => at >= struckAt && sharedStateUp === 0);
  return {
    calls: calls.length,
    failed: failed.length,
    failures: [...new Set(failed.map(({ status, code }) => `${String(status)} ${code ?? ''}`.trim()))],
    p99Ms: percentile(latencies, 0.99),
    slowestMs: percentile(latencies, 1),
    noticedBy: new Set(noticed.map(({ replica }) => replica)).size,
    upAgainMs: upAgain(readings, overAt),
  };
};

export const driveFault = async (
  urls: readonly string[],
  redis: FleetRedis,
  settings: Omit<FaultSettings, 'program'>,
): Promise<FaultRun> => {
  const { callsPerSecond, seed, warmUpMs, holdMs, afterMs } = settings;
  const callers = new Callers({ urls, call: mixedCall, callsPerSecond, seed });
  const watch = new Watch(urls);
  const [struckAt, overAt] = await whileActive([callers], async () => {
    await sleep(warmUpMs);
    return whileActive([watch], async () => {
      const since = Date.now();
      await redisFaultOf(settings.fault).strike(redis, holdMs);
      const until = Date.now();
      await sleep(afterMs);
      return [since, until] as const;
    });
  });
  return figures(callers.ended, watch.readings, struckAt, overAt);
};

const runOne = async (settings: FaultSettings): Promise<FaultRun> => {
  const { program, seed } = settings;
  const fault = redisFaultOf(settings.fault);
  const leftovers = new Leftovers();
  try {
    const provider = leftovers.add(new Provider(program, seed, 'wide'), (started) => started.stop());
    const server = leftovers.add(await startRedis(), (started) => started.stop());
    const proxy = leftovers.add(await tcpProxy(server.settings.port), (started) => started.close());
    const redis = { server, proxy, leftovers };
    await fault.prepare?.(redis);
    const origin = await provider.url;
    const redisPort = fault.isDirect === true ? server.settings.port : proxy.port;
    const house = new FleetHouse({ program, replicas: REPLICAS, limits: 'wide', providerUrl: () => origin, redisPort });
    leftovers.add(house, (started) => started.close());
    return await driveFault(await house.open(), redis, settings);
  } finally {
    await leftovers.clear();
  }
};

export interface ComparedRun {
  readonly struck: FaultRun;
  /** The same calls at the same moments at a fleet beside it, whose Redis is well: what a busy machine costs, it costs both. */
  readonly spared: FaultRun;
}

export const runFault = async (settings: FaultSettings): Promise<ComparedRun> => {
  const [struck, spared] = await Promise.all([runOne(settings), runOne({ ...settings, fault: 'none' })]);
  return { struck, spared };
};
