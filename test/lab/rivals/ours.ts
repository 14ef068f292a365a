/**
 * The pipeline as it ships, over the simulated service: everything is real but the wire.
 */
import { z } from 'zod';
import { MemoryCache } from '../../../src/cache/memoryCache.ts';
import { createHttpClient, type PipelinedHttpClient } from '../../../src/http/createHttpClient.ts';
import type { Operation } from '../../../src/http/operation.ts';
import { targetFrom } from '../../../src/http/requestBuilder.ts';
import { upstreamPath } from '../../../src/http/upstreamPath.ts';
import { CircuitBreakerFactory } from '../../../src/resilience/circuitBreakerFactory.ts';
import { guarded, type ResilienceEvents } from '../../../src/resilience/events.ts';
import { resolvePolicy, type PolicyOverrides } from '../../../src/resilience/policy.ts';
import { policyTemplates } from '../../../src/resilience/policyTemplates.ts';
import { systemClock as clock } from '../../../src/time/clock.ts';
import type { LabCall } from '../labCall.ts';
import type { World } from '../world.ts';
import { forEachService, pick, type Contender, type Rival } from './rival.ts';

const answer = z.object({ id: z.string() });
const target = targetFrom('https://service.lab.test', {});

const onListenerError = (error: unknown): never => {
  throw new Error('a listener failed', { cause: error });
};

const listenFor = (world: World): ResilienceEvents => ({
  circuitChanged: ({ circuit, to }) => {
    if (to === 'open') world.opened(circuit);
    if (to === 'closed') world.closed(circuit);
  },
});

/** One operation object for each name, as a service's client has them. */
const operations = (): ((name: string) => Operation<{ id: string }>) => {
  const known = new Map<string, Operation<{ id: string }>>();
  return (name) => {
    const operation = known.get(name) ?? { name, method: 'GET', idempotency: 'safe', answer };
    known.set(name, operation);
    return operation;
  };
};

const openOurs = (world: World, overrides: PolicyOverrides): Rival => {
  const { random } = world;
  const events = guarded([listenFor(world)], onListenerError);
  const breakers = new CircuitBreakerFactory({ clock, random, events, onListenerError });
  const cache = new MemoryCache(clock, 100);
  const operationNamed = operations();
  const policy = resolvePolicy('lab', policyTemplates.hubspot, overrides);
  const clients = forEachService(world, (index): PipelinedHttpClient => {
    const service = `service ${String(index)}`;
    const breaker = breakers.breaker(service, policy);
    const shared = { policy, breaker, cache, events, clock, random, onListenerError, target };
    const transport = world.transport(index);
    return createHttpClient({ ...shared, service, account: 'lab', transport, classify: () => undefined, readQuota: () => [] });
  });
  const call = (one: LabCall): Promise<unknown> =>
    pick(clients, one).send(operationNamed(one.operation), { path: upstreamPath`/${one.operation}/${String(one.index)}` });
  const close = (): void => {
    breakers.shutdown();
    cache.close();
  };
  return { call, close };
};

/** The rule that came before, as the environment's variables select it. */
const rate = { strategy: 'rate', windowMs: 10_000, minimumCalls: 10, failureRatePercent: 50, slowRatePercent: 50 } as const;

export const ours: Contender = {
  name: 'ours',
  settings: 'the template of HubSpot as it ships (`docs/policies.md`), retries, bulkhead and all',
  open: (world) => openOurs(world, {}),
};

export const oursByRate: Contender = {
  name: 'ours, by rate',
  settings: 'the same with the strategy `rate`: 50 % failed or slow of at least 10 calls in 10 s',
  open: (world) => openOurs(world, { circuit: { detection: rate } }),
};

export const oursByRateTuned: Contender = {
  name: 'ours, by rate, tuned',
  settings: 'the same from 5 calls on',
  open: (world) => openOurs(world, { circuit: { detection: { ...rate, minimumCalls: 5 } } }),
};
