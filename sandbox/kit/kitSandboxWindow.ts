/**
 * The simulated limit: requests in a rolling minute, for each credential apart. No header tells of it.
 */

const WINDOW_MS = 60_000;
const KEY_LIMIT = 120;
const OAUTH_LIMIT = 600;

export class KitWindow {
  /** Moments of the requests that were granted, oldest first. */
  readonly #granted = new Map<string, number[]>();

  /** Takes one request; `false` if the minute behind it is full. A refused one does not count. */
  take(credential: string, isOauth: boolean, now: number): boolean {
    const recent = this.#recent(credential, now);
    if (recent.length >= limitOf(isOauth)) return false;
    recent.push(now);
    return true;
  }

  /** Uses up what is left. */
  exhaust(credential: string, isOauth: boolean, now: number): void {
    const recent = this.#recent(credential, now);
    while (recent.length < limitOf(isOauth)) recent.push(now);
  }

  #recent(credential: string, now: number): number[] {
    const recent = (this.#granted.get(credential) ?? []).filter((at) => at > now - WINDOW_MS);
    this.#granted.set(credential, recent);
    return recent;
  }
}

const limitOf = (isOauth: boolean): number => (isOauth ? OAUTH_LIMIT : KEY_LIMIT);
