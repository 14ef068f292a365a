/**
 * Makes the writes that wait: a consumer for each service takes its jobs, a few at a time, as long as callers leave capacity for them,
 * executes each through the same client as everybody else, and records how it ended.
 */
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import type { CircuitChanged, OverrideChanged, ResilienceEvents } from '../contract/events.ts';
import type { Operation } from '../contract/operation.ts';
import type { Logger } from '../logging/logger.ts';
import type { HttpClient } from '../pipeline/httpClient.ts';
import type { QuotaState } from '../pipeline/quotaBoard.ts';
import { minutes, seconds, type Clock } from '../time/clock.ts';
import type { ClaimedJob, DurableQueue, JobOutcome, QueueEvents } from './durableQueue.ts';
import { executeJob, restAfter } from './jobExecution.ts';
import type { Sealer } from './sealer.ts';

/** At once, of one service and one process. Few: what waits already waits, and each takes a place from a caller. */
export const MAX_CONCURRENT_JOBS = 4;
/** While the service is being tried, one job tells as much as four. */
const CONCURRENT_ON_TRIAL = 1;
/** Above this share of the bulkhead in use, callers may soon need the rest. */
const BULKHEAD_SHARE = 0.5;
/**
 * This share of the quota of a day is left to callers. Shorter windows are the governor's: it makes a job wait with its own priority,
 * behind callers (docs/decisions/0015-quota-governor.md).
 */
const QUOTA_RESERVE = 0.2;
/** A reading holds so long, ms: the day has not moved on, but nobody may be calling; then a few jobs a minute renew it. */
const READING_HOLDS_MS = minutes(1);
/** Due times pass without a hint. */
const POLL_MS = seconds(1);
/** After the store has failed, for it and for the log. */
const STORE_REST_MS = seconds(5);
/** Between tries to record an outcome; the claim is held meanwhile. */
const RECORD_AGAIN_MS = seconds(1);
/** For running jobs to end, at a stop; below the limit of the lifecycle's parts. */
const STOP_LIMIT_MS = seconds(15);
/** A third of the shortest lease of an engine, 3 s: two renewals may be late before it is lost. */
const RENEW_MS = seconds(1);

export interface CapacityReadings {
  readonly circuit: Pick<CircuitSnapshot, 'effectiveState'>;
  readonly bulkhead: { readonly limit: number; readonly inFlight: number };
  /** Of this service. */
  readonly quotas: readonly QuotaState[];
  /** Jobs of this service; a part of `inFlight`. */
  readonly running: number;
  /** Wall clock, ms. */
  readonly wallTime: number;
}

const isScarce = ({ window, limit, remaining, at }: QuotaState, wallTime: number): boolean => {
  if (window !== 'day' || limit === undefined || remaining === undefined) return false;
  return wallTime - at < READING_HOLDS_MS && remaining <= limit * QUOTA_RESERVE;
};

const concurrencyIn = ({ effectiveState }: CapacityReadings['circuit']): number => {
  if (effectiveState === 'open' || effectiveState === 'forced_open') return 0;
  return effectiveState === 'half_open' ? CONCURRENT_ON_TRIAL : MAX_CONCURRENT_JOBS;
};

/** How many more jobs may begin: callers who wait go first, the queue takes what they leave. */
export const jobsThatMayBegin = ({ circuit, bulkhead, quotas, running, wallTime }: CapacityReadings): number => {
  if (quotas.some((quota) => isScarce(quota, wallTime))) return 0;
  const free = Math.max(1, bulkhead.limit * BULKHEAD_SHARE) - bulkhead.inFlight;
  return Math.max(0, Math.min(concurrencyIn(circuit) - running, Math.floor(free)));
};

interface LeaseRenewer {
  /** Aborts when somebody else has the job: what has not been sent then should not be. */
  readonly lost: AbortSignal;
  stop(): void;
}

/** Holds a claim until it is stopped. A store that does not answer has given the claim to nobody; it is asked again. */
const renewLease = (queue: DurableQueue, clock: Clock, job: ClaimedJob): LeaseRenewer => {
  const lost = new AbortController();
  let isStopped = false;
  const schedule = (): (() => void) => clock.after(RENEW_MS, () => void renew());
  const renew = async (): Promise<void> => {
    const isHeld = await queue.renew(job).catch(() => true);
    if (isStopped) return;
    if (isHeld) cancel = schedule();
    else lost.abort();
  };
  let cancel = schedule();
  return {
    lost: lost.signal,
    stop: () => {
      isStopped = true;
      cancel();
    },
  };
};

