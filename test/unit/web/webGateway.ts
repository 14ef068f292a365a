/**
 * The real chain on a real socket, before a toy service whose routes need no upstream.
 */
import { randomUUID } from 'node:crypto';
import type { RequestListener, Server } from 'node:http';
import { z } from 'zod';
import { createApp, type AppParts } from '../../../src/app.ts';
import { UpstreamRejectedError } from '../../../src/errors/upstreamErrors.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import type { LifecyclePhase } from '../../../src/lifecycle.ts';
import type { LogFields, Logger } from '../../../src/logging/logger.ts';
import { GoneRecords } from '../../../src/queue/goneRecords.ts';
import { createSealer } from '../../../src/queue/sealer.ts';
import { Enqueuer } from '../../../src/queue/enqueuer.ts';
import { isQueued, type CallOptions, type Queued } from '../../../src/contract/call.ts';
import type { CircuitSnapshot } from '../../../src/contract/circuitState.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { openAuthenticator } from '../../../src/web/authentication.ts';
import { closeServer, createHttpServer, listen } from '../../../src/web/httpServer.ts';
import type { RepeatResult } from '../../../src/web/idempotency.ts';
import type { EndedRequest } from '../../../src/web/requestContext.ts';
import { route, type Route } from '../../../src/web/route.ts';
import { snapshotOf } from '../../support/circuitSnapshot.ts';
import { MemoryIdempotencyStore } from '../../support/memoryIdempotencyStore.ts';
import { MemoryQueue } from '../../support/memoryQueue.ts';

export interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

/** Keeps every line, with the fields of its parents. */
export const recordingLogger = (lines: LogLine[], inherited: LogFields = {}): Logger => {
  const write = (level: string) => (fields: LogFields, message: string) => {
    lines.push({ ...inherited, ...fields, level, message });
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => recordingLogger(lines, { ...inherited, ...fields }),
  };
};

export const closedCircuit: CircuitSnapshot = snapshotOf({ name: 'toy', since: Date.UTC(2026, 0, 1) });

const idParams = z.strictObject({ id: z.string().regex(/^[\w@.-]+$/u, 'must be letters, digits and @ . _ -') });
const newThing = z.strictObject({ email: z.email(), tags: z.array(z.string()).max(3).optional(), kind: z.enum(['lead', 'customer']) });

/** What the toy's handlers do; a test changes what it cares for. */
export interface ToyService {
  /** What the calls behind `GET /things/:id` were asked for. */
  readonly calls: CallOptions[];
  get: (id: string, call: CallOptions) => unknown;
  make: (thing: NewThing, call: CallOptions) => MadeThing | Promise<MadeThing>;
  remove: (id: string, call: CallOptions) => unknown;
}

type NewThing = z.infer<typeof newThing>;
type MadeThing = { readonly id: string } | Queued;

const site = { service: 'toy', operation: 'get_thing' };

export const createToyService = (): ToyService => ({
  calls: [],
  get: (id) => {
    if (id === 'missing') throw new UpstreamRejectedError(site, 404, 'not_found');
    return { id };
  },
  make: () => ({ id: '1' }),
  remove: () => undefined,
});

export const toyRoutes = (toy: ToyService): readonly Route[] => [
  route({
    method: 'get',
    path: '/things/:id',
    summary: 'Get a thing',
    scope: 'toy:read',
    params: idParams,
    answer: z.looseObject({ id: z.string() }).meta({ id: 'Thing' }),
    problems: [404],
    handle: async ({ params, call }) => {
      toy.calls.push(call);
      return { body: await toy.get(params.id, call) };
    },
  }),
  route({
    method: 'get',
    path: '/things',
    summary: 'List things',
    scope: 'toy:read',
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(10) }),
    handle: ({ query }) => ({ body: { limit: query.limit } }),
  }),
  route({
    method: 'post',
    path: '/things/search',
    summary: 'Search things',
    scope: 'toy:read',
    body: z.looseObject({}),
    handle: ({ body }) => ({ body: { searched: Object.keys(body).length } }),
  }),
  route({
    method: 'post',
    path: '/things',
    summary: 'Make a thing',
    scope: 'toy:write',
    body: newThing,
    status: 201,
    problems: [409],
    queueable: true,
    handle: async ({ body, call }) => {
      const made = await toy.make(body, call);
      return { body: { ...made, kind: body.kind }, headers: isQueued(made) ? {} : { Location: `/api/toy/things/${made.id}` } };
    },
  }),
  route({
    method: 'delete',
    path: '/things/:id',
    summary: 'Remove a thing',
    scope: 'toy:write',
    params: idParams,
    status: 204,
    queueable: true,
    handle: async ({ params, call }) => {
      await toy.remove(params.id, call);
      return {};
    },
  }),
];

