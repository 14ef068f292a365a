/**
 * A fleet of any size through an outage, in virtual time: real circuits on the in-memory twin of their store, one seed, no waiting.
 */
import type { CircuitState } from '../../../src/contract/circuitState.ts';
import { seededRandom } from '../../../test/support/seededRandom.ts';
import { LabTime } from '../../laboratory/labTime.ts';
import type { CommandCosts } from '../redisPace.ts';
import { simulatedStore } from './simulatedGuest.ts';
import { SimulatedRedis, type Command } from './simulatedRedis.ts';
import { SimulatedReplica, type SimulatedFault, type SimulatedService } from './simulatedReplica.ts';

export interface SimulationSettings {
  readonly replicas: number;
  /** Each replica's callers. */
  readonly callsPerSecond: number;
  readonly fault: SimulatedFault;
  readonly seed: number;
  readonly warmUpMs: number;
  readonly outageMs: number;
  readonly afterMs: number;
  /** Absent: each replica is on its own. */
  readonly redis: CommandCosts | undefined;
}

export interface SimulationFigures {
  /** Requests at the provider during the outage. */
  readonly sent: number;
  /** From the beginning of the outage until every replica refused calls, and from the first that did. */
  readonly allOpenMs: number | null;
  readonly openSpreadMs: number | null;
  /** From the end of the outage until every circuit was closed, and from the first that was. */
  readonly allClosedMs: number | null;
  readonly closedSpreadMs: number | null;
  /** Commands to Redis in a second: in the last ten seconds before the outage, during it, and in the busiest second of all. */
  readonly usualCommands: number;
  readonly outageCommands: number;
  readonly mostCommands: number;
  /** Commands during the whole run, by name. */
  readonly commands: ReadonlyMap<Command, number>;
  /** Commands that were not answered within 50 ms. */
  readonly lateCommands: number;
  /** Share of its time that Redis worked, over the whole run. */
  readonly busyShare: number;
}

const USUAL_SECONDS = 10;

/** How many replicas are in which of two camps, and since when all of them. */
class Camps {
  readonly #replicas: number;
  readonly #refusing = new Set<number>();
  #firstAt: number | undefined;
  #allAt: number | undefined;
  #wanted: 'refusing' | 'serving' = 'refusing';

  constructor(replicas: number) {
    this.#replicas = replicas;
  }

  /** From now on: when was the first in that camp, when all? Those who are there already do not count as first. */
  expect(wanted: 'refusing' | 'serving'): void {
    this.#wanted = wanted;
    this.#firstAt = undefined;
    this.#allAt = undefined;
  }

  moved(replica: number, state: CircuitState, now: number): void {
    if (state === 'closed') this.#refusing.delete(replica);
    else this.#refusing.add(replica);
    const isThere = (state === 'closed') === (this.#wanted === 'serving');
    if (!isThere) return;
    this.#firstAt ??= now;
    const count = this.#wanted === 'refusing' ? this.#refusing.size : this.#replicas - this.#refusing.size;
    if (count === this.#replicas) this.#allAt ??= now;
  }

  since(moment: number): { readonly allMs: number | null; readonly spreadMs: number | null } {
    if (this.#allAt === undefined || this.#firstAt === undefined) return { allMs: null, spreadMs: null };
    return { allMs: this.#allAt - moment, spreadMs: this.#allAt - this.#firstAt };
  }
}

class CountingService implements SimulatedService {
  fault: SimulatedFault | undefined;
  #sent = 0;

  get sent(): number {
    return this.#sent;
  }

  received(): void {
    if (this.fault !== undefined) this.#sent += 1;
  }
}

const perSecond = (redis: SimulatedRedis | undefined, from: number, to: number): number => {
  const within = [...(redis?.perSecond ?? [])].filter(([second]) => second >= from && second < to).map(([, count]) => count);
  return within.reduce((sum, count) => sum + count, 0) / (to - from);
};

const rush = async (time: LabTime, settings: SimulationSettings, random: () => number): Promise<SimulationFigures> => {
  const { replicas: count, warmUpMs, outageMs, afterMs, fault, callsPerSecond } = settings;
  const redis = settings.redis && new SimulatedRedis(settings.redis, random);
  const [service, camps] = [new CountingService(), new Camps(count)];
  const replicas = Array.from({ length: count }, (_, index) => {
    const onState = (state: CircuitState): void => {
      camps.moved(index, state, time.now);
    };
    return new SimulatedReplica({
      service,
      store: redis && simulatedStore(redis, `replica-${String(index)}`, random),
      callsPerSecond,
      random,
      onState,
    });
  });
  // As a rollout starts them: not all in the same moment.
  for (const replica of replicas)
    time.at(random() * 5000, () => {
      replica.start();
    });
  await time.runUntil(() => time.now >= warmUpMs);
  service.fault = fault;
  await time.runUntil(() => time.now >= warmUpMs + outageMs);
  const opened = camps.since(warmUpMs);
  service.fault = undefined;
  camps.expect('serving');
  await time.runUntil(() => time.now >= warmUpMs + outageMs + afterMs);
  const closed = camps.since(warmUpMs + outageMs);
  await Promise.all(replicas.map((replica) => replica.stop()));
  const [beganAt, endedAt] = [warmUpMs / 1000, (warmUpMs + outageMs) / 1000];
  return {
    sent: service.sent,
    allOpenMs: opened.allMs,
    openSpreadMs: opened.spreadMs,
    allClosedMs: closed.allMs,
    closedSpreadMs: closed.spreadMs,
    usualCommands: perSecond(redis, beganAt - USUAL_SECONDS, beganAt),
    outageCommands: perSecond(redis, beganAt, endedAt),
    mostCommands: Math.max(0, ...[...(redis?.perSecond ?? [])].map(([, each]) => each)),
    commands: redis?.sent ?? new Map<Command, number>(),
    lateCommands: redis?.late ?? 0,
    busyShare: (redis?.busyMs ?? 0) / time.now,
  };
};

export const simulateFleet = async (settings: SimulationSettings): Promise<SimulationFigures> => {
  const random = seededRandom(settings.seed);
  const time = new LabTime(random);
  try {
    return await rush(time, settings, random);
  } finally {
    time.restore();
  }
};
