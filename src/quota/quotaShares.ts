/**
 * The port between the replicas that use one quota: who may use how much of it.
 *
 * The sum of what they hold, or have used and not yet got back, stays within the limit; so whoever keeps to its share needs to ask
 * nobody before a call. A share is leased: whoever cannot report gives it up by itself, in time. All time is the store's own, or
 * the replica's: what goes in and comes out are durations, so that no two clocks are compared.
 */

/** A class of limits of one account of a service. */
export interface SharedClassId {
  readonly service: string;
  /** A digest of the credential: another account has another quota. */
  readonly account: string;
  readonly quota: string;
}

export interface SharedLimitId extends SharedClassId {
  /** Tells the limits of a class apart, ms; 0: of connections. */
  readonly windowMs: number;
}

/** How one replica stands to one limit, in permits. */
export interface ShareReport {
  readonly limit: number;
  /** Whether the service itself said so; else it is what we declared, and gives way to what another replica was told. */
  readonly isStated: boolean;
  /** How long a permit counts as used after its attempt, at most, ms. */
  readonly holdsMs: number;
  /** Its present share. It uses no more from now on, unless more is granted. */
  readonly held: number;
  /** In the window that ends now; more than `held` after the share was lowered. */
  readonly used: number;
  /** Until `used` has fallen to `held` by itself, ms; absent: nobody knows yet. */
  readonly fallsInMs?: number;
  /** The share with which nobody would have to wait. */
  readonly wanted: number;
  /** The smallest share with which the first of those who wait could go at once; 0: nobody waits. */
  readonly needed: number;
  /** Of a share that is smaller than `needed`, so much is of use. */
  readonly usable: number;
  /** How often this replica would like to report, ms; the more of them there are, the seldomer they do. */
  readonly paceMs: number;
  /** Of the last grant; 0: there was none, or nothing of it is left. */
  readonly generation: number;
  /** `true`: the process ends. */
  readonly isLast?: boolean;
}

/** What a replica may use until further notice. */
export interface ShareGrant {
  /** Whole permits. */
  readonly permits: number;
  /** How long the share is good for from the sending of the report, ms. */
  readonly leaseMs: number;
  /** What a replica that wants all it can get has in the long run; a part of one where there are more of them than permits. */
  readonly fair: number;
  /** What is reserved for the others. */
  readonly others: number;
  /** Replicas that use the limit now, this one included. */
  readonly replicas: number;
  /** Those that have used it in the last minutes and may do so again, included. */
  readonly known: number;
  /** Of the store's memory: another one after it was lost. */
  readonly generation: number;
  /** When to report again, ms. */
  readonly reportInMs: number;
  /** The last refusal that any replica met; absent: none of late. */
  readonly news?: ThrottleNews;
}

/** The service refused a call as one too many. */
export interface ThrottleNews {
  /** Later news have a larger number. */
  readonly number: number;
  /** How long it still wants to be left alone, ms; 0: it did not say, or that is over. */
  readonly pauseMs: number;
  /** How long ago, ms. */
  readonly agoMs: number;
  /** `true`: no pause is meant any more, as a trial or a person has shown. */
  readonly isOver?: boolean | undefined;
}

export interface QuotaShares {
  /** Whether a report is worth sending. */
  readonly isUp: boolean;
  /** @throws {SharedStateUnavailableError} at once, or within 50 ms. */
  report(limit: SharedLimitId, report: ShareReport): Promise<ShareGrant>;
  /**
   * Tells all replicas of a refusal. Refusals within a second are one piece of news.
   *
   * @returns its number.
   * @throws {SharedStateUnavailableError} at once, or within 50 ms.
   */
  throttled(limits: SharedClassId, pauseMs: number): Promise<number>;
  /**
   * Ends the pause on all replicas.
   *
   * @throws {SharedStateUnavailableError} at once, or within 50 ms.
   */
  pauseOver(limits: SharedClassId): Promise<void>;
  /** Told of refusals that replicas met, and of pauses that are over, this one included. Some are lost: the next grant has the news as well. */
  listen(onThrottled: (limits: SharedClassId, news: ThrottleNews) => void): void;
}
