/**
 * One service's whole way out, everything real but the wire, which follows a script; or the wire real as well.
 * Its clock is the process's: a test that must not wait fakes the timers, which drives axios-retry along with us.
 */
import sinon from 'sinon';
import { z } from 'zod';
import { MemoryCache } from '../../src/cache/memoryCache.ts';
import { createHttpClient, type HttpClientParts, type PipelinedHttpClient } from '../../src/pipeline/httpClient.ts';
import type { Operation } from '../../src/contract/operation.ts';
import { targetFrom } from '../../src/pipeline/requestBuilder.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../src/wire/transport.ts';
import type { CircuitBreaker } from '../../src/circuit/circuitBreaker.ts';
import { CircuitBreakerFactory } from '../../src/circuit/circuitBreakerFactory.ts';
import { guarded, type AttemptEnded, type CallEnded, type ResilienceEvents } from '../../src/contract/events.ts';
import { resolvePolicy, type PolicyOverrides, type ResiliencePolicy } from '../../src/contract/policy.ts';
import { systemClock } from '../../src/time/clock.ts';

/** `afterMs`: it takes so long. `hang`: nothing until the attempt is told to stop. `deaf`: nothing ever, and it does not hear that either. */
export type Reply = (HttpResponse & { readonly afterMs?: number }) | Error | 'hang' | 'deaf';

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export interface ScriptedWire {
  readonly transport: Transport;
  readonly sent: readonly HttpRequest[];
  /** The signal that came with each request. */
  readonly signals: readonly AbortSignal[];
  /** Changes what the next requests get. */
  replyWith(...replies: readonly Reply[]): void;
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });

const answeredAfter = (reply: HttpResponse, ms: number): Promise<HttpResponse> =>
  new Promise(
    (resolve) =>
      void systemClock.after(ms, () => {
        resolve(reply);
      }),
  );

/** The first request gets the first reply, and so on; the last reply stays. */
export const scriptedWire = (...replies: readonly Reply[]): ScriptedWire => {
  const sent: HttpRequest[] = [];
  const signals: AbortSignal[] = [];
  let script = [...replies];
  const next = (): Reply | undefined => (script.length > 1 ? script.shift() : script[0]);
  return {
    sent,
    signals,
    replyWith: (...others) => {
      script = [...others];
    },
    transport: (request, signal) => {
      sent.push(request);
      signals.push(signal);
      const reply = next();
      if (reply === undefined) throw new Error('the script has no reply');
      if (reply === 'deaf') return new Promise(() => undefined);
      if (reply === 'hang') return untilAborted(signal);
      if (reply instanceof Error) return Promise.reject(reply);
      return reply.afterMs === undefined ? Promise.resolve(reply) : answeredAfter(reply, reply.afterMs);
    },
  };
};

const policy: ResiliencePolicy = {
  attemptTimeoutMs: 4_000,
  deadlineMs: 10_000,
  retry: { maxAttempts: 3, baseDelayMs: 100, maxDelayMs: 5_000, budgetPercent: 20 },
  circuit: { detection: { strategy: 'consecutive', failures: 5 }, openForMs: 5_000, openForCapMs: 30_000, recoveryProbeMs: 'off' },
  bulkhead: { startConcurrent: 10, minConcurrent: 2, maxConcurrent: 10, maxQueued: 10, maxWaitMs: 100 },
};

export interface HttpHouse {
  readonly http: PipelinedHttpClient;
  readonly breaker: CircuitBreaker;
  readonly cache: MemoryCache;
  /** What listeners were told. */
  readonly attempts: readonly AttemptEnded[];
  readonly calls: readonly CallEnded[];
  readonly quotas: readonly (readonly [window: string, quota: { readonly limit?: number; readonly remaining?: number }])[];
  /** Each time the bulkhead became crowded, and was no longer. */
  readonly crowded: readonly boolean[];
  readonly listenerErrors: readonly unknown[];
  /** No timer is left. */
  close(): void;
}

export type HouseParts = Partial<
  Pick<HttpClientParts, 'classify' | 'readQuota' | 'target' | 'account' | 'queue' | 'quota' | 'sharedCache' | 'remembered'>
> & {
  /** Its memory of answers, where it is shared with something else. */
  readonly cache?: MemoryCache;
  readonly policy?: PolicyOverrides;
  /** Who else hears what happens; more may be added later. */
  readonly listeners?: ResilienceEvents[];
  /** In [0, 1); half by default, so that a pause is half its longest. */
  readonly random?: () => number;
};

/** A client of the service `acme` over the given wire, its credential in `authorization`. */
export const httpHouse = (
  transport: Transport,
  { policy: overrides, random = () => 0.5, listeners = [], cache = new MemoryCache(systemClock), ...parts }: HouseParts = {},
): HttpHouse => {
  const attempts: AttemptEnded[] = [];
  const calls: CallEnded[] = [];
  const quotas: (readonly [string, { readonly limit?: number; readonly remaining?: number }])[] = [];
  const crowded: boolean[] = [];
  const listenerErrors: unknown[] = [];
  const onListenerError = (error: unknown): void => {
    listenerErrors.push(error);
  };
  const listener = {
    attemptEnded: (event: AttemptEnded) => void attempts.push(event),
    callEnded: (event: CallEnded) => void calls.push(event),
    quotaSeen: (_service: string, window: string, quota: { readonly limit?: number; readonly remaining?: number }) =>
      void quotas.push([window, quota]),
    bulkheadCrowded: (_service: string, isCrowded: boolean) => void crowded.push(isCrowded),
  };
  listeners.push(listener);
  const shared = { clock: systemClock, random, events: guarded(listeners, onListenerError), onListenerError };
  const breakers = new CircuitBreakerFactory(shared);
  const resolved = resolvePolicy('acme', policy, overrides);
  const breaker = breakers.breaker('acme', resolved);
  const http = createHttpClient({
    ...shared,
    service: 'acme',
    account: 'main',
    target: targetFrom('https://api.acme.test/v1', { Authorization: 'Bearer s3cret-of-ours' }),
    classify: () => undefined,
    readQuota: () => [],
    ...parts,
    policy: resolved,
    breaker,
    cache,
    transport,
  });
  const close = (): void => {
    breakers.shutdown();
    cache.close();
  };
  return { http, breaker, cache, attempts, calls, quotas, crowded, listenerErrors, close };
};

const thingSchema = z.looseObject({ id: z.string() });
export type Thing = z.infer<typeof thingSchema>;

/** A read, not cached. */
export const getThing: Operation<Thing> = { name: 'get_thing', method: 'GET', idempotency: 'safe', answer: thingSchema };

/** A read that is cached for a second, and may be stale for a minute more. */
export const cachedThing: Operation<Thing> = { ...getThing, name: 'cached_thing', cacheForMs: 1_000, staleForMs: 60_000 };

/** A write that a repeat would do twice. */
export const createThing: Operation<Thing> = { name: 'create_thing', method: 'POST', idempotency: 'never', answer: thingSchema };

/** What a promise is rejected with; throws if it is not. */
export const rejectionOf = async (promise: Promise<unknown>): Promise<unknown> => {
  const settled = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in settled) return settled.error;
  throw new Error(`resolved with ${JSON.stringify(settled.value)}`);
};

/** Timers and clocks of the process, faked; microtasks run by themselves. */
export const fakeTime = (): sinon.SinonFakeTimers =>
  sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
