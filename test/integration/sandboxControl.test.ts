import { expect } from 'chai';
import { startSandbox, type Sandbox } from '../../sandbox/server/sandbox.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { failureCode, plainHttp, type PlainRequest, type PlainResponse } from '../support/plainHttp.ts';
import { toySimulator } from '../support/toySimulator.ts';

describe('sandbox control and service paths', () => {
  let clock: HandDrivenClock;
  let sandbox: Sandbox;
  let lines: string[];

  const ask = (path: string, options: PlainRequest = {}): Promise<PlainResponse> =>
    plainHttp(`http://127.0.0.1:${String(sandbox.port)}${path}`, options);
  const askJson = async (path: string, options: PlainRequest = {}): Promise<{ readonly status: number; readonly body: never }> => {
    const { status, text } = await ask(path, options);
    return { status, body: JSON.parse(text) as never };
  };
  const start = async (speed = 1): Promise<void> => {
    clock = new HandDrivenClock();
    lines = [];
    const simulators = [toySimulator('toy'), toySimulator('toyshop')];
    sandbox = await startSandbox({ simulators, port: 0, seed: 1, speed, clock, log: (line) => lines.push(line) });
  };

  beforeEach(() => start());
  afterEach(() => sandbox.close());

  it('hands a service its request as it came, below the prefix and decoded nowhere', async () => {
    const { body } = await askJson('/toy/leads/jane%40example.com/?a=1&a=2', { method: 'POST', body: { name: 'x' } });

    expect(body).to.deep.include({
      seen: { method: 'POST', path: '/leads/jane%40example.com/', query: 'a=1&a=2', body: { name: 'x' }, malformed: false },
    });
  });

  it('marks a body that is no JSON as malformed', async () => {
    const { body } = await askJson('/toy/x', { method: 'POST', body: '{"name":' });

    expect(body).to.have.nested.property('seen.malformed', true);
  });

  it('tells services apart whose names begin alike', async () => {
    const { body } = await askJson('/toyshop/x');

    expect(body).to.have.nested.property('seen.path', '/x');
    expect((await ask('/toys/x')).status).to.equal(404);
  });

  it('sends texts as texts, and nothing where there is nothing', async () => {
    const text = await ask('/toy/text');
    const nothing = await ask('/toy/nothing');

    expect([text.status, text.headers['content-type'], text.text]).to.deep.equal([400, 'text/plain', 'Bad toy']);
    expect([nothing.status, nothing.headers['content-type'], nothing.text]).to.deep.equal([204, undefined, '']);
  });

  it('stays up when a simulator throws, answers 500 and says so in its log', async () => {
    expect((await ask('/toy/explode')).status).to.equal(500);
    expect((await ask('/toy/x')).status).to.equal(200);
    expect(lines.join('\n')).to.match(/the toy is broken/u);
  });

  it('lets the simulators live faster than the clock when told to', async () => {
    await sandbox.close();
    await start(100);
    const before = (await askJson('/toy/x')).body as { now: number };
    clock.advance(1000);

    const after = (await askJson('/toy/x')).body as { now: number };

    expect(after.now - before.now).to.equal(100_000);
  });

  it('lists services, addresses and faults at its root', async () => {
    const { status, body } = await askJson('/');

    expect(status).to.equal(200);
    expect(body).to.have.nested.property('services.toy.url', sandbox.url('toy'));
    expect(body).to.have.nested.property('services.toy.directUrl', sandbox.directUrl('toy'));
    expect(body).to.have.nested.property('services.toy.fault.fault', 'ok');
    expect(body).to.have.property('faults').that.includes('hang');
  });

  it('tells and takes back the fault of each service, without touching the others', async () => {
    await ask('/_faults/toy', { method: 'PUT', body: { fault: 'error', status: 500 } });
    const during = await askJson('/_faults');
    await ask('/_faults/toy', { method: 'DELETE' });

    const since = '2026-01-01T00:00:00.000Z';
    expect(during.body).to.deep.equal({ toy: { fault: 'error', status: 500, rate: 1, since }, toyshop: { fault: 'ok', since } });
    expect((await ask('/toy/x')).status).to.equal(200);
  });

  it('logs requests without query, body, credential or personal data', async () => {
    const secret = 'Bearer very-secret';
    await ask('/toy/leads/jane%40example.com?email=jane%40example.com', {
      method: 'POST',
      headers: { authorization: secret, api_key: secret },
      body: { email: 'jane@example.com', secret },
    });

    const { text } = await ask('/_requests?service=toy');

    expect(JSON.parse(text)).to.deep.equal({
      requests: [{ service: 'toy', method: 'POST', path: '/leads/*', time: '2026-01-01T00:00:00.000Z', fault: 'ok', status: 200 }],
      forgotten: 0,
    });
    expect(`${text}${lines.join('')}`).not.to.match(/jane|secret/u);
  });

  it('lists the requests of one service, and forgets all of them when told to', async () => {
    await ask('/toy/x');
    await ask('/toyshop/x');

    const of = (await askJson('/_requests?service=toyshop')).body as { requests: unknown[] };
    await ask('/_requests', { method: 'DELETE' });
    const after = (await askJson('/_requests')).body as { requests: unknown[] };

    expect([of.requests.length, after.requests.length]).to.deep.equal([1, 0]);
  });

  it('is as after start once it was reset: faults, ports, chance and log', async () => {
    const first = (await askJson('/toy/x')).body as { chance: number };
    await ask('/_faults/toy', { method: 'PUT', body: { fault: 'refuse' } });

    await ask('/_reset', { method: 'POST' });

    const again = JSON.parse((await plainHttp(`${sandbox.directUrl('toy')}/x`)).text) as { chance: number };
    expect(again.chance).to.equal(first.chance);
    expect((await askJson('/_requests')).body)
      .to.have.property('requests')
      .with.length(1);
  });

  it('says what to change in a control request that it cannot carry out', async () => {
    const put = (path: string, body: unknown): Promise<PlainResponse> => ask(path, { method: 'PUT', body });
    const answers = await Promise.all([
      put('/_faults/nobody', { fault: 'hang' }),
      put('/_faults/toy', { fault: 'explode' }),
      put('/_faults/toy', { fault: 'hang', rate: 2 }),
      put('/_faults/toy', { fault: 'scenario', scenario: 'war' }),
      put('/_faults/toy', '{"fault"'),
      put('/_faults/toy', undefined),
      ask('/_requests?service=nobody'),
      ask('/_reset'),
      ask('/_nothing'),
    ]);

    const told = answers.map(({ status, text }) => [status, (JSON.parse(text) as { detail: string }).detail] as const);

    expect(told.map(([status]) => status)).to.deep.equal([404, 400, 400, 400, 400, 400, 400, 405, 404]);
    expect(told[0]?.[1]).to.equal('There is no service "nobody" here; there are toy, toyshop');
    expect(told[1]?.[1]).to.match(/^body\.fault must be one of ok, hang/u);
    expect(told[2]?.[1]).to.equal('body.rate must be a share of the requests from 0 to 1');
    expect(told[3]?.[1]).to.equal('body.scenario must be one of sold_out');
    expect(told[4]?.[1]).to.match(/not JSON/u);
    expect(told[5]?.[1]).to.equal('body must be an object such as {"fault": "hang"}');
    expect(answers[7].headers.allow).to.equal('POST');
  });

  it('keeps the fault in force when the next one is refused', async () => {
    await ask('/_faults/toy', { method: 'PUT', body: { fault: 'throttle' } });
    await ask('/_faults/toy', { method: 'PUT', body: { fault: 'hang', rate: -1 } });

    expect((await ask('/toy/x')).status).to.equal(429);
  });

  it('serves only its own service on the port of a service', async () => {
    const { origin } = new URL(sandbox.directUrl('toy'));

    const statuses = await Promise.all(
      ['/toy/x', '/toyshop/x', '/_faults'].map(async (path) => (await plainHttp(`${origin}${path}`)).status),
    );

    expect(statuses).to.deep.equal([200, 404, 404]);
  });

  it('refuses a body beyond its limit and stays up', async () => {
    const answer = await ask('/toy/x', { method: 'POST', body: 'x'.repeat(33 * 1024 * 1024) }).catch((error: unknown) => error);

    expect(answer instanceof Error ? (answer as NodeJS.ErrnoException).code : (answer as PlainResponse).status).to.be.oneOf([
      413,
      'EPIPE',
      'ECONNRESET',
    ]);
    expect((await ask('/toy/x')).status).to.equal(200);
  });

  it('does not start on a port in use, says what to change, and leaves nothing open', async () => {
    const toy = toySimulator();
    let message = '';

    await startSandbox({ simulators: [toy], port: sandbox.port, seed: 1, clock, log: () => undefined }).catch((error: unknown) => {
      message = error instanceof Error ? error.message : '';
    });

    expect(message).to.equal(
      `The sandbox cannot listen on 127.0.0.1:${String(sandbox.port)}, the port is in use: set SANDBOX_PORT to a free port, or to 0 to have one picked`,
    );
  });

  it('closes twice without harm, and knows only its own services', async () => {
    await sandbox.close();
    await sandbox.close();

    expect(await failureCode(ask('/'))).to.equal('ECONNREFUSED');
    expect(() => sandbox.url('nobody')).to.throw('The sandbox has no service "nobody"');
  });
});
