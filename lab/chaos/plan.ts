/**
 * What happens in a run, and when: drawn from the seed before the run begins, so that a seed tells the whole schedule.
 */
import type { FaultPoint } from '../../src/queue/embedded/embeddedMessages.ts';
import { seededRandom } from '../../test/support/seededRandom.ts';

export type Engine = 'embedded' | 'bullmq';
export const engines: readonly Engine[] = ['embedded', 'bullmq'];

/**
 * How a provider behaves: `refusing` answers 503 and does nothing, `silent` does nothing and never answers, `forgetful`
 * does every other write and never says so, `down` refuses connections.
 */
export type Weather = 'well' | 'slow' | 'refusing' | 'silent' | 'forgetful' | 'down';
export const providers = ['hubspot', 'lemlist'] as const;
export type Provider = (typeof providers)[number];

/** `gateway` answers callers, `worker` makes what waits; with the embedded engine one process does both. */
export type Victim = 'gateway' | 'worker' | 'redis';

export interface PlannedKill {
  readonly victim: Victim;
  /** After the beginning of its round, ms. */
  readonly atMs: number;
  /** Before it is started again, ms. */
  readonly downMs: number;
}

/** The process kills itself the so-manieth time it comes to a point with such a command. */
export interface PlannedFault {
  readonly point: FaultPoint;
  readonly command: 'add' | 'take';
  readonly time: number;
}

export interface Round {
  /** From 1. */
  readonly number: number;
  readonly weather: Readonly<Record<Provider, Weather>>;
  readonly kills: readonly PlannedKill[];
  /** Of the life of the gateway that begins in this round. */
  readonly fault: PlannedFault | undefined;
}

export interface RunSettings {
  readonly engine: Engine;
  readonly seed: number;
  readonly rounds: number;
  readonly roundMs: number;
}

/** Well as often as not: what waits must also be made. */
const weathers: readonly Weather[] = ['well', 'well', 'well', 'well', 'slow', 'refusing', 'forgetful', 'forgetful', 'silent', 'down'];

/** A write between its commit and its sync; synced and nobody told; told and not answered; claimed and not begun. */
const faults: readonly Omit<PlannedFault, 'time'>[] = [
  { point: 'before_commit', command: 'add' },
  { point: 'after_commit', command: 'add' },
  { point: 'before_answer', command: 'add' },
  { point: 'after_claim', command: 'take' },
];
const FAULT_SHARE = 0.4;
/** Soon, so that it comes before the next kill. */
const LATEST_FAULT = 12;
const LONGEST_REDIS_OUTAGE_MS = 1200;

const victims: readonly (readonly Victim[])[] = [
  ['gateway'],
  ['worker'],
  ['redis'],
  ['worker', 'redis'],
  ['gateway', 'redis'],
  ['gateway', 'worker'],
];

class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

const plannedKill = (chance: Chance, victim: Victim, roundMs: number): PlannedKill => ({
  victim,
  atMs: Math.round(roundMs * (0.1 + chance.below(800) / 1000)),
  downMs: victim === 'redis' ? chance.below(LONGEST_REDIS_OUTAGE_MS) : 0,
});

const plannedFault = (chance: Chance): PlannedFault | undefined => {
  const isFaulty = chance.below(1000) < FAULT_SHARE * 1000;
  const fault = { ...chance.oneOf(faults), time: 1 + chance.below(LATEST_FAULT) };
  return isFaulty ? fault : undefined;
};

const plannedRound = (chance: Chance, number: number, { engine, roundMs }: RunSettings): Round => {
  const weather = { hubspot: chance.oneOf(weathers), lemlist: chance.oneOf(weathers) };
  const fault = plannedFault(chance);
  const killed = chance.oneOf(victims);
  const kills = (engine === 'embedded' ? ['gateway' as const] : killed).map((victim) => plannedKill(chance, victim, roundMs));
  return { number, weather, kills, fault: engine === 'embedded' ? fault : undefined };
};

/** The two engines of one seed have schedules of their own. */
export const planRounds = (settings: RunSettings): readonly Round[] => {
  const chance = new Chance(settings.seed * engines.length + engines.indexOf(settings.engine));
  return Array.from({ length: settings.rounds }, (_, index) => plannedRound(chance, index + 1, settings));
};
