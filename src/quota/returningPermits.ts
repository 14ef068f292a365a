/**
 * Permits whose attempts have ended, until they are back: a queue in the order of their return. `now` never goes back.
 */
interface Returning {
  readonly at: number;
  readonly weight: number;
}

/** So many entries are kept that have come back, before the queue is cut. */
const CUT_FROM = 64;

export class ReturningPermits {
  #entries: Returning[] = [];
  /** Those before it are back. */
  #next = 0;
  #weight = 0;

  /** @param at Not before that of any other. */
  add(at: number, weight: number): void {
    this.#entries.push({ at, weight });
    this.#weight += weight;
  }

  /** Of those that are not back. */
  weight(now: number): number {
    this.#comeBack(now);
    return this.#weight;
  }

  /** When the next is back, ms; absent: none is on its way. */
  get nextAt(): number | undefined {
    return this.#entries[this.#next]?.at;
  }

  /** When so much weight will have come back, ms; absent: less is on its way. */
  returnedAt(weight: number): number | undefined {
    let missing = weight;
    for (let index = this.#next; index < this.#entries.length; index += 1) {
      const entry = this.#entries[index];
      missing -= entry?.weight ?? 0;
      if (missing <= 0) return entry?.at;
    }
    return undefined;
  }

  #comeBack(now: number): void {
    for (let entry = this.#entries[this.#next]; entry !== undefined && entry.at <= now; entry = this.#entries[this.#next]) {
      this.#weight -= entry.weight;
      this.#next += 1;
    }
    if (this.#next < CUT_FROM || this.#next * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#next);
    this.#next = 0;
  }
}
