/**
 * The listening side: limits on slow and oversized requests, a port that is taken, and an end that lets answers out.
 */
import { Server, type RequestListener, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { seconds, systemClock, type Clock } from '../time/clock.ts';

/** Node's defaults (60 s, 300 s, checked every 30 s) let one slow client hold a socket for minutes. */
const limits: ServerOptions = {
  headersTimeout: seconds(10),
  requestTimeout: seconds(30),
  connectionsCheckingInterval: seconds(1),
  /** Above the 60 s after which common load balancers drop an idle connection: the one who may reuse it must be the first to let go. */
  keepAliveTimeout: seconds(61),
};

/** Sockets of one port. A silent one takes 3 kB and is gone in ten seconds. */
const MAX_CONNECTIONS = 4_000;

/** After so many requests a connection is closed, so that none lasts for ever. */
const MAX_REQUESTS_PER_SOCKET = 10_000;

/** Requests of one connection that are not answered yet; nobody but a script sends more than a few. */
const MAX_PIPELINED = 32;

/** How long a caller may read nothing of an answer that waits for it. */
const WRITE_TIMEOUT_MS = seconds(10);

/** How long an answer that is made may take to be read, by a caller that reads slowly: 8 MB at 0.5 Mbit/s. */
const ANSWER_TIMEOUT_MS = seconds(120);

/** For tests. */
export interface WriteTimes {
  readonly writeTimeoutMs?: number;
  readonly answerTimeoutMs?: number;
}

/** Told of what ends before it is a request: no route, no id, only the status. Must not throw. */
export type BrokenRequestListener = (status: number) => void;

const statusOf: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** No request, no id, no route: the shortest honest answer, and the connection is over. */
const answerBrokenRequest = (error: Error & { readonly code?: string }, socket: Socket, onBroken: BrokenRequestListener): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOf[error.code ?? ''] ?? '400 Bad Request';
  const code = Number(status.slice(0, 3));
  onBroken(code);
  const body = JSON.stringify({ type: 'about:blank', title: status.slice(4), status: code });
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
  /** Requests that are not answered to the last byte, by connection. */
  readonly #unanswered = new WeakMap<Socket, number>();

  /** Answers that are made, and not sent to the last byte. */
  #unsent = 0;
  readonly #answerTimeoutMs: number;

  constructor(
    handle: RequestListener,
    onBroken: BrokenRequestListener,
    { writeTimeoutMs = WRITE_TIMEOUT_MS, answerTimeoutMs = ANSWER_TIMEOUT_MS }: WriteTimes,
  ) {
    super(limits);
    this.#answerTimeoutMs = answerTimeoutMs;
    this.maxConnections = MAX_CONNECTIONS;
    this.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
    this.timeout = writeTimeoutMs;
    this.on('timeout', (socket: Socket) => {
      this.#endIfStuck(socket);
    });
    this.on('clientError', (error: Error, socket: Socket) => {
      answerBrokenRequest(error, socket, onBroken);
    });
    this.on('connection', (socket) => {
      this.#silent.add(socket);
      socket.once('close', () => this.#silent.delete(socket));
    });
    this.on('request', (req, res) => {
      if (this.#isWithinBounds(req.socket, res)) handle(req, res);
    });
    // Whether a body is wanted is decided where it is read (`jsonBody.ts`).
    this.on('checkContinue', (req, res) => this.emit('request', req, res));
  }

  /** Requests of one packet all arrive, even when the connection is over. */
  #isWithinBounds(socket: Socket, res: ServerResponse): boolean {
    this.#silent.delete(socket);
    const unanswered = (this.#unanswered.get(socket) ?? 0) + 1;
    this.#unanswered.set(socket, unanswered);
    res.once('close', () => this.#unanswered.set(socket, (this.#unanswered.get(socket) ?? 1) - 1));
    const isWithin = unanswered <= MAX_PIPELINED;
    if (isWithin) this.#boundAnswer(socket, res);
    else socket.destroy();
    return isWithin;
  }

  /** From when it is made (`prefinish`), not from when it was asked for: an answer may wait for its service. */
  #boundAnswer(socket: Socket, res: ServerResponse): void {
    res.once('prefinish', () => {
      if (res.writableFinished) return;
      const cancel = systemClock.after(this.#answerTimeoutMs, () => {
        socket.destroy();
      });
      this.#unsent += 1;
      res.once('close', () => {
        this.#unsent -= 1;
        cancel();
      });
    });
  }

  /** Nothing was sent or received for a while: that is well while we work on the answer, and the end where the caller does not read. */
  #endIfStuck(socket: Socket): void {
    if (socket.writableLength > 0 || (this.#unanswered.get(socket) ?? 0) === 0) socket.destroy();
  }

  override closeIdleConnections(): void {
    // Node takes a connection for idle whose answer is made, and would cut off a caller that is still reading it.
    if (this.#unsent === 0) super.closeIdleConnections();
    for (const socket of this.#silent) {
      if (socket.bytesRead === 0) socket.destroy();
    }
  }
}

export const createHttpServer = (
  handle: RequestListener,
  onBroken: BrokenRequestListener = () => undefined,
  times: WriteTimes = {},
): Server => new GatewayServer(handle, onBroken, times);

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
