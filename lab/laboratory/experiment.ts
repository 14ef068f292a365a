/**
 * One run: a scenario, a load, a rival, a seed.
 */
import { Chance } from './chance.ts';
import type { LabCall } from './labCall.ts';
import { LabTime } from './labTime.ts';
import { Ledger, type Figures } from './ledger.ts';
import { ATTEMPT_TIMEOUT_MS, type Contender, type Rival } from './rivals/rival.ts';
import type { Scenario } from './scenario.ts';
import { SimulatedService } from './simulatedService.ts';
import { Timeline } from './timeline.ts';
import { World } from './world.ts';

export interface Experiment {
  readonly scenario: Scenario;
  readonly ratePerSecond: number;
  readonly contender: Contender;
  readonly seed: number;
  /** Faults last so many times as long as the scenario says. */
  readonly faultFactor?: number;
  /** Where the time is shortened. */
  readonly mostCalls?: number;
}

export const run = async (experiment: Experiment): Promise<Figures> => {
  const time = new LabTime(new Chance(experiment.seed, 'jitter of rivals').stream());
  try {
    return await runIn(time, experiment);
  } finally {
    time.restore();
  }
};

const runIn = async (time: LabTime, { contender, ...experiment }: Experiment): Promise<Figures> => {
  const { scenario, ratePerSecond, seed } = experiment;
  const newTimeline = (): Timeline => new Timeline(scenario, experiment);
  const ledger = new Ledger(newTimeline());
  const services = Array.from(
    { length: scenario.services },
    () => new SimulatedService({ scenario, timeline: newTimeline(), ratePerSecond, seed }),
  );
  const world = new World({ time, ledger, services, random: new Chance(seed, 'our jitter').stream() });
  const rival = contender.open(world);
  const callers = new Callers({ time, ledger, services, world, rival, scenario, ratePerSecond, seed, endsAt: newTimeline().endsAt });
  try {
    callers.start();
    await time.runUntil(() => callers.areGone && ledger.pending === 0);
  } finally {
    rival.close();
  }
  return ledger.figures;
};

interface CallersParts {
  readonly time: LabTime;
  readonly ledger: Ledger;
  readonly services: readonly SimulatedService[];
  readonly world: World;
  readonly rival: Rival;
  readonly scenario: Scenario;
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly endsAt: number;
}

/** Arrive at random moments, whatever becomes of those before them (Poisson); the same ones for every rival. */
class Callers {
  areGone = false;
  readonly #parts: CallersParts;
  readonly #chance: Chance;
  #made = 0;
  #nextAt = 0;

  constructor(parts: CallersParts) {
    this.#parts = parts;
    this.#chance = new Chance(parts.seed, 'arrivals');
  }

  start(): void {
    this.#schedule();
  }

  #schedule(): void {
    const { time, ratePerSecond, endsAt } = this.#parts;
    this.#nextAt += (-Math.log(1 - this.#chance.at(this.#made)) / ratePerSecond) * 1000;
    if (this.#nextAt >= endsAt) {
      this.areGone = true;
      return;
    }
    time.at(Math.ceil(this.#nextAt), () => {
      this.#arrive();
      this.#schedule();
    });
  }

  #arrive(): void {
    const { time, scenario } = this.#parts;
    const index = this.#made;
    this.#made += 1;
    const service = index % scenario.services;
    // The rest of the division, so that every service gets every operation.
    const operation = scenario.operations[Math.floor(index / scenario.services) % scenario.operations.length] ?? 'read';
    this.#call({ index, service, operation, startedAt: time.now, attempts: 0 });
  }

  #call(call: LabCall): void {
    const { time, ledger, services, world, rival } = this.#parts;
    const wouldBeAnswered = services[call.service]?.wouldAnswer(call, time.now, ATTEMPT_TIMEOUT_MS) ?? false;
    const end = (served: boolean): void => {
      ledger.callEnded(call, served, wouldBeAnswered, time.now);
    };
    ledger.callBegun();
    world.enter(call);
    rival.call(call).then(
      () => {
        end(true);
      },
      () => {
        end(false);
      },
    );
  }
}
