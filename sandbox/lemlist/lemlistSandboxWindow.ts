/**
 * The simulated limit: 20 requests in 2 seconds, all routes together, and the headers every answer carries.
 */

const LIMIT = 20;
const WINDOW_MS = 2_000;

/** A moment as JavaScript writes it for people: `Tue Feb 16 2021 09:02:42 GMT+0000 (Coordinated Universal Time)`. */
const forPeople = (ms: number): string => {
  const [weekday, day, month, year, time] = new Date(ms).toUTCString().replace(',', '').split(' ');
  return `${weekday ?? ''} ${month ?? ''} ${day ?? ''} ${year ?? ''} ${time ?? ''} GMT+0000 (Coordinated Universal Time)`;
};

/** A window begins with the first request after the one before is over. */
export class LemlistWindow {
  #endsAt = 0;
  #used = 0;

  /** Takes one request; `false` if the window has none left. */
  take(now: number): boolean {
    this.#turn(now);
    if (this.#used >= LIMIT) return false;
    this.#used += 1;
    return true;
  }

  /** Uses up what is left. */
  exhaust(now: number): void {
    this.#turn(now);
    this.#used = LIMIT;
  }

  /** On every answer, successes included: here Retry-After is no order to wait. */
  headers(now: number): Record<string, string> {
    this.#turn(now);
    return {
      'retry-after': String(Math.max(1, Math.ceil((this.#endsAt - now) / 1_000))),
      'x-ratelimit-limit': String(LIMIT),
      'x-ratelimit-remaining': String(LIMIT - this.#used),
      'x-ratelimit-reset': forPeople(this.#endsAt),
    };
  }

  #turn(now: number): void {
    if (now < this.#endsAt) return;
    this.#endsAt = now + WINDOW_MS;
    this.#used = 0;
  }
}
