/**
 * `npm run fleet -- simulate`: fleets of 10, 100 and 1,000 replicas through an outage, in virtual time; and where one Redis ends.
 */
import { seconds } from '../../src/time/clock.ts';
import type { FleetArguments } from './fleetArguments.ts';
import { commandCosts, isRedisHere, type CommandCosts } from './redisPace.ts';
import { duration, inPercent, type PartReport, type Table } from './reportShape.ts';
import { simulateFleet, type SimulationFigures } from './simulated/simulatedFleet.ts';
import type { SimulatedFault } from './simulated/simulatedReplica.ts';

interface Simulated {
  readonly replicas: number;
  readonly fault: SimulatedFault;
  readonly costs: CommandCosts;
  readonly apart: SimulationFigures;
  readonly together: SimulationFigures;
}

const SIZES = [10, 100, 1000] as const;
const FAULTS: readonly SimulatedFault[] = ['503s', 'hangs'];
/** Callers of one replica: few, so that each learns slowly by itself. */
const CALLS_PER_SECOND = 0.5;
const SERVICES = 6;
const TIMES = { warmUpMs: seconds(60), afterMs: seconds(30) };

/** So a replica talks while nothing happens (`fleetReporter.ts`): a report every 5 s, and two looks in between, 2 s apart. */
const REPORTS_PER_SECOND = 1 / 5;
const VIEWS_PER_SECOND = 2 / 5;
/** Of one thread, what may be spent so that a burst still finds room. */
const BUSY_MOST = 0.5;
const MICROS = 1e6;

const whole = (value: number): string => Math.round(value).toLocaleString('en-GB');

const outcomes = (all: readonly Simulated[]): Table => ({
  headings: [
    'fleet',
    'calls sent, each alone',
    'calls sent, with Redis',
    'all open after',
    'from first to last',
    'all closed after',
    'from first to last',
  ],
  rows: all.map(({ replicas, fault, apart, together }) => [
    `${whole(replicas)} replicas, ${fault}`,
    whole(apart.sent),
    whole(together.sent),
    duration(together.allOpenMs),
    duration(together.openSpreadMs),
    duration(together.allClosedMs),
    duration(together.closedSpreadMs),
  ]),
  shown: [0, 1, 2, 3],
});

const commands = (all: readonly Simulated[]): Table => ({
  headings: [
    'fleet',
    'commands/s before',
    '… in the outage',
    '… busiest second',
    'reports',
    'views',
    'leases',
    'settled',
    'scouts',
    'not answered in 50 ms',
    'Redis busy',
  ],
  rows: all.map(({ replicas, fault, together: { commands: sent, ...figures } }) => [
    `${whole(replicas)} replicas, ${fault}`,
    ...[figures.usualCommands, figures.outageCommands, figures.mostCommands].map(whole),
    ...(['report', 'view', 'lease', 'settle', 'scout'] as const).map((command) => whole(sent.get(command) ?? 0)),
    whole(figures.lateCommands),
    inPercent(figures.busyShare),
  ]),
});

/** Of its one thread, what replicas that are all well ask of it in a second, for one circuit. */
const usualShare = (replicas: number, { report, view }: CommandCosts): number =>
  (replicas * (REPORTS_PER_SECOND * report + VIEWS_PER_SECOND * view)) / MICROS;

/** When the fleet has changed something, every replica looks at once, changes as well, and reports that; the last is to be answered in time. */
const burstMs = (replicas: number, { view, report }: CommandCosts): number => (replicas * (view + report)) / 1000;

const pace = (costs: readonly CommandCosts[]): Table => ({
  headings: [
    'replicas that report',
    'report',
    'view',
    'lease',
    'scout',
    'each ill replica adds',
    'reports/s at most',
    'busy with one circuit',
    `… with ${String(SERVICES)}`,
    'all look and report at once',
  ],
  rows: SIZES.map((replicas, index) => {
    const cost = costs[index]!;
    return [
      whole(replicas),
      ...[cost.report, cost.view, cost.lease, cost.scout].map((micros) => `${whole(micros)} µs`),
      `${cost.eachIll.toFixed(1)} µs`,
      whole(MICROS / cost.report),
      inPercent(usualShare(replicas, cost)),
      inPercent(SERVICES * usualShare(replicas, cost)),
      duration(burstMs(replicas, cost)),
    ];
  }),
});

