import { expect } from 'chai';
import { once } from 'node:events';
import { Agent, get, type RequestListener, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../../src/time/clock.ts';
import { closeServer, createHttpServer, listen } from '../../../src/web/httpServer.ts';

/** Settles with the text of one answer. */
const read = (port: number, agent: Agent): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => {
        resolve(text);
      });
    }).on('error', reject);
  });

const opened = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      resolve(socket);
    });
    socket.once('error', reject);
  });

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.getConnections((_error, count) => {
      resolve(count);
    });
  });

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error as Error).message,
  );

describe('HTTP server', () => {
  let server: Server;
  let agent: Agent;

  beforeEach(() => {
    agent = new Agent({ keepAlive: true });
  });

  afterEach(() => {
    agent.destroy();
  });

  const start = async (handle: RequestListener): Promise<number> => {
    server = createHttpServer(handle);
    return (await listen(server, 0, '127.0.0.1')).port;
  };

  it('bounds slow requests more tightly than Node does', () => {
    expect(createHttpServer(() => undefined)).to.include({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 61_000 });
  });

  it('says what to change when the port is taken', async () => {
    const port = await start((_req, res) => res.end());

    const message = await messageOf(
      listen(
        createHttpServer(() => undefined),
        port,
        '127.0.0.1',
      ),
    );
    await closeServer(server, systemClock);

    expect(message).to.equal(`127.0.0.1:${String(port)} is in use: stop what listens there, or choose another port`);
  });

  it('says what to change when the address is not of this machine', async () => {
    const message = await messageOf(
      listen(
        createHttpServer(() => undefined),
        0,
        '203.0.113.1',
      ),
    );

    expect(message).to.contain('203.0.113.1:0 is no address of this machine');
  });

  it('lets an answer under way out before it is closed, even one that had said keep-alive', async () => {
    let finish: () => void = () => undefined;
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const port = await start((_req, res) => {
      res.write('half ');
      finish = () => res.end('done');
      arrive();
    });
    const answer = read(port, agent);
    await arrived;

    const closed = closeServer(server, systemClock);
    finish();
    await closed;

    expect(await answer).to.equal('half done');
  });

  it('closes connections that are idle, and those that never asked anything', async () => {
    const port = await start((_req, res) => res.end('x'));
    await read(port, agent);
    const silent = await opened(port);
    const ended = new Promise((resolve) => silent.once('close', resolve));

    await closeServer(server, systemClock);
    await ended;

    expect(await messageOf(opened(port))).to.contain('ECONNREFUSED');
  });

  /** Asks so often on one connection, and reads nothing. */
  const unread = async (port: number, times = 1): Promise<Socket> => {
    const socket = await opened(port);
    socket.pause().on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(times));
    return socket;
  };

  const closedOf = (count: number): { readonly handle: RequestListener; readonly all: Promise<void> } => {
    let closed = 0;
    let done: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (done = resolve));
    const handle: RequestListener = (_req, res) => {
      res.once('close', () => {
        closed += 1;
        if (closed === count) done();
      });
      res.end(Buffer.alloc(20_000_000));
    };
    return { handle, all };
  };

  it('cuts off a caller that reads nothing of its answer', async () => {
    const { handle, all } = closedOf(1);
    server = createHttpServer(handle, undefined, { writeTimeoutMs: 100 });
    const { port } = await listen(server, 0, '127.0.0.1');

    const socket = await unread(port);
    await all;

    expect(await connectionsOf(server)).to.equal(0);
    socket.destroy();
    await closeServer(server, systemClock);
  });

  it('sends a long answer to its last byte, though it is to close', async () => {
    const port = await start((_req, res) => res.end(Buffer.alloc(20_000_000)));
    const socket = await unread(port);
    await once(socket, 'readable');

    const closed = closeServer(server, systemClock);
    let bytes = 0;
    for await (const chunk of socket) bytes += (chunk as Buffer).length;
    await closed;

    expect(bytes).to.be.greaterThan(20_000_000);
  });

  it('cuts off a caller that reads a byte now and then, after the time that one answer may take', async () => {
    const { handle, all } = closedOf(1);
    server = createHttpServer(handle, undefined, { writeTimeoutMs: 10_000, answerTimeoutMs: 300 });
    const { port } = await listen(server, 0, '127.0.0.1');

    const socket = await unread(port);
    const reading = setInterval(() => {
      socket.read(1);
    }, 20);
    await all;
    clearInterval(reading);

    expect(await connectionsOf(server)).to.equal(0);
    socket.destroy();
    await closeServer(server, systemClock);
  });

  it('ends a connection with more than 32 unanswered requests', async () => {
    let asked = 0;
    const port = await start(() => (asked += 1));

    const socket = await unread(port, 40);
    await new Promise((resolve) => socket.resume().once('close', resolve));

    expect(asked).to.equal(32);
    await closeServer(server, systemClock);
  });
});