export interface ServiceConsumerParts {
  readonly service: string;
  readonly queue: DurableQueue;
  /** @param lost Aborts when the claim is lost. */
  readonly execute: (job: ClaimedJob, lost: AbortSignal) => Promise<JobOutcome>;
  /** How many more jobs may begin, with so many running. */
  readonly capacity: (running: number) => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: QueueEvents;
}

/**
 * The jobs of one service. It polls when it is told that there may be work, when a job has ended, and once a second without being told.
 * After a refusal of our own or a store that failed it rests, so that it does not spin.
 */
export class ServiceConsumer {
  readonly #parts: ServiceConsumerParts;
  readonly #running = new Map<string, Promise<void>>();
  readonly #leases = new Set<LeaseRenewer>();
  #state: 'stopped' | 'waiting' | 'polling' = 'stopped';
  #isHinted = false;
  #restsUntil = 0;
  #polling: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => undefined;

  constructor(parts: ServiceConsumerParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'waiting';
    this.nudge();
  }

  /** There may be work, or capacity for it. */
  nudge(): void {
    if (this.#state === 'polling') this.#isHinted = true;
    if (this.#state !== 'waiting') return;
    this.#cancelTimer();
    this.#state = 'polling';
    this.#polling = this.#poll();
  }

  /** Begins nothing more, and waits for what is running; what does not end in time keeps its claim, and counts as interrupted. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#cancelTimer();
    let cancel: () => void = () => undefined;
    const tooLate = new Promise<void>((resolve) => {
      cancel = this.#parts.clock.after(STOP_LIMIT_MS, resolve);
    });
    const allEnded = this.#polling.then(() => Promise.all(this.#running.values()));
    await Promise.race([allEnded, tooLate]);
    cancel();
    for (const lease of this.#leases) lease.stop();
  }

  get #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  async #poll(): Promise<void> {
    do await this.#takeJobs();
    while (this.#tookHint() && !this.#isStopped);
    if (this.#isStopped) return;
    this.#state = 'waiting';
    this.#cancelTimer = this.#parts.clock.after(POLL_MS, () => {
      this.nudge();
    });
  }

  /** Whether there was a nudge since the last poll began. */
  #tookHint(): boolean {
    const isHinted = this.#isHinted;
    this.#isHinted = false;
    return isHinted;
  }

  get #hasCapacity(): boolean {
    const { clock, capacity } = this.#parts;
    return !this.#isStopped && clock.now() >= this.#restsUntil && capacity(this.#running.size) > 0;
  }

