/**
 * The fleets that are compared side by side. Each has a provider of its own, which counts.
 */
import { startRedis } from '../../test/support/redisServer.ts';
import type { Program } from '../../test/support/serverProcess.ts';
import { FleetHouse, type FleetParts } from './fleetHouse.ts';
import { Leftovers } from './leftovers.ts';
import { Provider } from './provider.ts';

export const contestants = {
  one: { title: 'one replica', replicas: 1, sharesRedis: false },
  apart: { title: 'three without Redis', replicas: 3, sharesRedis: false },
  together: { title: 'three with Redis', replicas: 3, sharesRedis: true },
} as const;
export type ContestantName = keyof typeof contestants;

export interface Running {
  readonly name: ContestantName;
  readonly provider: Provider;
  readonly urls: readonly string[];
}

export interface ContestParts {
  readonly program: Program;
  readonly seed: number;
  readonly limits: FleetParts['limits'];
}

/** @throws {Error} with the last words of what does not start; what was started before is among the leftovers. */
const startContestant = async (name: ContestantName, { program, seed, limits }: ContestParts, leftovers: Leftovers): Promise<Running> => {
  const { replicas, sharesRedis } = contestants[name];
  const provider = leftovers.add(new Provider(program, seed, limits), (started) => started.stop());
  const redis = sharesRedis ? leftovers.add(await startRedis(), (started) => started.stop()) : undefined;
  const origin = await provider.url;
  const shared = redis === undefined ? {} : { redisPort: redis.settings.port };
  const house = new FleetHouse({ program, replicas, limits, providerUrl: () => origin, ...shared });
  leftovers.add(house, (started) => started.close());
  return { name, provider, urls: await house.open() };
};

/** Starts them, works with each at the same time as with the others, and ends them. */
export const contest = async <T>(
  names: readonly ContestantName[],
  parts: ContestParts,
  work: (running: Running) => Promise<T>,
): Promise<readonly T[]> => {
  const leftovers = new Leftovers();
  try {
    const started = await Promise.allSettled(names.map((name) => startContestant(name, parts, leftovers)));
    const failed = started.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return await Promise.all(started.flatMap((one) => (one.status === 'fulfilled' ? [work(one.value)] : [])));
  } finally {
    await leftovers.clear();
  }
};
