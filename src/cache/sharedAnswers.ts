/**
 * The port of the store in which a fleet keeps answers together. It sees digests and sealed texts alone.
 *
 * It is a hint, never a lock: every method rejects with `SharedStateUnavailableError` at once, or within 50 ms, where the
 * store cannot be had, and `SharedCache` makes a miss of that. All time is the store's own: what goes in and comes out are
 * durations, so that no clock of a replica takes part.
 *
 * An answer is kept under a *stamp*: the generations of its labels when it was asked for. A purge ends a generation. Then
 * what was kept under it is gone, and what was asked for under it is not taken in any more, however late it comes. A
 * generation that the store has lost has ended, too.
 */

/** Where an answer has its place. */
export interface Place {
  /** Services may lie on different shards; in clear. */
  readonly service: string;
  readonly name: string;
  readonly labels: readonly string[];
}

export interface LookWish {
  /** Of this look alone; by it a turn is known again. */
  readonly token: string;
  /** `fresh`: an answer if it is fresh. `any`: a stale one, too. `nothing`: the stamp alone, and no turn. */
  readonly want: 'nothing' | 'fresh' | 'any';
  /** How old an answer may be to be fresh, ms. */
  readonly freshForMs: number;
  /** How long an answer to this may be kept in all, ms. */
  readonly livesForMs: number;
  /** For how long others shall wait for us at most, should it be our turn, ms. */
  readonly turnForMs: number;
}

export interface Look {
  /**
   * Who asks the service. `ours`: we do, and others wait for us. `theirs`: another replica is about it. `open`: whoever wants,
   * for there is a fresh answer, no turn was wanted, or the answer cannot be shared.
   */
  readonly turn: 'ours' | 'theirs' | 'open';
  readonly stamp: string;
  readonly kept?: { readonly text: string; readonly ageMs: number; readonly isFresh: boolean } | undefined;
}

export interface AnswerToShare {
  /** Of the look by which it was asked for. */
  readonly token: string;
  readonly stamp: string;
  readonly text: string;
  readonly livesForMs: number;
  /** How long ago it was asked for, ms: a kept answer that is younger than that stays. */
  readonly askedAgoMs: number;
}

/** A purge, as replicas tell it to each other, in the order of the store. */
export interface Notice {
  readonly at: number;
  readonly text: string;
}

export interface News {
  /** The latest purge: what to ask from next time. */
  readonly latest: Notice;
  /** What came since, in order; `lost`: nobody can tell. */
  readonly texts: readonly string[] | 'lost';
}

export interface SharedAnswers {
  /** Whether the next command is worth trying. */
  readonly isUp: boolean;
  look(place: Place, wish: LookWish): Promise<Look>;
  /** Keeps an answer and ends our turn. @returns whether it was kept: not if it was purged or overtaken since it was asked for. */
  put(place: Place, answer: AnswerToShare): Promise<boolean>;
  /** Ends our turn without an answer. @param openForMs For so long nobody shall wait for a turn: the answer cannot be shared. */
  pass(place: Place, token: string, openForMs: number): Promise<void>;
  /** Ends the generations of labels of a service. */
  forget(service: string, labels: readonly string[]): Promise<void>;
  /** Forgets, and tells everybody. */
  purge(service: string, labels: readonly string[], text: string): Promise<void>;
  /** Purges since the one last heard of; of none, if it was the first. */
  newsSince(last: Notice | undefined): Promise<News>;
  /** Tells of purges, our own among them: some are lost. And of every return of the store. */
  listen(listener: { noticed(notice: Notice): void; returned(): void }): void;
}
