/**
 * The port to the board on which every replica says how it is, so that whoever asks one of them hears of all.
 */
import type { LifecyclePhase } from '../lifecycle.ts';
import type { CircuitSnapshot } from '../contract/circuitState.ts';

/** One replica, as it tells the others. Names and states only: nothing of a call, a caller or a person. */
export interface ReplicaSnapshot {
  /** Its id: who starts it gives it. */
  readonly replica: string;
  readonly version: string;
  readonly phase: LifecyclePhase;
  readonly uptimeMs: number;
  /** By the circuit's name; a state that is not `closed` only. */
  readonly circuits: Readonly<Record<string, CircuitSnapshot['effectiveState']>>;
  /** When each of those left `closed`, in ISO 8601 by the replica's own clock; absent where none has, and from an earlier release. */
  readonly outages?: Readonly<Record<string, string>>;
  /** The services over which it suspects itself. */
  readonly suspectsItselfOver: readonly string[];
}

export interface SeenReplica {
  readonly snapshot: ReplicaSnapshot;
  /** Since it was put up, ms by the clock of the board. */
  readonly ageMs: number;
}

export interface ReplicaBoard {
  readonly isUp: boolean;
  /**
   * Puts this replica's snapshot up for so long, in the place of its last one.
   *
   * @returns what is up, its own included.
   * @throws {SharedStateUnavailableError} as a rejection.
   */
  post(snapshot: ReplicaSnapshot, forMs: number): Promise<readonly SeenReplica[]>;
  /** Takes this replica's snapshot down. Never rejects. */
  leave(replica: string): Promise<void>;
}
