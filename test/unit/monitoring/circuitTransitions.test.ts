import { expect } from 'chai';
import sinon from 'sinon';
import { UpstreamUnauthorizedError } from '../../../src/errors/upstreamErrors.ts';
import type { PrometheusMetrics } from '../../../src/monitoring/prometheusMetrics.ts';
import type { CircuitBreaker } from '../../../src/circuit/circuitBreaker.ts';
import { CircuitBreakerFactory } from '../../../src/circuit/circuitBreakerFactory.ts';
import { guarded } from '../../../src/contract/events.ts';
import { minutes, systemClock } from '../../../src/time/clock.ts';
import { createMetrics } from '../../support/exampleMetrics.ts';
import { Scrape } from '../../support/scrape.ts';

const site = { service: 'hubspot', operation: 'get_contact' };
const succeed = async (): Promise<string> => 'ok';
const fail = async (): Promise<string> => Promise.reject(new Error('down'));
const refuse = async (): Promise<string> => Promise.reject(new UpstreamUnauthorizedError(site, 401));

const rethrow = (error: unknown): never => {
  throw error;
};

const watchedFactory = (metrics: PrometheusMetrics): CircuitBreakerFactory => {
  const factory = new CircuitBreakerFactory({
    clock: systemClock,
    random: () => 0.5,
    events: guarded([metrics], rethrow),
    onEngine: (engine) => metrics.observeEngine(engine),
    onListenerError: rethrow,
  });
  metrics.watch({ circuits: () => factory.states(), bulkheads: () => [], cacheBytes: () => [], quotas: () => [], retryBudgets: () => [] });
  return factory;
};

describe('Circuit metrics of a real breaker', () => {
  let timers: sinon.SinonFakeTimers;
  let metrics: PrometheusMetrics;
  let factory: CircuitBreakerFactory;
  let breaker: CircuitBreaker;

  beforeEach(() => {
    timers = sinon.useFakeTimers();
    metrics = createMetrics();
    factory = watchedFactory(metrics);
    breaker = factory.breaker('hubspot', {
      attemptTimeoutMs: 1000,
      circuit: { detection: { strategy: 'consecutive', failures: 5 }, openForMs: 1000, openForCapMs: 1000, recoveryProbeMs: 'off' },
    });
  });

  afterEach(() => {
    factory.shutdown();
    timers.restore();
  });

  const attempts = async (count: number, action: () => Promise<string>): Promise<void> => {
    for (let made = 0; made < count; made += 1) await breaker.call(action, site).catch(() => undefined);
  };
  const untilItProbes = async (): Promise<unknown> => timers.tickAsync(minutes(20));
  const untilTheRampIsOver = async (): Promise<unknown> => timers.tickAsync(minutes(1));
  const scrape = async (): Promise<Scrape> => new Scrape((await metrics.render()).body);

  it('know every opening beforehand, so that an alert sees the first one rise from 0', async () => {
    const openings = { circuit_name: 'hubspot', from: 'closed', to: 'open' };
    const before = (await scrape()).values('circuit_breaker_transitions_total', openings);

    await attempts(5, fail);
    await untilItProbes();
    await attempts(1, fail);
    await untilItProbes();
    await attempts(1, refuse);
    await untilItProbes();
    await attempts(20, succeed);
    await untilTheRampIsOver();
    await attempts(3, refuse);
    breaker.reset();

    const after = await scrape();
    const all = after.values('circuit_breaker_transitions_total', { circuit_name: 'hubspot' });
    expect(after.values('circuit_breaker_transitions_total', openings)).to.have.length(before.length);
    expect(before.reduce((sum, value) => sum + value, 0)).to.equal(0);
    expect(all.reduce((sum, value) => sum + value, 0)).to.equal(9);
  });

  it('carry the engine’s own events under the names that opossum-prometheus gives them', async () => {
    await attempts(5, fail);
    await untilItProbes();

    const shown = await scrape();
    expect(shown.value('circuit', { name: 'hubspot', event: 'open' })).to.equal(1);
    expect(shown.value('circuit', { name: 'hubspot', event: 'halfOpen' })).to.equal(1);
    expect(shown.value('circuit_perf_count', { name: 'hubspot', event: 'failure' })).to.equal(5);
  });

  it('are not counted twice when an engine is shown twice', async () => {
    metrics.observeEngine(breaker.observed);

    await attempts(5, fail);

    expect((await scrape()).value('circuit', { name: 'hubspot', event: 'open' })).to.equal(1);
  });
});
