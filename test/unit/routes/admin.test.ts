import { expect } from 'chai';
import type { CircuitSnapshot, DetectionChange, DetectionPolicy, Override } from '../../../src/contract/circuitState.ts';
import type { CircuitControl } from '../../../src/routes/circuitDesk.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { plainHttp, type PlainResponse } from '../../support/plainHttp.ts';
import { closedCircuit, startWebGateway, type WebGateway } from '../web/webGateway.ts';

const rate: DetectionPolicy = { strategy: 'rate', windowMs: 10_000, minimumCalls: 10, failureRatePercent: 50, slowRatePercent: 50 };
const now = Date.UTC(2026, 0, 1);

/** A circuit as far as people can touch it. */
class TouchableCircuit implements CircuitControl {
  #snapshot: CircuitSnapshot = { ...closedCircuit, detection: rate };

  snapshot(): CircuitSnapshot {
    return this.#snapshot;
  }

  impose(override: Override): void {
    this.#snapshot = { ...this.#snapshot, override, effectiveState: override.mode };
  }

  release(): void {
    this.#snapshot = { ...this.#snapshot, override: undefined, effectiveState: this.#snapshot.state };
  }

  reset(): void {
    this.#snapshot = { ...closedCircuit, detection: this.#snapshot.detection };
  }

  changeDetection(detection: DetectionPolicy, detectionChange: DetectionChange): void {
    this.#snapshot = { ...this.#snapshot, detection, detectionChange };
  }

  restoreDetection(): void {
    this.#snapshot = { ...this.#snapshot, detection: rate, detectionChange: undefined };
  }

  become(changes: Partial<CircuitSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...changes };
  }
}

