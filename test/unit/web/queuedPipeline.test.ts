import { expect } from 'chai';
import { TransportFailure } from '../../../src/wire/transport.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import { createSealer } from '../../../src/queue/sealer.ts';
import { Enqueuer } from '../../../src/queue/enqueuer.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { createThing, httpHouse, json, scriptedWire, type HttpHouse, type ScriptedWire } from '../../support/httpHouse.ts';
import { plainHttp, type PlainResponse } from '../../support/plainHttp.ts';
import { JOB_EXPIRES_MS, startWebGateway, type WebGateway } from './webGateway.ts';

const sealer = createSealer({ keys: [], clearText: true });

/** All is real but the wire and the disk: the chain, the pipeline, the circuit, the enqueuer. */
describe('a write on its way through the chain and the pipeline', () => {
  let gateway: WebGateway;
  let wire: ScriptedWire;
  let house: HttpHouse;

  beforeEach(async () => {
    gateway = await startWebGateway();
    const parts = { queue: gateway.queue, sealer, clock: systemClock, logger: silentLogger, events: {}, expiresMs: JOB_EXPIRES_MS };
    wire = scriptedWire(json(201, { id: '7' }));
    house = httpHouse(wire.transport, { queue: new Enqueuer(parts), policy: { retry: { maxAttempts: 1 } } });
    const queueable = { ...createThing, queue: {} };
    gateway.toy.make = (body, call) => house.http.write(queueable, { path: upstreamPath`/things`, body }, call);
  });

  afterEach(async () => {
    house.close();
    await gateway.stop();
  });

  const post = (headers: Readonly<Record<string, string>> = {}): Promise<PlainResponse> =>
    plainHttp(`${gateway.url}/api/toy/things`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: { email: 'ada@example.com', kind: 'lead' },
    });
  const openCircuit = (): void => {
    house.breaker.impose({ mode: 'forced_open', reason: 'test', by: 'test', until: systemClock.wallTime() + 60_000, scope: 'replica' });
  };
  const jobs = () => gateway.queue.list({ limit: 10 });

  it('is made while all is well', async () => {
    const { status, headers } = await post();

    expect([status, headers.location]).to.deep.equal([201, '/api/toy/things/7']);
    expect(await jobs()).to.deep.equal([]);
  });

  for (const [title, trouble] of [
    ['the circuit is open', openCircuit],
    ['the connection is refused', () => wire.replyWith(new TransportFailure('connect'))],
  ] as const) {
    it(`waits while ${title}, and its caller can follow it`, async () => {
      trouble();

      const { status, headers, text } = await post();
      const asked = await plainHttp(gateway.url + String(headers.location));

      expect([status, headers['preference-applied']]).to.deep.equal([202, undefined]);
      expect(JSON.parse(text)).to.include({ queued: true, status: 'queued', kind: 'lead' });
      const [job] = await jobs();
      expect(JSON.parse(asked.text)).to.include({ id: job?.id, status: 'queued', service: 'acme', operation: 'create_thing' });
    });
  }

  it('waits at once where its caller prefers that', async () => {
    const { status, headers } = await post({ prefer: 'respond-async' });

    expect([status, headers['preference-applied']]).to.deep.equal([202, 'respond-async']);
    expect(wire.sent).to.deep.equal([]);
    expect(await jobs()).to.have.length(1);
  });

  it('fails where its caller is strict', async () => {
    openCircuit();

    const { status } = await post({ prefer: 'handling=strict' });

    expect(status).to.equal(503);
    expect(await jobs()).to.deep.equal([]);
  });

  it('does not wait when nobody knows whether it was made, and is not made again under its key', async () => {
    wire.replyWith(new TransportFailure('reset'), json(201, { id: '7' }));

    const [first, repeat] = [await post({ 'idempotency-key': 'key-1' }), await post({ 'idempotency-key': 'key-1' })];

    expect([first.status, repeat.status]).to.deep.equal([504, 504]);
    expect(JSON.parse(repeat.text)).to.include({ code: 'outcome_unknown' });
    expect(wire.sent).to.have.length(1);
    expect(await jobs()).to.deep.equal([]);
  });

  it('is one job under one key, however often and at once it is sent', async () => {
    openCircuit();

    const answers = await Promise.all(Array.from({ length: 12 }, () => post({ 'idempotency-key': 'key-1' })));
    const afterwards = await post({ 'idempotency-key': 'key-1' });

    const firsts = answers.filter(({ status, headers }) => status === 202 && headers['idempotency-replayed'] === undefined);
    expect(firsts).to.have.length(1);
    for (const { status } of answers) expect(status).to.be.oneOf([202, 409]);
    expect([afterwards.status, afterwards.headers['idempotency-replayed']]).to.deep.equal([202, 'true']);
    expect(await jobs()).to.have.length(1);
  });
});
