/**
 * One HTTP port that can refuse connections, and take itself back.
 */
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createHttpServer } from '../../src/web/httpServer.ts';

export class Listener {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #closed = false;
  /** Changes wait for each other: two at once would leave the port in a state that nobody asked for. */
  #lastChange: Promise<void> = Promise.resolve();

  constructor(
    private readonly handle: RequestListener,
    private readonly host: string,
  ) {}

  get port(): number {
    return this.#port;
  }

  /**
   * Accepts connections: on `port` (0: any free one) the first time, on the same port ever after.
   *
   * @throws {Error} of the system, such as `EADDRINUSE`.
   */
  open(port = this.#port): Promise<void> {
    return this.#change(() => this.#listen(port));
  }

  /** Ends all connections and refuses new ones; resolves when no socket is left. */
  shut(): Promise<void> {
    return this.#change(() => this.#stop());
  }

  /** Shuts for good: a later `open` does nothing. */
  close(): Promise<void> {
    this.#closed = true;
    return this.shut();
  }

  #change(step: () => Promise<void>): Promise<void> {
    const change = this.#lastChange.then(step);
    this.#lastChange = change.catch(() => undefined);
    return change;
  }

  async #listen(port: number): Promise<void> {
    if (this.#closed || this.#server !== undefined) return;
    const server = createHttpServer(this.handle);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.host, resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async #stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