describe('circuit administration', () => {
  let gateway: WebGateway;
  let circuit: TouchableCircuit;

  before(async () => {
    gateway = await startWebGateway({
      circuits: { list: () => [circuit.snapshot()], find: (name) => (name === 'toy' ? circuit : undefined) },
      clock: { ...systemClock, wallTime: () => now },
    });
  });

  beforeEach(() => {
    circuit = new TouchableCircuit();
    gateway.lines.length = 0;
  });

  after(() => gateway.stop());

  const ask = (method: string, path: string, body?: unknown): Promise<PlainResponse> => {
    const text = JSON.stringify(body) as string | undefined;
    // Node frames the body of a DELETE only if it is told its length.
    const headers = { 'x-request-id': 'request-admin', 'content-type': 'application/json', 'content-length': String(text?.length ?? 0) };
    return plainHttp(`${gateway.url}/admin${path}`, { method, headers, body: text });
  };

  const audit = (): readonly unknown[] =>
    gateway.lines
      .filter((line) => line['audit'] === true)
      .map(({ action, circuit: name, by, reason, ttlSeconds, requestId }) => ({ action, name, by, reason, ttlSeconds, requestId }));

  it('lists the circuits and shows one', async () => {
    const list = await ask('GET', '/circuits');
    const one = await ask('GET', '/circuits/toy');

    expect(JSON.parse(list.text)).to.have.nested.property('circuits[0].name', 'toy');
    expect(JSON.parse(one.text)).to.deep.include({ state: 'closed', detection: rate });
  });

  for (const mode of ['forced_open', 'disabled', 'metrics_only'] as const) {
    it(`imposes ${mode} for its time, in the name of the caller`, async () => {
      const { status, text } = await ask('POST', '/circuits/toy/override', { mode, reason: 'provider maintenance', ttlSeconds: 60 });

      expect(status).to.equal(200);
      expect(JSON.parse(text)).to.deep.include({
        effectiveState: mode,
        override: { mode, reason: 'provider maintenance', by: 'local', until: '2026-01-01T00:01:00.000Z', scope: 'replica' },
      });
    });
  }

  it('logs each change once: who, what, from what to what, why and for how long', async () => {
    await ask('POST', '/circuits/toy/override', { mode: 'forced_open', reason: 'provider maintenance', ttlSeconds: 60 });
    await ask('DELETE', '/circuits/toy/override', { reason: 'maintenance is over' });

    const common = { name: 'toy', by: 'local', requestId: 'request-admin' };
    expect(audit()).to.deep.equal([
      { ...common, action: 'impose', reason: 'provider maintenance', ttlSeconds: 60 },
      { ...common, action: 'release', reason: 'maintenance is over', ttlSeconds: undefined },
    ]);
    const [imposed] = gateway.lines.filter((line) => line['audit'] === true);
    expect(imposed).to.deep.include({
      from: { state: 'closed', override: undefined, detection: rate },
      to: { state: 'closed', override: 'forced_open', detection: rate },
    });
  });

  it('shows every moment in ISO 8601, and the start of the outage beside the last re-opening', async () => {
    const change = { reason: 'noisy provider', by: 'oncall', until: now + 60_000 };
    circuit.become({
      state: 'open',
      since: now + 2000,
      outageSince: now,
      nextProbeAt: now + 3000,
      lastFailure: { kind: 'timeout', at: now + 1000 },
      override: { ...change, mode: 'metrics_only', scope: 'replica' },
      detectionChange: change,
    });

    const shown = JSON.parse((await ask('GET', '/circuits/toy')).text) as object;

    const at = (second: number): string => `2026-01-01T00:00:0${String(second)}.000Z`;
    const changed = { reason: 'noisy provider', by: 'oncall', until: '2026-01-01T00:01:00.000Z' };
    expect(shown).to.deep.include({
      since: at(2),
      outageSince: at(0),
      nextProbeAt: at(3),
      lastFailure: { kind: 'timeout', at: at(1) },
      override: { ...changed, mode: 'metrics_only', scope: 'replica' },
      detectionChange: changed,
    });
  });

  for (const [method, path] of [
    ['DELETE', '/circuits/toy/override'],
    ['POST', '/circuits/toy/reset'],
  ] as const) {
    it(`says what ${method} ${path} has left in force`, async () => {
      circuit.release = () => undefined;
      circuit.reset = () => undefined;
      circuit.impose({ mode: 'forced_open', reason: 'maintenance', by: 'oncall', until: now + 1000, scope: 'fleet' });

      const { text } = await ask(method, path, { reason: 'it is over' });

      expect(JSON.parse(text))
        .to.have.property('notice')
        .that.matches(/^forced_open of the fleet, by oncall, is still in force until 2026-01-01T00:00:01\.000Z/u);
      expect(JSON.parse(text)).to.have.nested.property('override.scope', 'fleet');
    });
  }

  it('leaves nothing to say of an override that has ended', async () => {
    circuit.impose({ mode: 'forced_open', reason: 'maintenance', by: 'oncall', until: now + 1000, scope: 'replica' });

    const { text } = await ask('DELETE', '/circuits/toy/override', { reason: 'it is over' });

    expect(JSON.parse(text)).to.not.have.any.keys('notice', 'override');
  });

  it('changes the threshold of the default detector, shows whose change it is, and undoes it by one call', async () => {
    const cusum = { strategy: 'cusum', threshold: 10 } as const;
    circuit.become({ detection: cusum });

    const changed = await ask('PATCH', '/circuits/toy/detection', {
      detection: { threshold: 20 },
      reason: 'noisy provider',
      ttlSeconds: 60,
    });
    const undone = await ask('DELETE', '/circuits/toy/detection', { reason: 'it is quiet again' });

    expect(JSON.parse(changed.text)).to.deep.include({
      detection: { ...cusum, threshold: 20 },
      detectionChange: { reason: 'noisy provider', by: 'local', until: '2026-01-01T00:01:00.000Z' },
    });
    expect(undone.status).to.equal(200);
    expect(JSON.parse(undone.text)).to.not.have.property('detectionChange');
    expect(audit()).to.have.nested.property('[1].action', 'restore_detection');
  });

  it('says that thresholds are changed on one replica at a time', async () => {
    const body = { detection: { failureRatePercent: 80 }, reason: 'noisy provider', ttlSeconds: 60, scope: 'fleet' };

    const { status, text } = await ask('PATCH', '/circuits/toy/detection', body);

    expect(status).to.equal(400);
    expect(text).to.include('thresholds are changed on each replica by itself');
  });

  it('resets a circuit', async () => {
    circuit.impose({ mode: 'forced_open', reason: 'test', by: 'local', until: now, scope: 'replica' });

    const { status } = await ask('POST', '/circuits/toy/reset', { reason: 'provider is back' });

    expect(status).to.equal(200);
    expect(circuit.snapshot().override).to.equal(undefined);
  });

  it('changes single thresholds and keeps the others', async () => {
    const { status } = await ask('PATCH', '/circuits/toy/detection', {
      detection: { failureRatePercent: 80 },
      reason: 'noisy provider',
      ttlSeconds: 3600,
    });

    expect(status).to.equal(200);
    expect(circuit.snapshot().detection).to.deep.equal({ ...rate, failureRatePercent: 80 });
    expect(circuit.snapshot().detectionChange).to.deep.equal({ reason: 'noisy provider', by: 'local', until: now + 3_600_000 });
  });

  it('changes the strategy when all of the new one is named', async () => {
    const detection = { strategy: 'consecutive', failures: 5 };

    await ask('PATCH', '/circuits/toy/detection', { detection, reason: 'noisy provider', ttlSeconds: 60 });

    expect(circuit.snapshot().detection).to.deep.equal(detection);
  });

  it('refuses thresholds that make no detection, naming each', async () => {
    const bad = await ask('PATCH', '/circuits/toy/detection', {
      detection: { failureRatePercent: 0, failures: 3 },
      reason: 'noisy provider',
      ttlSeconds: 60,
    });
    const half = await ask('PATCH', '/circuits/toy/detection', {
      detection: { strategy: 'consecutive' },
      reason: 'noisy provider',
      ttlSeconds: 60,
    });

    expect([bad.status, half.status]).to.deep.equal([400, 400]);
    expect(bad.text).to.contain('body.detection.failureRatePercent');
    expect(half.text).to.contain('body.detection.failures');
    expect(circuit.snapshot().detection).to.deep.equal(rate);
  });

  it('demands a reason, and an end within a day', async () => {
    const answers = [
      await ask('POST', '/circuits/toy/override', { mode: 'forced_open', ttlSeconds: 60 }),
      await ask('POST', '/circuits/toy/override', { mode: 'forced_open', reason: '   ', ttlSeconds: 60 }),
      await ask('POST', '/circuits/toy/override', { mode: 'forced_open', reason: 'maintenance', ttlSeconds: 86_401 }),
      await ask('POST', '/circuits/toy/override', { mode: 'forced_open', reason: 'maintenance' }),
      await ask('POST', '/circuits/toy/override', { mode: 'open', reason: 'maintenance', ttlSeconds: 60 }),
      await ask('DELETE', '/circuits/toy/override'),
      await ask('POST', '/circuits/toy/reset', {}),
    ];

    expect(answers.map(({ status }) => status)).to.deep.equal(Array(7).fill(400));
    expect(audit()).to.deep.equal([]);
  });

  it('answers 404 for a circuit that does not exist', async () => {
    const answers = [await ask('GET', '/circuits/nobody'), await ask('POST', '/circuits/nobody/reset', { reason: 'maintenance' })];

    expect(answers.map(({ status }) => status)).to.deep.equal([404, 404]);
  });
});
