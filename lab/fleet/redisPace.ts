/**
 * What a command of a fleet takes of a real Redis, by Redis' own count of its processor's time: so it says the same on a busy machine.
 */
import { findTool } from '../../scripts/tool.mjs';
import { silentLogger } from '../../src/logging/logger.ts';
import type { FleetCircuitId, FleetEvidence } from '../../src/contract/fleetStore.ts';
import { RedisFleetStore } from '../../src/fleet/redis/redisFleetStore.ts';
import { systemClock } from '../../src/time/clock.ts';
import { PatientGuest } from '../../test/support/patientGuest.ts';
import { startRedis, type RedisServer } from '../../test/support/redisServer.ts';
import { Leftovers } from './leftovers.ts';

/** Processor time of one command, µs. */
export interface CommandCosts {
  readonly report: number;
  readonly view: number;
  readonly lease: number;
  readonly scout: number;
  /** And for each replica that has something against the service; not for scouts. */
  readonly eachIll: number;
}

const CIRCUIT: FleetCircuitId = { name: 'hubspot', fingerprint: 'measured', openForMs: 5000, openForCapMs: 30_000 };
const evidence = (score: number): FleetEvidence => ({ score, reason: 'failure_evidence', succeededAgoMs: 100 });
/** One replica in five has seen enough for a vote: that is no quorum yet. */
const ILL_ONE_IN = 5;
/** So many at once: enough that Redis is never idle for long, few enough that the cost is that of commands, not of a crowd. */
const AT_ONCE = 8;
const COMMANDS = 4000;
/** Of a small fleet, where there is no redis-server to ask: as measured with the reference of the protocol. */
const ASSUMED: CommandCosts = { report: 236, view: 236, lease: 236, scout: 236, eachIll: 0 };

const MICROS = 1e6;

/** Processor time since its start, µs. */
const spentBy = async (server: RedisServer): Promise<number> => {
  const told = await server.tell('INFO cpu');
  const seconds = [...told.matchAll(/^used_cpu_(?:sys|user):(?<seconds>[\d.]+)/gmu)].map(({ groups }) => Number(groups?.['seconds']));
  return seconds.reduce((sum, each) => sum + each, 0) * MICROS;
};

const inParts = async (count: number, work: (index: number) => Promise<unknown>): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = (next += 1); index <= count; index = next += 1) await work(index - 1);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
};

const costOf = async (server: RedisServer, work: (index: number) => Promise<unknown>): Promise<number> => {
  const before = await spentBy(server);
  await inParts(COMMANDS, work);
  return ((await spentBy(server)) - before) / COMMANDS;
};

/** @param replicas That report; every answer counts them. */
const measure = async (server: RedisServer, replicas: number, leftovers: Leftovers): Promise<CommandCosts> => {
  const guest = leftovers.add(new PatientGuest(server, 'fleet'), (opened) => opened.close());
  const parts = { guest, clock: systemClock, random: () => 0.5, logger: silentLogger };
  const stores = Array.from({ length: replicas }, (_, index) => new RedisFleetStore({ ...parts, replica: `replica-${String(index)}` }));
  const of = (index: number): RedisFleetStore => stores[index % replicas]!;
  await inParts(replicas, (index) => of(index).report(CIRCUIT, evidence(0)));
  const look = (index: number): Promise<unknown> => of(index).view(CIRCUIT);
  const costs = {
    report: await costOf(server, (index) => of(index).report(CIRCUIT, evidence(0))),
    view: await costOf(server, look),
    // Of no epoch: refused, as most are.
    lease: await costOf(server, (index) => of(index).lease(CIRCUIT, { id: `lease-${String(index)}`, epoch: 0 }, 1000)),
    scout: await costOf(server, (index) => of(index).scout(CIRCUIT, 0, 1000)),
  };
  const ill = Math.floor(replicas / ILL_ONE_IN);
  await inParts(ill, (index) => of(index).report(CIRCUIT, evidence(1)));
  return { ...costs, eachIll: Math.max(0, ((await costOf(server, look)) - costs.view) / ill) };
};

export const isRedisHere = (): boolean => findTool('redis-server') !== undefined;

/** For each size of a fleet. Without a redis-server on this machine an older figure stands in. */
export const commandCosts = async (sizes: readonly number[]): Promise<readonly CommandCosts[]> => {
  if (!isRedisHere()) return sizes.map(() => ASSUMED);
  const costs: CommandCosts[] = [];
  for (const replicas of sizes) {
    const leftovers = new Leftovers();
    try {
      // What this role holds need not survive: nothing is synced.
      const server = leftovers.add(await startRedis(['--appendonly', 'no']), (started) => started.stop());
      costs.push(await measure(server, replicas, leftovers));
    } finally {
      await leftovers.clear();
    }
  }
  // Of a few it cannot be told from chance.
  const eachIll = costs.at(-1)?.eachIll ?? 0;
  return costs.map((cost) => ({ ...cost, eachIll }));
};
