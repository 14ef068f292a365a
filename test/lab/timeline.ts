/**
 * A scenario's phases laid out in time, for a given load. Where the load would make too many calls, the time without
 * faults is shortened: what the faults do stays as it is.
 */
import { HEALTH, type FullBehaviour, type Phase, type Scenario } from './scenario.ts';

/** Of one run. */
export const MOST_CALLS = 60_000;
/** A phase without a fault is not shortened below this. */
const SHORTEST_CALM_MS = 20_000;
/** What becomes of the circuit this soon after a fault is still the fault's. */
const AFTERMATH_MS = 10_000;

export interface Period {
  readonly phase: Phase;
  readonly startsAt: number;
  readonly endsAt: number;
  /** How each operation fares, nothing left out. */
  readonly behaviours: ReadonlyMap<string, FullBehaviour>;
}

export class Timeline {
  readonly periods: readonly Period[];
  readonly endsAt: number;
  /** From 0 to 1: what the time without faults was multiplied by. */
  readonly shortening: number;
  #current = 0;

  constructor({ phases, operations }: Scenario, ratePerSecond: number, mostCalls = MOST_CALLS) {
    this.shortening = shorteningFor(phases, ratePerSecond, mostCalls);
    let at = 0;
    this.periods = phases.map((phase) => {
      const startsAt = at;
      const wholeMs = phase.seconds * 1000;
      at += phase.fault ? wholeMs : Math.max(Math.min(wholeMs, SHORTEST_CALM_MS), Math.round(wholeMs * this.shortening));
      const behaviours = new Map(operations.map((operation) => [operation, behaviourOf(phase, operation)]));
      return { phase, startsAt, endsAt: at, behaviours };
    });
    this.endsAt = at;
  }

  /** The period of a moment, on a walk through time that never turns back. */
  at(now: number): Period {
    while (now >= this.#period.endsAt && this.#current < this.periods.length - 1) this.#current += 1;
    return this.#period;
  }

  /** Absent: nothing is wrong at any time. */
  get firstFaultAt(): number | undefined {
    return this.periods.find(({ phase }) => phase.fault)?.startsAt;
  }

  get lastFaultEndsAt(): number | undefined {
    return this.periods.findLast(({ phase }) => phase.fault)?.endsAt;
  }

  /** Whether a circuit that opens now does so without cause. */
  isCalm(now: number): boolean {
    return !this.periods.some(({ phase, startsAt, endsAt }) => phase.fault && now >= startsAt && now < endsAt + AFTERMATH_MS);
  }

  /** Milliseconds in which a circuit has no cause to open. */
  get calmMs(): number {
    const troubled = this.periods.filter(({ phase }) => phase.fault);
    return this.periods.reduce((sum, { phase, startsAt, endsAt }) => {
      const spoilt = troubled.some((fault) => fault.endsAt === startsAt) ? AFTERMATH_MS : 0;
      return phase.fault ? sum : sum + Math.max(0, endsAt - startsAt - spoilt);
    }, 0);
  }

  get #period(): Period {
    const period = this.periods[this.#current];
    if (period === undefined) throw new Error('a timeline has at least one period');
    return period;
  }
}

const shorteningFor = (phases: readonly Phase[], ratePerSecond: number, mostCalls: number): number => {
  const secondsOf = (fault: boolean): number =>
    phases.filter((phase) => phase.fault === fault).reduce((sum, phase) => sum + phase.seconds, 0);
  const leftSeconds = mostCalls / ratePerSecond - secondsOf(true);
  return Math.max(0, Math.min(1, leftSeconds / secondsOf(false)));
};

const behaviourOf = (phase: Phase, operation: string): FullBehaviour =>
  ({ ...HEALTH, ...phase.behaviour, ...phase.operations[operation] }) as FullBehaviour;
