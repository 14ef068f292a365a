/**
 * Chance that can be replayed, and asked out of order: the draw for call 17 is the same number whoever asks for it, and
 * whatever was drawn before. So every rival meets the same service, however many attempts it makes.
 */

/** FNV-1a. */
const hashed = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
};

/** Every bit of the input moves about half of the bits of the result. */
const mixed = (value: number): number => {
  let bits = value >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
};

const GOLDEN = 0x9e3779b9;
const ODD = 0x85ebca6b;

export class Chance {
  readonly #key: number;

  constructor(seed: number, name: string) {
    this.#key = mixed(mixed(seed) ^ hashed(name));
  }

  /** In [0, 1), fixed by the seed, the name, and these numbers. */
  at(index: number, attempt = 0, purpose = 0): number {
    const inner = mixed(this.#key + Math.imul(index, GOLDEN));
    return mixed(inner ^ Math.imul(attempt * 8 + purpose + 1, ODD)) / 2 ** 32;
  }

  /** A standard normal value, by Box and Muller; takes `purpose` and the next one. */
  normalAt(index: number, attempt: number, purpose: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.at(index, attempt, purpose)));
    return radius * Math.cos(2 * Math.PI * this.at(index, attempt, purpose + 1));
  }

  /** The draws in order, for those who want a `random` function. */
  stream(): () => number {
    let next = 0;
    return () => this.at(next++);
  }
}
