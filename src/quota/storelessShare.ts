/**
 * What a replica may use of a limit while it cannot ask for its share: pure rules.
 */
import { minutes } from '../time/clock.ts';

/** Before the store was reached for the first time: others may be using the limit, ms. */
const BOOT_MS = 1000;
/** For that long a part of the limit. */
const BOOT_SHARE = 0.1;
/** Of its part of the limit, what one that held nothing may use at once, while others may still use what they were granted. */
const SMALL_PART = 1 / 16;
/** …and one permit in so many windows at least. */
const LEAST_SHARE = 1 / 4;

export interface Storeless {
  readonly limit: number;
  /** How long the replica has been without the store, or its lease, ms. */
  readonly forMs: number;
  /** What it may be sure of: the share before that, and its part of what nobody held. */
  readonly held: number;
  /** Among how many the limit was divided; absent: the store was never reached. */
  readonly replicas: number | undefined;
  /** How long others may still use what they were granted, ms. */
  readonly othersMs: number;
}

/** Permits; a part of one: one, so much less often. */
export const storelessShare = ({ limit, forMs, held, replicas, othersMs }: Storeless): number => {
  // Nobody tells whether there are others; they may be as much alone.
  if (replicas === undefined) return forMs < BOOT_MS ? Math.max(1, Math.floor(limit * BOOT_SHARE)) : limit;
  const part = limit / replicas;
  if (forMs >= othersMs) return part;
  // Lowered at once, raised only when what others were granted is over; but nobody who was idle is left with nothing.
  return Math.min(part, Math.max(held, part * SMALL_PART, LEAST_SHARE));
};

/** Refusals that come together tell one thing, ms. */
const ONE_NEWS_MS = 1000;
/** Halved that often at most. */
const MOST_HALVINGS = 4;
/** Until a halving is forgotten, ms. */
const HALVING_MS = minutes(5);

/**
 * What refusals leave of that: where the store is away for this replica alone, the others use its part as well, and nothing
 * else tells. A refusal halves it; five minutes make up for one.
 */
export class StorelessCaution {
  #halvings = 0;
  #at = Number.NEGATIVE_INFINITY;

  refused(now: number): void {
    if (now - this.#at < ONE_NEWS_MS) return;
    this.#halvings = Math.min(MOST_HALVINGS, this.#left(now) + 1);
    this.#at = now;
  }

  /** 1: all of it. */
  part(now: number): number {
    return 0.5 ** this.#left(now);
  }

  #left(now: number): number {
    return this.#halvings === 0 ? 0 : Math.max(0, this.#halvings - (now - this.#at) / HALVING_MS);
  }
}
