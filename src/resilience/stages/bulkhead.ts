import { BulkheadFullError } from '../../errors/upstreamErrors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Call, CallContext, Stage } from '../call.ts';
import type { ResiliencePolicy } from '../policy.ts';

/** What a refused caller is told to wait, ms: by then the calls of now have mostly ended. */
const RETRY_AFTER_MS = 1000;

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

/**
 * At most so many calls at once, so many waiting, and those not for long. A refusal says nothing about the service,
 * so the bulkhead stands outside the circuit breaker. A permit is free when the work inside has ended.
 */
export class Bulkhead {
  readonly #policy: ResiliencePolicy['bulkhead'];
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();
  #inFlight = 0;

  constructor(policy: ResiliencePolicy['bulkhead'], clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get limit(): number {
    return this.#policy.maxConcurrent;
  }

  /** @throws {BulkheadFullError} if no permit is to be had in time. */
  readonly stage: Stage =
    <T>(next: Call<T>): Call<T> =>
    async (context) => {
      if (this.#inFlight >= this.#policy.maxConcurrent) await this.#wait(context);
      else this.#inFlight += 1;
      try {
        return await next(context);
      } finally {
        this.#release();
      }
    };

  /** Hands the permit to the one who has waited longest, or frees it. */
  #release(): void {
    const [first] = this.#waiting;
    if (first === undefined) this.#inFlight -= 1;
    else first.admit();
  }

  #wait({ site, signal }: CallContext): Promise<void> {
    if (this.#waiting.size >= this.#policy.maxQueued) return Promise.reject(new BulkheadFullError(site, RETRY_AFTER_MS));
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiter);
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        admit: () => {
          leave();
          resolve();
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => {
        waiter.refuse(signal.reason as Error);
      };
      const cancelTimer = this.#clock.after(this.#policy.maxWaitMs, () => {
        waiter.refuse(new BulkheadFullError(site, RETRY_AFTER_MS));
      });
      signal.addEventListener('abort', onAbort);
      this.#waiting.add(waiter);
    });
  }
}
