import { expect } from 'chai';
import type { CircuitSnapshot, OperationsSummary } from '../../../src/contract/circuitState.ts';
import { healthReport, type HealthReport } from '../../../src/routes/healthReport.ts';
import { healthText } from '../../../src/routes/healthText.ts';
import { snapshotOf } from '../../support/circuitSnapshot.ts';

const at = Date.UTC(2026, 10, 21, 19, 0, 3);
const endpoints = new Map([['hubspot', ['/api/hubspot/contacts']]]);

const reportOf = (operations: Partial<OperationsSummary>, circuit: Partial<CircuitSnapshot> = {}): HealthReport =>
  healthReport(
    {
      phase: () => 'ready',
      circuits: () => [snapshotOf({ ...circuit, operations: { openCount: 0, open: [], suspect: [], ...operations } })],
      quotas: () => [],
      cache: () => ({ entries: 3, bytes: 30, maxBytes: 100 }),
      build: { version: '1.2.3', sha: 'abc1234', configHash: '0123456789ab', startedAt: at - 60_000 },
      runbook: 'docs/runbooks/circuit-breaker-runbook.md#circuitbreakeropen',
    },
    endpoints,
    at,
  );

describe('health report of operations that are stopped alone', () => {
  it('warns of the service, names the operations, and blames no route', () => {
    const report = reportOf({ openCount: 2, open: ['search', 'list'], suspect: ['count'] });

    expect(report).to.include({ status: 'warn', description: 'hubspot stopped for search, list only' });
    expect(report.checks['hubspot:circuit']?.[0])
      .to.deep.include({ status: 'warn', observedValue: 'closed', openOperations: ['search', 'list'], suspectOperations: ['count'] })
      .and.not.have.property('affectedEndpoints');
  });

  it('says that there are more than it names', () => {
    expect(reportOf({ openCount: 3, open: ['search', 'list'] }).description).to.equal('hubspot stopped for search, list, more only');
  });

  it('passes while operations are suspect only', () => {
    const report = reportOf({ suspect: ['search'] });

    expect(report).to.include({ status: 'pass', description: 'all circuits closed' });
  });

  it('speaks of the service’s own circuit where that is open', () => {
    const report = reportOf({}, { state: 'open', effectiveState: 'open' });

    expect(report.description).to.equal('hubspot circuit open');
    expect(report.checks['hubspot:circuit']?.[0]).to.deep.include({ affectedEndpoints: ['/api/hubspot/contacts'] });
  });

  it('lists them for people, and leaves no empty list behind', () => {
    expect(healthText(reportOf({ openCount: 1, open: ['search'] }))).to.include('\noperations stopped:\n  hubspot: search\n');
    expect(healthText(reportOf({}))).not.to.include('operations stopped');
  });
});
