/**
 * Questions under way: what was asked before a purge may know less than the purge, so its answer is not kept.
 */

/** One question to whoever knows the answer. */
export interface Ask {
  /** What it asks for was purged since. */
  readonly isOutdated: boolean;
  /** It has its answer, or will have none. */
  end(): void;
}

interface AskUnderWay extends Ask {
  readonly labels: readonly string[];
  isOutdated: boolean;
}

export class Asks {
  readonly #underWay = new Set<AskUnderWay>();

  begin(labels: readonly string[]): Ask {
    const ask: AskUnderWay = { labels, isOutdated: false, end: () => void this.#underWay.delete(ask) };
    this.#underWay.add(ask);
    return ask;
  }

  outdate(label: string): void {
    for (const ask of this.#underWay) if (ask.labels.includes(label)) ask.isOutdated = true;
  }

  outdateAll(): void {
    for (const ask of this.#underWay) ask.isOutdated = true;
  }
}