  async #takeJobs(): Promise<void> {
    const { queue, service, logger } = this.#parts;
    try {
      while (this.#hasCapacity) {
        const job = await queue.take(service);
        if (job === undefined) return;
        await this.#begin(job);
      }
    } catch (error) {
      this.#rest(STORE_REST_MS);
      // The maintenance of the queue warns, once; here there is a line for each service and each poll.
      logger.debug({ error, service }, 'the queue gives no jobs; trying again');
    }
  }

  /** A claim that came after the stop, or for a job that is still running here, goes back. */
  async #begin(job: ClaimedJob): Promise<void> {
    if (this.#isStopped || this.#running.has(job.id)) {
      const reason = this.#isStopped ? 'stopping' : 'under_way';
      await this.#parts.queue.end(job, { kind: 'postponed', reason, afterMs: POLL_MS });
      return;
    }
    const run = this.#run(job).finally(() => {
      this.#running.delete(job.id);
      this.nudge();
    });
    this.#running.set(job.id, run);
  }

  /** Never rejects: nobody waits for one job. One that breaks our own code is left to its claim, and counts as interrupted. */
  async #run(job: ClaimedJob): Promise<void> {
    const { queue, clock, logger, execute } = this.#parts;
    const lease = renewLease(queue, clock, job);
    this.#leases.add(lease);
    try {
      const startedAt = clock.wallTime();
      const outcome = await execute(job, lease.lost);
      this.#rest(restAfter(outcome));
      if (await this.#recordOutcome(job, outcome)) this.#publish(job, outcome, startedAt);
    } catch (error) {
      logger.error({ error, jobId: job.id, service: job.service, operation: job.operation }, 'a job was not executed: a fault of ours');
    } finally {
      lease.stop();
      this.#leases.delete(lease);
    }
  }

  /** Until the store takes it: an outcome that is lost is an execution too many. */
  async #recordOutcome(job: ClaimedJob, outcome: JobOutcome): Promise<boolean> {
    const { queue, clock, logger } = this.#parts;
    for (let tries = 1; ; tries += 1) {
      try {
        return await queue.end(job, outcome);
      } catch (error) {
        if (tries === 1) {
          logger.warn({ error, jobId: job.id, outcome: outcome.kind }, 'the end of a job could not be noted; trying again');
        }
        if (this.#isStopped) return false;
        await new Promise<void>((resolve) => {
          clock.after(RECORD_AGAIN_MS, resolve);
        });
      }
    }
  }

  #publish({ id, service, operation, requestId, acceptedAt, attempts }: ClaimedJob, outcome: JobOutcome, startedAt: number): void {
    const reason = outcome.kind === 'succeeded' ? undefined : outcome.reason;
    const waitedMs = Math.max(0, startedAt - acceptedAt);
    this.#parts.events.jobExecuted?.({ id, service, operation, requestId, outcome: outcome.kind, reason, waitedMs, attempts });
  }

  #rest(ms: number): void {
    this.#restsUntil = Math.max(this.#restsUntil, this.#parts.clock.now() + ms);
  }
}

/** A service whose writes may wait. */
export interface QueuedService {
  readonly name: string;
  readonly operations: readonly Operation<unknown>[];
  readonly http: Pick<HttpClient, 'send' | 'startDeadline' | 'getCircuitState'> & {
    getLimits(): { readonly bulkhead: { readonly limit: number; readonly inFlight: number } };
  };
}

export interface ConsumersParts {
  readonly queue: DurableQueue;
  readonly services: readonly QueuedService[];
  readonly sealer: Sealer;
  readonly quotas: () => readonly QuotaState[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly events: QueueEvents;
}

/** The consumers of all services. Hears of circuits, which are named like their services: one that closes lets its jobs go. */
export class Consumers implements ResilienceEvents {
  readonly #parts: ConsumersParts;
  readonly #consumers: ReadonlyMap<string, ServiceConsumer>;

  constructor(parts: ConsumersParts) {
    this.#parts = parts;
    const queued = parts.services.filter(({ operations }) => operations.some(({ queue }) => queue !== undefined));
    this.#consumers = new Map(queued.map((service) => [service.name, this.#consumerOf(service)]));
    parts.queue.onWork((service) => {
      this.#consumers.get(service)?.nudge();
    });
  }

  start(): void {
    for (const consumer of this.#consumers.values()) consumer.start();
  }

  /** Begins nothing more, and waits up to 15 s for what is running. */
  async stop(): Promise<void> {
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.stop()));
  }

  circuitChanged({ circuit, to }: CircuitChanged): void {
    if (to !== 'open') this.#consumers.get(circuit)?.nudge();
  }

  overrideChanged({ circuit }: OverrideChanged): void {
    this.#consumers.get(circuit)?.nudge();
  }

  #consumerOf({ name, http, operations }: QueuedService): ServiceConsumer {
    const { queue, quotas, sealer, clock, random, logger, events } = this.#parts;
    const execution = { http, sealer, random, logger, operations: new Map(operations.map((operation) => [operation.name, operation])) };
    const capacity = (running: number): number =>
      jobsThatMayBegin({
        circuit: http.getCircuitState(),
        bulkhead: http.getLimits().bulkhead,
        quotas: quotas().filter(({ service }) => service === name),
        running,
        wallTime: clock.wallTime(),
      });
    const execute = (job: ClaimedJob, lost: AbortSignal): Promise<JobOutcome> => executeJob(execution, job, lost);
    return new ServiceConsumer({ service: name, queue, execute, capacity, clock, logger, events });
  }
}
