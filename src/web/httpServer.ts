/**
 * The listening side: limits on slow and oversized requests, a port that is taken, and an end that lets answers out.
 */
import { Server, type RequestListener, type ServerOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { seconds, type Clock } from '../time/clock.ts';

/** Node's defaults (60 s, 300 s, checked every 30 s) let one slow client hold a socket for minutes. */
const limits: ServerOptions = {
  headersTimeout: seconds(10),
  requestTimeout: seconds(30),
  connectionsCheckingInterval: seconds(1),
  /** Above the 60 s after which common load balancers drop an idle connection: the one who may reuse it must be the first to let go. */
  keepAliveTimeout: seconds(61),
};

const statusOf: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** No request, no id, no route: the shortest honest answer, and the connection is over. */
const answerBrokenRequest = (error: Error & { readonly code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOf[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ type: 'about:blank', title: status.slice(4), status: Number(status.slice(0, 3)) });
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${String(body.length)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
};

/**
 * Counts connections that have asked nothing yet as idle. Node does not, and balancers like to open some in advance:
 * they would hold up the end for as long as it may take.
 */
class GatewayServer extends Server {
  readonly #silent = new Set<Socket>();

  constructor(handle: RequestListener) {
    super(limits, handle);
    this.on('clientError', answerBrokenRequest);
    this.on('connection', (socket) => {
      this.#silent.add(socket);
      socket.once('close', () => this.#silent.delete(socket));
    });
    this.on('request', ({ socket }) => this.#silent.delete(socket));
  }

  override closeIdleConnections(): void {
    super.closeIdleConnections();
    for (const socket of this.#silent) {
      if (socket.bytesRead === 0) socket.destroy();
    }
  }
}

export const createHttpServer = (handle: RequestListener): Server => new GatewayServer(handle);

const advice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use: stop what listens there, or choose another port',
  EACCES: 'may not be used by this user: choose a port above 1023',
  EADDRNOTAVAIL: 'is no address of this machine: choose another HOST',
  ENOTFOUND: 'is no known host: choose another HOST',
};

/**
 * Listens, and tells where; port 0 picks a free one.
 *
 * @throws {Error} that says what to change, for a port that cannot be had.
 */
export const listen = (server: Server, port: number, host: string): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const why = advice[error.code ?? ''] ?? `cannot be listened on (${error.code ?? 'unknown'})`;
      reject(new Error(`${host}:${String(port)} ${why}`, { cause: error }));
    };
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve(server.address() as AddressInfo);
    });
  });

/** How often connections that fell idle during the close are looked for, ms. */
const IDLE_CHECK_MS = 50;

/**
 * Takes no new connections, and settles when the last answer is out. Answers say `Connection: close` while the
 * gateway drains; connections whose answer began before that are closed here as they fall idle.
 */
export const closeServer = (server: Server, clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    let cancel: () => void = () => undefined;
    const closeIdle = (): void => {
      server.closeIdleConnections();
      cancel = clock.after(IDLE_CHECK_MS, closeIdle);
    };
    server.close(() => {
      cancel();
      resolve();
    });
    closeIdle();
  });
