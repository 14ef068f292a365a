/**
 * The durable queue on Redis: BullMQ holds, locks, delays and recovers the jobs, and our scripts add what it has not:
 * acceptance in time, the order of each entity, ends that tell what they mean. See docs/decisions/0014-bullmq-engine.md.
 */
import type * as BullMQ from 'bullmq';
import type { Redis } from 'ioredis';
import { QueueUnavailableError } from '../../errors/queueErrors.ts';
import { ANSWER_WITHIN_MS, answerInTime } from '../../redis/redisFailures.ts';
import { seconds, type Clock } from '../../time/clock.ts';
import type { ClaimedJob, DurableQueue, JobFilter, JobOutcome, JobRecord, NewJob, QueueDepth, Settlement } from '../durableQueue.ts';
import { acceptedRecord, BullScripts, depthOf, isWanted, type Kept, recordOf } from './bullScripts.ts';
import { BullClaims, BullService } from './bullService.ts';

export interface BullQueueParts {
  /** The library, loaded by whoever needs it. */
  readonly bullmq: typeof BullMQ;
  /** @throws {QueueUnavailableError} while there is no use in sending commands. */
  readonly client: () => Redis;
  readonly clock: Clock;
  /** Proves a claim: never the same twice. */
  readonly newToken: () => string;
  /** Deployments that share a Redis have one each. */
  readonly keyPrefix: string;
  readonly kept: Kept;
}

/** One service: its queue in BullMQ, our scripts on the same keys, and the claims that rest on both. */
interface ServiceQueue {
  readonly bull: BullService;
  readonly scripts: BullScripts;
  readonly claims: BullClaims;
}

/**
 * How often we poll for jobs of dead workers, which bounds with the lock's life how long those wait; and for jobs that have
 * fallen due, or that another process has added.
 */
const POLL_EVERY_MS = seconds(1);
const PAGE = 200;
const PURGED_AT_ONCE = 200;

export class BullQueue implements DurableQueue {
  readonly engine = 'bullmq';
  readonly #parts: BullQueueParts;
  readonly #prefix: string;
  readonly #queues = new Map<string, ServiceQueue>();
  readonly #listeners: ((service: string) => void)[] = [];
  #cancelPoll: () => void;
  #isClosed = false;

  constructor(parts: BullQueueParts) {
    this.#parts = parts;
    this.#prefix = `{${parts.keyPrefix}}:jobs`;
    this.#cancelPoll = this.#pollLater();
  }

