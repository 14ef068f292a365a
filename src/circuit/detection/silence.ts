import type { Sign } from './detector.ts';

/** At so many points the silence opens the circuit. */
const LIMIT = 24;
/** By themselves: six attempts that are overdue, three that have timed out, or eight whose callers have left. */
const POINTS: Readonly<Record<Sign, number>> = { success: 0, slow: 4, hung: 4, failure: 8, gone: 3 };
/** Where a share or a number of failures is set, that decides over failures; eight attempts in a row without an answer open all the same. */
const POINTS_BESIDE_THRESHOLDS: Readonly<Record<Sign, number>> = { ...POINTS, slow: 0, hung: 3, failure: 3 };

/** An attempt without an answer. */
export interface Unanswered {
  /** When it began, monotonic ms. */
  readonly since: number;
  /** Several calls wait for it. */
  readonly isShared: boolean;
}

/** Behind a request that several calls share, more callers wait: four that are overdue do for six. */
const SHARED_WEIGHT = 1.5;

/**
 * Attempts without an answer, and nothing answered meanwhile (docs/decisions/0009-evidence-before-timeouts.md). It needs no rate of calls: three
 * time-outs a quarter of an hour apart are seen, and so are callers who never wait for a time-out. Of a service that answers
 * anybody nothing is counted, however many leave early: each attempt has to have begun after the last answer.
 */
export class Silence {
  #points = 0;
  #answeredAt = Number.NEGATIVE_INFINITY;

  /** How near it is to opening, 0 to 1. */
  get share(): number {
    return Math.min(1, this.#points / LIMIT);
  }

  /** @param alone Whether silence is all the evidence that there may ever be. */
  heardNothing(sign: Sign, { since, isShared }: Unanswered, alone: boolean): void {
    if (since < this.#answeredAt) return;
    this.#points += (alone ? POINTS : POINTS_BESIDE_THRESHOLDS)[sign] * (isShared ? SHARED_WEIGHT : 1);
  }

  answered(now: number): void {
    this.#answeredAt = now;
    this.clear();
  }

  clear(): void {
    this.#points = 0;
  }
}
