/**
 * The service that all rivals call. What becomes of a request is fixed by the seed, the call, the number of the attempt
 * and the time: two rivals that send the same attempt at the same time get the same answer.
 */
import { Chance } from './chance.ts';
import type { LabCall } from './labCall.ts';
import type { Scenario } from './scenario.ts';
import type { Period, Timeline } from './timeline.ts';
import { Warming } from './warming.ts';

/** What becomes of one request. `undefined` as its status: it is never answered. */
export interface Fate {
  readonly status: 200 | 429 | 500 | 503 | undefined;
  readonly afterMs: number;
  readonly retryAfterSeconds?: number;
}

export interface ServiceParts {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly ratePerSecond: number;
  readonly seed: number;
}

/** A refusal is quick: nothing is looked up for it. */
const REFUSAL_MS = 20;
const NEVER: Fate = { status: undefined, afterMs: Infinity };

/** What the draws of an attempt are for. The latency takes two. */
const VERDICT = 0;
const LATENCY = 1;

export class SimulatedService {
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #warming: Warming;

  constructor({ scenario, timeline, ratePerSecond, seed }: ServiceParts) {
    this.#timeline = timeline;
    this.#chance = new Chance(seed, 'service');
    this.#warming = new Warming(ratePerSecond / scenario.services);
  }

  /** A request comes in. */
  receive(call: LabCall, now: number): Fate {
    const period = this.#timeline.at(now);
    const attempt = call.attempts;
    call.attempts += 1;
    if (!this.#warming.bear(period, now)) return { status: 503, afterMs: REFUSAL_MS };
    return this.#fate(call, attempt, period, now);
  }

  /** Whether a call that is made now and sent once, at once, would be answered within that time. */
  wouldAnswer(call: LabCall, now: number, withinMs: number): boolean {
    const period = this.#timeline.at(now);
    const { status, afterMs } = this.#fate(call, 0, period, now);
    return status === 200 && afterMs <= withinMs && this.#warming.wouldBear(period, now);
  }

  #fate(call: LabCall, attempt: number, period: Period, now: number): Fate {
    const { failures, hangs, throttled, latency, slowFactor } = period.exceptions.get(call.operation) ?? period.behaviour;
    const verdict = this.#chance.at(call.index, attempt, VERDICT);
    if (verdict < hangs) return NEVER;
    if (verdict < hangs + failures.share) return { status: failures.status, afterMs: failures.afterMs };
    if (verdict < hangs + failures.share + throttled.share) {
      return { status: 429, afterMs: REFUSAL_MS, retryAfterSeconds: throttled.retryAfterSeconds };
    }
    const progress = (now - period.startsAt) / (period.endsAt - period.startsAt);
    const slower = slowFactor[0] + (slowFactor[1] - slowFactor[0]) * progress;
    const drawn = latency.medianMs * Math.exp(latency.spread * this.#chance.normalAt(call.index, attempt, LATENCY));
    return { status: 200, afterMs: Math.ceil(drawn * slower) };
  }
}
