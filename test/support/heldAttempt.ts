/**
 * An attempt that is under way until the test says what became of it.
 */
export class HeldAttempt<T = string> {
  readonly #promise: Promise<T>;
  #resolve!: (value: T) => void;
  #reject!: (error: Error) => void;
  #signal: AbortSignal | undefined;
  #begun = 0;

  constructor() {
    this.#promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** How often it was begun. */
  get begun(): number {
    return this.#begun;
  }

  /** The signal it was last begun with. */
  get signal(): AbortSignal | undefined {
    return this.#signal;
  }

  readonly begin = (signal?: AbortSignal): Promise<T> => {
    this.#begun += 1;
    this.#signal = signal;
    return this.#promise;
  };

  succeed(value: T): void {
    this.#resolve(value);
  }

  fail(error: Error): void {
    this.#reject(error);
  }
}
