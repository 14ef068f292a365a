import { expect } from 'chai';
import type { CircuitSnapshot } from '../../../src/contract/circuitState.ts';
import { healthReport, type HealthSource } from '../../../src/routes/healthReport.ts';
import { healthText } from '../../../src/routes/healthText.ts';
import { plainHttp } from '../../support/plainHttp.ts';
import { closedCircuit, startWebGateway, type WebGateway } from '../web/webGateway.ts';

const at = Date.UTC(2026, 10, 21, 19, 0, 3);

const openCircuit: CircuitSnapshot = {
  ...closedCircuit,
  name: 'hubspot',
  state: 'open',
  effectiveState: 'open',
  since: at - 83_000,
  nextProbeAt: at + 7000,
  reason: 'failure_rate',
  failureRatio: 0.8234,
  lastFailure: { kind: 'timeout', at: at - 84_000 },
};

const sourceOf = (overrides: Partial<HealthSource> = {}): HealthSource => ({
  phase: () => 'ready',
  circuits: () => [closedCircuit],
  quotas: () => [],
  cache: () => ({ entries: 3, bytes: 30, maxBytes: 100 }),
  build: { version: '1.2.3', sha: 'abc1234', configHash: '0123456789ab', startedAt: at - 60_000 },
  runbook: 'docs/runbooks/circuit-breaker-runbook.md#circuitopen',
  ...overrides,
});

const endpoints = new Map([['hubspot', ['/api/hubspot/contacts', '/api/hubspot/contacts/{id}']]]);

