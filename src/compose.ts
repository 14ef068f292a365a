/**
 * The composition root: calls every shared constructor, once. Tests hand in their own seams.
 */
import { randomUUID } from 'node:crypto';
import { createApp, type AppParts, type Apps } from './app.ts';
import { MemoryCache } from './cache/memoryCache.ts';
import type { Config } from './config/config.ts';
import { FileWatch, type Reloaded } from './config/fileWatch.ts';
import { proxyRule } from './config/proxy.ts';
import { openDurableWrites, type DurableWrites } from './durableWrites.ts';
import { embeddedSandbox, type EmbeddedSandbox } from './embeddedSandbox.ts';
import { QuotaBoard } from './pipeline/quotaBoard.ts';
import { DEFAULT_ANSWER_BYTES } from './contract/operation.ts';
import { createWire, type Wire, type WireLimits } from './wire/undiciTransport.ts';
import { Lifecycle, type StopReport } from './lifecycle.ts';
import type { Logger } from './logging/logger.ts';
import { PrometheusMetrics } from './monitoring/prometheusMetrics.ts';
import { queueLog } from './monitoring/queueLog.ts';
import { resilienceLog } from './monitoring/resilienceLog.ts';
import type { QuotaReading } from './monitoring/upstreamMetrics.ts';
import type { Faults } from './queue/embedded/embeddedMessages.ts';
import { toAll } from './queue/durableQueue.ts';
import { CircuitBreakerFactory } from './circuit/circuitBreakerFactory.ts';
import type { CircuitState } from './contract/circuitState.ts';
import { guarded, type ResilienceEvents } from './contract/events.ts';
import type { ClusterView } from './fleet/clusterView.ts';
import { createIncidentWatch, type IncidentWatch } from './monitoring/incidents/incidentWatch.ts';
import type { LimitState } from './contract/quotaGate.ts';
import { connectService, type ConnectedService, type ConnectionParts } from './services/connect.ts';
import type { Service } from './services/provider.ts';
import { SharedState } from './sharedState.ts';
import { serviceRegistry } from './services/registry.ts';
import { minutes, seconds, type Clock } from './time/clock.ts';
import { parseApiKeys } from './web/apiKeysFile.ts';
import { createAuthenticator, openAuthenticator, type Authenticator } from './web/authentication.ts';
import { closeServer, createHttpServer, listen } from './web/httpServer.ts';

/** What a test may replace. */
export interface Seams {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The commit this was built from; `unknown` outside a build. */
  readonly sha?: string;
  /** Source of [0, 1); by default the system's. */
  readonly random?: () => number;
  /** `false`: without the process's own metrics. */
  readonly processMetrics?: boolean;
  /** Where tests of crashes stop the process. */
  readonly queueFaults?: Faults;
}

/** The clients, by service, for callers in this process. */
export type Clients = { readonly [Name in keyof typeof serviceRegistry]: ReturnType<(typeof serviceRegistry)[Name]['mount']>['client'] };

export interface Gateway {
  readonly clients: Clients;
  readonly breakers: CircuitBreakerFactory;
  /** Listens; resolves when requests are answered. @throws {Error} that says what to change. */
  start(): Promise<{ readonly port: number; readonly managementPort: number | undefined; readonly sandboxUrl: string | undefined }>;
  stop(reason: string): Promise<StopReport>;
  /** Puts in force at once what the files of the settings hold by now. */
  reload(): Promise<Reloaded>;
}

/** Bytes in use at most: for each service what it may hold in answers under way, though each of them may be smaller (`operation.ts`). */
const WIRE: WireLimits = {
  maxConnections: 128,
  maxBodyBytes: DEFAULT_ANSWER_BYTES,
  maxHeldBytes: 32_000_000,
  connectTimeoutMs: seconds(3),
  maxAgeMs: minutes(1),
};
const RUNBOOK = 'docs/runbooks/circuit-breaker-runbook.md#circuitbreakeropen';

