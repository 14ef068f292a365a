import { expect } from 'chai';
import { systemClock, type Clock } from '../../src/time/clock.ts';
import { rejectionOf } from '../support/httpHouse.ts';
import { httpAnswer } from '../support/rawServer.ts';
import { failureOf, saying, wireRig } from '../support/wireRig.ts';

describe('kept connections', () => {
  const rig = wireRig();

  it('are not used for what comes after a drop, and end with what is under way', async () => {
    await rig.serve((socket, text) => {
      if (!text.includes('/slow')) socket.write(httpAnswer(200, '{}'));
    });
    const slow = rig.send({ path: '/slow' });
    await rig.server.receives('/slow');

    rig.wire.drop(rig.server.origin);
    await rig.send({ path: '/after' });
    rig.server.sockets[0]?.write(httpAnswer(200, '"late"'));

    expect(await slow).to.include({ body: '"late"' });
    expect(rig.server.sockets).to.have.length(2);
    await rig.server.closed(0);
  });

  it('take nothing new once they are too old', async () => {
    let now = 0;
    const clock: Clock = { ...systemClock, now: () => now };
    await rig.serve(saying(httpAnswer(200, '{}')));
    await rig.limit({ maxConnections: 1, maxAgeMs: 1_000 }, { clock });
    await rig.send();
    now = 999;
    await rig.send();
    const before = rig.server.sockets.length;

    now = 1_000;
    await rig.send();

    expect([before, rig.server.sockets.length]).to.deep.equal([1, 2]);
    await rig.server.closed(0);
  });

  it('are left alone by a request that wants one of its own, which is closed after it', async () => {
    await rig.serve(saying(httpAnswer(200, '{}')));
    await rig.limit({ maxConnections: 1 });
    await rig.send();

    await rig.send({ fresh: true });
    await rig.server.closed(1);
    await rig.send({ newConnection: true });
    await rig.server.closed(2);
    await rig.send();

    expect(rig.server.sockets).to.have.length(3);
  });
});

describe('a kept connection that breaks before the answer', () => {
  const rig = wireRig();
  beforeEach(() => rig.limit({ maxConnections: 1 }));
  /** The first request of a connection is answered, its second one is not. */
  const breakingTheSecondTime = (end: 'reset' | 'end') => {
    const seen = new WeakSet();
    return rig.serve((socket) => {
      if (!seen.has(socket)) {
        seen.add(socket);
        socket.write(httpAnswer(200, '{}'));
      } else if (end === 'reset') socket.resetAndDestroy();
      else socket.end();
    });
  };

  for (const end of ['reset', 'end'] as const) {
    it(`by a ${end} costs a repeatable request a new one and nothing else`, async () => {
      await breakingTheSecondTime(end);
      await rig.send();

      const answer = await rig.send({ repeatable: true });

      expect(answer).to.include({ status: 200 });
      expect(rig.server.sockets).to.have.length(2);
    });
  }

  it('is told of a request that must not be repeated', async () => {
    await breakingTheSecondTime('reset');
    await rig.send();

    const failure = await rejectionOf(rig.send({ method: 'POST', body: '{}', repeatable: false }));

    expect(failure).to.include({ kind: 'reset', isStale: true });
    expect(rig.server.sockets).to.have.length(1);
  });

  it('is not what a request meets whose new connection breaks', async () => {
    await rig.serve((socket) => void socket.resetAndDestroy());

    const failure = await rejectionOf(rig.send({ method: 'POST', body: '{}', repeatable: false }));

    expect(failure).to.include({ kind: 'reset', isStale: false });
  });

  it('is followed by one repeat only, and a new one that breaks is told', async () => {
    let answered = 0;
    await rig.serve((socket) => {
      answered += 1;
      if (answered === 1) socket.write(httpAnswer(200, '{}'));
      else socket.resetAndDestroy();
    });
    await rig.send();

    expect(await failureOf(rig.send({ repeatable: true }))).to.equal('reset');
    expect(rig.server.sockets).to.have.length(2);
  });

  it('after the first byte of the body is told as before', async () => {
    let answered = 0;
    await rig.serve((socket) => {
      answered += 1;
      if (answered === 1) socket.write(httpAnswer(200, '{}'));
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx', () => socket.resetAndDestroy());
    });
    await rig.send();

    expect(await failureOf(rig.send({ repeatable: true }))).to.equal('reset');
    expect(rig.server.sockets).to.have.length(1);
  });
});

describe('a proxy', () => {
  const rig = wireRig();

  const through = async (said: string): Promise<void> => {
    await rig.serve((socket, text) => socket.write(text.startsWith('CONNECT') ? said : httpAnswer(200, '"inside"')));
    await rig.limit({ maxConnections: 1 }, { proxyFor: () => ({ origin: rig.server.origin, authorization: 'Basic dTpw' }) });
  };

  it('opens a tunnel for each connection, and sees its credential there alone', async () => {
    await through('HTTP/1.1 200 OK\r\n\r\n');

    const first = await rig.send({ origin: 'http://crm.internal', headers: { authorization: 'Bearer x' } });
    await rig.send({ origin: 'http://crm.internal' });

    expect(first).to.include({ body: '"inside"' });
    const [connect = '', ...inside] = rig.server.received.split(/(?<=\r\n\r\n)/u);
    expect(connect)
      .to.match(/^CONNECT crm\.internal:80 HTTP\/1\.1\r\n/u)
      .and.include('proxy-authorization: Basic dTpw')
      .and.not.include('Bearer');
    expect(inside).to.have.length(2);
    expect(inside.join('')).to.include('authorization: Bearer x').and.not.include('proxy-authorization');
    expect(rig.server.sockets).to.have.length(1);
  });

  for (const [what, said] of [
    ['refuses', 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n'],
    ['answers with something else', 'no proxy\r\n\r\n'],
  ] as const) {
    it(`that ${what} is a connection that was never made`, async () => {
      await through(said);

      expect(await failureOf(rig.send({ origin: 'http://crm.internal' }))).to.equal('connect');
    });
  }

  it('that hangs up within the handshake with an https service is told as tls', async () => {
    await rig.serve((socket, text) => {
      if (text.startsWith('CONNECT')) socket.write('HTTP/1.1 200 OK\r\n\r\n');
      else socket.destroy();
    });
    await rig.limit({}, { proxyFor: () => ({ origin: rig.server.origin }) });

    expect(await failureOf(rig.send({ origin: 'https://crm.internal' }))).to.equal('tls');
    expect(rig.server.received).to.match(/^CONNECT crm\.internal:443 /u);
  });
});
