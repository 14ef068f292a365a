import { expect } from 'chai';
import { request } from 'node:http';
import { connect } from 'node:net';
import { plainHttp, type PlainRequest, type PlainResponse } from '../support/plainHttp.ts';
import { startWebGateway, type WebGateway } from '../unit/web/webGateway.ts';

const json = { 'content-type': 'application/json' };

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly faults?: readonly { readonly at: string; readonly message: string }[];
}

describe('web bad input', () => {
  let gateway: WebGateway;

  before(async () => {
    gateway = await startWebGateway();
  });

  after(() => gateway.stop());

  /** After every bad request a good one must be served. */
  afterEach(async () => {
    expect((await plainHttp(`${gateway.url}/api/toy/things/7`)).status).to.equal(200);
  });

  const ask = (path: string, options: PlainRequest = {}): Promise<PlainResponse> => plainHttp(gateway.url + path, options);
  const post = (body: unknown, headers: PlainRequest['headers'] = json): Promise<PlainResponse> =>
    ask('/api/toy/things', { method: 'POST', headers, body });
  const problem = ({ text }: PlainResponse): Problem => JSON.parse(text) as Problem;

  /** Sends the path as it is: the client of Node would mend some of these. */
  const askRaw = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(gateway.url);
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      socket.on('end', () => {
        socket.destroy();
        resolve(text);
      });
      socket.on('error', reject);
    });

  it('is told where malformed JSON breaks, without a word of it', async () => {
    const cut = await post('{"email": "hunter2');
    const wrong = await post('{"email": hunter2}');

    expect([cut.status, wrong.status]).to.deep.equal([400, 400]);
    expect(problem(cut).faults?.[0]?.message).to.contain('is not valid JSON');
    expect(cut.text + wrong.text).not.to.contain('hunter2');
  });

  it('is told all wrong types at once', async () => {
    const { status, text } = await post({ email: 7, kind: 'hunter2', tags: ['a', 1], extra: true });

    expect(status).to.equal(400);
    expect((JSON.parse(text) as Problem).faults?.map(({ at }) => at)).to.have.members([
      'body.email',
      'body.kind',
      'body.tags.1',
      'body.extra',
    ]);
    expect(text).not.to.contain('hunter2');
  });

  it('is told of faults in path, query, body and headers together', async () => {
    const { text } = await ask('/api/toy/things?limit=many&page=2', { headers: { 'x-request-timeout': 'soon' } });

    expect((JSON.parse(text) as Problem).faults?.map(({ at }) => at)).to.have.members([
      'query.limit',
      'query.page',
      'header x-request-timeout',
    ]);
  });

  it('is told that a body is missing, and that null is none', async () => {
    const [missing, nothing] = [await ask('/api/toy/things', { method: 'POST' }), await post('null')];

    expect([missing.status, nothing.status]).to.deep.equal([400, 400]);
    expect(problem(missing).faults?.[0]?.at).to.equal('body');
  });

  it('may not be a body of another type, encoding or charset', async () => {
    const answers = [
      await post('email=a', { 'content-type': 'application/x-www-form-urlencoded' }),
      await post('{}', {}),
      await post('{}', { ...json, 'content-encoding': 'gzip' }),
      await post('{}', { 'content-type': 'application/json; charset=latin1' }),
      await post('{}', { 'content-type': 'application/json; charset="utf-16le"' }),
    ];

    expect(answers.map(({ status }) => status)).to.deep.equal([415, 415, 415, 415, 415]);
    expect(answers.map((answer) => problem(answer).code)).to.deep.equal(Array(5).fill('unsupported_media_type'));
  });

  it('may not be bytes that are no UTF-8, nor a number that would lose digits', async () => {
    const answers = [await post(Buffer.from('{"email":"zo\xeb@b.co"}', 'latin1')), await post('{"email":"a@b.co","id":9007199254740993}')];

    expect(answers.map(({ status }) => status)).to.deep.equal([400, 400]);
    expect(answers.map((answer) => problem(answer).faults?.[0]?.message)).to.deep.equal([
      'must be UTF-8',
      'must not hold whole numbers beyond 2^53: send them as strings',
    ]);
  });

  it('may be any JSON media type', async () => {
    const { status } = await post({ email: 'a@b.co', kind: 'lead' }, { 'content-type': 'application/vnd.toy+json; charset=utf-8' });

    expect(status).to.equal(201);
  });

  it('may not be larger than the limit, announced or not', async () => {
    const large = JSON.stringify({ email: 'a@b.co', kind: 'lead', tags: ['x'.repeat(100_000)] });

    const announced = await post(large, { ...json, 'content-length': String(large.length) });
    const chunked = await post(large, { ...json, 'transfer-encoding': 'chunked' });

    expect([announced.status, chunked.status]).to.deep.equal([413, 413]);
    expect(problem(announced).detail).to.equal('the body must not exceed 100000 bytes');
  });

  it('may not be nested so deep that reading it costs the stack', async () => {
    const { status, text } = await ask('/api/toy/things/search', {
      method: 'POST',
      headers: json,
      body: `{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}`,
    });

    expect(status).to.equal(400);
    expect(text).to.contain('32 levels');
  });

  for (const path of ['a%2fb', '%00', '%zz', '%ff', '..', '%2e%2e', 'a'.repeat(10_000)]) {
    it(`gets a clear 400 for the id ${path.slice(0, 20)}`, async () => {
      const answer = await askRaw(`/api/toy/things/${path}`);

      expect(answer).to.match(/^HTTP\/1\.1 400 /u);
      expect(answer).to.contain('"at":"path"');
      expect(answer).to.have.length.below(1500);
    });
  }

  it('gets a 400 for an id that the schema refuses', async () => {
    const { status, text } = await ask('/api/toy/things/a%20b');

    expect(status).to.equal(400);
    expect((JSON.parse(text) as Problem).faults).to.deep.equal([{ at: 'params.id', message: 'must be letters, digits and @ . _ -' }]);
  });

  it('gets a 404 for an unknown path and service', async () => {
    const answers = [await ask('/api/toy/nothing'), await ask('/api/nobody/things'), await ask('/favicon.ico')];

    expect(answers.map(({ status }) => status)).to.deep.equal([404, 404, 404]);
    expect(problem(answers[0]!).code).to.equal('not_found');
  });

  it('gets a 405 with what is allowed for another method, by all patterns that match the path', async () => {
    const things = await ask('/api/toy/things', { method: 'PUT' });
    const search = await ask('/api/toy/things/search', { method: 'PATCH' });
    const health = await ask('/health/live', { method: 'POST' });

    expect([things.status, search.status, health.status]).to.deep.equal([405, 405, 405]);
    expect(things.headers.allow).to.equal('GET, HEAD, OPTIONS, POST');
    expect(search.headers.allow).to.equal('DELETE, GET, HEAD, OPTIONS, POST');
    expect(health.headers.allow).to.equal('GET, HEAD, OPTIONS');
  });

  it('gets the methods by OPTIONS, and the headers alone by HEAD', async () => {
    const options = await ask('/api/toy/things/1', { method: 'OPTIONS' });
    const head = await ask('/api/toy/things/1', { method: 'HEAD' });

    expect([options.status, options.headers.allow]).to.deep.equal([204, 'DELETE, GET, HEAD, OPTIONS']);
    expect([head.status, head.text, head.headers['content-length']]).to.deep.equal([200, '', '10']);
  });

  it('gets a short problem document for what is no HTTP at all', async () => {
    const answer = await askRaw('/x HTTP/9.9\r\nBroken');

    expect(answer).to.match(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/u);
  });

  it('gets a 431 for headers beyond measure', async () => {
    const answer = await askRaw(`/${'a'.repeat(20_000)}`);

    expect(answer).to.match(/^HTTP\/1\.1 431 /u);
  });

  it('may be a body that breaks off: the connection is gone, the process is not', async () => {
    await new Promise<void>((resolve) => {
      const broken = request(`${gateway.url}/api/toy/things`, {
        method: 'POST',
        agent: false,
        headers: { ...json, 'content-length': '100' },
      });
      broken.on('error', () => undefined);
      broken.on('close', resolve);
      broken.write('{"email"', () => broken.destroy());
    });

    expect((await ask('/health/live')).status).to.equal(200);
  });
});
