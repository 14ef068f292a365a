import { expect } from 'chai';
import { CircuitBreakerFactory } from '../../../src/circuit/circuitBreakerFactory.ts';
import { guarded } from '../../../src/contract/events.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { ATTEMPT_TIMEOUT_MS, policy, useBreakerHouse } from '../../support/breakerHouse.ts';
import { createMetrics } from '../../support/exampleMetrics.ts';
import { byEvidence, stop } from '../../support/operationCalls.ts';
import { Scrape } from '../../support/scrape.ts';

const rethrow = (error: unknown): never => {
  throw error;
};

describe('Metrics of operations’ circuits', () => {
  const house = useBreakerHouse();

  it('are one count for each service, and no series for an operation', async () => {
    const metrics = createMetrics();
    const factory = new CircuitBreakerFactory({
      clock: systemClock,
      random: () => 0,
      events: guarded([metrics], rethrow),
      onEngine: (engine) => {
        metrics.observeEngine(engine);
      },
      onListenerError: rethrow,
    });
    metrics.watch({
      circuits: () => factory.states(),
      bulkheads: () => [],
      cacheBytes: () => [],
      quotas: () => [],
      retryBudgets: () => [],
    });
    const breaker = factory.breaker('hubspot', { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: { ...policy, ...byEvidence } });

    await stop(house, breaker, 'search', 'read');
    const { body } = await metrics.render();
    factory.shutdown();

    const shown = new Scrape(body);
    expect(shown.value('circuit_breaker_open_operations', { circuit_name: 'hubspot' })).to.equal(1);
    expect(shown.value('circuit_breaker_state', { circuit_name: 'hubspot' })).to.equal(0);
    expect(body).not.to.include('hubspot:search');
  });
});
