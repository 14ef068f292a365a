/**
 * From descriptors to working clients: each service gets its policy, its circuit, its pipeline and its routes.
 */
import type { ResponseCache } from '../cache/responseCache.ts';
import type { SharedCache } from '../cache/sharedCache.ts';
import type { ServiceSettings } from '../config/serviceConfig.ts';
import { createHttpClient, type HttpClientParts, type PipelinedHttpClient } from '../pipeline/httpClient.ts';
import type { Operation } from '../contract/operation.ts';
import { digest, targetFrom, type Target } from '../pipeline/requestBuilder.ts';
import type { Transport } from '../wire/transport.ts';
import type { WriteQueue } from '../contract/writeQueue.ts';
import type { CircuitBreaker } from '../circuit/circuitBreaker.ts';
import type { CircuitBreakerFactory } from '../circuit/circuitBreakerFactory.ts';
import type { ResilienceEvents } from '../contract/events.ts';
import type { FleetCircuits } from '../fleet/fleetCircuits.ts';
import type { FleetLooks } from '../circuit/fleetHooks.ts';
import type { ResiliencePolicy } from '../contract/policy.ts';
import type { QuotaGate } from '../contract/quotaGate.ts';
import { QuotaGovernor } from '../quota/quotaGovernor.ts';
import type { ServiceQuotas } from '../contract/quotaRule.ts';
import type { QuotaShares } from '../quota/quotaShares.ts';
import { SharedQuotaGate } from '../quota/sharedQuotaGate.ts';
import type { SharedRecoveries } from '../circuit/recovery/sharedRecovery.ts';
import { RecoveryProber } from '../circuit/recovery/recoveryProber.ts';
import type { Clock } from '../time/clock.ts';
import type { Route } from '../web/route.ts';
import type { Service, ServiceClient } from './provider.ts';
import { quotasInForce, resolveServicePolicy } from './serviceSettings.ts';

/** `close`: gives back what is held of a quota that others share. */
export type ClosableQuota = QuotaGate & { close?(): void };

/** What replicas share. */
export interface FleetParts {
  readonly circuits: FleetCircuits;
  readonly quotas: QuotaShares;
  readonly cache: SharedCache;
}

export interface ConnectionParts {
  readonly settings: Readonly<Record<string, ServiceSettings>>;
  /** Where the sandbox serves a service; asked only for those that use it. */
  readonly sandboxUrl: (service: string) => string;
  readonly breakers: CircuitBreakerFactory;
  readonly transport: Transport;
  readonly cache: ResponseCache;
  /** Where writes wait that cannot be made now; absent: they fail instead. */
  readonly queue?: WriteQueue | undefined;
  readonly remembered?: HttpClientParts['remembered'];
  /** Absent: this process is alone. */
  readonly fleet?: FleetParts | undefined;
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
  /** Where it is called: scheme, host and port. */
  readonly origin: string;
  readonly client: Client;
  readonly routes: readonly Route[];
  /** By which the queue finds again what it kept. */
  readonly operations: readonly Operation<unknown>[];
  readonly http: PipelinedHttpClient;
  /** Absent where the policy has it off. */
  readonly prober: RecoveryProber | undefined;
  readonly quota: ClosableQuota;
}

/** @throws {Error} if the policy is impossible; start-up stops on it. */
export const connectService = <Client extends ServiceClient>(
  service: Service<Client>,
  parts: ConnectionParts,
): ConnectedService<Client> => {
  const settings = parts.settings[service.name];
  if (settings === undefined) throw new Error(`The service "${service.name}" has no settings`);
  const secret = settings.secret?.reveal() ?? service.sandboxSecret;
  const target = targetOf(service, settings, parts, secret);
  const policy = resolveServicePolicy(service, settings.limits);
  const breaker = parts.breakers.breaker(service.name, policy);
  const account = digest(secret);
  const quota = quotaGateOf(service.name, account, quotasInForce(service, secret, settings.limits), parts);
  const http = createHttpClient({
    ...parts,
    service: service.name,
    account,
    sharedCache: parts.fleet?.cache,
    target,
    policy,
    breaker,
    quota,
    operations: service.operations,
    classify: service.classify,
    readQuota: service.readQuota,
  });
  const looks = parts.fleet?.circuits.join({ breaker, policy, account });
  const prober = proberOf(service, policy, { ...parts, breaker, http, looks });
  settings.secret?.file?.onChange(() => {
    const renewed = settings.secret?.reveal() ?? secret;
    http.useCredential({ target: targetOf(service, settings, parts, renewed), account: digest(renewed) });
    breaker.credentialChanged();
  });
  const { name, title, operations } = service;
  return { name, title, origin: target.origin, operations, http, quota, prober, ...service.mount(http, secret) };
};

/** @throws {Error} if the credential names no place. */
const targetOf = (
  service: Pick<Service, 'name' | 'baseUrl' | 'baseUrlFor' | 'authenticate'>,
  settings: ServiceSettings,
  parts: ConnectionParts,
  secret: string,
): Target => {
  const baseUrl = settings.useSandbox
    ? parts.sandboxUrl(service.name)
    : (settings.baseUrl ?? service.baseUrlFor?.(secret) ?? service.baseUrl);
  return targetFrom(baseUrl, { 'user-agent': parts.userAgent, ...service.authenticate(secret) });
};

const quotaGateOf = (service: string, account: string, quotas: ServiceQuotas, { fleet, clock, random }: ConnectionParts): ClosableQuota =>
  fleet === undefined
    ? new QuotaGovernor(quotas, clock)
    : new SharedQuotaGate({ quotas, service, account, shares: fleet.quotas, clock, random });

interface ProbedParts extends ConnectionParts {
  readonly breaker: CircuitBreaker;
  readonly http: PipelinedHttpClient;
  readonly looks: FleetLooks | undefined;
}

const proberOf = (
  { health }: Service,
  { circuit: { recoveryProbeMs: everyMs } }: ResiliencePolicy,
  { breaker, http, looks, clock, random, incidents: shared }: ProbedParts,
): RecoveryProber | undefined => {
  if (everyMs === 'off') return undefined;
  const attempt = (): Promise<void> => http.probe(health.operation, health.request);
  return new RecoveryProber({ breaker, everyMs, attempt, shared, clock, random, ...(looks !== undefined && { fleet: looks }) });
};
