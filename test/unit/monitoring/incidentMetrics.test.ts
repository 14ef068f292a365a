import { expect } from 'chai';
import { incidentClasses, type Incident } from '../../../src/contract/incident.ts';
import type { IncidentSource } from '../../../src/monitoring/incidents/incidentWatch.ts';
import { createMetrics, services } from '../../support/exampleMetrics.ts';
import { Scrape } from '../../support/scrape.ts';

const detectors = ['suspicion', 'latency', 'quota'] as const;

const incident: Incident = {
  id: 'common-cause-1',
  beganAt: 0,
  since: 1_790_000_000_000,
  services: ['hubspot', 'lemlist'],
  class: 'local-egress',
};

const sourceOf = (changes: Partial<IncidentSource>): IncidentSource => ({
  active: () => undefined,
  warnings: () => [],
  muted: () => [],
  ...changes,
});

const warning = { service: 'hubspot', detector: 'latency' } as const;
const ofWarning = { circuit_name: 'hubspot', detector: 'latency' };

describe('Incident metrics', () => {
  it('begin at 0 in every class, and count the warnings of a detector from its first', async () => {
    const scrape = new Scrape((await createMetrics().render()).body);

    for (const each of incidentClasses) expect(scrape.value('common_cause_active', { class: each })).to.equal(0);
    for (const { name } of services) {
      for (const detector of detectors) {
        const labels = { circuit_name: name, detector };
        expect(scrape.values('circuit_breaker_warnings_total', labels)).to.deep.equal([]);
        expect(scrape.values('circuit_breaker_warning_lead_seconds_count', labels)).to.deep.equal([]);
        expect(scrape.value('circuit_breaker_warnings_muted', labels)).to.equal(0);
      }
    }
  });

  it('show an incident in its class while it lasts', async () => {
    const metrics = createMetrics();
    let active: Incident | undefined = incident;
    metrics.watchIncidents(sourceOf({ active: () => active }));

    const during = new Scrape((await metrics.render()).body);
    active = undefined;
    const after = new Scrape((await metrics.render()).body);

    expect(during.value('common_cause_active', { class: 'local-egress' })).to.equal(1);
    expect(during.value('common_cause_active', { class: 'mixed' })).to.equal(0);
    expect(after.values('common_cause_active')).to.deep.equal([0, 0, 0]);
  });

  it('count a warning by what followed, and how long before, in seconds', async () => {
    const metrics = createMetrics();

    metrics.warningScored({ ...warning, followed: 'open', leadMs: 1500 });
    metrics.warningScored({ ...warning, followed: 'none' });
    metrics.warningScored({ ...warning, followed: 'none' });

    const scrape = new Scrape((await metrics.render()).body);
    expect(scrape.value('circuit_breaker_warnings_total', { ...ofWarning, followed: 'open' })).to.equal(1);
    expect(scrape.value('circuit_breaker_warnings_total', { ...ofWarning, followed: 'none' })).to.equal(2);
    expect(scrape.value('circuit_breaker_warning_lead_seconds_sum', ofWarning)).to.equal(1.5);
    expect(scrape.value('circuit_breaker_warning_lead_seconds_count', ofWarning)).to.equal(1);
  });

  it('show which detectors are muted', async () => {
    const metrics = createMetrics();
    metrics.watchIncidents(sourceOf({ muted: () => [warning] }));

    const scrape = new Scrape((await metrics.render()).body);

    expect(scrape.value('circuit_breaker_warnings_muted', ofWarning)).to.equal(1);
    expect(scrape.value('circuit_breaker_warnings_muted', { ...ofWarning, detector: 'quota' })).to.equal(0);
  });

  it('report a source that fails, and show 0', async () => {
    const reported: unknown[] = [];
    const metrics = createMetrics((error) => reported.push(error));
    const broken = (): never => {
      throw new Error('no incidents');
    };
    metrics.watchIncidents(sourceOf({ active: broken, muted: broken }));

    const scrape = new Scrape((await metrics.render()).body);

    expect(scrape.values('common_cause_active')).to.deep.equal([0, 0, 0]);
    expect(reported).to.have.length(2);
  });

  it('report a warning that a metric cannot take instead of throwing it', () => {
    const reported: unknown[] = [];
    const metrics = createMetrics((error) => reported.push(error));

    metrics.warningScored({ ...warning, followed: 'open', leadMs: Number.NaN });

    expect(reported).to.have.length(1);
  });
});
