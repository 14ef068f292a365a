/**
 * What a run leaves behind, for the oracle to judge. Moments are wall-clock ms, all of one machine.
 */
import type { Victim } from './plan.ts';

/**
 * What is written, and what the provider makes of a double: a contact is upserted, a person is unsubscribed (both end in
 * the same state), a lead is refused the second time, a deal is simply made twice. A poisoned contact is never taken.
 */
export type WriteKind = 'contact' | 'unsubscribe' | 'lead' | 'deal' | 'poison';

export interface Answer {
  /** `broken`: the connection ended without one; `hung`: nobody waited any longer. */
  readonly status: number | 'broken' | 'hung';
  /** Of a 202. */
  readonly jobId: string | undefined;
  /** Of a problem. */
  readonly code: string | undefined;
  /** The caller asked for the queue at once: nobody else is waited for. */
  readonly isAsync: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** One thing that somebody wants written, however often it is asked for. */
export interface Write {
  /** By which the provider's ledger knows it. */
  readonly marker: string;
  readonly kind: WriteKind;
  /** Writes of one entity are asked for one after the other, in the order of `sequence`. */
  readonly entity: string;
  readonly sequence: number;
  readonly round: number;
  readonly key: string | undefined;
  readonly answers: readonly Answer[];
}

/** A provider did it. */
export interface Commit {
  readonly marker: string;
  readonly at: number;
}

export interface Kill {
  readonly victim: Victim;
  readonly round: number;
  /** At a point inside the engine rather than at a moment. */
  readonly atFaultPoint: boolean;
  readonly at: number;
  /** When it could be used again; `Infinity` if it never could. */
  readonly backAt: number;
}

/** The machine gave this process no time: what took as long says nothing about the gateway. */
export interface Stall {
  readonly from: number;
  readonly to: number;
}

/** As `GET /api/jobs/:id` shows it. */
export interface Job {
  readonly status: string;
  readonly reason: string | undefined;
  readonly acceptedAt: number;
  readonly since: number;
}

export interface Evidence {
  readonly writes: readonly Write[];
  /** In the order in which they were done. */
  readonly commits: readonly Commit[];
  /** Doubles that the provider refused. */
  readonly refusedDoubles: readonly Commit[];
  /** Requests that a provider was given and whose answer did not leave it. */
  readonly lostAnswers: readonly Commit[];
  /** Answers whose connection was given up right after: they came too late, or to somebody dead. */
  readonly unheardAnswers: readonly Commit[];
  readonly kills: readonly Kill[];
  readonly stalls: readonly Stall[];
  /** Of every accepted id; absent: the gateway knows none. */
  readonly jobs: ReadonlyMap<string, Job>;
  /** What processes said that ended without being killed. */
  readonly crashes: readonly string[];
  /** Why the run did not come to its end; then nobody was asked for what had been accepted, and most rules say nothing. */
  readonly brokenOff: string | undefined;
}
