/**
 * opossum, tamed: the only file that imports it. It keeps the states, their timer, the rolling statistics and the
 * events; when to open, to close and who may pass is decided by `CircuitBreaker`.
 *
 * The contract (why each line is as it is: docs/decisions/0003): a fresh options object per engine, no timeout, no
 * capacity, no cache, no coalescing, no abort controller, no health check, no warm-up, no imported state; a threshold
 * without bound, so that it never opens by itself; no listener can throw into it.
 */
import type { EventEmitter } from 'node:events';
import Opossum from 'opossum';

/** What an observer of the engine gets: its name, and its events through listeners that cannot harm it. */
export interface ObservedEngine {
  readonly name: string;
  eventNames(): readonly (string | symbol)[];
  on(event: string, listener: (...values: never[]) => void): unknown;
}

export interface EngineParts {
  readonly name: string;
  /** Ticks once per bucket, shared by all engines. */
  readonly rotation: EventEmitter;
  readonly bucketMs: number;
  readonly buckets: number;
  /** The open time is over. */
  readonly onHalfOpen: () => void;
  readonly onListenerError: (error: unknown) => void;
}

/** Any duration is checked to be below 24 h before it gets here: beyond 2^31 - 1 ms a timer would fire at once. */
const INITIAL_RESET_MS = 30_000;

export class OpossumEngine {
  readonly #opossum: Opossum;
  readonly #onListenerError: (error: unknown) => void;
  #isMuted = false;

  constructor(parts: EngineParts) {
    this.#onListenerError = parts.onListenerError;
    this.#opossum = new Opossum((outcome) => outcome, {
      name: parts.name,
      timeout: false,
      resetTimeout: INITIAL_RESET_MS,
      // Not 100: opossum counts a call at its start and its failure at its end, so of calls that outlast the window it
      // sees failures without calls, which is more than any percentage.
      errorThresholdPercentage: Number.POSITIVE_INFINITY,
      rollingCountTimeout: parts.bucketMs * parts.buckets,
      rollingCountBuckets: parts.buckets,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: parts.rotation,
    });
    this.#opossum.setMaxListeners(0);
    this.#opossum.on('halfOpen', parts.onHalfOpen);
  }

  /**
   * Tells the engine of a call by a promise of its outcome. Nobody awaits what the engine makes of it: the caller's
   * answer never depends on it. A promise that never settles is forgotten by the engine without a trace.
   */
  follow(outcome: Promise<unknown>): void {
    this.#opossum.fire(outcome).catch(ignore);
  }

  /** Opens for so many ms, then `onHalfOpen`. */
  open(forMs: number): void {
    this.#opossum.options.resetTimeout = forMs;
    this.#opossum.open();
  }

  /** While open: open for so many ms from now, whatever was left. Observers are not shown the detour that takes. */
  reopen(forMs: number): void {
    this.#isMuted = true;
    this.#opossum.close();
    this.open(forMs);
    this.#isMuted = false;
  }

  /** Half-open at once, whatever was left of the open time. */
  halfOpenNow(): void {
    this.reopen(0);
  }

  close(): void {
    this.#opossum.close();
  }

  get state(): 'closed' | 'half_open' | 'open' {
    if (this.#opossum.opened) return 'open';
    return this.#opossum.halfOpen ? 'half_open' : 'closed';
  }

  /** Counts of the rolling window. */
  get statistics(): Readonly<Record<'fires' | 'successes' | 'failures' | 'rejects', number>> {
    return this.#opossum.stats;
  }

  /** For metrics: the same circuit, with listeners that are caught when they throw. */
  get observed(): ObservedEngine {
    return {
      name: this.#opossum.name,
      eventNames: () => this.#opossum.eventNames(),
      on: (event, listener) => this.#opossum.on(event, this.#harmless(listener)),
    };
  }

  shutdown(): void {
    this.#opossum.shutdown();
  }

  #harmless(listener: (...values: never[]) => void): (...values: never[]) => void {
    return (...values) => {
      if (this.#isMuted) return;
      try {
        listener(...values);
      } catch (error) {
        this.#onListenerError(error);
      }
    };
  }
}

/** The caller hears of a failure from its own promise; the engine's copy of it has no further reader. */
const ignore = (): void => undefined;