/** Costs between two sizes that were measured, or beyond the largest as they grew up to it. */
const costsFor = (replicas: number, costs: readonly CommandCosts[]): CommandCosts => {
  const found = SIZES.findIndex((size) => size >= replicas);
  const above = found === -1 ? SIZES.length - 1 : Math.max(1, found);
  const [small, large] = [costs[above - 1]!, costs[above]!];
  const share = (replicas - SIZES[above - 1]!) / (SIZES[above]! - SIZES[above - 1]!);
  const drawn = (kind: keyof CommandCosts): number => small[kind] + share * (large[kind] - small[kind]);
  // Never cheaper than the largest that was measured: where it cost less than a smaller one, that was chance.
  const between = (kind: keyof CommandCosts): number => (share > 1 ? Math.max(large[kind], drawn(kind)) : drawn(kind));
  return {
    report: between('report'),
    view: between('view'),
    lease: between('lease'),
    scout: between('scout'),
    eachIll: between('eachIll'),
  };
};

const STEP = 10;
const FARTHEST = 100_000;

/** To two digits: more would be pretended. */
const mostReplicas = (fits: (replicas: number) => boolean): number => {
  let most: number = SIZES[0];
  while (most < FARTHEST && fits(most + STEP)) most += STEP;
  return Number(most.toPrecision(2));
};

/** Where one Redis ends, in words. */
const verdict = (costs: readonly CommandCosts[]): readonly string[] => {
  const byLoad = mostReplicas((replicas) => SERVICES * usualShare(replicas, costsFor(replicas, costs)) <= BUSY_MOST);
  const byBurst = mostReplicas((replicas) => burstMs(replicas, costsFor(replicas, costs)) <= 50);
  return [
    `With ${String(SERVICES)} circuits the one thread of Redis is half busy at about ${whole(byLoad)} replicas; a change that all of them hear of at ` +
      `once is answered within 50 ms for about ${whole(byBurst)}${byBurst > SIZES[2] || byLoad > SIZES[2] ? ' (beyond 1,000 extrapolated)' : ''}. Beyond, some are answered late and decide alone meanwhile.`,
  ];
};

const simulateAll = async (
  costs: readonly CommandCosts[],
  asked: FleetArguments,
  say: (line: string) => void,
): Promise<readonly Simulated[]> => {
  const all: Simulated[] = [];
  const times = { ...TIMES, outageMs: seconds(asked.seconds ?? 60) };
  for (const fault of FAULTS) {
    for (const [index, replicas] of SIZES.entries()) {
      say(`simulate: ${whole(replicas)} replicas, ${fault}`);
      const settings = { ...times, replicas, fault, seed: asked.seed, callsPerSecond: CALLS_PER_SECOND };
      const apart = await simulateFleet({ ...settings, redis: undefined });
      const together = await simulateFleet({ ...settings, redis: costs[index]! });
      all.push({ replicas, fault, costs: costs[index]!, apart, together });
    }
  }
  return all;
};

export const simulate = async (asked: FleetArguments, say: (line: string) => void): Promise<PartReport> => {
  say('simulate: what commands take of a real Redis');
  const costs = await commandCosts(SIZES);
  const all = await simulateAll(costs, asked, say);
  const source = isRedisHere() ? 'measured in this run' : 'assumed: there is no redis-server here';
  return {
    method: [
      `Virtual time: ${duration(TIMES.warmUpMs)} of health, an outage of ${duration(seconds(asked.seconds ?? 60))}, health again. Each replica is the real circuit with HubSpot's template ` +
        `and gets a call every ${String(1 / CALLS_PER_SECOND)} s. Redis is an in-memory fake that takes as long for each command as a real one (${source}).`,
      ...verdict(costs),
    ],
    tables: [outcomes(all), commands(all), pace(costs)],
    goals: all.map(({ replicas, fault, apart, together }) => ({
      what: `${whole(replicas)} replicas, ${fault}: fewer calls sent than alone`,
      wanted: `< ${whole(apart.sent)}`,
      measured: whole(together.sent),
      isKept: together.sent < apart.sent,
    })),
  };
};
