import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { CircuitOpenError, UpstreamUnavailableError } from '../../src/errors/upstreamErrors.ts';
import { mintKey } from '../../src/web/apiKey.ts';
import { createAuthenticator } from '../../src/web/authentication.ts';
import { plainHttp, type PlainRequest, type PlainResponse } from '../support/plainHttp.ts';
import { startWebGateway, type WebGateway } from '../unit/web/webGateway.ts';

const site = { service: 'toy', operation: 'get_thing' };
const json = { 'content-type': 'application/json' };

describe('web chain', () => {
  let gateway: WebGateway;

  const ask = (path: string, options: PlainRequest = {}): Promise<PlainResponse> => plainHttp(gateway.url + path, options);
  const problem = ({ text }: PlainResponse): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

  before(async () => {
    gateway = await startWebGateway();
  });

  beforeEach(() => {
    gateway.phase = 'ready';
    gateway.toy.calls.length = 0;
    gateway.toy.get = (id) => ({ id });
  });

  after(() => gateway.stop());

  it('answers what the handler gives, for nobody to keep', async () => {
    const { status, headers, text } = await ask('/api/toy/things/7');

    expect(status).to.equal(200);
    expect(JSON.parse(text)).to.deep.equal({ id: '7' });
    expect(headers).to.include({
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect(headers).not.to.have.any.keys('x-powered-by', 'etag');
  });

  it('answers with the success status and headers of the route', async () => {
    const made = await ask('/api/toy/things', { method: 'POST', headers: json, body: { email: 'a@b.co', kind: 'lead' } });
    const removed = await ask('/api/toy/things/1', { method: 'DELETE' });

    expect(made.status).to.equal(201);
    expect(made.headers.location).to.equal('/api/toy/things/1');
    expect([removed.status, removed.text]).to.deep.equal([204, '']);
    expect(removed.headers).not.to.have.property('content-type');
  });

  it('echoes a well-formed request id, and replaces any other', async () => {
    const taken = await ask('/api/toy/things/7', { headers: { 'x-request-id': 'order-7f3a9c21' } });
    const replaced = await ask('/api/toy/things/7', { headers: { 'x-request-id': 'a b"c' } });

    expect(taken.headers['x-request-id']).to.equal('order-7f3a9c21');
    expect(replaced.headers['x-request-id']).to.match(/^[\w-]{36}$/u);
  });

  it('writes one line a request, with the template and never the path', async () => {
    const id = 'request-log-1';

    await ask('/api/toy/things/secret-id?limit=1', { headers: { 'x-request-id': id } });

    const lines = gateway.lines.filter(({ requestId }) => requestId === id);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({
      level: 'info',
      message: 'request',
      method: 'GET',
      route: '/api/toy/things/:id',
      status: 200,
      caller: 'local',
    });
    expect(JSON.stringify(lines)).not.to.contain('secret-id');
  });

  it('tells the metrics of each request by its template, and of unknown paths by none', async () => {
    gateway.requests.length = 0;

    await ask('/api/toy/things/7');
    await ask('/api/toy/nothing-here');

    expect(gateway.requests.map(({ method, route, status }) => [method, route, status])).to.deep.equal([
      ['GET', '/api/toy/things/:id', 200],
      ['GET', undefined, 404],
    ]);
  });

  it('hands the wishes of the request to the call, and says which it met', async () => {
    const headers = { prefer: 'handling=strict', 'cache-control': 'no-cache', 'x-request-timeout': '1.5' };

    const answer = await ask('/api/toy/things/7', { headers });

    expect(gateway.toy.calls[0]).to.include({ strict: true, refresh: true, deadlineMs: 1500 });
    expect(answer.headers['preference-applied']).to.equal('handling=strict');
  });

  it('says where the answer came from', async () => {
    gateway.toy.get = (id, call) => {
      call.onAnswer?.({ value: id, source: 'stale', ageMs: 412_000, freshForMs: -112_000 }, site);
      return { id };
    };

    const { headers } = await ask('/api/toy/things/7');

    expect(headers).to.include({ age: '412', 'cache-status': 'sales-auto-api; hit; ttl=-112; detail=stale-if-error' });
  });

  it('turns errors of a call into problem documents', async () => {
    gateway.toy.get = () => {
      throw new CircuitOpenError(site, 'toy', 'failure_rate', 2500);
    };

    const answer = await ask('/api/toy/things/7', { headers: { 'x-request-id': 'request-2' } });

    expect(answer.status).to.equal(503);
    expect(answer.headers).to.include({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '3',
      'proxy-status': 'sales-auto-api; error=destination_unavailable; details="circuit_open"; next-hop=toy',
    });
    expect(problem(answer)).to.include({ code: 'circuit_open', instance: 'urn:request:request-2', upstream: 'toy', retryAfterSeconds: 3 });
  });

  it('leaks nothing of an unexpected error, and logs it under the request id', async () => {
    gateway.toy.get = () => {
      throw new TypeError('hunter2 is undefined');
    };

    const answer = await ask('/api/toy/things/7', { headers: { 'x-request-id': 'request-3' } });

    expect(answer.status).to.equal(500);
    expect(answer.text).not.to.contain('hunter2');
    const logged = gateway.lines.find(({ level, requestId }) => level === 'error' && requestId === 'request-3');
    expect(logged).to.have.nested.property('error.message', 'hunter2 is undefined');
  });

  it('aborts the call when the caller hangs up', async () => {
    const hangUp = new AbortController();
    const aborted = new Promise<void>((resolve) => {
      gateway.toy.get = (_id, { signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            resolve();
            reject(new UpstreamUnavailableError(site, 'reset', 'unknown'));
          });
          hangUp.abort();
        });
    });

    const hungUp = ask('/api/toy/things/7', { signal: hangUp.signal }).catch((error: unknown) => (error as Error).name);
    await aborted;

    expect(await hungUp).to.equal('AbortError');
    expect(gateway.requests.at(-1)).to.include({ route: '/api/toy/things/:id', status: 499 });
  });

  it('closes connections behind their answers while draining', async () => {
    gateway.phase = 'draining';

    const [answer, page] = [
      await ask('/api/toy/things/7', { headers: { connection: 'keep-alive' } }),
      await ask('/docs', { headers: { connection: 'keep-alive' } }),
    ];

    expect([answer.status, answer.headers.connection]).to.deep.equal([200, 'close']);
    expect([page.status, page.headers.connection]).to.deep.equal([200, 'close']);
  });
});

