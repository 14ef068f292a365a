/**
 * The queue of one service in BullMQ, as far as we use it: it holds jobs, hands them out under a lock, and moves them.
 *
 * BullMQ's own defaults do not suit accepted writes: a job whose worker died waits a minute for the next one, and fails
 * for good when that dies, too. Here it waits {@link LOCK_MS} and a look, and its deaths are not counted.
 */
import type * as BullMQ from 'bullmq';
import type { Redis } from 'ioredis';
import type { NewJob } from '../durableQueue.ts';
import { seconds } from '../../time/clock.ts';

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
