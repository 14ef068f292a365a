/** What a run has started and has to end, the last first: whoever was started later leans on what was there before. */
export class Leftovers {
  readonly #ends: (() => Promise<void>)[] = [];

  /** @returns what was started. */
  add<T>(started: T, end: (started: T) => Promise<void>): T {
    this.#ends.unshift(() => end(started));
    return started;
  }

  /** Ends all, also after one that cannot be ended; then it rejects with the first reason. */
  async clear(): Promise<void> {
    const reasons: unknown[] = [];
    for (const end of this.#ends.splice(0)) await end().catch((error: unknown) => reasons.push(error));
    if (reasons.length > 0) throw reasons[0];
  }
}
