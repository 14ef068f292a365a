import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { plainHttp } from '../support/plainHttp.ts';

describe('Requests at the limits of the gateway', function () {
  this.timeout(20_000);
  let gateway: RunningGateway;

  before(async () => {
    gateway = await startGateway();
  });

  after(() => gateway.stop('end of test'));

  /** The first bytes that come back. */
  const firstWords = async (head: readonly string[]): Promise<string> => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    const [words] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
    socket.destroy();
    return words.split('\r\n')[0] ?? '';
  };

  const expecting = (line: string, ...headers: readonly string[]): Promise<string> =>
    firstWords([line, 'Host: x', 'Content-Type: application/json', 'Expect: 100-continue', ...headers]);

  it('are told to send a body only where nothing in the headers speaks against it', async () => {
    const seen = [
      await expecting('POST /api/hubspot/companies HTTP/1.1', 'Content-Length: 20'),
      await expecting('POST /api/hubspot/companies HTTP/1.1', 'Content-Length: 200000'),
      await expecting('POST /api/hubspot/nowhere HTTP/1.1', 'Content-Length: 20'),
      await expecting('POST /api/hubspot/companies HTTP/1.1', 'Content-Length: 20', 'Content-Encoding: gzip'),
    ];

    expect(seen.map((line) => line.split(' ')[1])).to.deep.equal(['100', '413', '404', '415']);
  });

  it('are refused with two Host headers', async () => {
    expect(await firstWords(['GET /health/live HTTP/1.1', 'Host: x', 'Host: y'])).to.match(/^HTTP\/1\.1 400 /u);
  });

  it('get the API document compressed where they take it, and the same as it is', async () => {
    const [plain, compressed] = [
      await fetch(`${gateway.url}/openapi.json`, { headers: { 'accept-encoding': 'identity' } }),
      await plainBytes(),
    ];

    expect(compressed.encoding).to.equal('gzip');
    expect(JSON.parse(gunzipSync(compressed.bytes).toString())).to.deep.equal(await plain.json());
  });

  /** As it came: fetch would decompress it. */
  const plainBytes = async (): Promise<{ readonly encoding: string | undefined; readonly bytes: Buffer }> => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'end');
    socket.destroy();
    const whole = Buffer.concat(chunks);
    const end = whole.indexOf('\r\n\r\n');
    const encoding = /content-encoding: (\S+)/iu.exec(whole.subarray(0, end).toString('latin1'))?.[1];
    return { encoding, bytes: whole.subarray(end + 4) };
  };

  it('unsubscribe ten thousand values at once, which is what Lemlist takes', async () => {
    const values = Array.from({ length: 10_000 }, (_, index) => `@company-${String(index)}.example.org`);

    const answer = await plainHttp(`${gateway.url}/api/lemlist/unsubscribes/bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ values }),
    });

    expect(answer.status).to.equal(200);
    expect(JSON.parse(answer.text)).to.include({ made: 10_000, refused: 0 });
  });
});
