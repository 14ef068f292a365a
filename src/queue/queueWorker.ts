/**
 * Makes the writes that wait: one pump for each service, through the same client as everybody else.
 */
import type { HttpClient } from '../pipeline/httpClient.ts';
import type { Operation } from '../contract/operation.ts';
import type { QuotaState } from '../pipeline/quotaBoard.ts';
import type { Logger } from '../logging/logger.ts';
import type { CircuitChanged, OverrideChanged, ResilienceEvents } from '../contract/events.ts';
import type { Clock } from '../time/clock.ts';
import { roomForJobs } from './drainPace.ts';
import type { DurableQueue } from './durableQueue.ts';
import { JobExecution } from './jobExecution.ts';
import { JobPump } from './jobPump.ts';
import type { QueueEvents } from './queueEvents.ts';
import type { Sealer } from './sealer.ts';

/** A service whose writes may wait. */
export interface DrainedService {
  readonly name: string;
  readonly operations: readonly Operation<unknown>[];
  readonly http: Pick<HttpClient, 'send' | 'startDeadline' | 'getCircuitState'> & {
    getLimits(): { readonly bulkhead: { readonly limit: number; readonly inFlight: number } };
  };
}

export interface QueueWorkerParts {
  readonly queue: DurableQueue;
  readonly services: readonly DrainedService[];
  readonly sealer: Sealer;
  readonly quotas: () => readonly QuotaState[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly events: QueueEvents;
}

/** Hears of circuits, which are named like their services: one that closes lets its jobs go. */
export class QueueWorker implements ResilienceEvents {
  readonly #parts: QueueWorkerParts;
  readonly #pumps: ReadonlyMap<string, JobPump>;

  constructor(parts: QueueWorkerParts) {
    this.#parts = parts;
    const drained = parts.services.filter(({ operations }) => operations.some(({ queue }) => queue !== undefined));
    this.#pumps = new Map(drained.map((service) => [service.name, this.#pumpOf(service)]));
    parts.queue.onWork((service) => {
      this.#pumps.get(service)?.nudge();
    });
  }

  start(): void {
    for (const pump of this.#pumps.values()) pump.start();
  }

  /** Begins nothing more, and waits up to 15 s for what is under way. */
  async stop(): Promise<void> {
    await Promise.all([...this.#pumps.values()].map((pump) => pump.stop()));
  }

  circuitChanged({ circuit, to }: CircuitChanged): void {
    if (to !== 'open') this.#pumps.get(circuit)?.nudge();
  }

  overrideChanged({ circuit }: OverrideChanged): void {
    this.#pumps.get(circuit)?.nudge();
  }

  #pumpOf(service: DrainedService): JobPump {
    const { queue, clock, logger, events } = this.#parts;
    const operations = new Map(service.operations.map((operation) => [operation.name, operation]));
    const execution = new JobExecution({ ...this.#parts, http: service.http, operations });
    return new JobPump({
      service: service.name,
      queue,
      execute: (job, signal) => execution.execute(job, signal),
      room: (draining) => this.#roomFor(service, draining),
      clock,
      logger,
      events,
    });
  }

  #roomFor({ name, http }: DrainedService, draining: number): number {
    return roomForJobs({
      circuit: http.getCircuitState(),
      bulkhead: http.getLimits().bulkhead,
      quotas: this.#parts.quotas().filter(({ service }) => service === name),
      draining,
      wallTime: this.#parts.clock.wallTime(),
    });
  }
}
