/**
 * Three replicas on one Redis; from one of them no connection to the providers holds. Two providers are called: one that is away for
 * a replica alone makes it suspect itself, two make it unready.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '../../test/support/redisServer.ts';
import { tcpProxy, type TcpProxy } from '../../test/support/tcpProxy.ts';
import type { Program } from '../../test/support/serverProcess.ts';
import { Callers, wasServed, type FleetCall } from './callers.ts';
import { FleetHouse } from './fleetHouse.ts';
import { Leftovers } from './leftovers.ts';
import { Provider } from './provider.ts';
import { subjectOf, type SubjectName } from './subjects.ts';
import { Watch, type Reading } from './watch.ts';
import { whileActive } from './whileActive.ts';

export interface BrokenSettings {
  readonly program: Program;
  readonly seed: number;
  /** Over all replicas, for each of the two providers. */
  readonly callsPerSecond: number;
  readonly warmUpMs: number;
  readonly brokenMs: number;
  /** How long its return is waited for. */
  readonly afterMs: number;
}

export interface BrokenRun {
  /** Calls at the two healthy ones since the break that were not served. */
  readonly healthyUnserved: number;
  readonly healthyCalls: number;
  /** Looks at the two healthy ones at which a circuit of theirs was not closed, or they were not ready. */
  readonly healthyDisturbed: number;
  readonly healthyLooks: number;
  /** From the break until a caller of the broken one was refused at once, ms. */
  readonly brokenOpenMs: number | null;
  /** From the break until it said that it is not ready, ms. */
  readonly unreadyMs: number | null;
  /** Why, in its own words. */
  readonly reason: string | undefined;
  /** From the healing of the network until it was ready and stayed so, ms. */
  readonly readyAgainMs: number | null;
  /** From the healing until all its callers were served and stayed so, ms. */
  readonly servedAgainMs: number | null;
}

const REPLICAS = 3;
const BROKEN = REPLICAS - 1;
/** A port at which nobody listens. */
const NOBODY = 9;
const services: readonly SubjectName[] = ['hubspot', 'lemlist'];

/** From a moment until after the last that is bad; `null` if the last of all is bad. */
const quietAfter = (moments: readonly { readonly at: number; readonly isBad: boolean }[], since: number): number | null => {
  const later = moments.filter(({ at }) => at >= since).sort((one, other) => one.at - other.at);
  if (later.at(-1)?.isBad !== false) return null;
  const lastBad = later.findLastIndex(({ isBad }) => isBad);
  return lastBad === -1 ? 0 : (later[lastBad + 1]?.at ?? since) - since;
};

const isDisturbed = ({ circuits, isReady }: Reading): boolean => !isReady || Object.values(circuits).some((state) => state !== 'closed');

const firstAfter = (moments: readonly number[], since: number): number | null => {
  const later = moments.filter((at) => at >= since);
  return later.length === 0 ? null : Math.min(...later) - since;
};

interface BrokenSpan {
  readonly brokenAt: number;
  readonly healedAt: number;
}

const figures = (calls: readonly FleetCall[], readings: readonly Reading[], { brokenAt, healedAt }: BrokenSpan): BrokenRun => {
  const healthyCalls = calls.filter(({ replica, at }) => replica !== BROKEN && at >= brokenAt);
  const healthyLooks = readings.filter(({ replica, at }) => replica !== BROKEN && at >= brokenAt);
  const brokenCalls = calls.filter(({ replica }) => replica === BROKEN);
  const brokenLooks = readings.filter(({ replica }) => replica === BROKEN);
  const refused = brokenCalls.filter(({ code }) => code === 'circuit_open').map(({ at, latencyMs }) => at + latencyMs);
  const unready = brokenLooks.filter(({ isReady, at }) => !isReady && at >= brokenAt);
  return {
    healthyUnserved: healthyCalls.filter((call) => !wasServed(call)).length,
    healthyCalls: healthyCalls.length,
    healthyDisturbed: healthyLooks.filter(isDisturbed).length,
    healthyLooks: healthyLooks.length,
    brokenOpenMs: firstAfter(refused, brokenAt),
    unreadyMs: firstAfter(
      unready.map(({ at }) => at),
      brokenAt,
    ),
    reason: unready[0]?.reason,
    readyAgainMs: quietAfter(
      brokenLooks.map(({ at, isReady }) => ({ at, isBad: !isReady })),
      healedAt,
    ),
    servedAgainMs: quietAfter(
      brokenCalls.map((call) => ({ at: call.at, isBad: !wasServed(call) })),
      healedAt,
    ),
  };
};

const breakFor = async (proxy: TcpProxy, brokenMs: number, afterMs: number): Promise<BrokenSpan> => {
  const { target } = proxy;
  const brokenAt = Date.now();
  proxy.target = NOBODY;
  proxy.cut();
  await sleep(brokenMs);
  const healedAt = Date.now();
  proxy.target = target;
  await sleep(afterMs);
  return { brokenAt, healedAt };
};

/** @param proxy Between the last of three replicas and the providers. */
export const driveBroken = async (
  urls: readonly string[],
  proxy: TcpProxy,
  settings: Omit<BrokenSettings, 'program'>,
): Promise<BrokenRun> => {
  const { callsPerSecond, seed, warmUpMs, brokenMs, afterMs } = settings;
  const all = services.map((service, index) => new Callers({ urls, call: subjectOf(service).call, callsPerSecond, seed: seed + index }));
  const watch = new Watch(urls);
  const span = await whileActive(all, async () => {
    await sleep(warmUpMs);
    return whileActive([watch], () => breakFor(proxy, brokenMs, afterMs));
  });
  return figures(
    all.flatMap((callers) => callers.ended),
    watch.readings,
    span,
  );
};

export const runBroken = async (settings: BrokenSettings): Promise<BrokenRun> => {
  const { program, seed } = settings;
  const leftovers = new Leftovers();
  try {
    const provider = leftovers.add(new Provider(program, seed, 'wide'), (started) => started.stop());
    const redis = leftovers.add(await startRedis(), (started) => started.stop());
    const origin = await provider.url;
    const proxy = leftovers.add(await tcpProxy(Number(new URL(origin).port)), (started) => started.close());
    const broken = `http://127.0.0.1:${String(proxy.port)}`;
    const providerUrl = (index: number): string => (index === BROKEN ? broken : origin);
    const house = new FleetHouse({ program, replicas: REPLICAS, limits: 'wide', providerUrl, redisPort: redis.settings.port });
    leftovers.add(house, (started) => started.close());
    return await driveBroken(await house.open(), proxy, settings);
  } finally {
    await leftovers.clear();
  }
};
