import { expect } from 'chai';
import type { CircuitSnapshot, DetectionPolicy, Override } from '../../../src/resilience/circuitState.ts';
import type { CircuitControl } from '../../../src/routes/circuitDesk.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { plainHttp, type PlainResponse } from '../../support/plainHttp.ts';
import { closedCircuit, startWebGateway, type WebGateway } from '../web/webGateway.ts';

const rate: DetectionPolicy = { strategy: 'rate', windowMs: 10_000, minimumCalls: 10, failureRatePercent: 50, slowRatePercent: 50 };
const now = Date.UTC(2026, 0, 1);

/** A circuit as far as people can touch it. */
class TouchableCircuit implements CircuitControl {
  #snapshot: CircuitSnapshot = { ...closedCircuit, detection: rate };
  detectionUntil: number | undefined;

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

  changeDetection(detection: DetectionPolicy, until: number): void {
    this.#snapshot = { ...this.#snapshot, detection };
    this.detectionUntil = until;
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
        override: { mode, reason: 'provider maintenance', by: 'local', until: now + 60_000, scope: 'replica' },
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
    expect(circuit.detectionUntil).to.equal(now + 3_600_000);
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
