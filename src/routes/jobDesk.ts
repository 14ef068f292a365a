/**
 * Where callers ask about their jobs, and where people on call decide about the ones that wait for a person. What people
 * change leaves a line in the log.
 */
import { JobStateConflictError } from '../errors/queueErrors.ts';
import { NotFoundError } from '../errors/requestErrors.ts';
import type { Logger } from '../logging/logger.ts';
import type { DurableQueue, JobFilter, JobRecord, JobState, Settlement } from '../queue/durableQueue.ts';
import type { Clock } from '../time/clock.ts';
import type { AnswerSealer, GoneAnswers } from '../web/idempotency.ts';
import type { Caller } from '../web/route.ts';
import type { Author } from './circuitDesk.ts';

/** The part of the queue that answers questions and takes decisions; executing jobs is another's part. */
export type JobControls = Pick<DurableQueue, 'find' | 'cancel' | 'list' | 'replay' | 'settle'>;

export interface JobDeskParts {
  readonly jobs: JobControls;
  /** Opens what the services answered. */
  readonly sealer: Pick<AnswerSealer, 'open'>;
  /** Tells results of records that are gone. */
  readonly gone: GoneAnswers;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a job that goes back to the queue may wait, ms. */
  readonly jobExpiresMs: number;
}

/** Why somebody changes something, and who. */
export interface Decision extends Author {
  readonly reason: string;
}

interface Change {
  readonly action: 'replay' | 'settle';
  readonly settlement?: Settlement;
  /** The only state in which it can be made. */
  readonly wanted: JobState;
  /** `false`: the job was not in that state any more. */
  readonly act: (id: string, expiresAt: number) => Promise<boolean>;
}

const JOB_ID = /^job_[\w-]{22,43}$/u;

/** At most so many are changed by one request, in steps of so many at once: a flood of replays would be one more outage. */
export const MAX_REPLAYS = 1000;
const REPLAYS_AT_ONCE = 20;

const conflict = ({ state }: JobRecord, rule: string): JobStateConflictError => new JobStateConflictError(`the job is ${state}; ${rule}`);

export class JobDesk {
  readonly #parts: JobDeskParts;

  constructor(parts: JobDeskParts) {
    this.#parts = parts;
  }

  get now(): number {
    return this.#parts.clock.wallTime();
  }

  /** @throws {NotFoundError} for an id that is no job's. */
  async find(id: string): Promise<JobRecord> {
    // What cannot be an id is not worth a question to the store.
    const job = JOB_ID.test(id) ? await this.#parts.jobs.find(id) : undefined;
    if (job === undefined) throw new NotFoundError('there is no such job, or it ended long ago');
    return job;
  }

  /** @throws {NotFoundError} also for the job of another key, so that nobody learns of it. */
  async findOwn(id: string, caller: Caller): Promise<JobRecord> {
    const job = await this.find(id);
    if (job.owner === caller.id || caller.scopes.has('admin')) return job;
    throw new NotFoundError('there is no such job, or it ended long ago');
  }

  /**
   * Takes a job back while it is queued; done twice, it is done.
   *
   * @throws {NotFoundError} for an id that is no job's, or another key's.
   * @throws {JobStateConflictError} once it runs or has ended otherwise.
   */
  async cancel(id: string, { caller, requestId }: Author): Promise<JobRecord> {
    const before = await this.findOwn(id, caller);
    const job = (await this.#parts.jobs.cancel(id)) ?? (await this.find(id));
    if (job.state !== 'cancelled') throw conflict(job, 'only a queued one can be cancelled');
    const audit = before.owner === caller.id ? undefined : true;
    const entry = { audit, action: 'cancel', job: id, by: caller.id, requestId };
    if (before.state !== 'cancelled') this.#parts.logger.info(entry, 'job cancelled');
    return job;
  }

  /**
   * What the service answered, which may hold data of people: for the owner, and for whoever may read from the service. `undefined` for
   * anybody else, where there is nothing, or nothing that can be opened any more, and where its record is gone.
   */
  async resultFor(caller: Caller, { id, owner, service, since, result }: JobRecord): Promise<unknown> {
    const mayRead = owner === caller.id || caller.scopes.has(`${service}:read`);
    const content = result === undefined || !mayRead ? undefined : this.#opened(id, result);
    return (await this.#parts.gone.isAnyGone(service, content, since)) ? undefined : content;
  }

  #opened(id: string, result: string): unknown {
    try {
      return JSON.parse(this.#parts.sealer.open(result, id));
    } catch (error) {
      this.#parts.logger.error({ job: id, error }, 'the result of a job cannot be opened');
      return undefined;
    }
  }

  list(filter: JobFilter): Promise<readonly JobRecord[]> {
    return this.#parts.jobs.list(filter);
  }

  /**
   * Puts a dead letter back into the queue.
   *
   * @throws {NotFoundError} for an id that is no job's.
   * @throws {JobStateConflictError} if it is no dead letter.
   */
  replay(id: string, decision: Decision): Promise<JobRecord> {
    const act = (jobId: string, expiresAt: number): Promise<boolean> => this.#parts.jobs.replay(jobId, expiresAt);
    return this.#change(id, decision, { action: 'replay', wanted: 'failed', act });
  }

  /** Puts back those of the dead letters found that are dead letters still. @returns Their ids. */
  async replayAll(found: readonly JobRecord[], decision: Decision): Promise<readonly string[]> {
    const replayed: string[] = [];
    for (let start = 0; start < found.length; start += REPLAYS_AT_ONCE) {
      const some = found.slice(start, start + REPLAYS_AT_ONCE);
      const done = await Promise.all(some.map((job) => this.#replayIfFailed(job, decision)));
      replayed.push(...some.filter((_, index) => done[index]).map(({ id }) => id));
    }
    return replayed;
  }

  /**
   * Says what became of an uncertain job.
   *
   * @throws {NotFoundError} for an id that is no job's.
   * @throws {JobStateConflictError} if it is not uncertain.
   */
  settle(id: string, settlement: Settlement, decision: Decision): Promise<JobRecord> {
    const act = (jobId: string, expiresAt: number): Promise<boolean> => this.#parts.jobs.settle(jobId, settlement, expiresAt);
    return this.#change(id, decision, { action: 'settle', settlement, wanted: 'uncertain', act });
  }

  async #change(id: string, decision: Decision, change: Change): Promise<JobRecord> {
    const before = await this.find(id);
    const done = await change.act(id, this.#newExpiry());
    if (done) this.#audit(before, decision, change);
    const after = await this.find(id);
    if (done) return after;
    throw conflict(after, `this is for jobs that are ${change.wanted}`);
  }

  async #replayIfFailed(job: JobRecord, decision: Decision): Promise<boolean> {
    const done = await this.#parts.jobs.replay(job.id, this.#newExpiry());
    if (done) this.#audit(job, decision, { action: 'replay' });
    return done;
  }

  #newExpiry(): number {
    return this.now + this.#parts.jobExpiresMs;
  }

  #audit(job: JobRecord, { caller, reason, requestId }: Decision, { action, settlement }: Pick<Change, 'action' | 'settlement'>): void {
    const from = { state: job.state, reason: job.reason };
    const { id, service, operation } = job;
    const entry = { action, settlement, job: id, service, operation, by: caller.id, from, reason, requestId };
    this.#parts.logger.warn({ audit: true, ...entry }, 'job changed by hand');
  }
}
