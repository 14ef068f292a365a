/**
 * What happens to jobs, for those who watch: metrics and the log. Names and ids, never what is written or to whom.
 */
import type { JobOutcome } from './job.ts';

export interface JobAccepted {
  readonly id: string;
  readonly service: string;
  readonly operation: string;
  readonly requestId: string | undefined;
}

export interface JobExecuted {
  readonly id: string;
  readonly service: string;
  readonly operation: string;
  readonly requestId: string | undefined;
  readonly outcome: JobOutcome['kind'];
  /** A constant of ours or an error code; absent when it succeeded. */
  readonly reason: string | undefined;
  /** From its acceptance to this execution, ms. */
  readonly waitedMs: number;
  readonly attempts: number;
}

/** The port. Every method is optional: a listener hears only what it cares for, and must not throw. */
export interface QueueEvents {
  jobAccepted?(event: JobAccepted): void;
  jobExecuted?(event: JobExecuted): void;
}

/** Tells each listener in turn. */
export const toAll = (listeners: readonly QueueEvents[]): Required<QueueEvents> => ({
  jobAccepted: (event) => {
    for (const listener of listeners) listener.jobAccepted?.(event);
  },
  jobExecuted: (event) => {
    for (const listener of listeners) listener.jobExecuted?.(event);
  },
});
