/**
 * What is compared: no protection, the usual way (docs/lab/rivals.csv, the plan as written), and ours as it ships.
 */
import axios from 'axios';
import axiosRetry from 'axios-retry';
import Opossum, { type OpossumOptions } from 'opossum';
import { z } from 'zod';
import { MemoryCache } from '../../src/cache/memoryCache.ts';
import { GatewayError } from '../../src/errors/gatewayError.ts';
import { createHttpClient } from '../../src/pipeline/httpClient.ts';
import { targetFrom } from '../../src/pipeline/requestBuilder.ts';
import { createWire } from '../../src/wire/undiciTransport.ts';
import { upstreamPath } from '../../src/pipeline/upstreamPath.ts';
import { CircuitBreakerFactory } from '../../src/circuit/circuitBreakerFactory.ts';
import { guarded, type ResilienceEvents } from '../../src/contract/events.ts';
import { generalPolicy } from '../../src/contract/generalPolicy.ts';
import { hubspot } from '../../src/services/hubspot/hubspot.ts';
import { policyOf } from '../../src/services/serviceSettings.ts';
import { RecoveryProber } from '../../src/circuit/recovery/recoveryProber.ts';
import { systemClock as clock } from '../../src/time/clock.ts';

export interface Rival {
  readonly name: string;
  /** One call to the service. */
  readonly call: () => Promise<unknown>;
  /** Whether an error means "refused without asking the service". */
  readonly isFastFailure: (error: string) => boolean;
  readonly codeOf: (error: unknown) => string;
  readonly close: () => Promise<void>;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'error';

/** The plan's own request time-out, which also keeps the unprotected run from waiting for ever. */
const PLAN_REQUEST_TIMEOUT_MS = 12_000;

const unprotected = (url: string): Rival => ({
  name: 'unprotected',
  call: () => axios.get(url, { timeout: PLAN_REQUEST_TIMEOUT_MS }),
  isFastFailure: () => false,
  codeOf,
  close: () => Promise.resolve(),
});

/** The options of the plan as written: HubSpot's circuit time-out, its thresholds, 30 s until half-open. */
const PLAN_OPTIONS = { timeout: 10_000, errorThresholdPercentage: 50, volumeThreshold: 5, resetTimeout: 30_000, name: 'plan' };

/** Retries inside the breaker, 1 to 16 s apart: the plan as written (docs/load/circuit-breaker-load.md). */
const planAsWritten = (url: string): Rival => {
  const client = axios.create({ baseURL: url, timeout: PLAN_REQUEST_TIMEOUT_MS });
  axiosRetry(client, { retries: 5, retryDelay: (count) => 2 ** (count - 1) * 1000 });
  // The plan sets options that our own declaration of opossum leaves out on purpose.
  const breaker = new Opossum(() => client.get('/'), PLAN_OPTIONS as unknown as OpossumOptions);
  return {
    name: 'the plan as written',
    call: () => breaker.fire(Promise.resolve()),
    isFastFailure: (error) => error === 'EOPENBREAKER',
    codeOf,
    close: () => {
      breaker.shutdown();
      return Promise.resolve();
    },
  };
};

const ours = (url: string): Rival => {
  const report = (error: unknown): never => {
    throw new Error('a listener failed', { cause: error });
  };
  const listeners: ResilienceEvents[] = [];
  const events = guarded(listeners, report);
  const breakers = new CircuitBreakerFactory({ clock, random: Math.random, events, onListenerError: report });
  const wire = createWire(
    { maxConnections: 100, maxBodyBytes: 1_000_000, maxHeldBytes: 32_000_000, connectTimeoutMs: 2000, maxAgeMs: 60_000 },
    { clock },
  );
  const cache = new MemoryCache(clock);
  const policy = policyOf(hubspot);
  const breaker = breakers.breaker('hubspot', policy);
  const client = createHttpClient({
    service: 'hubspot',
    account: 'load',
    target: targetFrom(url, {}),
    policy,
    breaker,
    cache,
    transport: wire.transport,
    classify: () => undefined,
    readQuota: () => [],
    events,
    clock,
    random: Math.random,
    onListenerError: report,
  });
  const read = { name: 'read', method: 'GET', idempotency: 'safe', answer: z.looseObject({ id: z.string() }) } as const;
  const request = { path: upstreamPath`/` };
  const everyMs = generalPolicy.circuit.recoveryProbeMs;
  const prober = new RecoveryProber({ breaker, everyMs, attempt: () => client.probe(read, request), clock, random: Math.random });
  listeners.push(prober);
  return {
    name: 'ours',
    call: () => client.send(read, request),
    isFastFailure: (error) => error === 'circuit_open',
    codeOf: (error) => (error instanceof GatewayError ? error.code : 'error'),
    close: async () => {
      prober.stop();
      breakers.shutdown();
      cache.close();
      await wire.close();
    },
  };
};

export const rivals = [unprotected, planAsWritten, ours];