export interface WebGateway {
  readonly url: string;
  readonly managementUrl: string | undefined;
  readonly toy: ToyService;
  readonly lines: LogLine[];
  readonly requests: EndedRequest[];
  /** What is kept of writes that wait, and of requests with an Idempotency-Key. */
  readonly queue: MemoryQueue;
  readonly keys: MemoryIdempotencyStore;
  readonly gone: GoneRecords;
  readonly repeats: RepeatResult[];
  /** Keeps a write for later, as the pipeline does where it cannot be made now. */
  keep(call: CallOptions, body?: unknown): Promise<Queued>;
  /** Set by a test that drains. */
  phase: LifecyclePhase;
  stop(): Promise<void>;
}

export const gatewaySealer = createSealer({ keys: [{ id: 'test', key: Buffer.alloc(32, 7) }], clearText: false });
export const JOB_EXPIRES_MS = 3_600_000;

const keeps = (queue: MemoryQueue, clock: AppParts['clock'], logger: Logger): WebGateway['keep'] => {
  const enqueuer = new Enqueuer({ queue, sealer: gatewaySealer, clock, logger, events: {}, expiresMs: JOB_EXPIRES_MS });
  return async ({ queue: wish, onAnswer }, body) => {
    const made = { service: 'toy', operation: 'make_thing' };
    const request = { path: upstreamPath`/things`, body };
    const asked = { owner: wish?.owner ?? 'process', jobId: wish?.jobId, requestId: wish?.requestId };
    const value = await enqueuer.accept({ ...made, ...asked, request, entity: undefined, mayHaveHappened: false });
    onAnswer?.({ value, source: 'queued', ageMs: 0 }, made);
    return value;
  };
};

/** The service's answer to a job, as the worker keeps it. */
export const sealedResult = (job: string, value: unknown): string => gatewaySealer.seal(JSON.stringify(value), job);

const opened = async (servers: Server[], app: RequestListener): Promise<string> => {
  const server = createHttpServer(app);
  servers.push(server);
  const { port } = await listen(server, 0, '127.0.0.1');
  return `http://127.0.0.1:${String(port)}`;
};

/** Starts the chain; `overrides` replaces single parts of the app. */
export const startWebGateway = async (overrides: Partial<AppParts> = {}): Promise<WebGateway> => {
  const toy = createToyService();
  const lines: LogLine[] = [];
  const requests: EndedRequest[] = [];
  const servers: Server[] = [];
  const state: { phase: LifecyclePhase } = { phase: 'ready' };
  const { clock = systemClock, logger = recordingLogger(lines) } = overrides;
  const [queue, keys, repeats] = [new MemoryQueue(clock), new MemoryIdempotencyStore(), [] as RepeatResult[]];
  const gone = new GoneRecords({ store: keys, sealer: gatewaySealer, clock });
  const { main, management } = createApp({
    groups: [{ name: 'toy', title: 'Toy', prefix: '/api/toy', routes: toyRoutes(toy) }],
    authenticator: openAuthenticator(),
    circuits: { list: () => [closedCircuit], find: () => undefined },
    health: {
      phase: () => state.phase,
      circuits: () => [closedCircuit],
      quotas: () => [],
      cache: () => ({ entries: 0, bytes: 0, maxBytes: 100 }),
      build: { version: '1.2.3', sha: 'abc1234', configHash: '0123456789ab', startedAt: Date.UTC(2026, 0, 1) },
      runbook: 'docs/runbooks/circuit-breaker-runbook.md#circuitopen',
      cluster: overrides.fleet?.cluster,
    },
    metrics: {
      render: (accept) => Promise.resolve({ contentType: 'text/plain; charset=utf-8', body: `# ${accept ?? 'plain'}\n` }),
      requestEnded: (request) => requests.push(request),
    },
    queue: { jobs: queue, keys, sealer: gatewaySealer, gone, jobExpiresMs: JOB_EXPIRES_MS, onRepeat: (result) => repeats.push(result) },
    clock,
    logger,
    newRequestId: randomUUID,
    separateManagement: false,
    ...overrides,
  });
  const url = await opened(servers, main);
  const managementUrl = management && (await opened(servers, management));
  return Object.assign(state, {
    url,
    managementUrl,
    toy,
    lines,
    requests,
    queue,
    keys,
    gone,
    repeats,
    keep: keeps(queue, clock, logger),
    stop: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await closeServer(server, systemClock);
      }
    },
  });
};
