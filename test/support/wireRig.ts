/**
 * For a describe(): the real wire, and a server that says what the test wants; both are gone after each test.
 */
import type { Socket } from 'node:net';
import { TransportFailure, type HttpRequest, type HttpResponse } from '../../src/wire/transport.ts';
import { createWire, type Wire, type WireLimits, type WireParts } from '../../src/wire/undiciTransport.ts';
import { systemClock } from '../../src/time/clock.ts';
import { rejectionOf } from './httpHouse.ts';
import { rawServer, type RawServer } from './rawServer.ts';

export const wireLimits: WireLimits = {
  maxConnections: 3,
  maxBodyBytes: 1_000,
  maxHeldBytes: 10_000_000,
  connectTimeoutMs: 2_000,
  maxAgeMs: 60_000,
};

export interface WireRig {
  readonly server: RawServer;
  readonly wire: Wire;
  /** Starts the server; without a word it says nothing, ever. */
  serve(onData?: (socket: Socket, text: string) => void, onConnection?: (socket: Socket) => void): Promise<void>;
  /** Replaces the wire by one with these limits. */
  limit(limits: Partial<WireLimits>, parts?: Partial<WireParts>): Promise<void>;
  /** A GET to the server unless said otherwise. */
  send(request?: Partial<HttpRequest>, signal?: AbortSignal): Promise<HttpResponse>;
}

/** An `onData` that says this, however often it is asked. */
export const saying = (answer: string) => (socket: Socket) => void socket.write(answer);

/** What kind of transport failure a promise is rejected with; any other error is thrown. */
export const failureOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await rejectionOf(promise);
  if (error instanceof TransportFailure) return error.kind;
  throw error as Error;
};

export const wireRig = (): WireRig => {
  let server: RawServer;
  let wire: Wire;

  beforeEach(() => {
    wire = createWire(wireLimits, { clock: systemClock });
  });

  afterEach(async () => {
    await wire.close();
    await server.close();
  });

  return {
    get server() {
      return server;
    },
    get wire() {
      return wire;
    },
    serve: async (onData = () => undefined, onConnection = () => undefined) => {
      server = await rawServer(onData, onConnection);
    },
    limit: async (limits, parts) => {
      await wire.close();
      wire = createWire({ ...wireLimits, ...limits }, { clock: systemClock, ...parts });
    },
    send: (request = {}, signal = new AbortController().signal) =>
      wire.transport({ method: 'GET', origin: server.origin, path: '/', headers: {}, body: undefined, ...request }, signal),
  };
};
