/**
 * The port of the durable queue. Two engines stand behind it, held to one contract suite
 * (`test/contract/durableQueueContract.ts`): an embedded one on the disk of DATA_DIR, and BullMQ on Redis.
 *
 * At least once: a job whose execution ended with its process is offered again, marked `interrupted`. Whoever executes it
 * decides by its operation: a write with a natural repeat, or one whose double the service refuses, is sent again; any
 * other becomes `uncertain`. So nothing is lost, and nothing is done twice that could be.
 */
import type { ClaimedJob, JobOutcome, JobRecord, JobState, NewJob, Settlement } from './job.ts';

export interface JobFilter {
  readonly states?: readonly JobState[];
  readonly service?: string;
  readonly operation?: string;
  readonly reason?: string;
  /** Accepted before this moment, wall-clock ms. */
  readonly acceptedBefore?: number;
  /** At most; 1 to 1000. */
  readonly limit: number;
}

/** Of one service. */
export interface QueueDepth {
  readonly service: string;
  readonly jobs: Readonly<Record<JobState, number>>;
  /** Wall-clock ms of acceptance of the oldest that has not ended; absent where there is none. */
  readonly oldestAcceptedAt?: number;
}

/**
 * Every method rejects with {@link QueueUnavailableError} if the store does not answer within a second; none waits longer.
 */
export interface DurableQueue {
  readonly engine: 'embedded' | 'bullmq';
  /**
   * Resolves when the job is on disk, synced. A known id adds nothing: the job as it stands is returned.
   *
   * @throws {QueueUnavailableError} if it cannot be kept: then it was not accepted.
   */
  add(job: NewJob): Promise<JobRecord>;
  find(id: string): Promise<JobRecord | undefined>;
  /** Ends it as `cancelled` if it is queued; else leaves it as it is. The record tells which. */
  cancel(id: string): Promise<JobRecord | undefined>;
  /**
   * Claims the job of a service that is due and was accepted earliest, unless an earlier one of its entity has not ended;
   * `undefined` if there is none. One claim at a time, whoever asks. An expired one is ended, not offered.
   */
  take(service: string): Promise<ClaimedJob | undefined>;
  /** Keeps a claim through a long execution; call it every few seconds. `false`: the claim is lost, somebody else has it. */
  renew(job: ClaimedJob): Promise<boolean>;
  /** Notes how an execution ended. `false`: the claim was lost before, and nothing is noted. */
  end(job: ClaimedJob, outcome: JobOutcome): Promise<boolean>;
  /** Earliest accepted first. */
  list(filter: JobFilter): Promise<readonly JobRecord[]>;
  /** A dead letter goes back to the queue with no attempts against it and a new expiry; `false` if it is none (any more). */
  replay(id: string, expiresAt: number): Promise<boolean>;
  /** Of an uncertain job; `false` if it is none (any more). `done` ends it as succeeded, `discard` as cancelled. */
  settle(id: string, settlement: Settlement, expiresAt: number): Promise<boolean>;
  /** One entry for each service that has or had jobs. */
  depths(): Promise<readonly QueueDepth[]>;
  /** Drops ended jobs: succeeded and cancelled ones that ended before the first moment, failed and uncertain ones before the second. */
  purge(endedBefore: number, deadBefore: number): Promise<number>;
  /** Told when a job of a service may have become due, as a hint: look soon, and look now and then without one. */
  onWork(listener: (service: string) => void): void;
  close(): Promise<void>;
}
