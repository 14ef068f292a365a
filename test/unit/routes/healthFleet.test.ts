import { expect } from 'chai';
import type { ClusterSource } from '../../../src/fleet/clusterView.ts';
import type { ReplicaSnapshot } from '../../../src/fleet/replicaBoard.ts';
import { healthReport, type HealthReport } from '../../../src/routes/healthReport.ts';
import { healthText } from '../../../src/routes/healthText.ts';
import { snapshotOf } from '../../support/circuitSnapshot.ts';
import { plainHttp } from '../../support/plainHttp.ts';
import { startWebGateway, type WebGateway } from '../web/webGateway.ts';

const at = Date.UTC(2026, 10, 21, 19, 0, 3);

const replica = (name: string, changes: Partial<ReplicaSnapshot> = {}): ReplicaSnapshot => ({
  replica: name,
  version: '1.2.3',
  phase: 'ready',
  uptimeMs: 61_500,
  circuits: {},
  suspectsItselfOver: [],
  ...changes,
});

const clusterOf = (replicas: readonly ReplicaSnapshot[], changes: Partial<ClusterSource> = {}): ClusterSource => ({
  replica: 'a',
  sharedState: 'up',
  suspected: [],
  isUnfit: false,
  sample: () =>
    replicas.length === 0
      ? undefined
      : { replicas: replicas.map((snapshot, index) => ({ snapshot, ageMs: 500 * (index + 1) })), ageMs: 300 },
  ...changes,
});

const three = [
  replica('a'),
  replica('b', { circuits: { hubspot: 'open' } }),
  replica('c', { phase: 'draining', circuits: { hubspot: 'half_open' } }),
];
const untouched = { quotas: () => [], cache: () => ({ entries: 3, bytes: 30, maxBytes: 100 }), runbook: 'runbook' };

const reportOf = (cluster: ClusterSource | undefined): HealthReport =>
  healthReport(
    {
      ...untouched,
      phase: () => 'ready',
      circuits: () => [snapshotOf()],
      cluster,
      build: { version: '1', sha: 'abc', configHash: '0', startedAt: at },
    },
    new Map(),
    at,
  );

describe('health report of a fleet', () => {
  it('says whose view it is, and how old', () => {
    expect(reportOf(clusterOf(three)).notes).to.deep.equal(['view: cluster (3 replicas, newest sample 0.8 s)']);
    expect(reportOf(undefined).notes).to.deep.equal(['view: this replica only']);
    expect(reportOf(clusterOf([], { sharedState: 'off' })).notes).to.deep.equal(['view: this replica only']);
    expect(reportOf(clusterOf([], { sharedState: 'down' })).notes).to.deep.equal([
      'view: this replica only (what the fleet shares cannot be reached)',
    ]);
  });

  it('says on how many replicas a circuit is not closed', () => {
    expect(reportOf(clusterOf(three)).checks['hubspot:circuit']?.[0]).to.include({ replicasOpen: '2/3' });
    expect(reportOf(clusterOf([])).checks['hubspot:circuit']?.[0]).to.not.have.property('replicasOpen');
  });

  it('shows each replica, and when it was seen', () => {
    expect(reportOf(clusterOf(three)).checks['fleet:replicas']?.[0]).to.deep.include({ observedValue: 3, status: 'pass' });
    expect((reportOf(clusterOf(three)).checks['fleet:replicas']?.[0]?.['replicas'] as readonly unknown[])[1]).to.deep.equal({
      replica: 'b',
      version: '1.2.3',
      phase: 'ready',
      uptimeSeconds: 61,
      seenSecondsAgo: 1.3,
      circuits: { hubspot: 'open' },
      suspectsItselfOver: [],
    });
  });

  it('tells of the other replicas in its first line, and warns, although all is well on the one that is asked', () => {
    const report = reportOf(clusterOf(three));
    const [first] = healthText(report).split('\n');

    expect(report.status).to.equal('warn');
    expect(first).to.equal(
      'WARN: all circuits closed on this replica; 2 of 2 other replicas: b (hubspot open), c (draining, hubspot half_open)',
    );
  });

  it('names five replicas in its first line, and says how many more there are', () => {
    const many = Array.from({ length: 8 }, (_, index) => replica(`r${String(index)}`, { circuits: { kit: 'open' } }));

    expect(reportOf(clusterOf([replica('a'), ...many])).description).to.match(/8 of 8 other replicas: (?:r\d \(kit open\), ){5}3 more$/u);
  });

  it('passes while every replica is as usual', () => {
    expect(reportOf(clusterOf([replica('a'), replica('b')]))).to.include({ status: 'pass', description: 'all circuits closed' });
  });

  it('warns while what is shared cannot be reached, and fails nothing over it', () => {
    const report = reportOf(clusterOf([], { sharedState: 'down' }));

    expect(report.status).to.equal('warn');
    expect(report.description).to.include('what the fleet shares cannot be reached: this replica acts alone');
    expect(report.checks['fleet:sharedState']?.[0]).to.include({ observedValue: 'down', status: 'warn' });
  });

  it('has nothing to say of a fleet to who is alone', () => {
    expect(Object.keys(reportOf(clusterOf([], { sharedState: 'off' })).checks).filter((name) => name.startsWith('fleet'))).to.deep.equal(
      [],
    );
  });

  it('says that it suspects itself, and over what', () => {
    const report = reportOf(clusterOf(three, { suspected: ['hubspot'] }));

    expect(report.status).to.equal('warn');
    expect(report.description).to.include('this replica suspects itself: hubspot stopped here only');
    expect(report.checks['replica:selfSuspicion']?.[0]).to.deep.include({ observedValue: 1, services: ['hubspot'], ready: true });
  });

  it('lists for people the replicas that are not as usual', () => {
    const text = healthText(reportOf(clusterOf([...three, replica('d', { suspectsItselfOver: ['kit'] })])));

    expect(text).to.include('view: cluster (4 replicas, newest sample 0.8 s)');
    expect(text).to.include('\nreplicas:\n  b: hubspot open\n  c: draining, hubspot half_open\n  d: suspects itself\n');
    expect(healthText(reportOf(clusterOf([replica('a')])))).to.not.include('replicas:\n');
  });
});

describe('readiness of a replica that suspects itself', () => {
  let gateway: WebGateway;
  let isUnfit = false;

  before(async () => {
    const cluster = clusterOf(three, { suspected: ['hubspot', 'lemlist'] });
    gateway = await startWebGateway({
      fleet: {
        cluster: {
          ...cluster,
          get isUnfit() {
            return isUnfit;
          },
        },
        views: () => [],
        controls: undefined,
      },
    });
  });

  after(() => gateway.stop());

  it('is kept while one service is concerned, and given up with a reason once it is two', async () => {
    const before = await plainHttp(`${gateway.url}/health/ready`);
    isUnfit = true;
    const after = await plainHttp(`${gateway.url}/health/ready`);
    const live = await plainHttp(`${gateway.url}/health/live`);

    expect(before.status).to.equal(200);
    expect(after.status).to.equal(503);
    expect(JSON.parse(after.text)).to.deep.equal({ status: 'fail', output: 'self-suspect: hubspot, lemlist stopped on this replica only' });
    expect(live.status).to.equal(200);
  });
});
