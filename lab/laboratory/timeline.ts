/**
 * A scenario's phases laid out in time. Where the load would make too many calls the time is shortened: of an outage the
 * health before and after it, since an outage's length is what it is about; of anything else all of it alike.
 */
import { HEALTH, type Behaviour, type FullBehaviour, type Phase, type Scenario } from './scenario.ts';

/** Of one run, as far as the shortening goes. */
const MOST_CALLS: Readonly<Record<Scenario['kind'], number>> = { outage: 10_000, partial: 45_000, steady: 40_000 };
/** Health around an outage is not shortened below this: circuits have to close again. */
const SHORTEST_HEALTH_MS = 15_000;
/** What becomes of the circuit this soon after a fault is still the fault's. */
const AFTERMATH_MS = 10_000;

export interface TimelineOptions {
  readonly ratePerSecond: number;
  /** Faults last so many times as long as the scenario says. */
  readonly faultFactor?: number;
  readonly mostCalls?: number;
}

export interface Period {
  readonly phase: Phase;
  readonly startsAt: number;
  readonly endsAt: number;
  /** How those operations fare that fare otherwise than the rest; nothing left out. */
  readonly exceptions: ReadonlyMap<string, FullBehaviour>;
  /** How the rest fare. */
  readonly behaviour: FullBehaviour;
}

export class Timeline {
  readonly periods: readonly Period[];
  readonly endsAt: number;
  /** Absent: nothing is wrong at any time. */
  readonly firstFaultAt: number | undefined;
  readonly lastFaultEndsAt: number | undefined;
  #current = 0;

  constructor(scenario: Scenario, options: TimelineOptions) {
    let at = 0;
    this.periods = scenario.phases.map((phase) => {
      const startsAt = at;
      at += Math.round(lengthMs(scenario, phase, options));
      const exceptions = new Map(Object.entries(phase.operations).map(([operation, own]) => [operation, whole(phase.behaviour, own)]));
      return { phase, startsAt, endsAt: at, exceptions, behaviour: whole(phase.behaviour) };
    });
    this.endsAt = at;
    this.firstFaultAt = this.periods.find(({ phase }) => phase.fault)?.startsAt;
    this.lastFaultEndsAt = this.periods.findLast(({ phase }) => phase.fault)?.endsAt;
  }

  /** The period of a moment, on a walk through time that never turns back. */
  at(now: number): Period {
    while (now >= this.#period.endsAt && this.#current < this.periods.length - 1) this.#current += 1;
    return this.#period;
  }

  /** Whether something is wrong now; where nothing ever is, all of the time is looked at. */
  isMeasured(now: number): boolean {
    return (
      this.firstFaultAt === undefined ||
      this.periods.some(({ phase, startsAt, endsAt }) => isTroubled(phase) && now >= startsAt && now < endsAt)
    );
  }

  /** Whether a circuit that opens now does so without cause. */
  isCalm(now: number): boolean {
    return !this.periods.some(({ phase, startsAt, endsAt }) => isTroubled(phase) && now >= startsAt && now < endsAt + AFTERMATH_MS);
  }

  /** Milliseconds in which a circuit has no cause to open. */
  get calmMs(): number {
    const troubled = this.periods.filter(({ phase }) => isTroubled(phase));
    return this.periods.reduce((sum, { phase, startsAt, endsAt }) => {
      const spoilt = troubled.some((fault) => fault.endsAt === startsAt) ? AFTERMATH_MS : 0;
      return isTroubled(phase) ? sum : sum + Math.max(0, endsAt - startsAt - spoilt);
    }, 0);
  }

  get #period(): Period {
    const period = this.periods[this.#current];
    if (period === undefined) throw new Error('a timeline has at least one period');
    return period;
  }
}

const lengthMs = (scenario: Scenario, phase: Phase, options: TimelineOptions): number => {
  const { faultFactor = 1 } = options;
  const wholeMs = phase.seconds * 1000 * (phase.fault ? faultFactor : 1);
  const factor = shortening(scenario, options);
  if (scenario.kind !== 'outage') return wholeMs * factor;
  return isTroubled(phase) ? wholeMs : Math.max(Math.min(wholeMs, SHORTEST_HEALTH_MS), wholeMs * factor);
};

/** From 0 to 1: what that part of the time that can be shortened is multiplied by. */
const shortening = ({ kind, phases }: Scenario, { ratePerSecond, mostCalls = MOST_CALLS[kind] }: TimelineOptions): number => {
  const sum = (some: readonly Phase[]): number => some.reduce((seconds, phase) => seconds + phase.seconds, 0);
  const fixed = kind === 'outage' ? phases.filter(isTroubled) : [];
  const leftSeconds = mostCalls / ratePerSecond - sum(fixed);
  return Math.max(0, Math.min(1, leftSeconds / (sum(phases) - sum(fixed))));
};

const isTroubled = ({ fault, warming }: Phase): boolean => fault || warming !== undefined;

const whole = (...parts: readonly Behaviour[]): FullBehaviour => Object.assign({ ...HEALTH }, ...parts) as FullBehaviour;
