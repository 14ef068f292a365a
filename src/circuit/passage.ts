import type { Cuttable } from '../time/attemptTimeout.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { Probe, Trial } from './recovery/trial.ts';

/** Who asks to pass. */
export interface Applicant {
  readonly operation: string;
  /** How to cut the attempt off, should it turn out to hang; absent for attempts whose repeat could do harm. */
  readonly cuttable: Cuttable | undefined;
  /** A write that a repeat would do twice: calls that can do no harm are probes before it. */
  readonly isUnsafe?: boolean;
  /** Which records it is about, each by one name; absent: not known. */
  readonly records?: (() => readonly string[]) | undefined;
  /** On whose behalf it is made; absent: not known. */
  readonly callers?: readonly string[] | undefined;
}

/** One admitted attempt. */
export interface Passage extends Applicant {
  readonly callers: readonly string[];
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

/** Of attempts that decide nothing. */
export const NO_EPOCH = -1;

/** What it is admitted with. */
export interface Admission {
  readonly epoch: number;
  readonly startedAt: number;
  /** How long it may take before it counts as slow, ms. */
  readonly slowMs: number;
  readonly outcome?: Outcome;
  readonly probe?: Probe;
}

export const passageOf = (
  { operation, cuttable, records, callers = [] }: Applicant,
  { epoch, startedAt, slowMs, outcome, probe }: Admission,
): Passage => {
  return { operation, cuttable, records, callers, epoch, startedAt, slowAt: startedAt + slowMs, outcome, probe, hasSpoken: false };
};

/** The state of a circuit, with what exists only in it. */
export type Phase =
  | { readonly state: 'closed' }
  | {
      readonly state: 'open';
      readonly until: number;
      readonly reason: string;
      /** Until when the service wants to be left alone, or what stops the calls cannot be mended; absent: a guess of ours holds. */
      readonly askedUntil?: number | undefined;
    }
  | {
      readonly state: 'half_open';
      readonly trial: Trial;
      /** When a call that can do no harm was last let out as a probe, or the trial began; monotonic ms. */
      safeProbeAt: number;
      /** A health check failed while nobody called: until when callers are refused, once the first of them has come; monotonic ms. */
      heldBackUntil?: number;
    };
