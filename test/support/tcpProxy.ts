/**
 * A way to a server on which a test can sit: it passes everything on, to whom and after how long is said at any time.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Of what the server answers; what is on its way keeps its order. */
  delayMs: number;
  /** Port of the server, for connections from now on. */
  target: number;
  /** Ends every connection. */
  cut(): void;
  close(): Promise<void>;
}

/** Passes on what comes, in order, each piece when its delay is over. */
const passOn = (from: Socket, to: Socket, delayMs: () => number): void => {
  const waiting = new Set<NodeJS.Timeout>();
  let lastDue = 0;
  from.on('data', (piece) => {
    lastDue = Math.max(lastDue, performance.now() + delayMs());
    const wait = lastDue - performance.now();
    if (wait <= 0 && waiting.size === 0) {
      to.write(piece);
      return;
    }
    const timer = setTimeout(() => {
      waiting.delete(timer);
      to.write(piece);
    }, wait);
    waiting.add(timer);
  });
  from.on('error', () => undefined);
  from.on('close', () => {
    for (const timer of waiting) clearTimeout(timer);
    to.destroy();
  });
};

export const tcpProxy = async (target: number): Promise<TcpProxy> => {
  const sockets = new Set<Socket>();
  const server = createServer((caller) => {
    const callee = connect(proxy.target, '127.0.0.1');
    for (const socket of [caller, callee]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    passOn(caller, callee, () => 0);
    passOn(callee, caller, () => proxy.delayMs);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    delayMs: 0,
    target,
    cut,
    close: async () => {
      server.close();
      cut();
      if (server.listening) await once(server, 'close');
    },
  };
  return proxy;
};
