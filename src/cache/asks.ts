/**
 * Questions under way: what was asked before a purge may know less than the purge, so its answer is not kept.
 */

/** One question to whoever knows the answer. */
export interface Ask {
  /** What it asks for was purged since. */
  readonly isOutdated: boolean;
  /** The same of what its answer turned out to tell of. */
  outdatedIn(labels: readonly string[]): boolean;
}

/** Purges remembered by label; whoever asked before more of them than that is outdated, whatever it asked for. */
const MAX_REMEMBERED = 4000;

export class Asks {
  /** By label, in the order of time: the number of its latest purge. */
  readonly #purged = new Map<string, number>();
  #purges = 0;
  /** Who asked before this purge is outdated. */
  #allBefore = 0;

  begin(labels: readonly string[]): Ask {
    const begunAt = this.#purges;
    const outdatedIn = (some: readonly string[]): boolean =>
      begunAt < this.#allBefore || some.some((label) => (this.#purged.get(label) ?? 0) > begunAt);
    return {
      get isOutdated() {
        return outdatedIn(labels);
      },
      outdatedIn,
    };
  }

  outdate(label: string): void {
    this.#purges += 1;
    this.#purged.delete(label);
    this.#purged.set(label, this.#purges);
    if (this.#purged.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#purged;
    if (oldest === undefined) return;
    [, this.#allBefore] = oldest;
    this.#purged.delete(oldest[0]);
  }

  outdateAll(): void {
    this.#purges += 1;
    this.#allBefore = this.#purges;
    this.#purged.clear();
  }
}
