/**
 * Our whole way out as the gateway builds it, all stages of it; the wire answers at once.
 */
import { z } from 'zod';
import { MemoryCache } from '../../../src/cache/memoryCache.ts';
import { createHttpClient, type PipelinedHttpClient } from '../../../src/pipeline/httpClient.ts';
import type { Operation } from '../../../src/contract/operation.ts';
import { targetFrom } from '../../../src/pipeline/requestBuilder.ts';
import type { HttpResponse } from '../../../src/wire/transport.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import { CircuitBreakerFactory } from '../../../src/circuit/circuitBreakerFactory.ts';
import { guarded, type ResilienceEvents } from '../../../src/contract/events.ts';
import { resolvePolicy, type PolicyOverrides } from '../../../src/contract/policy.ts';
import { hubspot } from '../../../src/services/hubspot/hubspot.ts';
import { policyOf } from '../../../src/services/serviceSettings.ts';
import { QuotaGovernor } from '../../../src/quota/quotaGovernor.ts';
import { systemClock as clock } from '../../../src/time/clock.ts';

export const FOUND: HttpResponse = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":"7"}' };
export const DOWN: HttpResponse = { status: 503, headers: { 'content-type': 'application/json' }, body: '{}' };

const answer = z.looseObject({ id: z.string() });
export type Thing = z.infer<typeof answer>;

export const read: Operation<Thing> = { name: 'get_thing', method: 'GET', idempotency: 'safe', answer };
export const cachedRead: Operation<Thing> = { ...read, name: 'cached_thing', cacheForMs: 3_600_000 };
export const path = upstreamPath`/things/7`;

/** No retries, and a circuit that stays closed: to fail as often as a benchmark likes. */
export const oneAttempt: PolicyOverrides = {
  retry: { maxAttempts: 1 },
  circuit: { detection: { strategy: 'rate', windowMs: 3_600_000, minimumCalls: 100_000, failureRatePercent: 100, slowRatePercent: 100 } },
};

export interface Gateway {
  readonly http: PipelinedHttpClient;
  /** What the wire answers from now on. */
  reply: HttpResponse;
  close(): void;
}

const onListenerError = (error: unknown): never => {
  throw new Error('a listener failed', { cause: error });
};

/** A client of one service by HubSpot's template, with who listens to it. */
export const openGateway = (overrides: PolicyOverrides = {}, listeners: readonly ResilienceEvents[] = [], cacheKeys = 100): Gateway => {
  const policy = resolvePolicy('bench', policyOf(hubspot), overrides);
  const shared = { clock, random: Math.random, events: guarded(listeners, onListenerError), onListenerError };
  const breakers = new CircuitBreakerFactory(shared);
  const breaker = breakers.breaker('bench', policy);
  const cache = new MemoryCache(clock, cacheKeys);
  const http = createHttpClient({
    ...shared,
    policy,
    breaker,
    cache,
    service: 'bench',
    account: 'main',
    target: targetFrom('https://api.bench.test', { Authorization: 'Bearer none' }),
    transport: () => Promise.resolve(gateway.reply),
    classify: () => undefined,
    readQuota: () => [],
    quota: new QuotaGovernor({ classes: { default: [{ permits: 1_000_000, windowMs: 1000 }] } }, clock),
  });
  const close = (): void => {
    breakers.shutdown();
    cache.close();
  };
  const gateway: Gateway = { http, reply: FOUND, close };
  return gateway;
};
