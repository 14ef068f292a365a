/**
 * The queue of one service in BullMQ, as far as we use it: it holds jobs, hands them out under a lock, and moves them. A claim rests on
 * that lock; our scripts say whether the job's turn has come.
 */
import type * as BullMQ from 'bullmq';
import type { Redis } from 'ioredis';
import { seconds, type Clock } from '../../time/clock.ts';
import type { ClaimedJob, JobOutcome, NewJob } from '../durableQueue.ts';
import { type Admission, type BullScripts, type Note, recordOf } from './bullScripts.ts';

/** How long a claim holds that is not renewed. */
export const LOCK_MS = seconds(3);
/** Just below our pace of looking for stalled jobs: of a fleet, one looks at a time. */
const STALLED_INTERVAL_MS = 900;
/** A job held back longer than any adder would still wait for its acceptance. */
const HOLD_MS = seconds(10);
/** BullMQ keeps a log of its own of what happened; nobody reads it here. */
const KEPT_EVENTS = 100;

interface Held {
  readonly payload: string;
}

/** Redis' answers to a lock that is gone, or to a job that is: see `finished-errors` of BullMQ. */
const lostCodes: readonly unknown[] = [-1, -2, -3, -6];

/** Whether a claim on it was still good. */
const unlessLost = async (move: Promise<unknown>): Promise<boolean> => {
  try {
    await move;
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && lostCodes.includes(error.code)) return false;
    throw error;
  }
};

const nobody = (): void => undefined;

export class BullService {
  readonly #bullmq: typeof BullMQ;
  readonly #queue: BullMQ.Queue<Held>;
  readonly #worker: BullMQ.Worker<Held>;

