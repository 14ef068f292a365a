import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { closedPort, httpAnswer } from '../support/rawServer.ts';
import { failureOf, saying, wireLimits, wireRig } from '../support/wireRig.ts';

describe('a connection that never stands', () => {
  const rig = wireRig();

  it('is told as connect when it is refused, for every request that waits for one', async () => {
    await rig.serve();
    const origin = `http://127.0.0.1:${String(await closedPort())}`;

    const failures = await Promise.all(Array.from({ length: 10 }, () => failureOf(rig.send({ origin }))));

    expect(new Set(failures)).to.deep.equal(new Set(['connect']));
  });

  it('is told as connect when the name has several addresses that all refuse', async () => {
    await rig.serve();

    expect(await failureOf(rig.send({ origin: `http://localhost:${String(await closedPort())}` }))).to.equal('connect');
  });

  it('is told as dns when the name is not found', async () => {
    await rig.serve();

    expect(await failureOf(rig.send({ origin: `http://${'x'.repeat(64)}.test` }))).to.equal('dns');
  });

  it('is told as tls when the service answers the handshake with something else', async () => {
    await rig.serve(saying('HTTP/1.1 400 Bad Request\r\n\r\nSpeak plain'));

    expect(await failureOf(rig.send({ origin: rig.server.origin.replace('http:', 'https:') }))).to.equal('tls');
  });

  it('is told as tls when the service hangs up in the handshake', async () => {
    await rig.serve((socket) => socket.destroy());

    expect(await failureOf(rig.send({ origin: rig.server.origin.replace('http:', 'https:') }))).to.equal('tls');
  });

  it('is given up after its time, a handshake without an answer included', async () => {
    await rig.serve();
    await rig.limit({ connectTimeoutMs: 50 });

    expect(await failureOf(rig.send({ origin: rig.server.origin.replace('http:', 'https:') }))).to.equal('connect');
    await rig.server.closed();
  });
});

describe('a connection that breaks', () => {
  const rig = wireRig();

  it('is told as a reset before the answer', async () => {
    await rig.serve((socket) => socket.resetAndDestroy());

    expect(await failureOf(rig.send())).to.equal('reset');
  });

  it('is told as a reset when the service hangs up without a word', async () => {
    await rig.serve((socket) => socket.end());

    expect(await failureOf(rig.send())).to.equal('reset');
  });

  it('is told as a reset in the middle of the body', async () => {
    await rig.serve((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":', () => socket.resetAndDestroy()));

    expect(await failureOf(rig.send())).to.equal('reset');
  });

  it('gives no half a body for a whole one when the service hangs up early', async () => {
    await rig.serve((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":"7"}'));

    expect(await failureOf(rig.send())).to.equal('reset');
  });

  it('is not taken for one that never stood when the route is lost after sending', async () => {
    await rig.serve((socket) => socket.write('HTTP/1.1 200 OK\r\n'));
    const loseRoute = (message: unknown): void => {
      const { socket } = message as { readonly socket: Socket };
      socket.once('data', () => socket.destroy(Object.assign(new Error('no route'), { code: 'EHOSTUNREACH', syscall: 'read' })));
    };
    subscribe('undici:client:connected', loseRoute);

    const kind = await failureOf(rig.send({ method: 'POST', body: '{}' })).finally(() => unsubscribe('undici:client:connected', loseRoute));

    expect(kind).to.equal('reset');
  });
});

describe('an answer that cannot be read', () => {
  const rig = wireRig();

  for (const [what, bytes] of [
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['random bytes', '\u0000\u0001\u0002garbage\r\n\r\n'],
    ['a status line without a status', 'HTTP/1.1 OK\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ] as const) {
    it(`is told as malformed when it is ${what}`, async () => {
      await rig.serve(saying(bytes));

      expect(await failureOf(rig.send())).to.equal('malformed');
      await rig.server.closed();
    });
  }

  it('is told as too large beyond the limit, and read no further', async () => {
    await rig.serve(saying(httpAnswer(200, 'x'.repeat(wireLimits.maxBodyBytes + 1))));

    expect(await failureOf(rig.send())).to.equal('too_large');
    await rig.server.closed();
  });

  it('is told as too large when its length is not told and it never ends', async () => {
    const chunk = `100\r\n${'x'.repeat(0x100)}\r\n`;
    await rig.serve((socket) => socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(10)}`));

    expect(await failureOf(rig.send())).to.equal('too_large');
    await rig.server.closed();
  });

  it('is told as too large when its headers are', async () => {
    await rig.serve(saying(httpAnswer(200, '{}', [`X-Long: ${'x'.repeat(70_000)}`])));

    expect(await failureOf(rig.send())).to.equal('too_large');
  });

  it('is read up to the very limit', async () => {
    await rig.serve(saying(httpAnswer(200, 'x'.repeat(wireLimits.maxBodyBytes))));

    expect((await rig.send()).body).to.have.length(wireLimits.maxBodyBytes);
  });
});
