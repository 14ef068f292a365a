import { expect } from 'chai';
import { alertedOutcomes, callOutcome } from '../../../src/monitoring/outcomes.ts';
import { createMetrics, services } from '../../support/exampleMetrics.ts';
import { Scrape } from '../../support/scrape.ts';

const site = { service: 'hubspot', operation: 'get_contact' };

describe('Upstream metrics', () => {
  it('begin at 0 where an alert counts single attempts, for every operation, and otherwise with their first use', async () => {
    const scrape = new Scrape((await createMetrics().render()).body);

    const operations = services.flatMap((service) => service.operations).length;
    for (const outcome of alertedOutcomes) {
      expect(scrape.values('upstream_attempts_total', { attempt: 'first', outcome }), outcome).to.deep.equal(Array(operations).fill(0));
    }
    expect(scrape.values('upstream_attempts_total')).to.have.length(operations * alertedOutcomes.length);
    for (const name of [
      'upstream_request_duration_seconds_count',
      'upstream_deprecations_total',
      'cache_requests_total',
      'shared_cache_requests_total',
    ]) {
      expect(scrape.values(name), name).to.deep.equal([]);
    }
  });

  it('count an attempt by its kind and its error code', async () => {
    const metrics = createMetrics();

    metrics.attemptEnded({ ...site, attempt: 'retry', outcome: 'upstream_unauthorized', durationMs: 5 });

    const scrape = new Scrape((await metrics.render()).body);
    expect(scrape.value('upstream_attempts_total', { ...site, attempt: 'retry', outcome: 'upstream_unauthorized' })).to.equal(1);
    expect(scrape.value('upstream_attempts_total', { ...site, attempt: 'first', outcome: 'upstream_unauthorized' })).to.equal(0);
  });

  it('measure a whole call in seconds, by service and outcome, whatever its operation', async () => {
    const metrics = createMetrics();

    metrics.callEnded({ ...site, outcome: 'upstream', durationMs: 300 });
    metrics.callEnded({ ...site, operation: 'create_contact', outcome: 'upstream', durationMs: 700 });

    const scrape = new Scrape((await metrics.render()).body);
    const labels = { service: 'hubspot', outcome: 'success' };
    expect(scrape.value('upstream_request_duration_seconds_sum', labels)).to.equal(1);
    expect(scrape.value('upstream_request_duration_seconds_bucket', { ...labels, le: '0.25' })).to.equal(0);
    expect(scrape.value('upstream_request_duration_seconds_bucket', { ...labels, le: '0.5' })).to.equal(1);
  });

  it('leave a call that the cache answered out of the latency of the service', async () => {
    const metrics = createMetrics();

    metrics.callEnded({ ...site, outcome: 'cache', durationMs: 1 });
    metrics.callEnded({ ...site, outcome: 'coalesced', durationMs: 1 });

    const counts = new Scrape((await metrics.render()).body).values('upstream_request_duration_seconds_count');
    expect(counts).to.deep.equal([]);
  });

  it('tell what stood in from what failed, and both from what we refused ourselves', () => {
    expect(callOutcome('stale')).to.equal('fallback');
    expect(callOutcome('upstream_timeout')).to.equal('failed');
    expect(callOutcome('upstream_rejected')).to.equal('rejected');
    expect(callOutcome('upstream_quota_exhausted')).to.equal('throttled');
    expect(callOutcome('circuit_open')).to.equal('refused');
  });

  it('count questions to the cache by what came of them', async () => {
    const metrics = createMetrics();

    metrics.cacheAsked('hubspot', 'hit');
    metrics.cacheAsked('hubspot', 'hit');

    const scrape = new Scrape((await metrics.render()).body);
    expect(scrape.value('cache_requests_total', { service: 'hubspot', result: 'hit' })).to.equal(2);
  });

  it('count an answer once for each field of the schema that it breaks', async () => {
    const metrics = createMetrics();
    const before = new Scrape((await metrics.render()).body);

    metrics.contractBroken({ ...site, fields: ['id', 'results.*.id'] });
    metrics.contractBroken({ ...site, fields: ['id'] });

    const scrape = new Scrape((await metrics.render()).body);
    expect(before.values('upstream_contract_breaks_total')).to.deep.equal([]);
    expect(scrape.value('upstream_contract_breaks_total', { ...site, field: 'id' })).to.equal(2);
    expect(scrape.value('upstream_contract_breaks_total', { ...site, field: 'results.*.id' })).to.equal(1);
  });

  it('count each answer that announces an end, by its header', async () => {
    const metrics = createMetrics();

    metrics.deprecationSeen({ ...site, notices: [{ header: 'deprecation' }, { header: 'sunset', at: 1 }] });

    const scrape = new Scrape((await metrics.render()).body);
    expect(scrape.value('upstream_deprecations_total', { ...site, header: 'sunset' })).to.equal(1);
    expect(scrape.values('upstream_deprecations_total')).to.deep.equal([1, 1]);
  });

  it('have no quota before the service states one, and keep the number that a reading leaves out', async () => {
    const metrics = createMetrics();
    const before = new Scrape((await metrics.render()).body);

    metrics.quotaSeen('hubspot', 'day', { limit: 1000, remaining: 900 });
    metrics.quotaSeen('hubspot', 'day', { remaining: 899 });

    const scrape = new Scrape((await metrics.render()).body);
    expect(before.values('upstream_quota_limit')).to.deep.equal([]);
    expect(scrape.value('upstream_quota_limit', { service: 'hubspot', window: 'day' })).to.equal(1000);
    expect(scrape.value('upstream_quota_remaining', { service: 'hubspot', window: 'day' })).to.equal(899);
  });

  it('read bulkheads, quotas and retry budgets at each scrape', async () => {
    const metrics = createMetrics();
    metrics.watch({
      circuits: () => [],
      bulkheads: () => [{ service: 'hubspot', limit: 100, inFlight: 7 }],
      cacheBytes: () => [4096],
      quotas: () => [
        { service: 'hubspot', quota: 'default', windowMs: 10_000, limit: 100, share: 40, used: 10 },
        { service: 'mailchimp', quota: 'default', windowMs: 0, limit: 10, share: Infinity, used: 2 },
      ],
      retryBudgets: () => [{ service: 'hubspot', ratio: 0.4 }],
    });

    const scrape = new Scrape((await metrics.render()).body);

    expect(scrape.value('bulkhead_limit', { service: 'hubspot' })).to.equal(100);
    expect(scrape.value('bulkhead_in_flight', { service: 'hubspot' })).to.equal(7);
    expect(scrape.value('retry_budget_remaining_ratio', { service: 'hubspot' })).to.equal(0.4);
    expect(scrape.value('quota_share_ratio', { service: 'hubspot', quota: 'default', window: '10' })).to.equal(0.4);
    expect(scrape.value('quota_used_ratio', { service: 'hubspot', quota: 'default', window: '10' })).to.equal(0.1);
    expect(scrape.value('quota_share_ratio', { service: 'mailchimp', quota: 'default', window: 'connections' })).to.equal(1);
  });
});
