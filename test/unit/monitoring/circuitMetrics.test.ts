import { expect } from 'chai';
import type { CircuitSnapshot } from '../../../src/contract/circuitState.ts';
import { snapshotOf } from '../../support/circuitSnapshot.ts';
import { createMetrics, services } from '../../support/exampleMetrics.ts';
import { Scrape } from '../../support/scrape.ts';

const hubspot = { circuit_name: 'hubspot' };

describe('Circuit metrics', () => {
  it('let every counter of every declared circuit begin at 0', async () => {
    const scrape = new Scrape((await createMetrics().render()).body);

    for (const { name } of services) {
      for (const counted of ['fire', 'success', 'failure', 'timeout', 'reject', 'fallback']) {
        expect(scrape.value(`circuit_breaker_${counted}_total`, { circuit_name: name }), counted).to.equal(0);
      }
    }
  });

  it('count each result as fired once, and a timeout as a failure as well', async () => {
    const metrics = createMetrics();

    for (const result of ['success', 'failure', 'timeout', 'ignored', 'reject'] as const) metrics.circuitCalled('hubspot', result);

    const scrape = new Scrape((await metrics.render()).body);
    expect(scrape.value('circuit_breaker_fire_total', hubspot)).to.equal(5);
    expect(scrape.value('circuit_breaker_success_total', hubspot)).to.equal(1);
    expect(scrape.value('circuit_breaker_failure_total', hubspot)).to.equal(2);
    expect(scrape.value('circuit_breaker_timeout_total', hubspot)).to.equal(1);
    expect(scrape.value('circuit_breaker_reject_total', hubspot)).to.equal(1);
  });

  it('count fallbacks apart from what was fired', async () => {
    const metrics = createMetrics();

    metrics.fallbackUsed('hubspot');

    const scrape = new Scrape((await metrics.render()).body);
    expect(scrape.value('circuit_breaker_fallback_total', hubspot)).to.equal(1);
    expect(scrape.value('circuit_breaker_fire_total', hubspot)).to.equal(0);
  });

  const shown: readonly (readonly [CircuitSnapshot['effectiveState'], number])[] = [
    ['closed', 0],
    ['half_open', 1],
    ['open', 2],
    ['forced_open', 2],
    ['disabled', 0],
    ['metrics_only', 0],
  ];
  for (const [effectiveState, value] of shown) {
    it(`show a circuit that is ${effectiveState} as ${String(value)}`, async () => {
      const metrics = createMetrics();
      metrics.watch({
        circuits: () => [snapshotOf({ effectiveState })],
        bulkheads: () => [],
        cacheBytes: () => [],
        quotas: () => [],
        retryBudgets: () => [],
      });

      const scrape = new Scrape((await metrics.render()).body);

      expect(scrape.value('circuit_breaker_state', hubspot)).to.equal(value);
    });
  }

  it('read suspicion, open time and the beginning of the state at each scrape, in base units', async () => {
    const metrics = createMetrics();
    let snapshot = snapshotOf({ suspicion: 0.25, openForTotalMs: 1500, since: 1_790_000_000_500 });
    metrics.watch({ circuits: () => [snapshot], bulkheads: () => [], cacheBytes: () => [], quotas: () => [], retryBudgets: () => [] });

    const first = new Scrape((await metrics.render()).body);
    snapshot = snapshotOf({ suspicion: 1, openForTotalMs: 4000 });
    const second = new Scrape((await metrics.render()).body);

    expect(first.value('circuit_breaker_suspicion_ratio', hubspot)).to.equal(0.25);
    expect(first.value('circuit_breaker_open_seconds_total', hubspot)).to.equal(1.5);
    expect(first.value('circuit_breaker_state_since_timestamp_seconds', hubspot)).to.equal(1_790_000_000.5);
    expect(second.value('circuit_breaker_suspicion_ratio', hubspot)).to.equal(1);
    expect(second.value('circuit_breaker_open_seconds_total', hubspot)).to.equal(4);
  });

  it('show when an outage began and which override is in force, and nothing where there is none', async () => {
    const metrics = createMetrics();
    const override = { mode: 'disabled', reason: 'maintenance', by: 'oncall', until: 1, scope: 'replica' } as const;
    let snapshot = snapshotOf({ outageSince: 1_790_000_000_500, override });
    metrics.watch({ circuits: () => [snapshot], cacheBytes: () => [], bulkheads: () => [], quotas: () => [], retryBudgets: () => [] });

    const during = new Scrape((await metrics.render()).body);
    snapshot = snapshotOf();
    const after = new Scrape((await metrics.render()).body);

    expect(during.value('circuit_breaker_outage_start_timestamp_seconds', hubspot)).to.equal(1_790_000_000.5);
    expect(during.value('circuit_breaker_override_active', { ...hubspot, mode: 'disabled' })).to.equal(1);
    expect(after.values('circuit_breaker_outage_start_timestamp_seconds')).to.deep.equal([]);
    expect(after.values('circuit_breaker_override_active')).to.deep.equal([]);
  });

  it('count a transition by its states and its reason', async () => {
    const metrics = createMetrics();

    metrics.circuitChanged({ circuit: 'hubspot', from: 'closed', to: 'open', reason: 'failure_rate', at: 0, lastedMs: 1 });

    const scrape = new Scrape((await metrics.render()).body);
    expect(scrape.value('circuit_breaker_transitions_total', { ...hubspot, to: 'open', reason: 'failure_rate' })).to.equal(1);
    expect(scrape.values('circuit_breaker_transitions_total', { ...hubspot, to: 'closed' })).to.deep.equal([]);
  });

  it('begin a circuit that was not declared at 0 as soon as it is known', async () => {
    const metrics = createMetrics();

    metrics.watch({
      circuits: () => [snapshotOf({ name: 'reports' })],
      bulkheads: () => [],
      cacheBytes: () => [],
      quotas: () => [],
      retryBudgets: () => [],
    });

    const scrape = new Scrape((await metrics.render()).body);
    expect(scrape.value('circuit_breaker_failure_total', { circuit_name: 'reports' })).to.equal(0);
  });
});
