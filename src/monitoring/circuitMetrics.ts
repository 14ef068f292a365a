/**
 * The circuits as metrics. Counters hear events; gauges read snapshots at each scrape.
 *
 * `fire` counts every attempt asked of a circuit, as opossum does, and a timeout is a failure as well. So
 * fire = success + failure + reject + ignored, and failure / (fire - reject) is the share of attempts that failed.
 *
 * A circuit is a service's. Those of operations beneath it have an event of their own, which is not listened to here: they
 * bring no series, whatever there is of them, and what they refuse was never asked of the service's circuit. One gauge
 * counts those that are open.
 */
import type { Counter, Registry } from 'prom-client';
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import type { TripReason } from '../circuit/detection/detector.ts';
import type { CircuitCallResult, CircuitChanged } from '../contract/events.ts';
import { createCounter, mirrorCounter, mirrorGauge } from './metricTable.ts';

const stateValue: Readonly<Record<CircuitSnapshot['effectiveState'], number>> = {
  closed: 0,
  disabled: 0,
  metrics_only: 0,
  half_open: 1,
  open: 2,
  forced_open: 2,
};

/** Keyed by its type: a reason that the detectors gain must be added here, or this does not compile. */
const tripReasons = Object.keys({
  failure_evidence: true,
  slow_evidence: true,
  no_answers: true,
  failure_rate: true,
  slow_rate: true,
  consecutive_failures: true,
} satisfies Readonly<Record<TripReason, true>>);

/** Why a closed circuit can open: each exists at 0 from the start, because an alert counts these transitions. */
const openingReasons = [...tripReasons, 'credential', 'daily_quota', 'operations_failing', 'all_hanging', 'fleet_quorum'];

type CircuitCounter = Counter<'circuit_name'>;
type Counted = 'fire' | 'success' | 'failure' | 'timeout' | 'reject' | 'fallback';

/** What each result adds to; an ignored attempt says nothing about the service and counts as fired only. */
const countedAs: Readonly<Record<CircuitCallResult, readonly Counted[]>> = {
  success: ['fire', 'success'],
  failure: ['fire', 'failure'],
  timeout: ['fire', 'failure', 'timeout'],
  reject: ['fire', 'reject'],
  ignored: ['fire'],
};

export class CircuitMetrics {
  readonly #counters: Readonly<Record<Counted, CircuitCounter>>;
  readonly #transitions: Counter<'circuit_name' | 'from' | 'to' | 'reason'>;
  readonly #known = new Set<string>();

  constructor(registry: Registry, snapshots: () => readonly CircuitSnapshot[]) {
    this.#counters = {
      fire: createCounter(registry, 'circuit_breaker_fire_total'),
      success: createCounter(registry, 'circuit_breaker_success_total'),
      failure: createCounter(registry, 'circuit_breaker_failure_total'),
      timeout: createCounter(registry, 'circuit_breaker_timeout_total'),
      reject: createCounter(registry, 'circuit_breaker_reject_total'),
      fallback: createCounter(registry, 'circuit_breaker_fallback_total'),
    };
    this.#transitions = createCounter(registry, 'circuit_breaker_transitions_total');
    this.#mirror(registry, snapshots);
  }

  /** Lets a circuit's series begin at 0. */
  declare(circuit: string): void {
    if (this.#known.has(circuit)) return;
    this.#known.add(circuit);
    for (const counter of Object.values(this.#counters)) counter.inc({ circuit_name: circuit }, 0);
    for (const reason of openingReasons) this.#transitions.inc({ circuit_name: circuit, from: 'closed', to: 'open', reason }, 0);
  }

  called(circuit: string, result: CircuitCallResult): void {
    this.declare(circuit);
    for (const counted of countedAs[result]) this.#counters[counted].inc({ circuit_name: circuit });
  }

  fallbackUsed(circuit: string): void {
    this.declare(circuit);
    this.#counters.fallback.inc({ circuit_name: circuit });
  }

  changed({ circuit, from, to, reason }: CircuitChanged): void {
    this.declare(circuit);
    this.#transitions.inc({ circuit_name: circuit, from, to, reason });
  }

  #mirror(registry: Registry, snapshots: () => readonly CircuitSnapshot[]): void {
    const each = (value: (snapshot: CircuitSnapshot) => number) => () =>
      snapshots().map((snapshot) => [{ circuit_name: snapshot.name }, value(snapshot)] as const);
    mirrorGauge(
      registry,
      'circuit_breaker_state',
      each((snapshot) => stateValue[snapshot.effectiveState]),
    );
    mirrorGauge(
      registry,
      'circuit_breaker_suspicion_ratio',
      each((snapshot) => snapshot.suspicion),
    );
    mirrorGauge(
      registry,
      'circuit_breaker_state_since_timestamp_seconds',
      each((snapshot) => snapshot.since / 1000),
    );
    mirrorGauge(registry, 'circuit_breaker_outage_start_timestamp_seconds', () =>
      snapshots().flatMap(({ name, outageSince }) =>
        outageSince === undefined ? [] : [[{ circuit_name: name }, outageSince / 1000] as const],
      ),
    );
    mirrorGauge(registry, 'circuit_breaker_override_active', () =>
      snapshots().flatMap(({ name, override }) =>
        override === undefined ? [] : [[{ circuit_name: name, mode: override.mode }, 1] as const],
      ),
    );
    mirrorGauge(
      registry,
      'circuit_breaker_open_operations',
      each((snapshot) => snapshot.operations.openCount),
    );
    mirrorGauge(
      registry,
      'circuit_breaker_failed_health_checks',
      each((snapshot) => snapshot.recovery?.failedHealthChecks ?? 0),
    );
    mirrorCounter(
      registry,
      'circuit_breaker_open_seconds_total',
      each((snapshot) => snapshot.openForTotalMs / 1000),
    );
  }
}