describe('health report', () => {
  it('says which build runs with which settings, since when, and for whom it speaks', () => {
    const report = healthReport(sourceOf(), endpoints, at);

    expect(report).to.deep.include({
      status: 'pass',
      version: '1.2.3',
      releaseId: 'abc1234',
      configHash: '0123456789ab',
      startedAt: '2026-11-21T18:59:03.000Z',
      uptimeSeconds: 60,
      notes: ['view: this replica only'],
      description: 'all circuits closed',
    });
    expect(report.checks['cache:bytes']).to.deep.include.members([
      { observedValue: 30, observedUnit: 'bytes', limit: 100, entries: 3, status: 'pass', time: '2026-11-21T19:00:03.000Z' },
    ]);
  });

  it('tells of an open circuit all that a person on call asks', () => {
    const report = healthReport(sourceOf({ circuits: () => [openCircuit, closedCircuit] }), endpoints, at);

    expect(report).to.include({ status: 'warn', description: 'hubspot circuit open' });
    expect(report.checks['hubspot:circuit']?.[0]).to.deep.include({
      observedValue: 'open',
      status: 'warn',
      since: '2026-11-21T18:58:40.000Z',
      nextProbeAt: '2026-11-21T19:00:10.000Z',
      failureRatio: 0.823,
      lastError: { kind: 'timeout', at: '2026-11-21T18:58:39.000Z' },
      override: null,
      affectedEndpoints: ['/api/hubspot/contacts', '/api/hubspot/contacts/{id}'],
      links: { runbook: 'docs/runbooks/circuit-breaker-runbook.md#circuitopen' },
    });
    expect(report.checks['toy:circuit']?.[0]).not.to.have.property('affectedEndpoints');
  });

  it('warns of an override, and shows who imposed it, why and until when', () => {
    const override = {
      mode: 'disabled',
      reason: 'provider says all is well',
      by: 'operator',
      until: at + 60_000,
      scope: 'replica',
    } as const;
    const circuit: CircuitSnapshot = { ...closedCircuit, override, effectiveState: 'disabled' };

    const report = healthReport(sourceOf({ circuits: () => [circuit] }), endpoints, at);

    expect(report.checks['toy:circuit']?.[0]).to.deep.include({
      observedValue: 'disabled',
      status: 'warn',
      override: { ...override, until: '2026-11-21T19:01:03.000Z' },
    });
  });

  it('says since when the outage lasts, beside the last re-opening, in JSON and to people', () => {
    const circuit = { ...openCircuit, outageSince: at - 3_600_000 };

    const report = healthReport(sourceOf({ circuits: () => [circuit] }), endpoints, at);

    expect(report.checks['hubspot:circuit']?.[0]).to.include({
      outageSince: '2026-11-21T18:00:03.000Z',
      since: '2026-11-21T18:58:40.000Z',
    });
    expect(healthText(report)).to.match(/^WARN {2}hubspot {2}open {2}.*2026-11-21T18:00:03\.000Z/mu);
    expect(healthText(report)).to.include(
      'not closed because of:\n  hubspot: failure_rate, in this state since 2026-11-21T18:58:40.000Z\n',
    );
  });

  it('shows to people what people have set: by whom, until when and why', () => {
    const set = { reason: 'noisy provider', by: 'oncall', until: at + 60_000 };
    const circuit = { ...closedCircuit, override: { ...set, mode: 'disabled', scope: 'fleet' } as const, detectionChange: set };

    const report = healthReport(sourceOf({ circuits: () => [circuit] }), endpoints, at);

    expect(report.checks['toy:circuit']?.[0]).to.have.deep.property('detectionChange', { ...set, until: '2026-11-21T19:01:03.000Z' });
    expect(healthText(report)).to.include(
      [
        'set by hand:',
        '  toy: disabled (fleet) by oncall until 2026-11-21T19:01:03.000Z: noisy provider',
        '  toy: thresholds changed by oncall until 2026-11-21T19:01:03.000Z: noisy provider',
      ].join('\n'),
    );
  });

  for (const [what, hostile] of [
    ['an ANSI sequence', '\u001b[2J\u001b[31mall is well'],
    ['a sequence of one C1 character', '\u009b31mall is well'],
    ['a line break', 'over\nPASS: all circuits closed'],
    ['a carriage return', 'over\rPASS: all circuits closed'],
    ['a line separator', 'over\u2028PASS: all circuits closed'],
    ['what turns the direction of writing', 'over\u202eesolc'],
    ['a delete', 'over\u007f'],
  ] as const) {
    it(`shows ${what} in a reason as escapes, on a line of its own circuit`, () => {
      const override = { mode: 'forced_open', reason: hostile, by: 'operator', until: at, scope: 'replica' } as const;

      const circuit = { ...closedCircuit, override, effectiveState: 'forced_open' } as const;

      const text = healthText(healthReport(sourceOf({ circuits: () => [circuit] }), endpoints, at));

      expect(text.replaceAll('\n', ''))
        .to.match(/^\P{Cc}*$/u)
        .and.to.not.match(/[\u2028\u2029\u202a-\u202e]/u);
      expect(text).to.not.match(/^PASS:/mu);
      expect(text).to.match(/\\u[\da-f]{4}/u);
    });
  }

  it('warns of a quota that runs low, window by window', () => {
    const quotas = () => [
      { service: 'hubspot', window: 'ten_seconds', remaining: 41, limit: 100, at },
      { service: 'hubspot', window: 'day', remaining: 9, limit: 100, at },
      { service: 'hubspot', window: 'search', at },
    ];

    const report = healthReport(sourceOf({ quotas }), endpoints, at);

    expect(report.checks['hubspot:quota']?.map(({ status, observedValue }) => [status, observedValue])).to.deep.equal([
      ['pass', 41],
      ['warn', 9],
      ['pass', 'unknown'],
    ]);
  });

  it('reads as a table, the worst first to see', () => {
    const override = { mode: 'forced_open', reason: 'maintenance', by: 'operator', until: at, scope: 'replica' } as const;
    const forced: CircuitSnapshot = { ...closedCircuit, override, effectiveState: 'forced_open' };
    const quotas = () => [{ service: 'hubspot', window: 'day', remaining: 41, limit: 100, at }];

    const text = healthText(healthReport(sourceOf({ circuits: () => [openCircuit, forced], quotas }), endpoints, at));

    expect(text).to.match(/^WARN: hubspot circuit open; toy circuit forced_open\n/u);
    expect(text).to.match(/WARN {2}hubspot {2}open +2026-11-21T18:58:40\.000Z {2}2026-11-21T19:00:10\.000Z {2}82 % +timeout +-\n/u);
    expect(text).to.match(/WARN {2}toy +forced_open .* maintenance\n/u);
    expect(text).to.contain('affected:\n  /api/hubspot/contacts\n');
    expect(text).to.match(/PASS {2}hubspot:quota \(day\) {2}41 +100\n/u);
  });
});

