import { expect } from 'chai';
import { metricTable } from '../../../src/monitoring/metricTable.ts';
import { snapshotOf } from '../../support/circuitSnapshot.ts';
import { createBusyMetrics, createMetrics } from '../../support/exampleMetrics.ts';
import { Scrape } from '../../support/scrape.ts';

describe('PrometheusMetrics', () => {
  it('shows every metric of the table under its type', async () => {
    const { body } = await createBusyMetrics(false).render();

    for (const [name, { type }] of Object.entries(metricTable)) expect(body).to.include(`# TYPE ${name} ${type}\n`);
  });

  it('has a series for every metric of the table once the service is busy, with its labels and no others', async () => {
    const labelNames = new Scrape((await createBusyMetrics(false).render()).body).labelNames();

    for (const [name, { type, labels }] of Object.entries(metricTable)) {
      const shown = labelNames.get(type === 'histogram' ? `${name}_count` : name);
      expect([...(shown ?? [])], name).to.have.members([...labels]);
    }
  });

  it('says what is running', async () => {
    const scrape = new Scrape((await createMetrics().render()).body);

    expect(scrape.value('service_build_info', { version: '1.2.3', node_version: process.version })).to.equal(1);
  });

  it('adds the process’s own metrics, without the three whose names promtool refuses', async () => {
    const names = new Scrape((await createBusyMetrics().render()).body).labelNames();

    expect([...names.keys()]).to.include.members(['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes']);
    expect([...names.keys()].filter((name) => /^nodejs_active_.*_total$/u.test(name))).to.deep.equal([]);
  });

  it('reports what a metric cannot take instead of throwing it into the call', () => {
    const reported: unknown[] = [];
    const metrics = createMetrics((error) => reported.push(error));

    metrics.callEnded({ service: 'hubspot', operation: 'get_contact', outcome: 'upstream', durationMs: Number.NaN });
    metrics.requestEnded({ method: 'GET', route: '/', status: 200, durationMs: Number.NaN });

    expect(reported).to.have.length(2);
  });

  it('loses only the gauges of a source that fails', async () => {
    const reported: unknown[] = [];
    const metrics = createMetrics((error) => reported.push(error));
    const broken = (): never => {
      throw new Error('no bulkheads');
    };
    metrics.watch({ circuits: () => [snapshotOf()], bulkheads: broken, cacheBytes: () => [], quotas: () => [], retryBudgets: () => [] });

    const scrape = new Scrape((await metrics.render()).body);

    expect(scrape.value('circuit_breaker_state')).to.equal(0);
    expect(scrape.values('bulkhead_limit')).to.deep.equal([]);
    expect(reported).to.have.length(2);
  });

  it('shares nothing with another instance', async () => {
    const one = createMetrics();
    const other = createMetrics();

    one.fallbackUsed('hubspot');

    const scrape = new Scrape((await other.render()).body);
    expect(scrape.value('circuit_breaker_fallback_total', { circuit_name: 'hubspot' })).to.equal(0);
  });
});