interface Core {
  readonly metrics: PrometheusMetrics;
  readonly quotas: QuotaBoard;
  /** Whoever joins later hears from then on. */
  readonly listeners: ResilienceEvents[];
  readonly events: Required<ResilienceEvents>;
  readonly breakers: CircuitBreakerFactory;
  readonly incidents: IncidentWatch;
  readonly cache: MemoryCache;
  readonly onListenerError: (error: unknown) => void;
}

const createCore = (config: Config, { clock, random, logger, processMetrics = true }: Required<Pick<Seams, 'random'>> & Seams): Core => {
  const onListenerError = (error: unknown): void => {
    logger.error({ error }, 'a listener failed; no call was touched');
  };
  const metrics = new PrometheusMetrics({
    services: Object.values(serviceRegistry).map(({ name, operations }) => ({ name, operations: operations.map((each) => each.name) })),
    version: config.version,
    onError: onListenerError,
    processMetrics,
  });
  const quotas = new QuotaBoard(clock);
  const listeners: ResilienceEvents[] = [metrics, quotas, resilienceLog(logger)];
  const events = guarded(listeners, onListenerError);
  const onEngine = metrics.observeEngine.bind(metrics);
  const breakers = new CircuitBreakerFactory({ clock, random, events, onEngine, onListenerError });
  const incidents = createIncidentWatch({ clock, logger, metrics, circuits: breakers });
  listeners.push(incidents);
  const cache = new MemoryCache(clock);
  return { metrics, quotas, listeners, events, breakers, incidents, cache, onListenerError };
};

const openWrites = (
  config: Config,
  { clock, random, logger, queueFaults }: Required<Pick<Seams, 'random'>> & Seams,
  core: Core,
): Promise<DurableWrites> => {
  const events = toAll([core.metrics, queueLog(logger)]);
  return openDurableWrites(config, { clock, random, logger, events, quotas: () => core.quotas.states(), faults: queueFaults });
};

type Connected = Readonly<Record<keyof Clients, ConnectedService>>;

/** One connected service for each line of the registry. */
const connectAll = (parts: ConnectionParts): Connected =>
  // The keys are the registry's own; Object.fromEntries forgets them.
  Object.fromEntries(
    Object.entries<Service>(serviceRegistry).map(([name, service]) => [name, connectService(service, parts)]),
  ) as Connected;

const clientsOf = (connected: Connected): Clients =>
  // Each client was made by the descriptor under the same key, so it is of that descriptor's type.
  Object.fromEntries(Object.entries(connected).map(([name, { client }]) => [name, client])) as unknown as Clients;

const readAuthenticator = ({ apiKeysFile: file }: Config): Authenticator => {
  if (file === undefined) return openAuthenticator();
  const authenticator = createAuthenticator({ keys: parseApiKeys(file.text) });
  file.onChange(() => {
    authenticator.useKeys(parseApiKeys(file.text));
  });
  return authenticator;
};

const createLifecycle = (config: Config, { clock, logger }: Seams): Lifecycle =>
  new Lifecycle({ clock, logger, drainDelayMs: config.drainDelayMs });

const openShared = (
  config: Config,
  seams: Required<Pick<Seams, 'random'>> & Seams,
  { cache, metrics }: Core,
  { sealer }: DurableWrites,
): Promise<SharedState> => {
  const { clock, random, logger, sha = 'unknown' } = seams;
  return SharedState.open(config, { clock, random, logger, cache, cacheEvents: metrics, sealer, sha });
};

/** The embedded sandbox is a part of this process, whatever proxy there is to the world. */
const openWire = ({ proxy, services }: Config, clock: Clock, sandbox: EmbeddedSandbox | undefined): Wire => {
  const simulated = Object.values(services).filter(({ useSandbox }) => useSandbox);
  const ours = new Set(simulated.flatMap(({ name }) => (sandbox === undefined ? [] : new URL(sandbox.url(name)).origin)));
  const ruled = proxyRule(proxy);
  return createWire(WIRE, { clock, proxyFor: (origin) => (ours.has(origin) ? undefined : ruled(origin)) });
};

