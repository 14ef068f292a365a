import { expect } from 'chai';
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
});
