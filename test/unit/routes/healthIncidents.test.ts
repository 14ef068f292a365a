import { expect } from 'chai';
import type { CircuitSnapshot } from '../../../src/contract/circuitState.ts';
import type { Incident, IncidentClass } from '../../../src/contract/incident.ts';
import type { PendingWarning } from '../../../src/monitoring/incidents/incidentWatch.ts';
import { healthReport, type HealthReport } from '../../../src/routes/healthReport.ts';
import { healthText } from '../../../src/routes/healthText.ts';
import { closedCircuit } from '../web/webGateway.ts';

const at = Date.UTC(2026, 10, 21, 19, 0, 3);

const openCircuit = (name: string): CircuitSnapshot => ({
  ...closedCircuit,
  name,
  state: 'open',
  effectiveState: 'open',
  since: at - 2000,
});

const incidentOf = (incidentClass: IncidentClass = 'local-egress'): Incident => ({
  id: 'common-cause-1',
  beganAt: 0,
  since: at - 2000,
  services: ['hubspot', 'lemlist'],
  class: incidentClass,
});

const reportOf = (
  active: Incident | undefined,
  warnings: readonly PendingWarning[] = [],
  circuits: readonly CircuitSnapshot[] = active === undefined ? [closedCircuit] : active.services.map(openCircuit),
): HealthReport =>
  healthReport(
    {
      phase: () => 'ready',
      circuits: () => circuits,
      quotas: () => [],
      cache: () => ({ entries: 3, bytes: 30, maxBytes: 100 }),
      incidents: { active: () => active, warnings: () => warnings },
      build: { version: '1.2.3', sha: 'abc1234', configHash: '0123456789ab', startedAt: at - 60_000 },
      runbook: 'docs/runbooks/circuit-breaker-runbook.md#circuitbreakeropen',
    },
    new Map(),
    at,
  );

describe('health report of services that fail together', () => {
  it('says so before anything else', () => {
    const report = reportOf(incidentOf());

    expect(report.description).to.equal(
      '2 services failed together since 2026-11-21T19:00:01.000Z: looks like our own network; hubspot circuit open; lemlist circuit open',
    );
    expect(Object.keys(report.checks)[0]).to.equal('services:common_cause');
    expect(report.checks['services:common_cause']).to.deep.equal([
      {
        observedValue: 'local-egress',
        status: 'warn',
        time: '2026-11-21T19:00:03.000Z',
        incident: 'common-cause-1',
        since: '2026-11-21T19:00:01.000Z',
        services: ['hubspot', 'lemlist'],
      },
    ]);
  });

  for (const [incidentClass, cause] of [
    ['upstream-shared', 'looks like something they share'],
    ['mixed', 'the cause is unclear'],
  ] as const) {
    it(`says what ${incidentClass} looks like`, () => {
      expect(reportOf(incidentOf(incidentClass)).description).to.include(`: ${cause}; `);
    });
  }

  it('has no such check while there is no incident', () => {
    const report = reportOf(undefined);

    expect(report.description).to.equal('all circuits closed');
    expect(report.checks).not.to.have.property('services:common_cause');
  });

  it('shows it to people in the first lines', () => {
    const [first, , third] = healthText(reportOf(incidentOf())).split('\n');

    expect(first).to.match(/^WARN: 2 services failed together since 2026-11-21T19:00:01\.000Z: looks like our own network; /u);
    expect(third).to.equal('failed together since 2026-11-21T19:00:01.000Z: hubspot, lemlist');
  });
});

describe('health report of early warnings', () => {
  const warnings: readonly PendingWarning[] = [
    { service: 'toy', detector: 'suspicion', since: at - 3000 },
    { service: 'toy', detector: 'latency', since: at - 1000 },
  ];

  it('shows them, though a prediction makes nothing worse than it is', () => {
    const report = reportOf(undefined, warnings);

    expect(report.status).to.equal('pass');
    expect(report.checks['toy:early_warning']).to.deep.equal([
      { observedValue: 'suspicion', status: 'warn', time: '2026-11-21T19:00:03.000Z', since: '2026-11-21T19:00:00.000Z' },
      { observedValue: 'latency', status: 'warn', time: '2026-11-21T19:00:03.000Z', since: '2026-11-21T19:00:02.000Z' },
    ]);
  });

  it('lists them for people apart from the figures', () => {
    const text = healthText(reportOf(undefined, warnings));

    expect(text).to.include(
      '\nearly warnings:\n  toy: suspicion since 2026-11-21T19:00:00.000Z\n  toy: latency since 2026-11-21T19:00:02.000Z\n',
    );
    expect(text).not.to.include('early_warning');
  });

  it('leaves no empty list behind', () => {
    expect(healthText(reportOf(undefined))).not.to.include('early warnings');
  });
});