/** What is behind an open circuit may have moved: the first call after it shall ask for the way anew. */
const droppingConnections = (wire: Wire, services: readonly ConnectedService[]): ResilienceEvents => {
  const drop = (service: string, to: CircuitState): void => {
    const origin = services.find(({ name }) => name === service)?.origin;
    if (to === 'open' && origin !== undefined) wire.drop(origin);
  };
  return {
    circuitChanged: ({ circuit, to }) => {
      drop(circuit, to);
    },
    operationCircuitChanged: ({ service, to }) => {
      drop(service, to);
    },
  };
};

interface House {
  readonly core: Core;
  readonly wire: Wire;
  readonly writes: DurableWrites;
  readonly shared: SharedState;
  readonly cluster: ClusterView;
  readonly services: readonly ConnectedService[];
  readonly lifecycle: Lifecycle;
}

const queueParts = (config: Config, { core, writes }: House): AppParts['queue'] => ({
  jobs: writes.queue,
  keys: writes.keys,
  sealer: writes.sealer,
  gone: writes.gone,
  jobExpiresMs: config.queue.jobExpiresMs,
  onRepeat: (result) => {
    core.metrics.requestRepeated(result);
  },
});

const healthParts = (config: Config, seams: Seams, { core, writes, cluster, lifecycle }: House): AppParts['health'] => ({
  phase: () => lifecycle.phase,
  circuits: () => core.breakers.states(),
  quotas: () => core.quotas.states(),
  incidents: core.incidents,
  cluster,
  queue: () => writes.maintenance.reading,
  cache: () => ({ entries: core.cache.size, bytes: core.cache.bytes, maxBytes: core.cache.maxBytes }),
  build: { version: config.version, sha: seams.sha ?? 'unknown', configHash: config.hash, startedAt: seams.clock.wallTime() },
  runbook: RUNBOOK,
});

const fleetParts = ({ cluster, shared: { fleet } }: House): AppParts['fleet'] => ({
  cluster,
  views: () => fleet?.circuits.views() ?? [],
  controls: fleet?.circuits,
});

const appParts = (config: Config, seams: Seams, house: House): AppParts => ({
  groups: house.services.map(({ name, title, routes }) => ({ name, title, prefix: `/api/${name}`, routes })),
  authenticator: readAuthenticator(config),
  circuits: { list: () => house.core.breakers.states(), find: (name) => house.core.breakers.get(name) },
  fleet: fleetParts(house),
  cache: {
    cache: house.core.cache,
    sharedCache: house.shared.fleet?.cache,
    services: house.services,
    remembered: house.writes.gone,
    logger: seams.logger,
  },
  health: healthParts(config, seams, house),
  queue: queueParts(config, house),
  metrics: house.core.metrics,
  clock: seams.clock,
  logger: seams.logger,
  newRequestId: randomUUID,
  separateManagement: config.managementPort !== undefined,
});

/** None of a limit that nobody knows yet. */
const quotaReading = (service: string, { limit, share = limit, ...rest }: LimitState): readonly QuotaReading[] =>
  limit === undefined || share === undefined ? [] : [{ ...rest, service, limit, share }];

const watch = ({ core: { metrics, breakers, cache }, writes, cluster, services }: House): void => {
  const limits = () => services.map(({ name, http }) => ({ service: name, ...http.getLimits() }));
  metrics.watch({
    circuits: () => breakers.states(),
    bulkheads: () => limits().map(({ service, bulkhead }) => ({ service, ...bulkhead })),
    cacheBytes: () => [cache.bytes],
    quotas: () => services.flatMap(({ name, quota }) => quota.limits().flatMap((state) => quotaReading(name, state))),
    retryBudgets: () => limits().map(({ service, retryBudgetRatio: ratio }) => ({ service, ratio })),
  });
  metrics.watchQueue(() => writes.maintenance.reading);
  metrics.watchFleet(() => cluster);
};

