/**
 * The durable queue and the replays of Idempotency-Keys as metrics. How full the queue is, is read from what was seen last
 * in the background: a scrape waits for no disk.
 */
import type { Counter, Histogram, Registry } from 'prom-client';
import { type JobAccepted, type JobExecuted, jobStates, type QueueDepth } from '../queue/durableQueue.ts';
import type { QueueReading } from '../queue/queueMaintenance.ts';
import type { RepeatResult } from '../web/idempotency.ts';
import { createCounter, createHistogram, mirrorGauge } from './metricTable.ts';

/** Seconds. From a ramp's first moments to the day after which a job expires. */
const BUCKETS = [0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];

/** Of a service that never had a job. */
const NONE: QueueDepth['jobs'] = { queued: 0, running: 0, succeeded: 0, failed: 0, uncertain: 0, cancelled: 0 };
const NOTHING: Omit<QueueDepth, 'service'> = { jobs: NONE };

export class QueueMetrics {
  readonly #events: Counter<'service' | 'outcome'>;
  readonly #waits: Histogram<'service'>;
  readonly #replays: Counter<'result'>;

  /** @param read What was seen last; `undefined` in a house without a queue, whose gauges then have no series. */
  constructor(registry: Registry, services: readonly string[], read: () => QueueReading | undefined) {
    this.#events = createCounter(registry, 'queue_jobs_total');
    this.#waits = createHistogram(registry, 'queue_wait_seconds', BUCKETS);
    this.#replays = createCounter(registry, 'idempotency_replays_total');
    mirrorDepths(registry, services, read);
  }

  jobAccepted({ service }: JobAccepted): void {
    this.#events.inc({ service, outcome: 'accepted' });
  }

  /** Only a job that was made has waited for something; how long the others went on waiting, the oldest tells. */
  jobExecuted({ service, outcome, waitedMs }: JobExecuted): void {
    this.#events.inc({ service, outcome });
    if (outcome === 'succeeded') this.#waits.observe({ service }, waitedMs / 1000);
  }

  requestRepeated(result: RepeatResult): void {
    this.#replays.inc({ result });
  }
}

const mirrorDepths = (registry: Registry, services: readonly string[], read: () => QueueReading | undefined): void => {
  const depths = (): readonly (readonly [service: string, depth: QueueDepth | undefined])[] => {
    const reading = read();
    if (reading === undefined) return [];
    const found = new Map(reading.depths.map((depth) => [depth.service, depth]));
    return services.map((service) => [service, found.get(service)]);
  };
  mirrorGauge(registry, 'queue_jobs', () =>
    depths().flatMap(([service, depth]) => jobStates.map((state) => [{ service, state }, (depth?.jobs ?? NONE)[state]] as const)),
  );
  mirrorGauge(registry, 'queue_dead_letter_jobs', () =>
    depths().map(([service, depth]) => [{ service }, waitingForPeople(depth?.jobs ?? NONE)] as const),
  );
  mirrorGauge(registry, 'queue_oldest_job_timestamp_seconds', () =>
    depths().flatMap(([service, { oldestAcceptedAt } = NOTHING]) =>
      oldestAcceptedAt === undefined ? [] : [[{ service }, oldestAcceptedAt / 1000] as const],
    ),
  );
  mirrorGauge(registry, 'queue_store_up', () => {
    const reading = read();
    return reading === undefined ? [] : [[{ engine: reading.engine }, reading.up ? 1 : 0] as const];
  });
};

const waitingForPeople = ({ failed, uncertain }: QueueDepth['jobs']): number => failed + uncertain;
