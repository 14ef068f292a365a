/**
 * One service with its whole way out, over a wire that answers anything; fresh, so that no answer is remembered.
 */
import { MemoryCache } from '../../src/cache/memoryCache.ts';
import { createHttpClient, type PipelinedHttpClient } from '../../src/pipeline/httpClient.ts';
import { targetFrom } from '../../src/pipeline/requestBuilder.ts';
import type { Operation } from '../../src/contract/operation.ts';
import type { HttpRequest, HttpResponse } from '../../src/wire/transport.ts';
import { CircuitBreakerFactory } from '../../src/circuit/circuitBreakerFactory.ts';
import { guarded } from '../../src/contract/events.ts';
import { resolvePolicy } from '../../src/contract/policy.ts';
import type { Service } from '../../src/services/provider.ts';
import { policyOf } from '../../src/services/serviceSettings.ts';
import { systemClock } from '../../src/time/clock.ts';
import type { Route } from '../../src/web/route.ts';

export interface FuzzedService {
  readonly http: PipelinedHttpClient;
  readonly routes: readonly Route[];
  readonly origin: string;
  readonly sent: readonly HttpRequest[];
  /** What listeners of events threw: none may. */
  readonly listenerErrors: readonly unknown[];
  close(): void;
}

const steadfast = { retry: { maxAttempts: 1 }, circuit: { detection: { strategy: 'consecutive', failures: 1_000 } } } as const;

/** @param answer Asked for each request, with the operation that was called last. */
export const fuzzedService = (service: Service, answer: (operation: Operation<unknown> | undefined) => HttpResponse): FuzzedService => {
  const sent: HttpRequest[] = [];
  const listenerErrors: unknown[] = [];
  const onListenerError = (error: unknown): void => void listenerErrors.push(error);
  const shared = { clock: systemClock, random: () => 0.5, events: guarded([], onListenerError), onListenerError };
  const breakers = new CircuitBreakerFactory(shared);
  const cache = new MemoryCache(systemClock);
  const policy = resolvePolicy(service.name, policyOf(service), steadfast);
  const secret = service.sandboxSecret;
  const target = targetFrom(service.baseUrlFor?.(secret) ?? service.baseUrl, service.authenticate(secret));
  let latest: Operation<unknown> | undefined;
  const http = createHttpClient({
    ...shared,
    service: service.name,
    account: 'fuzzed',
    target,
    policy,
    breaker: breakers.breaker(service.name, policy),
    cache,
    classify: service.classify,
    readQuota: service.readQuota,
    transport: async (request) => {
      sent.push(request);
      return answer(latest);
    },
  });
  const listening = new Proxy(http, {
    get: (its, name) => {
      const member: unknown = Reflect.get(its, name, its);
      if (typeof member !== 'function') return member;
      return (...given: readonly unknown[]): unknown => {
        if (name === 'send' || name === 'write') latest = given[0] as Operation<unknown>;
        return Reflect.apply(member, its, given);
      };
    },
  });
  const { routes } = service.mount(listening, secret);
  const close = (): void => {
    breakers.shutdown();
    cache.close();
  };
  return { http, routes, origin: target.origin, sent, listenerErrors, close };
};