/** The parts that live, in the order of their start; they stop in reverse: no new requests, then no new calls. */
const registerParts = (
  { queue: { drain } }: Config,
  { lifecycle, core, wire, services, writes, shared, cluster }: House,
  sandbox: EmbeddedSandbox | undefined,
): void => {
  const probers = services.flatMap(({ prober }) => prober ?? []);
  const consumers = drain ? writes.consumersOf(services) : undefined;
  const resets = services.map(({ name, quota }): ResilienceEvents => ({
    circuitReset: (circuit, scope) => {
      if (circuit === name) quota.reset(scope);
    },
  }));
  core.listeners.push(droppingConnections(wire, services), ...probers, ...resets, ...(consumers === undefined ? [] : [consumers]));
  lifecycle.add({ name: 'sandbox', stop: () => sandbox?.close() });
  lifecycle.add({ name: 'wire', stop: () => wire.close() });
  lifecycle.add({
    name: 'cache',
    stop: () => {
      core.cache.close();
    },
  });
  lifecycle.add({
    name: 'recovery probes',
    stop: () => {
      for (const prober of probers) prober.stop();
    },
  });
  for (const part of [...shared.lifecycleParts(cluster, services), ...writes.lifecycleParts(consumers)]) lifecycle.add(part);
  lifecycle.add({
    name: 'circuit breakers',
    stop: () => {
      core.breakers.shutdown();
    },
  });
};

const BROKEN_LOG_MS = minutes(1);

/** Listens while it lives. @returns where, once started. */
const serve = (
  { lifecycle, core: { metrics } }: House,
  { clock, logger }: Seams,
  app: Apps['main'],
  port: number,
  host: string,
): (() => number) => {
  let loggedAt = -Infinity;
  const server = createHttpServer(app, (status) => {
    metrics.requestEnded({ method: '', route: undefined, status, durationMs: 0 });
    if (clock.now() - loggedAt < BROKEN_LOG_MS) return;
    loggedAt = clock.now();
    logger.info({ status }, 'what came was no HTTP request, or came too slowly; only the first of a minute is logged');
  });
  let listeningOn = 0;
  lifecycle.add({
    name: 'http server',
    start: async () => {
      listeningOn = (await listen(server, port, host)).port;
    },
    stop: () => closeServer(server, clock),
  });
  return () => listeningOn;
};

/** @throws {Error} that says what to change, if the settings cannot be put into effect. */
export const compose = async (config: Config, { random = Math.random, ...others }: Seams): Promise<Gateway> => {
  const seams = { random, ...others };
  const core = createCore(config, seams);
  const lifecycle = createLifecycle(config, seams);
  const writes = await openWrites(config, seams, core);
  const shared = await openShared(config, seams, core, writes);
  const sandbox = await embeddedSandbox(config, seams);
  const sandboxUrl = (service: string): string => sandbox?.url(service) ?? '';
  const userAgent = `sales-auto-api/${config.version}`;
  const wire = openWire(config, seams.clock, sandbox);
  const connected = connectAll({
    ...core,
    ...seams,
    transport: wire.transport,
    queue: writes.enqueuer,
    remembered: writes.gone,
    fleet: shared.fleet,
    settings: config.services,
    sandboxUrl,
    userAgent,
  });
  const cluster = shared.clusterView({ phase: () => lifecycle.phase, circuits: () => core.breakers.states() });
  const house: House = { core, wire, writes, shared, cluster, services: Object.values(connected), lifecycle };
  watch(house);
  registerParts(config, house, sandbox);
  const { main, management } = createApp(appParts(config, seams, house));
  const managementPort = management && serve(house, seams, management, config.managementPort ?? 0, config.host);
  const port = serve(house, seams, main, config.port, config.host);
  const fileWatch = new FileWatch({ ...seams, files: config.files });
  lifecycle.add({
    name: 'files of settings',
    start: () => {
      fileWatch.start();
    },
    stop: () => {
      fileWatch.stop();
    },
  });
  return {
    clients: clientsOf(connected),
    breakers: core.breakers,
    start: async () => {
      await lifecycle.start();
      return { port: port(), managementPort: managementPort?.(), sandboxUrl: sandbox?.root };
    },
    stop: (reason) => lifecycle.stop(reason),
    reload: () => fileWatch.reload(),
  };
};
