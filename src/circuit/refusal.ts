import { CircuitOpenError, type CallSite } from '../errors/upstreamErrors.ts';
import type { Phase } from './passage.ts';

/** What a caller is told to wait while probes are out and nobody knows yet, ms. */
const PROBING_RETRY_AFTER_MS = 1000;

/** Why a circuit lets nothing through in this phase, and when to come again. `now`: monotonic ms. */
export const refusalOf = (phase: Phase, site: CallSite, circuit: string, now: number): CircuitOpenError => {
  if (phase.state === 'open') return new CircuitOpenError(site, circuit, phase.reason, Math.max(1, phase.until - now));
  return new CircuitOpenError(site, circuit, phase.state === 'closed' ? 'ramping' : 'probing', PROBING_RETRY_AFTER_MS);
};
