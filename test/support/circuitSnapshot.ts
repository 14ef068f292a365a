/**
 * A circuit with nothing to tell: closed since its start.
 */
import type { CircuitSnapshot } from '../../src/contract/circuitState.ts';

export const snapshotOf = (changes: Partial<CircuitSnapshot> = {}): CircuitSnapshot => ({
  name: 'hubspot',
  state: 'closed',
  override: undefined,
  effectiveState: 'closed',
  since: 1_790_000_000_000,
  outageSince: undefined,
  nextProbeAt: undefined,
  reason: 'start',
  failureRatio: 0,
  suspicion: 0,
  isRamping: false,
  lastFailure: undefined,
  epoch: 0,
  openings: 0,
  openForTotalMs: 0,
  operations: { openCount: 0, open: [], suspect: [] },
  recovery: undefined,
  detection: { strategy: 'consecutive', failures: 5 },
  detectionChange: undefined,
  calls: { fired: 0, success: 0, failure: 0, timeout: 0, ignored: 0, rejected: 0 },
  ...changes,
});
