/**
 * The simulated limits: requests a minute, of each credential at each endpoint apart. SendGrid publishes no numbers.
 */

const WINDOW_MS = 60_000;
export const WINDOW_LIMIT = 600;

interface Window {
  readonly startedAt: number;
  used: number;
}

export class SendgridWindows {
  readonly #windows = new Map<string, Window>();

  /** Takes one request; `false` if its minute is full. */
  take(of: string, now: number): boolean {
    const window = this.#window(of, now);
    if (window.used >= WINDOW_LIMIT) return false;
    window.used += 1;
    return true;
  }

  /** Uses up what is left. */
  exhaust(of: string, now: number): void {
    this.#window(of, now).used = WINDOW_LIMIT;
  }

  headers(of: string, now: number): Readonly<Record<string, string>> {
    const { startedAt, used } = this.#window(of, now);
    return {
      'x-ratelimit-limit': String(WINDOW_LIMIT),
      'x-ratelimit-remaining': String(WINDOW_LIMIT - used),
      'x-ratelimit-reset': String(Math.ceil((startedAt + WINDOW_MS) / 1000)),
    };
  }

  #window(of: string, now: number): Window {
    const known = this.#windows.get(of);
    if (known !== undefined && now - known.startedAt < WINDOW_MS) return known;
    const fresh = { startedAt: now, used: 0 };
    this.#windows.set(of, fresh);
    return fresh;
  }
}
