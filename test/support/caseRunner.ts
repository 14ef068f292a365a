/**
 * The documented exchanges of `provider-cases.json`, and both of our sides made ready to replay one.
 */
import { readFileSync } from 'node:fs';
import { MemoryCache } from '../../src/cache/memoryCache.ts';
import { createHttpClient } from '../../src/pipeline/httpClient.ts';
import { targetFrom } from '../../src/pipeline/requestBuilder.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../src/wire/transport.ts';
import { CircuitBreakerFactory } from '../../src/circuit/circuitBreakerFactory.ts';
import { guarded } from '../../src/contract/events.ts';
import { resolvePolicy } from '../../src/contract/policy.ts';
import type { Service, ServiceClient } from '../../src/services/provider.ts';
import { policyOf } from '../../src/services/serviceSettings.ts';
import type { SandboxRequest, Simulator, SimulatorInstance } from '../../sandbox/simulation/simulator.ts';
import { systemClock } from '../../src/time/clock.ts';

export interface ProviderCase {
  readonly provider: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    /** `null`: none. */
    readonly body: unknown;
  };
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown };
}

export const providerCases = JSON.parse(
  readFileSync(new URL('../contract/provider-cases.json', import.meta.url), 'utf8'),
) as readonly ProviderCase[];

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** The secret inside a documented credential, whichever of the four ways it is carried. */
export const documentedSecret = ({ request }: ProviderCase): string => {
  const { authorization, api_key: apiKey, 'x-kit-api-key': kitKey } = lowerCased(request.headers);
  if (apiKey !== undefined) return apiKey;
  if (authorization === undefined) return kitKey ?? '';
  const [scheme, credential = ''] = authorization.split(' ');
  // After the user name, which is nobody's.
  return scheme === 'Basic'
    ? Buffer.from(credential, 'base64')
        .toString()
        .replace(/^[^:]*:/u, '')
    : credential;
};

/** The documented answer as the wire would give it. Bodies labelled as text go as they are, all others as JSON. */
export const documentedResponse = ({ response }: ProviderCase): HttpResponse => {
  const headers = lowerCased(response.headers);
  const isText = headers['content-type']?.startsWith('text/') === true;
  if (response.body === null) return { status: response.status, headers, body: '' };
  const body = isText && typeof response.body === 'string' ? response.body : JSON.stringify(response.body);
  return { status: response.status, headers, body };
};

/** A documented request as the sandbox would hand it to the simulator. */
export const sandboxRequest = ({ request }: ProviderCase, spelled: (path: string) => string): SandboxRequest => {
  const [path = '', query = ''] = spelled(request.path).split('?');
  return {
    method: request.method,
    path,
    query: new URLSearchParams(query),
    headers: lowerCased(request.headers),
    body: request.body ?? undefined,
    malformed: false,
  };
};

/** A request taken apart, so that what means the same compares as equal. */
export interface ComparableRequest {
  readonly method: string;
  readonly url: string;
  readonly query: readonly string[];
  readonly credential: string | undefined;
  readonly body: unknown;
}

const comparable = (method: string, url: URL, headers: Readonly<Record<string, string>>, body: unknown): ComparableRequest => {
  const { authorization, api_key: apiKey, 'x-kit-api-key': kitKey } = lowerCased(headers);
  const query = [...url.searchParams].map(([name, value]) => `${name}=${value}`).sort();
  return { method, url: `${url.origin}${url.pathname}`, query, credential: authorization ?? apiKey ?? kitKey, body };
};

export const documentedRequest = ({ baseUrl, request }: ProviderCase, spelled: (path: string) => string): ComparableRequest =>
  comparable(request.method, new URL(`${baseUrl}${spelled(request.path)}`), request.headers, request.body ?? undefined);

export const sentRequest = ({ method, origin, path, headers, body }: HttpRequest): ComparableRequest =>
  comparable(method, new URL(`${origin}${path}`), headers, body === undefined ? undefined : (JSON.parse(body) as unknown));

export interface ReplayedClient<Client> {
  readonly client: Client;
  /** Stops what the client's circuit has started. */
  readonly stop: () => void;
}

const unexpected = (error: unknown): void => {
  throw error instanceof Error ? error : new Error(String(error));
};

/** The service's own client over a chosen wire: the whole pipeline, but one attempt per call. */
export const replayedClient = <Client extends ServiceClient>(
  service: Service<Client>,
  secret: string,
  transport: Transport,
): ReplayedClient<Client> => {
  const policy = resolvePolicy(service.name, policyOf(service), { retry: { maxAttempts: 1 } });
  const shared = { clock: systemClock, random: () => 0.5, events: guarded([], unexpected), onListenerError: unexpected };
  const breakers = new CircuitBreakerFactory(shared);
  const cache = new MemoryCache(systemClock);
  const http = createHttpClient({
    ...shared,
    service: service.name,
    target: targetFrom(service.baseUrlFor?.(secret) ?? service.baseUrl, service.authenticate(secret)),
    account: 'documented',
    policy,
    breaker: breakers.breaker(service.name, policy),
    cache,
    transport,
    classify: service.classify,
    readQuota: service.readQuota,
  });
  const stop = (): void => {
    breakers.shutdown();
  };
  return { client: service.mount(http).client, stop };
};

/** A simulator at a time that stands still, so that only the script decides what state it is in. */
export const replayedSimulator = (simulator: Simulator): SimulatorInstance =>
  simulator.create({ now: () => Date.UTC(2026, 0, 1), random: () => 0.5 });
