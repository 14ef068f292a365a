import { expect } from 'chai';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { withinTime } from '../../../src/redis/redisFailures.ts';
import { systemClock } from '../../../src/time/clock.ts';

describe('the time that Redis has for an answer', () => {
  let server: Server | undefined;
  let client: Socket | undefined;

  afterEach(() => {
    client?.destroy();
    server?.close();
  });

  it('is not over while an answer that came in time waits to be read, because this process was busy', async () => {
    server = createServer((socket) => socket.on('data', () => socket.end('+PONG')));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');

    const answer = await withinTime(systemClock, 20, async () => {
      client?.write('PING');
      const came = once(client as Socket, 'data') as Promise<[Buffer]>;
      // The request has left and been answered by the time that this process looks again, long after the timer was due.
      setImmediate(() =>
        setImmediate(() => {
          for (const end = performance.now() + 60; performance.now() < end;);
        }),
      );
      return (await came).toString();
    });

    expect(answer).to.equal('+PONG');
  });
});
