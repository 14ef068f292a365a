/**
 * How many requests of a service are on the wire, and when clients gave up on theirs.
 */
import type { ServerResponse } from 'node:http';
import type { OpenConnections } from '../simulation/simulator.ts';

/** More than any service's limit of connections. */
const MAX_REMEMBERED = 100;

export class ConnectionCount {
  readonly #now: () => number;
  #open = 0;
  #abandonedAt: readonly number[] = [];

  /** @param now The simulator's time, ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a request until its connection has its answer, or its client has gone. */
  enter(response: ServerResponse): OpenConnections {
    this.#open += 1;
    response.once('close', () => {
      this.#open -= 1;
      if (!response.writableFinished) this.#abandonedAt = [...this.#abandonedAt, this.#now()].slice(-MAX_REMEMBERED);
    });
    return { open: this.#open, abandonedAt: this.#abandonedAt };
  }

  /** Forgets who gave up; requests under way stay counted. */
  forget(): void {
    this.#abandonedAt = [];
  }
}
