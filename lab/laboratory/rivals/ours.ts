/**
 * The services as the gateway connects them, pipeline, circuit, recovery probes and all; only the wire is simulated.
 */
import { z } from 'zod';
import { MemoryCache } from '../../../src/cache/memoryCache.ts';
import type { ServiceSettings } from '../../../src/config/serviceConfig.ts';
import type { Operation } from '../../../src/contract/operation.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import { CircuitBreakerFactory } from '../../../src/circuit/circuitBreakerFactory.ts';
import { guarded, type CircuitChanged, type ResilienceEvents } from '../../../src/contract/events.ts';
import type { PolicyOverrides } from '../../../src/contract/policy.ts';
import { rateDetection } from '../../../src/contract/generalPolicy.ts';
import { connectService, type ConnectedService, type ConnectionParts } from '../../../src/services/connect.ts';
import { serviceOf } from '../../../src/services/endpoint.ts';
import type { Service } from '../../../src/services/provider.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { policyOf } from '../../../src/services/serviceSettings.ts';
import { systemClock as clock } from '../../../src/time/clock.ts';
import type { LabCall } from '../labCall.ts';
import type { World } from '../world.ts';
import { forEachService, pick, type Contender, type Rival } from './rival.ts';

const template = policyOf(serviceRegistry.hubspot);
/** A name for each service of a scenario: all have HubSpot's policy. */
const NAMES = Object.keys(serviceRegistry);
const NO_LIMITS = {
  attemptTimeoutMs: undefined,
  deadlineMs: undefined,
  openForMs: undefined,
  failureRatePercent: undefined,
  minimumCalls: undefined,
  rateLimit: undefined,
} as const satisfies ServiceSettings['limits'];

const answer = z.object({ id: z.string() });
const read = (name: string): Operation<{ id: string }> => ({ name, method: 'GET', idempotency: 'safe', answer });

const describeService = (name: string, overrides: PolicyOverrides): Service =>
  serviceOf({
    name,
    title: name,
    baseUrl: 'https://service.lab.test',
    authenticate: () => ({}),
    sandboxSecret: 'lab',
    overrides: { ...template, ...overrides, circuit: { ...template.circuit, ...overrides.circuit } },
    endpoints: {},
    health: { operation: read('health'), request: { path: upstreamPath`/health` } },
    classify: () => undefined,
    readQuota: () => [],
  });

const settingsOf = (name: string): ServiceSettings => ({
  name,
  baseUrl: undefined,
  secret: undefined,
  useSandbox: false,
  limits: NO_LIMITS,
});

/** The circuit of an operation counts like that of a service: when it opens with nothing wrong, that is a false trip too. */
const listenFor = (world: World): ResilienceEvents => {
  const changed = ({ circuit, to }: CircuitChanged): void => {
    if (to === 'open') world.opened(circuit);
    if (to === 'closed') world.closed(circuit);
  };
  return { circuitChanged: changed, operationCircuitChanged: changed };
};

const onListenerError = (error: unknown): never => {
  throw new Error('a listener failed', { cause: error });
};

type Common = Omit<ConnectionParts, 'transport' | 'settings'>;

const connect = (world: World, index: number, common: Common, overrides: PolicyOverrides): ConnectedService => {
  const name = NAMES[index];
  if (name === undefined) throw new Error(`there is no name for service ${String(index)}`);
  return connectService(describeService(name, overrides), {
    ...common,
    transport: world.transport(index),
    settings: { [name]: settingsOf(name) },
  });
};

const openOurs = (world: World, overrides: PolicyOverrides): Rival => {
  const { random } = world;
  const listeners: ResilienceEvents[] = [listenFor(world)];
  const events = guarded(listeners, onListenerError);
  const breakers = new CircuitBreakerFactory({ clock, random, events, onListenerError });
  const cache = new MemoryCache(clock);
  const incidents = { recoveryOf: () => undefined };
  const common: Common = { clock, random, events, breakers, cache, onListenerError, userAgent: 'lab', sandboxUrl: () => '', incidents };
  const connected = forEachService(world, (index) => connect(world, index, common, overrides));
  const probers = connected.flatMap(({ prober }) => prober ?? []);
  listeners.push(...probers);
  const operations = new Map<string, Operation<{ id: string }>>();
  const operationNamed = (name: string): Operation<{ id: string }> => {
    const operation = operations.get(name) ?? read(name);
    operations.set(name, operation);
    return operation;
  };
  return {
    call: (call: LabCall) =>
      pick(connected, call).http.send(operationNamed(call.operation), { path: upstreamPath`/${call.operation}/${String(call.index)}` }),
    close: () => {
      for (const prober of probers) prober.stop();
      breakers.shutdown();
      cache.close();
    },
  };
};

export const ours: Contender = {
  name: 'ours',
  settings: 'the template of HubSpot as it ships (docs/policies.md): retries, bulkhead, recovery probes and all',
  open: (world) => openOurs(world, {}),
};

export const oursByRate: Contender = {
  name: 'ours, by rate',
  settings: 'as ours with the strategy `rate`: half of at least 10 calls in 10 s failed or slow',
  open: (world) => openOurs(world, { circuit: { detection: rateDetection } }),
};

export const oursByRateTuned: Contender = {
  name: 'ours, by rate, tuned',
  settings: 'as ours with the strategy `rate`: half of at least 5 calls in 3 s failed or slow',
  open: (world) => openOurs(world, { circuit: { detection: { ...rateDetection, windowMs: 3000, minimumCalls: 5 } } }),
};
