import { seconds, type Clock } from '../time/clock.ts';
import type { DurableQueue } from './durableQueue.ts';
import type { ClaimedJob } from './job.ts';

/** A third of the shortest claim of an engine, 3 s: two renewals may be late before it is lost. */
const RENEW_MS = seconds(1);

/** A claim that is held until released, and a signal that says if it was lost. */
export class ClaimKeeper {
  readonly #queue: DurableQueue;
  readonly #clock: Clock;
  readonly #job: ClaimedJob;
  readonly #lost = new AbortController();
  #released = false;
  #cancelTimer: () => void = () => undefined;

  constructor(queue: DurableQueue, clock: Clock, job: ClaimedJob) {
    this.#queue = queue;
    this.#clock = clock;
    this.#job = job;
    this.#plan();
  }

  /** Aborts when somebody else has the job: what has not been sent then should not be. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  release(): void {
    this.#released = true;
    this.#cancelTimer();
  }

  #plan(): void {
    if (!this.#released) this.#cancelTimer = this.#clock.after(RENEW_MS, () => void this.#renew());
  }

  /** A store that does not answer has given the claim to nobody; it is asked again. */
  async #renew(): Promise<void> {
    const isKept = await this.#queue.renew(this.#job).catch(() => true);
    if (this.#released) return;
    if (isKept) this.#plan();
    else this.#lost.abort();
  }
}