describe('web authentication', () => {
  const reader = mintKey('reader', randomBytes);
  const admin = mintKey('operator', randomBytes);
  let gateway: WebGateway;

  before(async () => {
    const authenticator = createAuthenticator({
      keys: [
        { id: 'reader', sha256: reader.sha256, scopes: ['toy:read'] },
        { id: 'operator', sha256: admin.sha256, scopes: ['admin'] },
      ],
    });
    gateway = await startWebGateway({ authenticator });
  });

  after(() => gateway.stop());

  const bearing = (key: string): PlainRequest => ({ headers: { authorization: `Bearer ${key}` } });

  it('lets a key do what its scopes name, and no more', async () => {
    const read = await plainHttp(`${gateway.url}/api/toy/things/1`, bearing(reader.key));
    const removed = await plainHttp(`${gateway.url}/api/toy/things/1`, { ...bearing(reader.key), method: 'DELETE' });
    const administered = await plainHttp(`${gateway.url}/admin/circuits`, bearing(reader.key));

    expect([read.status, removed.status, administered.status]).to.deep.equal([200, 403, 403]);
    expect(JSON.parse(removed.text)).to.include({ code: 'forbidden', detail: 'this key lacks the scope toy:write' });
    expect((await plainHttp(`${gateway.url}/admin/circuits`, bearing(admin.key))).status).to.equal(200);
  });

  it('asks for a key, and takes none from the query', async () => {
    const answers = [
      await plainHttp(`${gateway.url}/api/toy/things/1`),
      await plainHttp(`${gateway.url}/api/toy/things?api_key=${reader.key}`),
    ];

    for (const { status, headers } of answers) {
      expect(status).to.equal(401);
      expect(headers['www-authenticate']).to.equal('Bearer realm="sales-auto-api"');
    }
  });

  it('refuses before it reads a body', async () => {
    const answer = await plainHttp(`${gateway.url}/api/toy/things`, { method: 'POST', headers: json, body: '{' });

    expect(answer.status).to.equal(401);
  });

  it('logs why it refused, by the id of the key and never the key', async () => {
    const forged = mintKey('reader', randomBytes).key;
    gateway.lines.length = 0;

    await plainHttp(`${gateway.url}/api/toy/things/1`, bearing(forged));

    expect(gateway.lines[0]).to.include({ level: 'warn', refusal: 'wrong_secret', keyId: 'reader', route: '/api/toy/things/:id' });
    expect(JSON.stringify(gateway.lines)).not.to.contain(forged);
  });

  it('leaves probes, metrics and documents open', async () => {
    const paths = ['/health', '/health/live', '/health/ready', '/health/detailed', '/metrics', '/openapi.json', '/docs'];

    const statuses = await Promise.all(paths.map(async (path) => (await plainHttp(gateway.url + path)).status));

    expect(new Set(statuses)).to.deep.equal(new Set([200]));
  });
});
