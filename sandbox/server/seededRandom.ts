/**
 * Chance that can be replayed.
 */

/** FNV-1a, so that every name gets a stream of its own out of one seed. */
const hashed = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
};

/** A stream of numbers in [0, 1), fixed by a seed and a name (mulberry32). Not for secrets. */
export class SeededRandom {
  readonly #start: number;
  #state: number;

  constructor(seed: number, name: string) {
    this.#start = (seed ^ hashed(name)) >>> 0;
    this.#state = this.#start;
  }

  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  /** How far the stream is: whoever goes back to it meets the same numbers again. From 0, below 2^32. */
  get position(): number {
    return this.#state;
  }

  seek(position: number): void {
    this.#state = position >>> 0;
  }

  /** Back to the first number. */
  restart(): void {
    this.#state = this.#start;
  }
}
