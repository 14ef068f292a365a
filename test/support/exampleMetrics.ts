/**
 * Metrics with something of everything in them, as after a busy minute.
 */
import { PrometheusMetrics } from '../../src/monitoring/prometheusMetrics.ts';
import { snapshotOf } from './circuitSnapshot.ts';

export const services = [
  { name: 'hubspot', operations: ['get_contact', 'create_contact'] },
  { name: 'lemlist', operations: ['add_lead'] },
];

const site = { service: 'hubspot', operation: 'get_contact' };

const override = { mode: 'forced_open', reason: 'maintenance', by: 'oncall', until: 2000, scope: 'replica' } as const;

/** @throws what a metric could not take: no example is one of those. */
const fail = (error: unknown): never => {
  throw error;
};

export const createMetrics = (onError: (error: unknown) => void = fail): PrometheusMetrics =>
  new PrometheusMetrics({ services, version: '1.2.3', onError, processMetrics: false });

/** Everything that `/metrics` can show has a series: what rules and panels may rest on. */
export const createBusyMetrics = (processMetrics = true): PrometheusMetrics => {
  const metrics = new PrometheusMetrics({ services, version: '1.2.3', onError: fail, processMetrics });
  metrics.watch({
    circuits: () => services.map(({ name }) => snapshotOf({ name, outageSince: 1000, override })),
    bulkheads: () => services.map(({ name }) => ({ service: name, limit: 10, inFlight: 1 })),
    cacheBytes: () => [4096],
    quotas: () => services.map(({ name }) => ({ service: name, quota: 'default', windowMs: 10_000, limit: 100, share: 50, used: 25 })),
    retryBudgets: () => services.map(({ name }) => ({ service: name, ratio: 0.5 })),
  });
  metrics.watchQueue(() => ({
    engine: 'embedded',
    up: true,
    at: 1000,
    depths: services.map(({ name }) => ({
      service: name,
      jobs: { queued: 1, running: 0, succeeded: 0, failed: 1, uncertain: 0, cancelled: 0 },
      oldestAcceptedAt: 1000,
    })),
  }));
  metrics.watchFleet(() => ({ sharedState: 'up', suspected: ['hubspot'], sample: () => undefined }));
  metrics.quotaSeen('hubspot', 'day', { limit: 250_000, remaining: 1000 });
  metrics.contractBroken({ ...site, fields: ['id'] });
  metrics.deprecationSeen({ ...site, notices: [{ header: 'sunset' }] });
  metrics.attemptEnded({ ...site, attempt: 'retry', outcome: 'success', durationMs: 70 });
  metrics.cacheAsked('hubspot', 'hit');
  metrics.sharedCacheAsked('hubspot', 'miss');
  metrics.warningScored({ service: 'hubspot', detector: 'latency', followed: 'open', leadMs: 1500 });
  metrics.jobExecuted({
    id: 'job_1',
    service: 'hubspot',
    operation: 'create_contact',
    requestId: undefined,
    outcome: 'succeeded',
    reason: undefined,
    waitedMs: 2500,
    attempts: 1,
  });
  metrics.requestRepeated('replayed');
  metrics.requestEnded({ method: 'GET', route: '/api/hubspot/contacts/:id', status: 200, durationMs: 12 });
  metrics.callEnded({ ...site, outcome: 'upstream', durationMs: 80 });
  return metrics;
};
