/**
 * The port between a call and whoever keeps its quota: in this process (`quotaGovernor.ts`), or shared by a fleet.
 */
import type { CallSite } from '../errors/upstreamErrors.ts';

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

/**
 * What became of the attempt that a permit was for. `answered`: the service has answered, whatever it said. `abandoned`: sent,
 * and then cut off, given up or broken, so that the service may be at it still. `unsent`: the permit is as good as never taken.
 */
export type PermitUse = 'answered' | 'abandoned' | 'unsent';

/** Where a person's reset holds. */
export type ResetScope = 'replica' | 'fleet';

/** To be ended exactly once. */
export interface Permit {
  end(use: PermitUse): void;
}

/** What a service's headers told of one of its limits. */
export interface QuotaHint {
  readonly window: string;
  readonly limit?: number;
  readonly remaining?: number;
  /** Wall-clock ms at which all of it is there again. */
  readonly resetAt?: number;
}

/** One limit as it stands, for people and gauges. */
export interface LimitState {
  /** The class of calls it is about. */
  readonly quota: string;
  /** ms; 0: it limits connections. */
  readonly windowMs: number;
  /** Permits in a window, for everybody; absent: nobody knows yet. */
  readonly limit: number | undefined;
  /** What of it this process may use. */
  readonly share: number | undefined;
  /** By this process, in the window that ends now. */
  readonly used: number;
  /** Connections that the service may hold still, after attempts that were abandoned. */
  readonly suspect: number;
  /** Calls that wait for a permit here. */
  readonly waiting: number;
  /** Replicas among which the limit is divided; 1: this process has it for itself. */
  readonly replicas: number;
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
  /** The service refused a call of the class as one too many. `retryAfterMs`: how long it wants to be left alone; an hour at most is kept. */
  throttled(quota: string, retryAfterMs: number | undefined): void;
  /** By a person's word, in this process or in all of the fleet: no pause, and nothing that the service's headers or refusals said is remembered. */
  reset(scope: ResetScope): void;
  /** Every limit of every class that was used or declared. */
  limits(): readonly LimitState[];
}
