/**
 * Takes the jobs of one service, a few at a time, as long as there is room for them, and notes how each ended.
 *
 * It looks when it is told that there may be work, when a job has ended, and once a second without being told: due times
 * pass in silence. After a refusal of our own or a store that failed it rests, so that it does not spin.
 */
import type { Logger } from '../logging/logger.ts';
import { seconds, type Clock } from '../time/clock.ts';
import { ClaimKeeper } from './claimKeeper.ts';
import type { DurableQueue } from './durableQueue.ts';
import type { ClaimedJob, JobOutcome } from './job.ts';
import { restAfter } from './jobOutcome.ts';
import type { QueueEvents } from './queueEvents.ts';

const LOOK_MS = seconds(1);
/** After the store has failed, for it and for the log. */
const STORE_REST_MS = seconds(5);
/** Between tries to note an outcome; the claim is held meanwhile. */
const NOTE_AGAIN_MS = seconds(1);
/** For what is under way to end, at a stop; below the limit of the lifecycle's parts. */
const STOP_LIMIT_MS = seconds(15);

export interface JobPumpParts {
  readonly service: string;
  readonly queue: DurableQueue;
  readonly execute: (job: ClaimedJob, signal: AbortSignal) => Promise<JobOutcome>;
  /** How many more jobs may begin, with so many under way. */
  readonly room: (draining: number) => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: QueueEvents;
}

export class JobPump {
  readonly #parts: JobPumpParts;
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #keepers = new Set<ClaimKeeper>();
  #state: 'stopped' | 'waiting' | 'looking' = 'stopped';
  #hinted = false;
  #restsUntil = 0;
  #looking: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => undefined;

  constructor(parts: JobPumpParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'waiting';
    this.nudge();
  }

  /** There may be work, or room for it. */
  nudge(): void {
    if (this.#state === 'looking') this.#hinted = true;
    if (this.#state !== 'waiting') return;
    this.#cancelTimer();
    this.#state = 'looking';
    this.#looking = this.#look();
  }

  /** Begins nothing more, and waits for what is under way; what does not end in time keeps its claim, and counts as interrupted. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#cancelTimer();
    let cancel: () => void = () => undefined;
    const tooLate = new Promise<void>((resolve) => {
      cancel = this.#parts.clock.after(STOP_LIMIT_MS, resolve);
    });
    await Promise.race([this.#idle(), tooLate]);
    cancel();
    for (const keeper of this.#keepers) keeper.release();
  }

  async #idle(): Promise<void> {
    await this.#looking;
    await Promise.all(this.#underWay.values());
  }

  get #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  async #look(): Promise<void> {
    do await this.#fill();
    while (this.#tookHint() && !this.#isStopped);
    if (this.#isStopped) return;
    this.#state = 'waiting';
    this.#cancelTimer = this.#parts.clock.after(LOOK_MS, () => {
      this.nudge();
    });
  }

  /** Whether there was a nudge since the last look began. */
  #tookHint(): boolean {
    const hinted = this.#hinted;
    this.#hinted = false;
    return hinted;
  }

  get #hasRoom(): boolean {
    const { clock, room } = this.#parts;
    return !this.#isStopped && clock.now() >= this.#restsUntil && room(this.#underWay.size) > 0;
  }

  async #fill(): Promise<void> {
    const { queue, service, logger } = this.#parts;
    try {
      while (this.#hasRoom) {
        const job = await queue.take(service);
        if (job === undefined) return;
        await this.#admit(job);
      }
    } catch (error) {
      this.#rest(STORE_REST_MS);
      // Those who look after the queue warn, once; here there is a line for each service and each look.
      logger.debug({ error, service }, 'the queue gives no jobs; trying again');
    }
  }

  /** A claim that came after the stop, or for a job that is still under way here, goes back. */
  async #admit(job: ClaimedJob): Promise<void> {
    if (this.#isStopped || this.#underWay.has(job.id)) {
      const reason = this.#isStopped ? 'stopping' : 'under_way';
      await this.#parts.queue.end(job, { kind: 'postponed', reason, afterMs: LOOK_MS });
      return;
    }
    const run = this.#run(job).finally(() => {
      this.#underWay.delete(job.id);
      this.nudge();
    });
    this.#underWay.set(job.id, run);
  }

  /** Never rejects: nobody waits for one job. One that breaks our own code is left to its claim, and counts as interrupted. */
  async #run(job: ClaimedJob): Promise<void> {
    const { queue, clock, logger } = this.#parts;
    const keeper = new ClaimKeeper(queue, clock, job);
    this.#keepers.add(keeper);
    try {
      await this.#execute(job, keeper.signal);
    } catch (error) {
      logger.error({ error, jobId: job.id, service: job.service, operation: job.operation }, 'a job was not executed: a fault of ours');
    } finally {
      keeper.release();
      this.#keepers.delete(keeper);
    }
  }

  async #execute(job: ClaimedJob, signal: AbortSignal): Promise<void> {
    const startedAt = this.#parts.clock.wallTime();
    const outcome = await this.#parts.execute(job, signal);
    this.#rest(restAfter(outcome));
    if (await this.#note(job, outcome)) this.#tell(job, outcome, startedAt);
  }

  /** Until the store takes it: an outcome that is lost is an execution too many. */
  async #note(job: ClaimedJob, outcome: JobOutcome): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#parts.queue.end(job, outcome);
      } catch (error) {
        if (tries === 1) {
          this.#parts.logger.warn({ error, jobId: job.id, outcome: outcome.kind }, 'the end of a job could not be noted; trying again');
        }
        if (this.#isStopped) return false;
        await this.#pause(NOTE_AGAIN_MS);
      }
    }
  }

  #tell({ id, service, operation, requestId, acceptedAt, attempts }: ClaimedJob, outcome: JobOutcome, startedAt: number): void {
    const reason = outcome.kind === 'succeeded' ? undefined : outcome.reason;
    const waitedMs = Math.max(0, startedAt - acceptedAt);
    this.#parts.events.jobExecuted?.({ id, service, operation, requestId, outcome: outcome.kind, reason, waitedMs, attempts });
  }

  #rest(ms: number): void {
    this.#restsUntil = Math.max(this.#restsUntil, this.#parts.clock.now() + ms);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.after(ms, resolve);
    });
  }
}