describe('health routes', () => {
  let gateway: WebGateway;
  let circuits: readonly CircuitSnapshot[] = [];

  before(async () => {
    gateway = await startWebGateway({ health: sourceOf({ phase: () => gateway.phase, circuits: () => circuits }) });
  });

  beforeEach(() => {
    gateway.phase = 'ready';
    circuits = [closedCircuit];
  });

  after(() => gateway.stop());

  const statuses = async (): Promise<readonly number[]> =>
    Promise.all(
      ['/health', '/health/live', '/health/ready', '/health/detailed'].map(async (path) => (await plainHttp(gateway.url + path)).status),
    );

  it('are 200 throughout while circuits are open: a restart of this process mends no service', async () => {
    circuits = [openCircuit];

    expect(await statuses()).to.deep.equal([200, 200, 200, 200]);
    expect(JSON.parse((await plainHttp(`${gateway.url}/health`)).text)).to.deep.equal({
      status: 'warn',
      serviceId: 'sales-auto-api',
      version: '1.2.3',
      circuits: { hubspot: 'open' },
    });
  });

  for (const phase of ['starting', 'draining'] as const) {
    it(`are 503 while ${phase}, but for liveness`, async () => {
      gateway.phase = phase;

      const ready = await plainHttp(`${gateway.url}/health/ready`);

      expect(await statuses()).to.deep.equal([503, 200, 503, 503]);
      expect(JSON.parse(ready.text)).to.deep.equal({ status: 'fail', output: phase });
    });
  }

  it('speak health+json that nobody keeps, or text to people', async () => {
    const json = await plainHttp(`${gateway.url}/health/detailed`);
    const text = await plainHttp(`${gateway.url}/health/detailed?format=text`);

    expect(json.headers).to.include({ 'content-type': 'application/health+json; charset=utf-8', 'cache-control': 'no-store' });
    expect(text.headers).to.include({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    expect(text.text).to.match(/^PASS: all circuits closed\n/u);
  });

  it('refuse a format that there is not, naming those that there are', async () => {
    const answers = await Promise.all(
      ['html', 'Text', '', 'text&format=json', 'json'].map((format) => plainHttp(`${gateway.url}/health/detailed?format=${format}`)),
    );

    expect(answers.map(({ status }) => status)).to.deep.equal([400, 400, 400, 400, 200]);
    expect(JSON.parse(answers[0]?.text ?? '')).to.include({ code: 'invalid_request', detail: 'format must be json or text' });
  });

  it('name the routes that an open circuit hurts, as the API documents them', async () => {
    circuits = [{ ...openCircuit, name: 'toy' }];

    const { text } = await plainHttp(`${gateway.url}/health/detailed`);

    expect(JSON.parse(text)).to.have.deep.nested.property('checks.toy:circuit[0].affectedEndpoints', [
      '/api/toy/things/{id}',
      '/api/toy/things',
      '/api/toy/things/search',
    ]);
  });

  it('are logged at debug while they succeed, so that the log stays readable', async () => {
    gateway.lines.length = 0;

    await plainHttp(`${gateway.url}/health/live`);
    gateway.phase = 'draining';
    await plainHttp(`${gateway.url}/health/ready`);

    expect(gateway.lines.map(({ level, route }) => [level, route])).to.deep.equal([
      ['debug', '/health/live'],
      ['info', '/health/ready'],
    ]);
  });
});

describe('management port', () => {
  it('takes metrics, details and controls off the main port, and leaves the probes there', async () => {
    const gateway = await startWebGateway({ separateManagement: true });
    const paths = ['/metrics', '/health/detailed', '/admin/circuits', '/health/ready', '/api/toy/things/1'];

    const statusesAt = (url: string): Promise<readonly number[]> =>
      Promise.all(paths.map(async (path) => (await plainHttp(url + path)).status));
    const main = await statusesAt(gateway.url);
    const management = await statusesAt(gateway.managementUrl!);
    await gateway.stop();

    expect(main).to.deep.equal([404, 404, 404, 200, 200]);
    expect(management).to.deep.equal([200, 200, 200, 404, 404]);
  });
});

describe('metrics route', () => {
  it('writes in the form that the scraper asks for', async () => {
    const gateway = await startWebGateway();

    const { status, headers, text } = await plainHttp(`${gateway.url}/metrics`, { headers: { accept: 'application/openmetrics-text' } });
    await gateway.stop();

    expect([status, headers['content-type']]).to.deep.equal([200, 'text/plain; charset=utf-8']);
    expect(text).to.equal('# application/openmetrics-text\n');
  });
});
