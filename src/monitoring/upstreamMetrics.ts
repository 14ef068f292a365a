/**
 * The services as metrics: calls, attempts, drift, cache, quota, retry budget, bulkhead.
 */
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { SharedCacheResult } from '../cache/sharedCacheEvents.ts';
import type { AttemptEnded, CallEnded, ContractBroken, DeprecationSeen, ResilienceEvents } from '../contract/events.ts';
import { createCounter, createGauge, createHistogram, mirrorGauge } from './metricTable.ts';
import { alertedOutcomes, callOutcome } from './outcomes.ts';

/** What a service declares of itself, so that the series which alerts rest on exist before its first call. */
export interface DeclaredService {
  readonly name: string;
  /** The names of its operations, `snake_case`. */
  readonly operations: readonly string[];
}

export interface BulkheadReading {
  readonly service: string;
  readonly limit: number;
  readonly inFlight: number;
}

export interface RetryBudgetReading {
  readonly service: string;
  /** What is left, 0 to 1. */
  readonly ratio: number;
}

/** A limit that is known. */
export interface QuotaReading {
  readonly service: string;
  readonly quota: string;
  /** 0: it limits connections. */
  readonly windowMs: number;
  readonly limit: number;
  /** What of it this replica may use, and uses. */
  readonly share: number;
  readonly used: number;
}

export interface UpstreamSources {
  quotas(): readonly QuotaReading[];
  bulkheads(): readonly BulkheadReading[];
  /** One reading: what the response cache holds, bytes. */
  cacheBytes(): readonly number[];
  retryBudgets(): readonly RetryBudgetReading[];
}

type CacheResult = Parameters<Required<ResilienceEvents>['cacheAsked']>[1];
type QuotaSeen = Parameters<Required<ResilienceEvents>['quotaSeen']>[2];

/** Seconds. From a quick CRM read to the longest deadline. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class UpstreamMetrics {
  readonly #durations: Histogram<'service' | 'outcome'>;
  readonly #attempts: Counter<'service' | 'operation' | 'attempt' | 'outcome'>;
  readonly #contractBreaks: Counter<'service' | 'operation' | 'field'>;
  readonly #deprecations: Counter<'service' | 'operation' | 'header'>;
  readonly #cache: Counter<'service' | 'result'>;
  readonly #sharedCache: Counter<'service' | 'result'>;
  readonly #quotaRemaining: Gauge<'service' | 'window'>;
  readonly #quotaLimit: Gauge<'service' | 'window'>;

  constructor(registry: Registry, services: readonly DeclaredService[], sources: UpstreamSources) {
    this.#durations = createHistogram(registry, 'upstream_request_duration_seconds', BUCKETS);
    this.#attempts = createCounter(registry, 'upstream_attempts_total');
    this.#contractBreaks = createCounter(registry, 'upstream_contract_breaks_total');
    this.#deprecations = createCounter(registry, 'upstream_deprecations_total');
    this.#cache = createCounter(registry, 'cache_requests_total');
    this.#sharedCache = createCounter(registry, 'shared_cache_requests_total');
    this.#quotaRemaining = createGauge(registry, 'upstream_quota_remaining');
    this.#quotaLimit = createGauge(registry, 'upstream_quota_limit');
    this.#mirror(registry, sources);
    for (const { name, operations } of services) this.#declare(name, operations);
  }

  callEnded({ service, outcome, durationMs }: CallEnded): void {
    const label = callOutcome(outcome);
    if (label === undefined) return;
    this.#durations.observe({ service, outcome: label }, durationMs / 1000);
  }

  attemptEnded({ service, operation, attempt, outcome }: AttemptEnded): void {
    this.#attempts.inc({ service, operation, attempt, outcome });
  }

  contractBroken({ service, operation, fields }: ContractBroken): void {
    for (const field of fields) this.#contractBreaks.inc({ service, operation, field });
  }

  deprecationSeen({ service, operation, notices }: DeprecationSeen): void {
    for (const { header } of notices) this.#deprecations.inc({ service, operation, header });
  }

  cacheAsked(service: string, result: CacheResult): void {
    this.#cache.inc({ service, result });
  }

  sharedCacheAsked(service: string, result: SharedCacheResult): void {
    this.#sharedCache.inc({ service, result });
  }

  /** Keeps what is said; a reading without one of the two numbers leaves the other as it was. */
  quotaSeen(service: string, window: string, { limit, remaining }: QuotaSeen): void {
    if (limit !== undefined) this.#quotaLimit.set({ service, window }, limit);
    if (remaining !== undefined) this.#quotaRemaining.set({ service, window }, remaining);
  }

  /** Only what alerts count from nothing: a series that begins with its first event shows no rise for it. */
  #declare(service: string, operations: readonly string[]): void {
    for (const operation of operations) {
      for (const outcome of alertedOutcomes) this.#attempts.inc({ service, operation, attempt: 'first', outcome }, 0);
    }
  }

  #mirror(registry: Registry, sources: UpstreamSources): void {
    mirrorGauge(registry, 'cache_bytes', () => sources.cacheBytes().map((bytes) => [{}, bytes] as const));
    mirrorGauge(registry, 'bulkhead_limit', () => sources.bulkheads().map(({ service, limit }) => [{ service }, limit] as const));
    mirrorGauge(registry, 'bulkhead_in_flight', () => sources.bulkheads().map(({ service, inFlight }) => [{ service }, inFlight] as const));
    const quotas = (part: 'share' | 'used') => () =>
      sources.quotas().map(({ service, quota, windowMs, limit, ...parts }) => {
        const window = windowMs === 0 ? 'connections' : String(windowMs / 1000);
        return [{ service, quota, window }, Math.min(1, parts[part] / limit)] as const;
      });
    mirrorGauge(registry, 'quota_share_ratio', quotas('share'));
    mirrorGauge(registry, 'quota_used_ratio', quotas('used'));
    mirrorGauge(registry, 'retry_budget_remaining_ratio', () =>
      sources.retryBudgets().map(({ service, ratio }) => [{ service }, ratio] as const),
    );
  }
}
