/**
 * A TCP server that says what a test tells it to, byte by byte: no HTTP library corrects it.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RawServer {
  readonly port: number;
  /** `http://` and its address. */
  readonly origin: string;
  /** Every connection so far, oldest first. */
  readonly sockets: readonly Socket[];
  /** The most connections open at once so far. */
  readonly mostOpen: number;
  /** Everything received so far. */
  readonly received: string;
  /** Resolves when the connection of that number, from 0, has been closed. */
  closed(index?: number): Promise<void>;
  /** Resolves once the text has come so many times. */
  receives(text: string, times?: number): Promise<void>;
  close(): Promise<void>;
}

/** @param onData Called with each piece that a client sends. */
export const rawServer = async (
  onData: (socket: Socket, text: string) => void,
  onConnection: (socket: Socket) => void = () => undefined,
): Promise<RawServer> => {
  const sockets: Socket[] = [];
  const open = new Set<Socket>();
  const news = new EventEmitter();
  let mostOpen = 0;
  let received = '';
  const server = createServer((socket) => {
    sockets.push(socket);
    open.add(socket);
    mostOpen = Math.max(mostOpen, open.size);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString();
      news.emit('data');
      onData(socket, chunk.toString());
    });
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${String(port)}`,
    sockets,
    get mostOpen() {
      return mostOpen;
    },
    get received() {
      return received;
    },
    closed: async (index = 0) => {
      const socket = sockets[index];
      if (socket !== undefined && open.has(socket)) await new Promise((resolve) => socket.once('close', resolve));
    },
    receives: async (text, times = 1) => {
      while (received.split(text).length <= times) await once(news, 'data');
    },
    close: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
};

/** A port on which nobody listens. */
export const closedPort = async (): Promise<number> => {
  const server = await rawServer(() => undefined);
  await server.close();
  return server.port;
};

/** A whole answer, its length told. */
export const httpAnswer = (status: number, body: string, headers: readonly string[] = []): string =>
  [`HTTP/1.1 ${String(status)} Whatever`, `Content-Length: ${String(Buffer.byteLength(body))}`, ...headers, '', body].join('\r\n');
