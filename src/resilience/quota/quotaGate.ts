/**
 * The port between a call and whoever keeps its quota: in this process (`quotaGovernor.ts`), or shared by a fleet.
 */
import type { CallSite } from '../../errors/upstreamErrors.ts';

/** Who waits goes first: `drain` is for what nobody waits for, and leaves a fifth of every quota to the others. */
export type Lane = 'interactive' | 'drain';

/** What a call costs. */
export interface PermitWish {
  /** The class of limits that it counts against. */
  readonly quota: string;
  /** Permits; 1 for a request, more where the service counts rows. */
  readonly weight: number;
  readonly lane: Lane;
}

/** Whose wish it is, and until when. */
export interface PermitCaller {
  readonly site: CallSite;
  readonly signal: AbortSignal;
  /** The latest moment at which a permit is of use, monotonic ms. */
  readonly latestAt: number;
}

/** To be ended exactly once. */
export interface Permit {
  /** @param wasSent Whether the attempt began; else the permit is as good as never taken. */
  end(wasSent: boolean): void;
}

/** What a service's headers told of one of its limits. */
export interface QuotaHint {
  readonly window: string;
  readonly limit?: number;
  readonly remaining?: number;
  /** Wall-clock ms at which all of it is there again. */
  readonly resetAt?: number;
}

export interface QuotaGate {
  /**
   * At once, or when its turn comes. The promise settles by `latestAt`, or with the signal.
   *
   * @throws {QuotaWaitTooLongError} as a rejection, if its turn would come too late.
   */
  permit(wish: PermitWish, caller: PermitCaller): Permit | Promise<Permit>;
  /** One that does not ask, such as a probe: counted, never kept waiting. */
  countOnly(wish: PermitWish): Permit;
  /** How long a permit would have to be waited for, ms; 0: not at all. */
  waitMs(wish: PermitWish): number;
  /** What headers said. */
  seen(hints: readonly QuotaHint[]): void;
  /** The service refused a call of the class as one too many. `retryAfterMs`: how long it wants to be left alone. */
  throttled(quota: string, retryAfterMs: number | undefined): void;
}
