/**
 * Every metric of ours in one table: name, type, labels, meaning. `docs/metrics.md` says the same for people, and a test
 * holds the two together. Units are seconds, ratios and counts; a label never holds an id, a URL or a person's data.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

const circuit = ['circuit_name'] as const;
const service = ['service'] as const;

export const metricTable = {
  circuit_breaker_state: {
    type: 'gauge',
    labels: circuit,
    help: 'State as callers feel it: 0 closed, 1 half-open, 2 open. Forced open shows 2, disabled and metrics-only show 0.',
  },
  circuit_breaker_fire_total: { type: 'counter', labels: circuit, help: 'Attempts asked of the circuit, refused ones included.' },
  circuit_breaker_success_total: { type: 'counter', labels: circuit, help: 'Attempts judged a success of the service.' },
  circuit_breaker_failure_total: {
    type: 'counter',
    labels: circuit,
    help: 'Attempts judged a failure of the service, timeouts included.',
  },
  circuit_breaker_timeout_total: { type: 'counter', labels: circuit, help: 'Attempts that got no whole answer in time.' },
  circuit_breaker_reject_total: { type: 'counter', labels: circuit, help: 'Attempts refused because the circuit let nothing through.' },
  circuit_breaker_fallback_total: {
    type: 'counter',
    labels: circuit,
    help: 'Calls answered by a stale or static answer instead of an error, or queued.',
  },
  circuit_breaker_transitions_total: {
    type: 'counter',
    labels: ['circuit_name', 'from', 'to', 'reason'],
    help: 'Changes of state, by the two states and the reason.',
  },
  circuit_breaker_suspicion_ratio: { type: 'gauge', labels: circuit, help: 'How near the detector is to opening the circuit, 0 to 1.' },
  circuit_breaker_open_seconds_total: {
    type: 'counter',
    labels: circuit,
    help: 'Seconds out of use since start, the current outage included: open, half-open or forced open.',
  },
  circuit_breaker_failed_health_checks: {
    type: 'gauge',
    labels: circuit,
    help: 'Health checks in a row that did not find the service healthy while its circuit is not closed; from 2 on real calls decide about the recovery.',
  },
  circuit_breaker_state_since_timestamp_seconds: {
    type: 'gauge',
    labels: circuit,
    help: 'Unix time since which the state holds: of an open circuit, its last re-opening.',
  },
  circuit_breaker_outage_start_timestamp_seconds: {
    type: 'gauge',
    labels: circuit,
    help: 'Unix time at which the circuit left closed; re-openings and trials do not move it. Absent while it is closed.',
  },
  circuit_breaker_override_active: {
    type: 'gauge',
    labels: ['circuit_name', 'mode'],
    help: '1 while an override that a person imposed is in force, by its mode; absent otherwise.',
  },
  circuit_breaker_open_operations: {
    type: 'gauge',
    labels: circuit,
    help: 'Operations of the service that are stopped alone, by circuits of their own that are open or half-open.',
  },
  circuit_breaker_warnings_total: {
    type: 'counter',
    labels: ['circuit_name', 'detector', 'followed'],
    help: 'Early warnings, counted once it is known whether what they warned of followed within 120 s: open or none.',
  },
  circuit_breaker_warning_lead_seconds: {
    type: 'histogram',
    labels: ['circuit_name', 'detector'],
    help: 'How long before the outage a warning that was right had been given.',
  },
  circuit_breaker_warnings_muted: {
    type: 'gauge',
    labels: ['circuit_name', 'detector'],
    help: '1 while a detector gives no warnings, because most of its last 50 were wrong.',
  },
  common_cause_active: {
    type: 'gauge',
    labels: ['class'],
    help: '1 while several services fail together: local-egress (our network), upstream-shared or mixed.',
  },
  upstream_request_duration_seconds: {
    type: 'histogram',
    labels: ['service', 'outcome'],
    help: 'Duration of whole calls that were not answered from the cache, waits and retries included.',
  },
  upstream_attempts_total: {
    type: 'counter',
    labels: ['service', 'operation', 'attempt', 'outcome'],
    help: 'Attempts at the service, first ones and retries, by success or error code.',
  },
  upstream_contract_breaks_total: {
    type: 'counter',
    labels: ['service', 'operation', 'field'],
    help: 'Answers that were not what the schema says, by the field of the schema; other for what it does not name.',
  },
  upstream_deprecations_total: {
    type: 'counter',
    labels: ['service', 'operation', 'header'],
    help: 'Answers by which a service announces the end of an operation, in the header deprecation, sunset or warning.',
  },
  upstream_quota_remaining: {
    type: 'gauge',
    labels: ['service', 'window'],
    help: 'What the service last said is left of a quota; absent until it says so.',
  },
  upstream_quota_limit: {
    type: 'gauge',
    labels: ['service', 'window'],
    help: 'What the service last said a quota is; absent until it says so.',
  },
  quota_share_ratio: {
    type: 'gauge',
    labels: ['service', 'quota', 'window'],
    help: 'Part of a limit that this replica may use, 0 to 1; 1 where it is alone. The window in seconds; `connections` for one of those.',
  },
  quota_used_ratio: {
    type: 'gauge',
    labels: ['service', 'quota', 'window'],
    help: 'Part of a limit that this replica has in use, 0 to 1.',
  },
  retry_budget_remaining_ratio: { type: 'gauge', labels: service, help: 'Share of the retry budget that is left, 0 to 1.' },
  bulkhead_limit: { type: 'gauge', labels: service, help: 'Attempts that may be under way to the service at once.' },
  bulkhead_in_flight: { type: 'gauge', labels: service, help: 'Attempts under way to the service now.' },
  cache_requests_total: { type: 'counter', labels: ['service', 'result'], help: 'Questions to the response cache, by what came of them.' },
  cache_bytes: { type: 'gauge', labels: [], help: 'Memory that kept answers take at most, as they are counted.' },
  shared_cache_requests_total: {
    type: 'counter',
    labels: ['service', 'result'],
    help: 'Questions to the cache that the fleet shares: hit, awaited (another replica was asking), stale, miss, unavailable, or unreadable (sealed with other keys).',
  },
  queue_jobs: { type: 'gauge', labels: ['service', 'state'], help: 'Jobs in the durable queue, ended ones for as long as they are kept.' },
  queue_oldest_job_timestamp_seconds: {
    type: 'gauge',
    labels: service,
    help: 'Unix time at which the oldest job that has not ended was accepted; absent where none is.',
  },
  queue_dead_letter_jobs: { type: 'gauge', labels: service, help: 'Jobs that wait for a person: failed and uncertain ones.' },
  queue_jobs_total: {
    type: 'counter',
    labels: ['service', 'outcome'],
    help: 'Jobs accepted, and executions by how they ended: succeeded, failed, uncertain, retry or postponed.',
  },
  queue_wait_seconds: { type: 'histogram', labels: service, help: 'From the acceptance of a job to the execution that succeeded.' },
  queue_store_up: {
    type: 'gauge',
    labels: ['engine'],
    help: '1 if the store of the queue took the last write; one is tried every 5 s, and a refused write of a caller counts at once.',
  },
  idempotency_replays_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Repeats of requests with an Idempotency-Key: replayed, in_progress, reused for another request, or interrupted.',
  },
  shared_state_up: { type: 'gauge', labels: ['store'], help: '1 if what the fleet shares can be reached; absent without Redis.' },
  fleet_replicas: { type: 'gauge', labels: [], help: 'Replicas that this one sees, itself included; 1 while it sees none.' },
  replica_self_suspect: {
    type: 'gauge',
    labels: circuit,
    help: '1 while a service is stopped on this replica only, and two others at least have nothing against it.',
  },
  http_server_request_duration_seconds: {
    type: 'histogram',
    labels: ['http_request_method', 'http_route', 'http_response_status_code'],
    help: 'Duration of requests to this gateway.',
  },
  service_build_info: { type: 'gauge', labels: ['version', 'node_version'], help: 'Always 1; the labels say what is running.' },
} as const satisfies Record<string, MetricDefinition>;

type Table = typeof metricTable;
export type MetricName = keyof Table;
type NameOf<Type extends MetricDefinition['type']> = {
  [Name in MetricName]: Table[Name]['type'] extends Type ? Name : never;
}[MetricName];
type Label<Name extends MetricName> = Table[Name]['labels'][number];

const base = <Name extends MetricName>(
  registry: Registry,
  name: Name,
): { readonly name: Name; readonly help: string; readonly labelNames: readonly Label<Name>[]; readonly registers: Registry[] } => ({
  name,
  help: metricTable[name].help,
  labelNames: metricTable[name].labels,
  registers: [registry],
});

export const createCounter = <Name extends NameOf<'counter'>>(registry: Registry, name: Name): Counter<Label<Name>> =>
  new Counter<Label<Name>>(base(registry, name));

export const createGauge = <Name extends NameOf<'gauge'>>(registry: Registry, name: Name): Gauge<Label<Name>> =>
  new Gauge<Label<Name>>(base(registry, name));

/** @param buckets Upper bounds in seconds. */
export const createHistogram = <Name extends NameOf<'histogram'>>(
  registry: Registry,
  name: Name,
  buckets: readonly number[],
): Histogram<Label<Name>> => new Histogram<Label<Name>>({ ...base(registry, name), buckets: [...buckets] });

/** Gives a metric's values at each scrape: nothing has to be told in between, and what is gone is gone. */
export type Mirror<Name extends MetricName> = () => Iterable<readonly [labels: Record<Label<Name>, string>, value: number]>;

/** A gauge that is read at each scrape instead of being told. */
export const mirrorGauge = <Name extends NameOf<'gauge'>>(registry: Registry, name: Name, read: Mirror<Name>): void => {
  const gauge: Gauge<Label<Name>> = new Gauge<Label<Name>>({
    ...base(registry, name),
    collect: () => {
      gauge.reset();
      for (const [labels, value] of read()) gauge.set(labels, value);
    },
  });
};

/** A counter whose value somebody else keeps. */
export const mirrorCounter = <Name extends NameOf<'counter'>>(registry: Registry, name: Name, read: Mirror<Name>): void => {
  const counter: Counter<Label<Name>> = new Counter<Label<Name>>({
    ...base(registry, name),
    collect: () => {
      counter.reset();
      for (const [labels, value] of read()) counter.inc(labels, value);
    },
  });
};
