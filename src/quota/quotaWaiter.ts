/**
 * One who waits for a permit: until its turn comes, until that would be too late, or until the caller leaves.
 */
import { QuotaWaitTooLongError } from '../errors/upstreamErrors.ts';
import type { Clock } from '../time/clock.ts';
import type { Permit, PermitCaller, PermitWish } from '../contract/quotaGate.ts';

export interface WaiterParts {
  readonly wish: PermitWish;
  readonly caller: PermitCaller;
  readonly clock: Clock;
  /** However it ended: the waiter is to be forgotten. */
  readonly onLeft: (waiter: QuotaWaiter) => void;
  /** Its time is over, and its turn has not come: it is to be refused. */
  readonly onLate: (waiter: QuotaWaiter) => void;
  /** The caller has gone: others may be nearer to their turn. */
  readonly onGone: () => void;
}

export class QuotaWaiter {
  readonly wish: PermitWish;
  readonly latestAt: number;
  /** Settles by `latestAt`, or with the caller's signal. */
  readonly permit: Promise<Permit>;
  readonly #parts: WaiterParts;
  readonly #cancelTimer: () => void;
  #resolve: (permit: Permit) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(parts: WaiterParts) {
    const { wish, caller, clock } = parts;
    this.wish = wish;
    this.latestAt = caller.latestAt;
    this.#parts = parts;
    this.permit = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    caller.signal.addEventListener('abort', this.#onAbort);
    this.#cancelTimer = clock.after(Math.max(0, caller.latestAt - clock.now()), () => {
      parts.onLate(this);
    });
  }

  admit(permit: Permit): void {
    this.#leave();
    this.#resolve(permit);
  }

  /** @param afterMs When its turn would have come. */
  refuse(afterMs: number): void {
    this.#leave();
    this.#reject(new QuotaWaitTooLongError(this.#parts.caller.site, Math.max(1, Math.ceil(afterMs))));
  }

  readonly #onAbort = (): void => {
    this.#leave();
    this.#reject(this.#parts.caller.signal.reason as Error);
    this.#parts.onGone();
  };

  #leave(): void {
    this.#cancelTimer();
    this.#parts.caller.signal.removeEventListener('abort', this.#onAbort);
    this.#parts.onLeft(this);
  }
}
