/**
 * The outcome of an attempt, as the engine is told of it: a promise settled from outside. One that is never settled
 * is simply forgotten, with everything that hangs on it.
 */
export class Outcome {
  readonly promise: Promise<unknown>;
  #resolve!: (value: true) => void;
  #reject!: (error: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** With an error: it failed. Settling again does nothing. */
  settle(error: unknown): void {
    if (error === undefined) this.#resolve(true);
    else this.#reject(error);
  }
}
