/**
 * The life of the process: parts start in order and stop in reverse, within a time limit.
 */
import type { Logger } from './logging/logger.ts';
import { seconds, type Clock } from './time/clock.ts';

/** `draining`: not ready any more, still answering. `stopped`: nothing is left to wait for. */
export type LifecyclePhase = 'starting' | 'ready' | 'draining' | 'stopped';

/** What lives and must end. Registered in the order of its start; the HTTP servers come last, so they stop first. */
export interface LifecyclePart {
  readonly name: string;
  readonly start?: () => void | Promise<void>;
  readonly stop?: () => void | Promise<void>;
}

/** How a stop went, for the exit code. */
export interface StopReport {
  /** Whether every part stopped in its time. */
  readonly clean: boolean;
  /** The parts that did not, by name. */
  readonly unfinished: readonly string[];
}

export interface LifecycleOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds between "not ready" and the first part's stop: balancers take that long to look away. */
  readonly drainDelayMs: number;
  /** For one part to stop, ms; then the next one's turn comes. */
  readonly partLimitMs?: number;
  /** For the whole stop, the delay included, ms; below the grace period of whoever kills what is left. */
  readonly totalLimitMs?: number;
}

const DEFAULT_PART_LIMIT_MS = seconds(20);
const DEFAULT_TOTAL_LIMIT_MS = seconds(40);

export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #parts: LifecyclePart[] = [];
  readonly #unfinished: string[] = [];
  #phase: LifecyclePhase = 'starting';
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<StopReport> | undefined;
  #hurry: () => void = () => undefined;
  readonly #hurried: Promise<'hurried'>;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#hurried = new Promise((resolve) => {
      this.#hurry = () => {
        resolve('hurried');
      };
    });
  }

  get phase(): LifecyclePhase {
    return this.#phase;
  }

  get isDraining(): boolean {
    return this.#phase === 'draining' || this.#phase === 'stopped';
  }

  /** Adds a part; it stops before all that were added earlier. */
  add(part: LifecyclePart): void {
    this.#parts.push(part);
  }

  /**
   * Starts the parts in order, then is ready.
   *
   * @throws what a part threw; the parts that had started are stopped again.
   */
  start(): Promise<void> {
    const started = this.#startParts();
    this.#starting = started.catch(() => undefined);
    return started;
  }

  async #startParts(): Promise<void> {
    const toStart = this.#parts.splice(0);
    for (const part of toStart) {
      if (this.isDraining) return;
      try {
        await part.start?.();
      } catch (error) {
        await this.#stopParts();
        this.#phase = 'stopped';
        throw error;
      }
      this.#parts.push(part);
    }
    if (this.#phase === 'starting') this.#phase = 'ready';
  }

  /**
   * Drains and stops everything, in the order of `docs/architecture.md`. A second call means "now": it ends the waiting,
   * and what has not stopped is left as it is.
   *
   * @param reason Such as the signal's name; for the log.
   */
  stop(reason: string): Promise<StopReport> {
    if (this.#stopping === undefined) this.#stopping = this.#drain(reason);
    else this.#abandon(reason, 'stopping at once');
    return this.#stopping;
  }

  async #drain(reason: string): Promise<StopReport> {
    const { clock, logger, drainDelayMs, totalLimitMs = DEFAULT_TOTAL_LIMIT_MS } = this.#options;
    this.#phase = 'draining';
    logger.info({ reason, drainDelayMs }, 'draining: not ready any more, still answering');
    const cancel = clock.after(totalLimitMs, () => {
      this.#abandon('time limit', 'the stop took too long');
    });
    // A part that is just starting must be known before it can be stopped.
    await Promise.race([this.#starting, this.#hurried]);
    await this.#pause(drainDelayMs);
    await this.#stopParts();
    cancel();
    this.#phase = 'stopped';
    const report = { clean: this.#unfinished.length === 0, unfinished: [...this.#unfinished] };
    logger.info(report, 'stopped');
    return report;
  }

  #abandon(reason: string, message: string): void {
    this.#options.logger.warn({ reason }, message);
    this.#hurry();
  }

  /** Waits, unless there is a hurry. */
  async #pause(ms: number): Promise<void> {
    if (ms <= 0) return;
    let cancel: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(ms, resolve);
    });
    await Promise.race([over, this.#hurried]);
    cancel();
  }

  async #stopParts(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) {
      const finished = await this.#stopPart(part);
      if (!finished) this.#unfinished.push(part.name);
    }
  }

  /** Whether it stopped in its time and without an error. In a hurry every part is still told, none is waited for. */
  async #stopPart({ name, stop }: LifecyclePart): Promise<boolean> {
    if (stop === undefined) return true;
    const { clock, logger, partLimitMs = DEFAULT_PART_LIMIT_MS } = this.#options;
    let cancel: () => void = () => undefined;
    const tooLate = new Promise<'too late'>((resolve) => {
      cancel = clock.after(partLimitMs, () => {
        resolve('too late');
      });
    });
    const outcome = await Promise.race([this.#told(name, stop), tooLate, this.#hurried]);
    cancel();
    if (outcome === 'too late') logger.warn({ part: name, partLimitMs }, 'a part did not stop in its time');
    return outcome === 'stopped';
  }

  async #told(name: string, stop: NonNullable<LifecyclePart['stop']>): Promise<'stopped' | 'failed'> {
    try {
      await stop();
      return 'stopped';
    } catch (error) {
      this.#options.logger.error({ part: name, error }, 'a part failed to stop');
      return 'failed';
    }
  }
}
