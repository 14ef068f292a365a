/**
 * The simulated limit: 200 entities in any 60 seconds, where a request counts as many as it has rows.
 */

const LIMIT = 200;
const WINDOW_MS = 60_000;

interface Entry {
  readonly at: number;
  readonly rows: number;
}

export class ExploriumWindow {
  #entries: readonly Entry[] = [];

  /** Takes so many rows; `false`, and none taken, if the window has fewer left. */
  take(now: number, rows: number): boolean {
    if (this.#used(now) + rows > LIMIT) return false;
    this.#entries = [...this.#entries, { at: now, rows }];
    return true;
  }

  /** Whole seconds until so many rows are free; the whole window's, if they never are. */
  secondsUntilFree(now: number, rows: number): number {
    let missing = this.#used(now) + rows - LIMIT;
    for (const entry of this.#entries) {
      missing -= entry.rows;
      if (missing <= 0) return Math.max(1, Math.ceil((entry.at + WINDOW_MS - now) / 1_000));
    }
    return WINDOW_MS / 1_000;
  }

  headers(now: number): Record<string, string> {
    return this.#headers(now, LIMIT - this.#used(now));
  }

  exhaustedHeaders(now: number): Record<string, string> {
    return this.#headers(now, 0);
  }

  #headers(now: number, remaining: number): Record<string, string> {
    const resetAt = (this.#entries[0]?.at ?? now) + WINDOW_MS;
    return {
      'x-ratelimit-limit': String(LIMIT),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(Math.ceil(resetAt / 1_000)),
    };
  }

  #used(now: number): number {
    this.#entries = this.#entries.filter(({ at }) => at > now - WINDOW_MS);
    return this.#entries.reduce((sum, { rows }) => sum + rows, 0);
  }
}
