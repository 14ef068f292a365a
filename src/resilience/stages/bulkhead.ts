import { GatewayError, type ErrorCode } from '../../errors/gatewayError.ts';
import { BulkheadFullError } from '../../errors/upstreamErrors.ts';
import type { Clock } from '../../time/clock.ts';
import { AdaptiveLimit, type WorkEnded } from '../adaptiveLimit.ts';
import type { Call, CallContext, Stage } from '../call.ts';
import type { ResiliencePolicy } from '../policy.ts';

/** What a refused caller is told to wait, ms: by then the calls of now have mostly ended. */
const RETRY_AFTER_MS = 1000;

/** Errors by which a service says that it is given too much at once. */
const OVERLOAD: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['upstream_timeout', 'upstream_rate_limited']);

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

/**
 * At most so many calls at once, so many waiting, and those not for long. How many it lets in follows what the service
 * bears. A refusal says nothing about the service, so the bulkhead stands outside the circuit breaker. A permit is free
 * when the work inside has ended.
 */
export class Bulkhead {
  readonly #policy: ResiliencePolicy['bulkhead'];
  readonly #clock: Clock;
  readonly #limit: AdaptiveLimit;
  readonly #waiting = new Set<Waiter>();
  #inFlight = 0;

  constructor(policy: ResiliencePolicy['bulkhead'], clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
    this.#limit = new AdaptiveLimit(policy, clock.now());
  }

  /** May be above the limit for a while, after that has been lowered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get limit(): number {
    return this.#limit.current;
  }

  /** @throws {BulkheadFullError} if no permit is to be had in time. */
  readonly stage: Stage =
    <T>(next: Call<T>): Call<T> =>
    async (context) => {
      if (this.#inFlight < this.limit) this.#take();
      else await this.#wait(context);
      try {
        return await next(context);
      } finally {
        this.#release();
      }
    };

  /** What an attempt, of a call within or of a probe, showed of what the service bears. Pauses are no part of it. */
  attemptEnded(operation: string, durationMs: number, error: unknown): void {
    this.#limit.ended({ operation, durationMs, result: resultOf(error) }, this.#clock.now());
    this.#admitWaiting();
  }

  #take(): void {
    this.#inFlight += 1;
    this.#limit.entered(this.#inFlight);
  }

  #release(): void {
    this.#inFlight -= 1;
    this.#admitWaiting();
  }

  /** The longest waiting first. */
  #admitWaiting(): void {
    for (const waiter of this.#waiting) {
      if (this.#inFlight >= this.limit) return;
      this.#take();
      waiter.admit();
    }
  }

  /** A queue longer than the limit does not drain in time; but while that is a guess, nobody knows. */
  get #places(): number {
    return this.#limit.isGuess ? this.#policy.maxQueued : Math.min(this.#policy.maxQueued, this.limit);
  }

  #wait({ site, signal }: CallContext): Promise<void> {
    if (this.#waiting.size >= this.#places) return Promise.reject(new BulkheadFullError(site, RETRY_AFTER_MS));
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

const resultOf = (error: unknown): WorkEnded['result'] => {
  if (error === undefined) return 'success';
  return error instanceof GatewayError && OVERLOAD.has(error.code) ? 'overload' : 'other';
};
