/**
 * The states of a circuit as the rest of the house sees them.
 */
import type { ErrorCode } from '../errors/gatewayError.ts';
import type { FailureKind } from '../errors/upstreamErrors.ts';

export type CircuitState = 'closed' | 'half_open' | 'open';

/** What a person may impose: nothing passes, everything passes unjudged, or everything passes but is judged. */
export type OverrideMode = 'forced_open' | 'disabled' | 'metrics_only';

export interface Override {
  readonly mode: OverrideMode;
  readonly reason: string;
  /** Who imposed it: the id of an API key, or `local` in development. */
  readonly by: string;
  /** Wall-clock ms after which it is void. */
  readonly until: number;
  /** Of this process alone, which wins where both exist, or of every replica. */
  readonly scope: 'replica' | 'fleet';
}

/** Whose thresholds a circuit is judged by for a time, and why. */
export interface DetectionChange {
  readonly reason: string;
  /** As of an override. */
  readonly by: string;
  /** Wall-clock ms from which on the policy's own hold again. */
  readonly until: number;
}

/** The circuits of a service's operations that are not as usual; names of operations, the first twenty of each kind. */
export interface OperationsSummary {
  /** How many are open or half-open. */
  readonly openCount: number;
  readonly open: readonly string[];
  readonly suspect: readonly string[];
}

/** What the health checks of a circuit that is not closed have found so far. */
export interface HealthChecks {
  /** In a row, up to the latest. From two on nobody expects them to find the service healthy: real calls decide. */
  readonly failedHealthChecks: number;
  /** What the latest found: `healthy`, or the code of an error; absent: none was made. */
  readonly lastHealthCheck: 'healthy' | ErrorCode | undefined;
}

/** How a circuit that is not closed is to recover. */
export interface Recovery extends HealthChecks {
  /** While half-open, the probes of this process: those that came back well, and those that are out. */
  readonly trial: { readonly good: number; readonly out: number } | undefined;
}

/** A circuit at one moment; plain data, safe to keep and to print. */
export interface CircuitSnapshot {
  readonly name: string;
  readonly state: CircuitState;
  readonly override: Override | undefined;
  /** The state as callers feel it: the override's, if one is in force. */
  readonly effectiveState: CircuitState | OverrideMode;
  /** Wall-clock ms since when `state` holds: of an open circuit, the last re-opening. */
  readonly since: number;
  /** Wall-clock ms at which the circuit left `closed`; re-openings and trials do not move it. Absent while closed. */
  readonly outageSince: number | undefined;
  /** Wall-clock ms of the next probe, while open. */
  readonly nextProbeAt: number | undefined;
  /** Why it is in this state: `start`, or the reason of the last transition. */
  readonly reason: string;
  /** Share of failures in what the detector looks at, 0 to 1; 0 when it looks at nothing. */
  readonly failureRatio: number;
  /** How near the detector is to opening, 0 to 1. From 0.5 on the service is suspect: no retries are made. */
  readonly suspicion: number;
  /** Whether the rate of calls is still held back after a recovery. */
  readonly isRamping: boolean;
  readonly lastFailure: { readonly kind: FailureKind | 'unauthorized' | 'unknown'; readonly at: number } | undefined;
  readonly epoch: number;
  /** Consecutive openings without a lasting recovery. */
  readonly openings: number;
  /** Milliseconds out of use since start, the current outage included: open, half-open or forced open, not while another override lets calls pass. */
  readonly openForTotalMs: number;
  readonly detection: DetectionPolicy;
  /** Absent while `detection` is the policy's own. */
  readonly detectionChange: DetectionChange | undefined;
  /** Its operations have circuits of their own beneath it. */
  readonly operations: OperationsSummary;
  /** Absent while closed. */
  readonly recovery: Recovery | undefined;
  /** Calls since start. */
  readonly calls: Readonly<Record<'fired' | 'success' | 'failure' | 'timeout' | 'ignored' | 'rejected', number>>;
}

/**
 * `cusum`: when the evidence for "down" outweighs that for "as usual". `rate`: a share of failures or of slow calls in a
 * window. `consecutive`: so many failures in a row.
 */
export type DetectionPolicy =
  | { readonly strategy: 'cusum'; readonly threshold: number }
  | {
      readonly strategy: 'rate';
      readonly windowMs: number;
      readonly minimumCalls: number;
      readonly failureRatePercent: number;
      readonly slowRatePercent: number;
    }
  | { readonly strategy: 'consecutive'; readonly failures: number };
