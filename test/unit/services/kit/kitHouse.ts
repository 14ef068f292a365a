/**
 * For tests of Kit: its client over a scripted wire or over its simulator, and a queue that only remembers.
 */
import { MemoryCache } from '../../../../src/cache/memoryCache.ts';
import { createHttpClient } from '../../../../src/http/createHttpClient.ts';
import { targetFrom } from '../../../../src/http/requestBuilder.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../../../src/http/transport.ts';
import type { WriteQueue, WriteToKeep } from '../../../../src/http/writeQueue.ts';
import { CircuitBreakerFactory } from '../../../../src/resilience/circuitBreakerFactory.ts';
import { guarded } from '../../../../src/resilience/events.ts';
import { resolvePolicy } from '../../../../src/resilience/policy.ts';
import { policyTemplates } from '../../../../src/resilience/policyTemplates.ts';
import { kit } from '../../../../src/services/kit/kit.ts';
import { KitClient } from '../../../../src/services/kit/kitClient.ts';
import { credentialKindOf } from '../../../../src/services/kit/kitCredential.ts';
import { kitSimulator } from '../../../../src/services/kit/kitSandbox.ts';
import type { SandboxAnswer, SandboxRequest, SimulatorInstance } from '../../../../src/services/simulator.ts';
import { systemClock } from '../../../../src/time/clock.ts';

export interface KitHouse {
  readonly client: KitClient;
  /** No timer is left. */
  close(): void;
}

/** One attempt a call. */
const policyWith = (failures: number) =>
  resolvePolicy('kit', policyTemplates.kit, {
    retry: { maxAttempts: 1 },
    circuit: { detection: { strategy: 'consecutive', failures }, recoveryProbeMs: 'off' },
  });

const unexpected = (error: unknown): void => {
  throw error instanceof Error ? error : new Error(String(error));
};

export interface KitHouseParts {
  readonly secret?: string;
  readonly queue?: WriteQueue;
  /** How many in a row open the circuit. Default 1. */
  readonly failures?: number;
}

export const kitHouse = (transport: Transport, { secret = 'kit_key_of_ours', queue, failures = 1 }: KitHouseParts = {}): KitHouse => {
  const policy = policyWith(failures);
  const shared = { clock: systemClock, random: () => 0.5, events: guarded([], unexpected), onListenerError: unexpected };
  const breakers = new CircuitBreakerFactory(shared);
  const cache = new MemoryCache(systemClock, 100);
  const http = createHttpClient({
    ...shared,
    service: 'kit',
    account: 'ours',
    target: targetFrom(kit.baseUrl, kit.authenticate(secret)),
    classify: kit.classify,
    readQuota: kit.readQuota,
    policy,
    breaker: breakers.breaker('kit', policy),
    cache,
    transport,
    ...(queue !== undefined && { queue }),
  });
  const close = (): void => {
    breakers.shutdown();
    cache.close();
  };
  return { client: new KitClient(http, credentialKindOf(secret)), close };
};

/** Method, path and body, as a test reads best. */
export const lineOf = ({ method, path, body }: HttpRequest): string => `${method} ${path}${body === undefined ? '' : ` ${body}`}`;

export interface RememberingQueue extends WriteQueue {
  readonly kept: readonly WriteToKeep[];
}

/** Jobs are called by the id they are given, else `job_1`, `job_2`, … */
export const rememberingQueue = (): RememberingQueue => {
  const kept: WriteToKeep[] = [];
  const accept: WriteQueue['accept'] = async (write) => {
    kept.push(write);
    const id = write.jobId ?? `job_${String(kept.length)}`;
    return { queued: true, id, status: 'queued', acceptedAt: '2026-11-21T00:00:00.000Z', expiresAt: '2026-11-22T00:00:00.000Z' };
  };
  return { kept, accept };
};

export const tokenHeaders = { authorization: 'Bearer oauth-token-of-ours' };
export const keyHeaders = { 'x-kit-api-key': 'kit_key_of_ours' };

/** @param where Method, path and query, such as `GET /v4/subscribers?status=all`. */
export const sandboxRequest = (where: string, body?: unknown, headers: SandboxRequest['headers'] = keyHeaders): SandboxRequest => {
  const [method = '', target = ''] = where.split(' ');
  const [path = '', query = ''] = target.split('?');
  return { method, path, query: new URLSearchParams(query), headers, body, malformed: false };
};

const asResponse = ({ status, headers = {}, body }: SandboxAnswer): HttpResponse => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers, body: body === undefined ? '' : text };
};

/** The simulator in the place of the wire. */
export const simulatedWire =
  (simulator: SimulatorInstance): Transport =>
  async ({ method, path, headers, body }) => {
    const parsed = body === undefined ? undefined : (JSON.parse(body) as unknown);
    return asResponse(simulator.answer(sandboxRequest(`${method} ${path}`, parsed, headers)));
  };

/** A simulator in time that the test moves, its chance in the middle. */
export const simulatedKit = (random: () => number = () => 0.5) => {
  const time = { now: Date.UTC(2026, 10, 21, 9, 0, 0) };
  return { time, simulator: kitSimulator.create({ now: () => time.now, random }) };
};

export const enter = (simulator: SimulatorInstance, scenario: string): void => {
  const begin = simulator.scenarios[scenario];
  if (begin === undefined) throw new Error(`no scenario ${scenario}`);
  begin();
};
