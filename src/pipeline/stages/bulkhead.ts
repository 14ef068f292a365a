import { GatewayError, type ErrorCode } from '../../errors/gatewayError.ts';
import { BulkheadFullError, type CallSite } from '../../errors/upstreamErrors.ts';
import type { Clock } from '../../time/clock.ts';
import { AdaptiveLimit, type WorkEnded } from './adaptiveLimit.ts';
import type { Call, CallContext, Stage } from '../../contract/call.ts';
import type { ResiliencePolicy } from '../../contract/policy.ts';

/** What a refused caller is told to wait, ms: by then the calls of now have mostly ended. */
const RETRY_AFTER_MS = 1000;

/** Errors by which a service says that it is given too much at once. */
const OVERLOAD: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['upstream_timeout', 'upstream_rate_limited']);

/** Of the limit, while the service is degraded (docs/algorithms.md#degraded-services). */
const SUSPECT_SHARE = 0.7;
/** In use beyond this share of the limit, it is crowded. */
const CROWDED = 0.8;

export interface BulkheadParts {
  readonly policy: ResiliencePolicy['bulkhead'];
  readonly clock: Clock;
  /** Whether the service is to be spared. */
  readonly isSuspect?: () => boolean;
  /** Whether the circuit refuses attempts, so that nobody should wait for a permit. */
  readonly isOpen?: () => boolean;
  /** Told when more than four fifths come to be in use, and when no longer. Must not throw. */
  readonly onCrowded?: (isCrowded: boolean) => void;
  /** Told of each attempt that is refused for want of a permit. Must not throw. */
  readonly onRefused?: () => void;
}

/** A caller is refused so long before its deadline, ms: it shall have the answer in time. */
const ANSWER_MARGIN_MS = 50;

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

/**
 * At most so many attempts at once, and so many waiting: as long as their deadline allows while there is no sign of trouble, for
 * the limit is a guess then; else `maxWaitMs`, for what waits on a service in trouble waits in vain. How many it lets in follows what the service
 * bears. A refusal says nothing about the service, so the bulkhead stands outside the circuit breaker; a call that waits
 * for its next attempt is no work for the service, so it stands inside the retries (docs/decisions/0002). A permit is
 * free when the work inside has ended.
 */
export class Bulkhead {
  readonly #parts: BulkheadParts;
  readonly #limit: AdaptiveLimit;
  readonly #waiting = new Set<Waiter>();
  #inFlight = 0;
  #isCrowded = false;

  constructor(parts: BulkheadParts) {
    this.#parts = parts;
    this.#limit = new AdaptiveLimit(parts.policy, parts.clock.now());
  }

  /** May be above the limit for a while, after that has been lowered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get limit(): number {
    const { policy, isSuspect } = this.#parts;
    const { current } = this.#limit;
    return isSuspect?.() === true ? Math.max(policy.minConcurrent, Math.floor(current * SUSPECT_SHARE)) : current;
  }

  /** @throws {BulkheadFullError} if no permit is to be had in time. */
  readonly stage: Stage =
    <T>(next: Call<T>): Call<T> =>
    async (context) => {
      // A suspicion ends without a word, and leaves room for those who wait.
      if (this.#waiting.size > 0) this.#admitWaiting();
      if (this.#waiting.size === 0 && this.#hasRoom) this.#take();
      else await this.#wait(context);
      try {
        return await next(context);
      } finally {
        this.#release();
      }
    };

  /** What an attempt, of a call within or of a probe, showed of what the service bears. */
  attemptEnded(operation: string, durationMs: number, error: unknown): void {
    this.#limit.ended({ operation, durationMs, result: resultOf(error) }, this.#parts.clock.now());
    this.#admitWaiting();
  }

  /** Asks for a suspicion only where it matters: the question costs more than the answer to all others. */
  get #hasRoom(): boolean {
    return this.#inFlight < Math.floor(this.#limit.current * SUSPECT_SHARE) || this.#inFlight < this.limit;
  }

  #take(): void {
    this.#inFlight += 1;
    this.#limit.entered(this.#inFlight);
    this.#tellCrowded();
  }

  #release(): void {
    this.#inFlight -= 1;
    this.#admitWaiting();
    this.#tellCrowded();
  }

  #tellCrowded(): void {
    const isCrowded = this.#inFlight > CROWDED * this.#limit.current;
    if (isCrowded === this.#isCrowded) return;
    this.#isCrowded = isCrowded;
    this.#parts.onCrowded?.(isCrowded);
  }

  /** The longest waiting first. */
  #admitWaiting(): void {
    for (const waiter of this.#waiting) {
      if (this.#inFlight >= this.limit) return;
      this.#take();
      waiter.admit();
    }
  }

  /** A queue longer than the limit does not drain in time; but while that is a guess, all may come that the policy has room for. */
  get #places(): number {
    const { maxQueued, maxConcurrent } = this.#parts.policy;
    return this.#mayWaitOn ? maxQueued + maxConcurrent - this.limit : Math.min(maxQueued, this.limit);
  }

  /** While nothing speaks against the service, our own guess of its limit is no reason to refuse anybody. */
  get #mayWaitOn(): boolean {
    const { isSuspect, isOpen, clock } = this.#parts;
    return isOpen?.() !== true && isSuspect?.() !== true && this.#limit.isGuess(clock.now());
  }

  #refusal(site: CallSite): BulkheadFullError {
    this.#parts.onRefused?.();
    return new BulkheadFullError(site, RETRY_AFTER_MS);
  }

  #wait({ site, signal, deadlineAt }: CallContext): Promise<void> {
    if (this.#waiting.size >= this.#places) return Promise.reject(this.#refusal(site));
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
      const { clock, policy } = this.#parts;
      const waitOn = (): (() => void) =>
        clock.after(Math.max(1, Math.min(policy.maxWaitMs, deadlineAt - ANSWER_MARGIN_MS - clock.now())), () => {
          if (this.#mayWaitOn && clock.now() < deadlineAt - ANSWER_MARGIN_MS) cancelTimer = waitOn();
          else waiter.refuse(this.#refusal(site));
        });
      let cancelTimer = waitOn();
      signal.addEventListener('abort', onAbort);
      this.#waiting.add(waiter);
    });
  }
}

const resultOf = (error: unknown): WorkEnded['result'] => {
  if (error === undefined) return 'success';
  return error instanceof GatewayError && OVERLOAD.has(error.code) ? 'overload' : 'other';
};
