import type { Outcome } from './outcome.ts';
import type { Probe, Trial } from './recovery/trial.ts';

/** One admitted attempt. */
export interface Passage {
  readonly epoch: number;
  readonly startedAt: number;
  /** The engine's view of it; absent for probes, whose trial the engine follows as a whole. */
  readonly outcome: Outcome | undefined;
  readonly probe: Probe | undefined;
}

/** The state of a circuit, with what exists only in it. */
export type Phase =
  | { readonly state: 'closed' }
  | { readonly state: 'open'; readonly until: number; readonly reason: string }
  | { readonly state: 'half_open'; readonly trial: Trial };
