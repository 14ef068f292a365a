/**
 * Failures in common and early warnings as metrics. The warnings are counted once it is known whether they were right,
 * so that `followed="open"` over the sum is a detector's precision.
 */
import type { Counter, Histogram, Registry } from 'prom-client';
import { warningDetectors, type WarningScored, type WarningSource } from './incidents/earlyWarnings.ts';
import { incidentClasses, type IncidentClass } from '../contract/incident.ts';
import { createCounter, createHistogram, mirrorGauge } from './metricTable.ts';

/** What is read at each scrape. */
export interface IncidentReadings {
  /** The class of the incident under way, if one is. */
  activeClass(): IncidentClass | undefined;
  muted(): readonly WarningSource[];
}

/** Seconds; a warning later than the last of them counts as wrong. */
const BUCKETS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120];

export class IncidentMetrics {
  readonly #warnings: Counter<'circuit_name' | 'detector' | 'followed'>;
  readonly #leads: Histogram<'circuit_name' | 'detector'>;

  constructor(registry: Registry, services: readonly string[], readings: IncidentReadings) {
    this.#warnings = createCounter(registry, 'circuit_breaker_warnings_total');
    this.#leads = createHistogram(registry, 'circuit_breaker_warning_lead_seconds', BUCKETS);
    this.#mirror(registry, services, readings);
  }

  warningScored(warning: WarningScored): void {
    const labels = { circuit_name: warning.service, detector: warning.detector };
    this.#warnings.inc({ ...labels, followed: warning.followed });
    if (warning.followed === 'open') this.#leads.observe(labels, warning.leadMs / 1000);
  }

  #mirror(registry: Registry, services: readonly string[], readings: IncidentReadings): void {
    mirrorGauge(registry, 'common_cause_active', () => {
      const active = readings.activeClass();
      return incidentClasses.map((each) => [{ class: each }, each === active ? 1 : 0] as const);
    });
    mirrorGauge(registry, 'circuit_breaker_warnings_muted', () => {
      const silent = new Set(readings.muted().map(({ service, detector }) => `${service} ${detector}`));
      const all = services.flatMap((service) => warningDetectors.map((detector) => ({ circuit_name: service, detector })));
      return all.map((labels) => [labels, silent.has(`${labels.circuit_name} ${labels.detector}`) ? 1 : 0] as const);
    });
  }
}
