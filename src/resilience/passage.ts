import type { Cuttable } from './attemptTimeout.ts';
import type { Outcome } from './outcome.ts';
import type { Ramp } from './recovery/ramp.ts';
import type { Probe, Trial } from './recovery/trial.ts';

/** Who asks to pass. */
export interface Applicant {
  readonly operation: string;
  /** How to cut the attempt off, should it turn out to hang; absent for attempts whose repeat could do harm. */
  readonly cuttable: Cuttable | undefined;
}

/** One admitted attempt. */
export interface Passage extends Applicant {
  readonly epoch: number;
  readonly startedAt: number;
  /** From then on it counts as slow; monotonic ms. */
  slowAt: number;
  /** The engine's view of it; absent for probes, whose trial the engine follows as a whole. */
  readonly outcome: Outcome | undefined;
  readonly probe: Probe | undefined;
  /** It has spoken already, by hanging: when it ends it is not counted again. */
  hasSpoken: boolean;
}

/** The state of a circuit, with what exists only in it. */
export type Phase =
  | { readonly state: 'closed'; readonly ramp: Ramp | undefined }
  | { readonly state: 'open'; readonly until: number; readonly reason: string }
  | { readonly state: 'half_open'; readonly trial: Trial };
