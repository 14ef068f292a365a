/**
 * The port between the circuits of one process and what the whole fleet knows of them (docs/algorithms.md#fleet-circuits).
 *
 * It is a hint, never a lock: every method rejects with `SharedStateUnavailableError` at once, or within 50 ms, where the
 * store cannot be had, and then the circuit goes on by its own rules. All time is the store's own: what goes in and comes
 * out are durations, so that no clock of a replica takes part.
 */
import type { OverrideMode } from './circuitState.ts';

/** A circuit as the fleet knows it. */
export interface FleetCircuitId {
  /** As the circuit is called here, such as `hubspot`. */
  readonly name: string;
  /**
   * A digest of the policy and of the account. Only circuits of one fingerprint decide together: another account fails for
   * its own reasons, and another policy would be judged by rules that are not its own.
   */
  readonly fingerprint: string;
  readonly openForMs: number;
  readonly openForCapMs: number;
}

/** What one replica has seen of a service. */
export interface FleetEvidence {
  /** Share of the evidence that opens a circuit of one process, 0 to 1; 1 while it is open by its own evidence. */
  readonly score: number;
  /** How long ago a call last succeeded here, ms; absent: none has since the start. Only who has seen the service well can say that it is. */
  readonly succeededAgoMs?: number;
  /** Why it would open: a reason of the detector's. */
  readonly reason: string;
}

export interface FleetOverride {
  readonly mode: OverrideMode;
  readonly reason: string;
  readonly by: string;
  /** Until it ends by itself, ms. */
  readonly leftMs: number;
}

/** What the fleet knows of a circuit, at the moment of the answer. */
export interface FleetView {
  readonly state: 'closed' | 'open' | 'half_open';
  /**
   * When the state's row of decisions began, microseconds since 1970 by the store's clock; 0: the fleet never decided anything,
   * or its memory is lost. Every opening and closing begins a new one, and a later one is always larger, also after a loss of memory.
   */
  readonly epoch: number;
  /** While open: until probes may be asked for, ms. */
  readonly remainingMs: number;
  /** Openings in a row; 0 while all is well. */
  readonly openings: number;
  /**
   * Why it is open: the reason of whose evidence completed the quorum, or `probe_failed`. While closed, why it was opened last, or `reset` where a
   * person closed it. Empty while never opened.
   */
  readonly reason: string;
  /** Replicas that reported within the last 15 s, the asking one included if it has reported. */
  readonly replicas: number;
  /** Of the other replicas, how many had a call succeed within the last 10 s and too little evidence for a vote. */
  readonly othersWell: number;
  /** Of the other replicas, how many have evidence enough for a vote. */
  readonly othersIll: number;
  readonly override: FleetOverride | undefined;
}

/** A granted probe, by a name that its holder chose. */
export interface FleetLease {
  readonly id: string;
  /** Of the view under which it was asked for. */
  readonly epoch: number;
}

export interface FleetStore {
  /** Whether the next command is worth trying. */
  readonly isUp: boolean;
  /**
   * Tells what this replica has seen, and asks. Opens the circuit of the fleet when it is closed, at least two replicas report,
   * and the evidence of q = max(2, ceil(0.3 n)) replicas or more, each counted up to 1/q, adds up to 1. One replica alone never does.
   */
  report(circuit: FleetCircuitId, evidence: FleetEvidence): Promise<FleetView>;
  view(circuit: FleetCircuitId): Promise<FleetView>;
  /**
   * Asks for the right to make one probe, for `forMs` at most. The first asked for after the open time makes it half-open. Granted
   * while fewer are out than one plus the successes of this epoch. A lease that runs out frees its place, and its vote is void.
   */
  lease(circuit: FleetCircuitId, lease: FleetLease, forMs: number): Promise<{ readonly granted: boolean; readonly view: FleetView }>;
  /**
   * What a probe showed. Any failure opens again, with a longer time; successes close when the test (docs/algorithms.md#recovery-test) says so; ignored ones
   * give the place back. Of another epoch, or of a lease that ran out, it changes nothing.
   *
   * @param usualRatio The failure ratio of the service when it is well, as this replica learned it.
   * @param retryAfterMs What the service asked for with the failure.
   */
  settle(
    circuit: FleetCircuitId,
    lease: FleetLease,
    outcome: { readonly kind: 'success' | 'failure' | 'ignored'; readonly usualRatio?: number; readonly retryAfterMs?: number },
  ): Promise<FleetView>;
  /** The right to look, out of turn, whether the service is back, while open: one replica of all, once in `everyMs`. */
  scout(circuit: FleetCircuitId, epoch: number, everyMs: number): Promise<boolean>;
  /** A look has found the service well: what is left of the open time is dropped, and probes may be asked for. */
  scouted(circuit: FleetCircuitId, epoch: number): Promise<FleetView>;
  /** Imposes an override on every replica; it ends by itself. */
  impose(circuit: FleetCircuitId, override: FleetOverride): Promise<FleetView>;
  /** Ends the fleet's override early. */
  release(circuit: FleetCircuitId): Promise<FleetView>;
  /** By a person's word: closed, nothing remembered against the service. */
  reset(circuit: FleetCircuitId): Promise<FleetView>;
  /** Takes this replica's evidence and leases back: it leaves the fleet. Never rejects. */
  leave(circuits: readonly FleetCircuitId[]): Promise<void>;
  /** Tells of circuits, by name, that others have changed: a hint to ask for the view; some are lost. And of every return of the store. */
  listen(listener: { changed(name: string): void; returned(): void }): void;
}
