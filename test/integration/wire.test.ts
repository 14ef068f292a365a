import { expect } from 'chai';
import { rejectionOf } from '../support/httpHouse.ts';
import { httpAnswer, rawServer } from '../support/rawServer.ts';
import { failureOf, saying, wireLimits, wireRig } from '../support/wireRig.ts';

describe('an exchange over the wire', () => {
  const rig = wireRig();

  it('sends method, path, headers and body as they are', async () => {
    await rig.serve(saying(httpAnswer(200, '{}')));

    await rig.send({ method: 'POST', path: '/a%2Fb/../c?d=e,f', headers: { 'x-one': '1', authorization: 'Bearer x' }, body: '{"a":"ż"}' });

    expect(rig.server.received).to.match(/^POST \/a%2Fb\/\.\.\/c\?d=e,f HTTP\/1\.1\r\n/u);
    expect(rig.server.received).to.include('x-one: 1\r\n').and.include('authorization: Bearer x\r\n').and.include('content-length: 10\r\n');
    expect(rig.server.received).to.match(/\r\n\r\n\{"a":"ż"\}$/u);
  });

  it('gives status, headers in lower case, repeated ones joined, and the body', async () => {
    await rig.serve(saying(httpAnswer(418, 'short', ['X-Rate-Left: 3', 'Set-Cookie: a', 'SET-COOKIE: b'])));

    const { status, headers, body } = await rig.send();

    expect({ status, body }).to.deep.equal({ status: 418, body: 'short' });
    expect(headers).to.include({ 'x-rate-left': '3', 'set-cookie': 'a, b' });
  });

  it('puts a body together whose pieces split a character', async () => {
    const [first, second] = [Buffer.from('ż').subarray(0, 1), Buffer.from('ż').subarray(1)];
    await rig.serve((socket) => {
      socket.write(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n'), first]));
      setImmediate(() => socket.write(Buffer.concat([Buffer.from('\r\n1\r\n'), second, Buffer.from('\r\n0\r\n\r\n')])));
    });

    expect(await rig.send()).to.include({ body: 'ż' });
  });

  it('gives an empty body where there is none', async () => {
    await rig.serve(saying('HTTP/1.1 204 No Content\r\n\r\n'));

    expect(await rig.send()).to.include({ status: 204, body: '' });
  });

  it('follows no redirect: the credential goes nowhere else', async () => {
    const elsewhere = await rawServer(saying(httpAnswer(200, 'stolen')));
    await rig.serve(saying(httpAnswer(302, '', [`Location: ${elsewhere.origin}/`])));

    const { status } = await rig.send({ headers: { authorization: 'Bearer x' } });
    await elsewhere.close();

    expect(status).to.equal(302);
    expect(elsewhere.sockets).to.have.length(0);
  });
});

describe('connections of the wire', () => {
  const rig = wireRig();

  it('are kept and used again', async () => {
    await rig.serve(saying(httpAnswer(200, '{}')));

    for (let round = 0; round < 20; round += 1) await rig.send();

    expect(rig.server.sockets.length).to.be.at.most(wireLimits.maxConnections);
  });

  it('are never more at once than the limit, and all requests are served', async () => {
    await rig.serve((socket) => setImmediate(() => socket.write(httpAnswer(200, '{}'))));

    const answers = await Promise.all(Array.from({ length: 20 }, () => rig.send()));

    expect(answers.map(({ status }) => status)).to.deep.equal(Array.from({ length: 20 }, () => 200));
    expect(rig.server.mostOpen).to.equal(wireLimits.maxConnections);
  });

  it('are made anew when the service has closed them in the meantime', async () => {
    await rig.serve((socket) => socket.write(httpAnswer(200, '{}'), () => socket.end()));
    await rig.send();
    await rig.server.closed();

    expect(await rig.send()).to.include({ status: 200 });
    expect(rig.server.sockets).to.have.length(2);
  });

  it('are all gone after close(), which ends what is under way', async () => {
    await rig.serve((socket, text) => {
      if (text.includes('/idle')) socket.write(httpAnswer(200, '{}'));
    });
    await rig.send({ path: '/idle' });
    const hanging = [failureOf(rig.send({ path: '/hang' })), failureOf(rig.send({ path: '/hang' }))];
    await rig.server.receives('/hang', 2);

    await rig.wire.close();

    expect(await Promise.all(hanging)).to.deep.equal(['reset', 'reset']);
    await Promise.all(rig.server.sockets.map((_, index) => rig.server.closed(index)));
  });

  it('are not made any more after close()', async () => {
    await rig.serve(saying(httpAnswer(200, '{}')));
    await rig.wire.close();

    expect(await failureOf(rig.send())).to.equal('connect');
    expect(rig.server.sockets).to.have.length(0);
  });
});

describe('an abort on the wire', () => {
  const rig = wireRig();
  const reason = new Error('no longer wanted');

  for (const [when, answer] of [
    ['before the answer', ''],
    ['in the middle of the headers', 'HTTP/1.1 200 OK\r\nX-Half: '],
    ['in the middle of the body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
  ] as const) {
    it(`${when} ends the exchange with its reason and frees the socket`, async () => {
      const controller = new AbortController();
      await rig.serve((socket) => {
        socket.write(answer, () => {
          setImmediate(() => {
            controller.abort(reason);
          });
        });
      });

      expect(await rejectionOf(rig.send({}, controller.signal))).to.equal(reason);
      await rig.server.closed();
    });
  }

  it('of a request that still waits for a connection sends nothing', async () => {
    await rig.serve();
    const controller = new AbortController();
    const others = Array.from({ length: wireLimits.maxConnections }, () => rig.send({ path: '/first' }));
    await rig.server.receives('/first', wireLimits.maxConnections);

    const waiting = rejectionOf(rig.send({ path: '/waiting' }, controller.signal));
    controller.abort(reason);
    for (const socket of rig.server.sockets) socket.write(httpAnswer(200, '{}'));

    expect(await waiting).to.equal(reason);
    await rig.wire.close();
    await Promise.allSettled(others);
    expect(rig.server.received).to.not.include('/waiting');
  });

  it('that came before sends nothing', async () => {
    await rig.serve();

    expect(await rejectionOf(rig.send({}, AbortSignal.abort(reason)))).to.equal(reason);
    expect(rig.server.sockets).to.have.length(0);
  });
});
