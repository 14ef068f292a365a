/**
 * From descriptors to working clients: each service gets its policy, its circuit, its pipeline and its routes.
 */
import type { ResponseCache } from '../cache/responseCache.ts';
import type { ServiceSettings } from '../config/serviceConfig.ts';
import { createHttpClient, type PipelinedHttpClient } from '../http/createHttpClient.ts';
import type { Operation } from '../http/operation.ts';
import { digest, targetFrom } from '../http/requestBuilder.ts';
import type { Transport } from '../http/transport.ts';
import type { WriteQueue } from '../http/writeQueue.ts';
import type { CircuitBreaker } from '../resilience/circuitBreaker.ts';
import type { CircuitBreakerFactory } from '../resilience/circuitBreakerFactory.ts';
import type { ResilienceEvents } from '../resilience/events.ts';
import type { ResiliencePolicy } from '../resilience/policy.ts';
import { QuotaGovernor } from '../resilience/quota/quotaGovernor.ts';
import type { SharedRecoveries } from '../resilience/incidents/sharedRecovery.ts';
import { RecoveryProber } from '../resilience/recovery/recoveryProber.ts';
import type { Clock } from '../time/clock.ts';
import type { Route } from '../web/route.ts';
import type { Service, ServiceClient } from './service.ts';
import { quotasInForce, resolveServicePolicy } from './serviceSettings.ts';

export interface ConnectionParts {
  readonly settings: Readonly<Record<string, ServiceSettings>>;
  /** Where the sandbox serves a service; asked only for those that use it. */
  readonly sandboxUrl: (service: string) => string;
  readonly breakers: CircuitBreakerFactory;
  readonly transport: Transport;
  readonly cache: ResponseCache;
  /** Where writes wait that cannot be made now; absent: they fail instead. */
  readonly queue?: WriteQueue | undefined;
  readonly events: Required<ResilienceEvents>;
  /** Gives services that failed together their turns to be probed. */
  readonly incidents: SharedRecoveries;
  readonly clock: Clock;
  readonly random: () => number;
  readonly userAgent: string;
  readonly onListenerError: (error: unknown) => void;
}

export interface ConnectedService<Client extends ServiceClient = ServiceClient> {
  readonly name: string;
  readonly title: string;
  readonly client: Client;
  readonly routes: readonly Route[];
  /** By which the queue finds again what it kept. */
  readonly operations: readonly Operation<unknown>[];
  readonly http: PipelinedHttpClient;
  /** Absent where the policy has it off. */
  readonly prober: RecoveryProber | undefined;
}

/** @throws {Error} if the policy is impossible; start-up stops on it. */
export const connectService = <Client extends ServiceClient>(
  service: Service<Client>,
  parts: ConnectionParts,
): ConnectedService<Client> => {
  const settings = parts.settings[service.name];
  if (settings === undefined) throw new Error(`The service "${service.name}" has no settings`);
  const secret = settings.secret?.reveal() ?? service.sandboxSecret;
  const baseUrl = settings.useSandbox
    ? parts.sandboxUrl(service.name)
    : (settings.baseUrl ?? service.baseUrlFor?.(secret) ?? service.baseUrl);
  const policy = resolveServicePolicy(service, settings.limits);
  const breaker = parts.breakers.breaker(service.name, policy);
  const http = createHttpClient({
    ...parts,
    service: service.name,
    account: digest(secret),
    target: targetFrom(baseUrl, { 'user-agent': parts.userAgent, ...service.authenticate(secret) }),
    policy,
    breaker,
    quota: new QuotaGovernor(quotasInForce(service, secret, settings.limits), parts.clock),
    classify: service.classify,
    readQuota: service.readQuota,
  });
  const { name, title, operations } = service;
  return { name, title, operations, http, prober: proberOf(service, policy, breaker, http, parts), ...service.mount(http, secret) };
};

const proberOf = (
  { health }: Service,
  { circuit: { recoveryProbeMs: everyMs } }: ResiliencePolicy,
  breaker: CircuitBreaker,
  http: PipelinedHttpClient,
  { clock, random, incidents }: ConnectionParts,
): RecoveryProber | undefined => {
  if (everyMs === 'off') return undefined;
  return new RecoveryProber({ breaker, everyMs, attempt: () => http.probe(health.operation, health.request), shared: incidents, clock, random });
};
