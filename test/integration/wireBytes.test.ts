import { deflateRawSync, deflateSync, brotliCompressSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { systemClock } from '../../src/time/clock.ts';
import { httpAnswer } from '../support/rawServer.ts';
import { failureOf, saying, wireRig } from '../support/wireRig.ts';

const raw = (bytes: Buffer, headers: readonly string[], status = 200): Buffer =>
  Buffer.concat([
    Buffer.from([`HTTP/1.1 ${String(status)} X`, `Content-Length: ${String(bytes.length)}`, ...headers].join('\r\n') + '\r\n\r\n'),
    bytes,
  ]);

describe('the bytes of an answer', () => {
  const rig = wireRig();
  const serveBytes = (bytes: Buffer, headers: readonly string[], status?: number): Promise<void> =>
    rig.serve((socket) => socket.write(raw(bytes, headers, status)));

  it('are asked for as they are', async () => {
    await rig.serve(saying(httpAnswer(200, '{}')));

    await rig.send({ headers: { 'accept-encoding': 'gzip' } });

    expect(rig.server.received).to.include('accept-encoding: identity\r\n').and.not.include('gzip');
  });

  const text = '{"name":"Zoë"}';
  for (const [encoding, bytes] of [
    ['gzip', gzipSync(text)],
    ['X-GZip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
  ] as const) {
    it(`are understood as ${encoding} though nobody asked for it (${String(bytes.length)} bytes)`, async () => {
      await serveBytes(bytes, [`Content-Encoding: ${encoding}`]);

      expect(await rig.send()).to.include({ body: text });
    });
  }

  it('are none where an empty body claims an encoding', async () => {
    await serveBytes(Buffer.alloc(0), ['Content-Encoding: gzip']);

    expect(await rig.send()).to.include({ body: '' });
  });

  it('are told as too large by what they come to once decompressed', async () => {
    await serveBytes(gzipSync(Buffer.alloc(5_000_000)), ['Content-Encoding: gzip']);
    await rig.limit({ maxBodyBytes: 100_000 });

    expect(await failureOf(rig.send())).to.equal('too_large');
  });

  it('are bounded by what the request says', async () => {
    await serveBytes(Buffer.alloc(1_500, 'x'), []);

    const { body } = await rig.send({ maxBodyBytes: 1_500 });

    expect(body).to.have.length(1_500);
    expect(await failureOf(rig.send({ maxBodyBytes: 1_499 }))).to.equal('too_large');
  });

  it('of a large answer are not taken while those under way hold too much; of a small one they are', async () => {
    await rig.serve((socket, asked) => {
      if (asked.includes('/small')) socket.write(httpAnswer(200, 'small'));
      else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(100_000)}`);
    });
    await rig.limit({ maxBodyBytes: 1_000_000, maxHeldBytes: 150_000 });
    const controller = new AbortController();

    const large = [1, 2].map((which) => failureOf(rig.send({ path: `/${String(which)}` }, controller.signal)));

    expect(await Promise.race(large)).to.equal('too_large');
    expect(await rig.send({ path: '/small' })).to.include({ body: 'small' });
    controller.abort(new Error('enough'));
    await Promise.allSettled(large);
  });

  for (const [what, contentType, bytes, decoded] of [
    ['the charset of the content type', 'application/json; charset=ISO-8859-1', Buffer.from('"Zoë"', 'latin1'), '"Zoë"'],
    ['UTF-8 with a byte order mark', 'application/json', Buffer.from('\ufeff"Zoë"'), '"Zoë"'],
    ['UTF-16 by its byte order mark', 'application/json', Buffer.from('\ufeff"Zoë"', 'utf16le'), '"Zoë"'],
    ['UTF-16 by its name', 'application/json;charset="utf-16le"', Buffer.from('"Zoë"', 'utf16le'), '"Zoë"'],
  ] as const) {
    it(`are read by ${what}`, async () => {
      await serveBytes(bytes, [`Content-Type: ${contentType}`]);

      expect(await rig.send()).to.include({ body: decoded });
    });
  }

  for (const [what, headers, bytes] of [
    ['UTF-8 that is none', ['Content-Type: application/json'], Buffer.from('"Zo\xeb"', 'latin1')],
    ['a charset that nobody knows', ['Content-Type: text/plain; charset=klingon'], Buffer.from('x')],
    ['an encoding that nobody knows', ['Content-Encoding: snappy'], Buffer.from('x')],
    ['gzip that is none', ['Content-Encoding: gzip'], Buffer.from('{"a":1}')],
    ['gzip cut off', ['Content-Encoding: gzip'], gzipSync('{"a":1}').subarray(0, 15)],
    ['a stack of encodings', ['Content-Encoding: gzip, gzip, gzip, gzip'], Buffer.from('x')],
  ] as const) {
    it(`are refused as ${what}, with no character replaced`, async () => {
      await serveBytes(bytes, headers);

      expect(await failureOf(rig.send())).to.equal('undecodable');
    });

    it(`leave the status of an error standing, whether or not they are ${what}`, async () => {
      await serveBytes(bytes, headers, 503);

      expect(await rig.send()).to.include({ status: 503 });
    });
  }
});

describe('the body of an error', () => {
  const rig = wireRig();

  it('is read for a short time only, and what came of it is told', async () => {
    await rig.serve(saying('HTTP/1.1 503 X\r\nContent-Length: 1000\r\n\r\n{'));
    const startedAt = systemClock.now();

    const answer = await rig.send();

    expect(answer).to.include({ status: 503, body: '{' });
    expect(systemClock.now() - startedAt).to.be.below(1_000);
    await rig.server.closed();
  });

  it('is read no further than 64 kB', async () => {
    await rig.serve(saying(httpAnswer(400, 'x'.repeat(200_000))));

    const { status, body } = await rig.send();

    expect({ status, length: body.length }).to.deep.equal({ status: 400, length: 65_536 });
  });

  it('may break off: the status has been said', async () => {
    await rig.serve((socket) =>
      socket.write('HTTP/1.1 429 X\r\nRetry-After: 3\r\nContent-Length: 1000\r\n\r\n{', () => socket.resetAndDestroy()),
    );

    const { status, headers } = await rig.send();

    expect({ status, pause: headers['retry-after'] }).to.deep.equal({ status: 429, pause: '3' });
  });

  it('ends with its caller’s patience', async () => {
    await rig.serve(saying('HTTP/1.1 503 X\r\nContent-Length: 1000\r\n\r\n{'));
    const controller = new AbortController();
    const answer = rig.send({}, controller.signal).catch((error: unknown) => error);
    await rig.server.receives('GET /');

    const reason = new Error('gone');
    controller.abort(reason);

    expect(await answer).to.equal(reason);
  });
});