  add(job: NewJob): Promise<JobRecord> {
    return this.#answer(async () => {
      const start = this.#parts.clock.now();
      const { bull, scripts } = this.#queueOf(job.service);
      // Held first, accepted by a second command: one that comes to Redis too late for our answer then accepts nothing.
      const [redisNow] = await Promise.all([this.#redisTime(), bull.hold(job)]);
      const left = ANSWER_WITHIN_MS - (this.#parts.clock.now() - start);
      const acceptance = await scripts.accept(job, redisNow + left, `${this.#prefix}:services`);
      if (acceptance === 'late' || acceptance === 'missing') throw new QueueUnavailableError('Redis does not answer in time');
      if (acceptance === 'accepted') this.#hint(job.service);
      return (acceptance === 'known' && (await this.#findIn(job.service, job.id))) || acceptedRecord(job);
    });
  }

  find(id: string): Promise<JobRecord | undefined> {
    return this.#answer(() => this.#find(id));
  }

  cancel(id: string): Promise<JobRecord | undefined> {
    return this.#answer(async () => {
      const service = (await this.#find(id))?.service;
      if (service === undefined) return undefined;
      if (await this.#queueOf(service).scripts.cancel(id, this.#now())) this.#hint(service);
      return this.#findIn(service, id);
    });
  }

  async take(service: string): Promise<ClaimedJob | undefined> {
    let isAwaited = true;
    try {
      return await this.#answer(async () => {
        const { claims } = this.#queueOf(service);
        const job = await claims.take();
        if (job !== undefined && !isAwaited) await claims.handBack(job);
        return job;
      });
    } finally {
      isAwaited = false;
    }
  }

  renew(job: ClaimedJob): Promise<boolean> {
    return this.#answer(() => this.#queueOf(job.service).claims.renew(job));
  }

  end(job: ClaimedJob, outcome: JobOutcome): Promise<boolean> {
    return this.#answer(() => this.#queueOf(job.service).claims.end(job, outcome));
  }

  async list(filter: JobFilter): Promise<readonly JobRecord[]> {
    const services = await this.#answer(() => this.#services());
    const wanted = filter.service === undefined ? services : services.filter((service) => service === filter.service);
    const found = await Promise.all(wanted.map((service) => this.#listIn(service, filter)));
    // Within a service they come in the order of acceptance, which the clocks of several pods may contradict.
    const all = wanted.length === 1 ? found.flat() : found.flat().sort((one, other) => one.acceptedAt - other.acceptedAt);
    return all.slice(0, filter.limit);
  }

  replay(id: string, expiresAt: number): Promise<boolean> {
    return this.#settle(id, 'failed', 'repeat', expiresAt);
  }

  settle(id: string, settlement: Settlement, expiresAt: number): Promise<boolean> {
    return this.#settle(id, 'uncertain', settlement, expiresAt);
  }

  depths(): Promise<readonly QueueDepth[]> {
    return this.#answer(async () => {
      const services = await this.#services();
      return Promise.all(services.map(async (service) => depthOf(service, await this.#queueOf(service).scripts.depth())));
    });
  }

  async purge(endedBefore: number, deadBefore: number): Promise<number> {
    let purged = 0;
    for (const service of await this.#answer(() => this.#services())) {
      purged += await this.#purgeSet(service, 'completed', endedBefore - 1);
      purged += await this.#purgeSet(service, 'failed', deadBefore - 1);
    }
    return purged;
  }

  onWork(listener: (service: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Claims stay as they are: what is under way here will be found interrupted. The client stays its owner's. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelPoll();
    await Promise.all([...this.#queues.values()].map(({ bull }) => bull.close()));
  }

  #now(): number {
    return this.#parts.clock.wallTime();
  }

  async #redisTime(): Promise<number> {
    const [wholeSeconds, microseconds] = await this.#parts.client().time();
    return Number(wholeSeconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  #answer<T>(work: () => Promise<T>): Promise<T> {
    return answerInTime(this.#parts.clock, async () => {
      if (this.#isClosed) throw new QueueUnavailableError('it is closed');
      return work();
    });
  }

  /** The same one for ever. */
  #queueOf(service: string): ServiceQueue {
    const known = this.#queues.get(service);
    if (known !== undefined) return known;
    const { bullmq, client, clock, newToken, kept } = this.#parts;
    const bull = new BullService(bullmq, service, client(), this.#prefix);
    const scripts = new BullScripts(client, bull.base, kept);
    const onWork = (): void => {
      this.#hint(service);
    };
    const queue = { bull, scripts, claims: new BullClaims({ clock, bull, scripts, newToken, onWork }) };
    this.#queues.set(service, queue);
    return queue;
  }

  #services(): Promise<readonly string[]> {
    return this.#parts.client().smembers(`${this.#prefix}:services`);
  }

  async #find(id: string): Promise<JobRecord | undefined> {
    const found = await Promise.all((await this.#services()).map((service) => this.#findIn(service, id)));
    return found.find((record) => record !== undefined);
  }

  async #findIn(service: string, id: string): Promise<JobRecord | undefined> {
    const [row] = await this.#queueOf(service).scripts.records([id]);
    if (row === undefined) return undefined;
    const [, state, ...fields] = row;
    return recordOf(id, state, fields);
  }

  /** Page by page, so that neither Redis nor we stand still over a long queue. */
  async #listIn(service: string, filter: JobFilter): Promise<readonly JobRecord[]> {
    const { scripts } = this.#queueOf(service);
    const found: JobRecord[] = [];
    for (let from = 0; found.length < filter.limit; from += PAGE) {
      const ids = await this.#answer(() => scripts.page(from, PAGE));
      if (ids.length === 0) break;
      const rows = await this.#answer(() => scripts.records(ids, filter.states));
      const records = rows.map(([id, state, ...fields]) => recordOf(id, state, fields));
      found.push(...records.filter((record) => isWanted(record, filter)));
    }
    return found.slice(0, filter.limit);
  }

  #settle(id: string, ending: 'failed' | 'uncertain', settlement: Settlement, expiresAt: number): Promise<boolean> {
    return this.#answer(async () => {
      const service = (await this.#find(id))?.service;
      if (service === undefined) return false;
      const isSettled = await this.#queueOf(service).scripts.settle(id, ending, settlement, this.#now(), expiresAt);
      if (isSettled && settlement === 'repeat') this.#hint(service);
      return isSettled;
    });
  }

  async #purgeSet(service: string, set: 'completed' | 'failed', endedUntil: number): Promise<number> {
    const { bull, scripts } = this.#queueOf(service);
    let purged = 0;
    for (;;) {
      // Out of our keys first: broken off in between, the next purge drops what is left.
      await this.#answer(() => scripts.unlink(set, endedUntil, PURGED_AT_ONCE));
      const dropped = await this.#answer(() => bull.clean(set, endedUntil, PURGED_AT_ONCE));
      purged += dropped;
      if (dropped < PURGED_AT_ONCE) return purged;
    }
  }

  #pollLater(): () => void {
    return this.#parts.clock.after(POLL_EVERY_MS, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    await Promise.all([...this.#queues].map(([service, queue]) => this.#pollService(service, queue)));
    if (!this.#isClosed) this.#cancelPoll = this.#pollLater();
  }

  async #pollService(service: string, { bull, scripts }: ServiceQueue): Promise<void> {
    try {
      await this.#answer(() => bull.recover());
      if (await this.#answer(() => scripts.isReady(this.#now()))) this.#hint(service);
    } catch {
      // Redis is away; the connection has told the log. The next poll is soon.
    }
  }

  #hint(service: string): void {
    for (const listener of this.#listeners) listener(service);
  }
}