  /**
   * BullMQ's own defaults do not suit accepted writes: a job whose worker died waits a minute for the next one, and fails for good when
   * that dies, too. Here it waits {@link LOCK_MS} and a poll, and its deaths are not counted.
   *
   * @param bullmq The library: it is loaded only where there is a Redis.
   * @param client Stays the caller's: it is shared, and not closed here.
   * @param prefix Before the names of all keys, with the hash tag of a cluster.
   */
  constructor(bullmq: typeof BullMQ, service: string, client: Redis, prefix: string) {
    this.#bullmq = bullmq;
    // Neither its own connection nor one that blocks: we fetch when we want, and the client bounds every command.
    const onOurClient: BullMQ.BackendFactory<BullMQ.RedisQueueBackend> = (name, options) =>
      bullmq.createRedisBackend(name, { ...options, connection: client, skipVersionCheck: true, skipWaitingForReady: true });
    this.#queue = new bullmq.Queue(service, { connection: client, prefix, streams: { events: { maxLen: KEPT_EVENTS } } }, onOurClient);
    this.#worker = new bullmq.Worker<Held>(
      service,
      null,
      {
        connection: client,
        prefix,
        autorun: false,
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_INTERVAL_MS,
        maxStalledCount: Number.MAX_SAFE_INTEGER,
      },
      onOurClient,
    );
    // The connection tells the log itself, once; and every call of ours gets its error.
    this.#queue.on('error', nobody);
    this.#worker.on('error', nobody);
  }

  /** All keys of this queue begin with it. */
  get base(): string {
    return this.#queue.toKey('');
  }

  /** Stores a job without offering it. A known id changes nothing. */
  async hold({ id, operation, payload }: NewJob): Promise<void> {
    await this.#queue.add(operation, { payload }, { jobId: id, delay: HOLD_MS, priority: 1 });
  }

  /** The next that is offered, locked with this token. */
  async fetch(token: string): Promise<{ readonly id: string; readonly payload: string } | undefined> {
    const job = (await this.#worker.getNextJob(token, { block: false })) as BullMQ.Job<Held> | undefined;
    return job?.id === undefined ? undefined : { id: job.id, payload: job.data.payload };
  }

  async renew(id: string, token: string): Promise<boolean> {
    return (await this.#handle(id).extendLock(token, LOCK_MS)) === 1;
  }

  /** All of these: `false` if the lock was lost before. */
  complete(id: string, token: string): Promise<boolean> {
    return unlessLost(this.#handle(id).moveToCompleted(undefined, token, false));
  }

  fail(id: string, token: string, reason: string): Promise<boolean> {
    return unlessLost(this.#handle(id).moveToFailed(new this.#bullmq.UnrecoverableError(reason), token));
  }

  delay(id: string, token: string, until: number): Promise<boolean> {
    return unlessLost(this.#handle(id).moveToDelayed(until, token));
  }

  drop(id: string, token: string): Promise<boolean> {
    const removed = new this.#bullmq.Job<Held>(this.#worker, '', { payload: '' }, { removeOnFail: true }, id);
    return unlessLost(removed.moveToFailed(new this.#bullmq.UnrecoverableError('unaccepted'), token));
  }

  /** Offers jobs again whose worker has died. @returns how many. */
  async recover(): Promise<number> {
    return (await this.#worker.getBackend().moveStalledJobsToWait()).length;
  }

  /** Drops ended jobs, the oldest first. @returns how many. */
  async clean(set: 'completed' | 'failed', endedUntil: number, limit: number): Promise<number> {
    return (await this.#queue.getBackend().cleanJobsByState(set, endedUntil, limit)).length;
  }

  async close(): Promise<void> {
    await Promise.all([this.#queue.close(), this.#worker.close(true)]);
  }

  /** To move a job, its id is enough; reading it again would bring its payload over. */
  #handle(id: string): BullMQ.Job<Held> {
    return new this.#bullmq.Job<Held>(this.#worker, '', { payload: '' }, { stackTraceLimit: 0 }, id);
  }
}

export interface ClaimParts {
  readonly clock: Clock;
  readonly bull: BullService;
  readonly scripts: BullScripts;
  readonly newToken: () => string;
  /** A job of the service may have become due. */
  readonly onWork: () => void;
}

/** A take passes over at most so many jobs that are not to be run; then it answers, and hints that there is more. */
const MOST_PASSED_OVER = 50;
/** How soon a job of a later release is offered again, to whichever release asks then. */
const NEWER_AGAIN_MS = seconds(5);

const noteOf = (outcome: JobOutcome, interrupted: boolean, now: number): Note => {
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'succeeded', result: outcome.result, dueAt: now };
    case 'retry':
      return { kind: 'retry', reason: outcome.reason, dueAt: now + outcome.afterMs };
    case 'postponed':
      return { kind: 'postponed', reason: outcome.reason, dueAt: now + outcome.afterMs, keepInterruption: interrupted };
    default:
      return { kind: outcome.kind, reason: outcome.reason, dueAt: now };
  }
};

export class BullClaims {
  readonly #parts: ClaimParts;

  constructor(parts: ClaimParts) {
    this.#parts = parts;
  }

  async take(): Promise<ClaimedJob | undefined> {
    const { bull, newToken, onWork } = this.#parts;
    for (let passed = 0; passed < MOST_PASSED_OVER; passed += 1) {
      const token = newToken();
      const fetched = await bull.fetch(token);
      if (fetched === undefined) return undefined;
      const claimed = await this.#claim(fetched.id, token, fetched.payload);
      if (claimed !== undefined) return claimed;
    }
    onWork();
    return undefined;
  }

  /** Of a claim that came too late for whoever asked: nothing was begun. */
  async handBack(job: ClaimedJob): Promise<void> {
    await this.end(job, { kind: 'postponed', reason: 'handed_back', afterMs: 0 });
  }

  renew({ id, claim }: ClaimedJob): Promise<boolean> {
    return this.#parts.bull.renew(id, claim);
  }

  async end({ id, claim, interrupted }: ClaimedJob, outcome: JobOutcome): Promise<boolean> {
    const now = this.#parts.clock.wallTime();
    return this.#end(id, claim, noteOf(outcome, interrupted, now));
  }

  /** The job, or nothing if it is not to be run: then it has been put where it belongs. */
  async #claim(id: string, claim: string, payload: string): Promise<ClaimedJob | undefined> {
    const { bull, clock } = this.#parts;
    const now = clock.wallTime();
    const [verdict, detail, ...fields] = await this.#admit(id, claim, now);
    switch (verdict) {
      case 'run':
        return { ...recordOf(id, 'running', fields), payload, claim, interrupted: detail === '1' };
      case 'blocked':
        await bull.delay(id, claim, now + detail);
        return undefined;
      case 'newer':
        await bull.delay(id, claim, now + NEWER_AGAIN_MS);
        return undefined;
      case 'expired':
        await this.#end(id, claim, { kind: 'expired', reason: 'expired', dueAt: now });
        return undefined;
      case 'unaccepted':
        await bull.drop(id, claim);
        return undefined;
      case 'lost':
        return undefined;
    }
  }

  /**
   * A hung Redis may still admit what we no longer wait for, and the job would count as interrupted though it was never
   * begun. On the same connection the withdrawal comes right after it.
   */
  async #admit(id: string, claim: string, now: number): Promise<Admission> {
    const { scripts } = this.#parts;
    try {
      return await scripts.admit(id, claim, now);
    } catch (error) {
      scripts.withdraw(id, claim).catch(() => undefined);
      throw error;
    }
  }

  /** Three steps, each under the lock. Whoever dies between them leaves a job that is done again, as an interrupted one. */
  async #end(id: string, claim: string, note: Note): Promise<boolean> {
    const { scripts, clock, onWork } = this.#parts;
    if (!(await scripts.note(id, claim, clock.wallTime(), note))) return false;
    if (!(await this.#move(id, claim, note))) return false;
    if (note.kind === 'retry' || note.kind === 'postponed') return true;
    if (await scripts.release(id)) onWork();
    return true;
  }

  #move(id: string, claim: string, { kind, reason, dueAt }: Note): Promise<boolean> {
    const { bull } = this.#parts;
    switch (kind) {
      case 'succeeded':
        return bull.complete(id, claim);
      case 'retry':
      case 'postponed':
        return bull.delay(id, claim, dueAt);
      default:
        return bull.fail(id, claim, reason ?? kind);
    }
  }
}
