/**
 * Everything `/metrics` shows, on a registry of its own: hears what happens as `ResilienceEvents`, reads the rest when
 * it is scraped.
 */
import type { ObservedCircuit } from 'opossum-prometheus';
import { Registry } from 'prom-client';
import type { SharedCacheEvents, SharedCacheResult } from '../cache/sharedCacheEvents.ts';
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import type {
  AttemptEnded,
  CallEnded,
  CircuitCallResult,
  CircuitChanged,
  ContractBroken,
  DeprecationSeen,
  ResilienceEvents,
} from '../contract/events.ts';
import type { WarningScored } from './incidents/earlyWarnings.ts';
import type { IncidentMetrics as IncidentMetricsPort, IncidentSource } from './incidents/incidentWatch.ts';
import type { JobAccepted, JobExecuted, QueueEvents } from '../queue/durableQueue.ts';
import type { QueueReading } from '../queue/queueMaintenance.ts';
import type { RepeatResult } from '../web/idempotency.ts';
import { CircuitMetrics } from './circuitMetrics.ts';
import { EngineObserver } from './engineMetrics.ts';
import { expose, type Exposition } from './exposition.ts';
import { addFleetMetrics, type FleetReading } from './fleetMetrics.ts';
import { HttpMetrics, type RequestEnded } from './httpMetrics.ts';
import { IncidentMetrics } from './incidentMetrics.ts';
import { addBuildInfo, addProcessMetrics } from './processMetrics.ts';
import { QueueMetrics } from './queueMetrics.ts';
import { UpstreamMetrics, type DeclaredService, type UpstreamSources } from './upstreamMetrics.ts';

/** What is read at each scrape. */
export interface MetricSources extends UpstreamSources {
  circuits(): readonly CircuitSnapshot[];
}

export interface PrometheusMetricsParts {
  readonly services: readonly DeclaredService[];
  /** Of this service. */
  readonly version: string;
  /** Told what a metric could not take; nobody else is. */
  readonly onError: (error: unknown) => void;
  /** `false`: without the process's own metrics, which install observers that stay. Default `true`. */
  readonly processMetrics?: boolean;
}

const NOTHING: MetricSources = { circuits: () => [], bulkheads: () => [], cacheBytes: () => [], quotas: () => [], retryBudgets: () => [] };

/** Of a house that watches for none. */
const NO_INCIDENTS: IncidentSource = { active: () => undefined, warnings: () => [], muted: () => [] };

export class PrometheusMetrics implements ResilienceEvents, SharedCacheEvents, IncidentMetricsPort, QueueEvents {
  readonly #registry = new Registry();
  readonly #circuits: CircuitMetrics;
  readonly #upstream: UpstreamMetrics;
  readonly #incidents: IncidentMetrics;
  readonly #queue: QueueMetrics;
  readonly #http: HttpMetrics;
  readonly #engine: EngineObserver;
  readonly #onError: (error: unknown) => void;
  #sources: MetricSources = NOTHING;
  #incidentSource = NO_INCIDENTS;
  #queueReading: () => QueueReading | undefined = () => undefined;
  #fleetReading: () => FleetReading | undefined = () => undefined;

  constructor({ services, version, onError, processMetrics = true }: PrometheusMetricsParts) {
    this.#onError = onError;
    this.#circuits = new CircuitMetrics(this.#registry, () => this.#read((sources) => sources.circuits()));
    this.#upstream = new UpstreamMetrics(this.#registry, services, {
      bulkheads: () => this.#read((sources) => sources.bulkheads()),
      cacheBytes: () => this.#read((sources) => sources.cacheBytes()),
      quotas: () => this.#read((sources) => sources.quotas()),
      retryBudgets: () => this.#read((sources) => sources.retryBudgets()),
    });
    this.#incidents = new IncidentMetrics(
      this.#registry,
      services.map(({ name }) => name),
      {
        activeClass: () => this.#safely(() => this.#incidentSource.active()?.class, undefined),
        muted: () => this.#safely(() => this.#incidentSource.muted(), []),
      },
    );
    const names = services.map(({ name }) => name);
    this.#queue = new QueueMetrics(this.#registry, names, () => this.#safely(() => this.#queueReading(), undefined));
    addFleetMetrics(this.#registry, names, () => this.#safely(() => this.#fleetReading(), undefined));
    this.#http = new HttpMetrics(this.#registry);
    this.#engine = new EngineObserver(this.#registry);
    addBuildInfo(this.#registry, version);
    if (processMetrics) addProcessMetrics(this.#registry);
    for (const { name } of services) this.#circuits.declare(name);
  }

  /** Names what to read at each scrape; before that these gauges have no series. */
  watch(sources: MetricSources): void {
    this.#sources = sources;
    for (const { name } of this.#read((sources) => sources.circuits())) this.#circuits.declare(name);
  }

  /** Names whom to ask at each scrape whether services fail together. */
  watchIncidents(source: IncidentSource): void {
    this.#incidentSource = source;
  }

  /** Names where to read at each scrape how full the queue was when it was last looked at. */
  watchQueue(reading: () => QueueReading): void {
    this.#queueReading = reading;
  }

  /** Names where to read at each scrape what this replica knows of the fleet. */
  watchFleet(reading: () => FleetReading): void {
    this.#fleetReading = reading;
  }

  jobAccepted(event: JobAccepted): void {
    this.#quietly(() => {
      this.#queue.jobAccepted(event);
    });
  }

  jobExecuted(event: JobExecuted): void {
    this.#quietly(() => {
      this.#queue.jobExecuted(event);
    });
  }

  /** A request with an Idempotency-Key that had been used. Never throws. */
  requestRepeated(result: RepeatResult): void {
    this.#quietly(() => {
      this.#queue.requestRepeated(result);
    });
  }

  /** An early warning turned out right or wrong. Never throws. */
  warningScored(warning: WarningScored): void {
    this.#quietly(() => {
      this.#incidents.warningScored(warning);
    });
  }

  /** Counts an opossum circuit's own events. */
  observeEngine(circuit: ObservedCircuit): void {
    this.#engine.observe(circuit);
  }

  /**
   * Writes a scrape.
   *
   * @param accept The request's Accept header: OpenMetrics if it asks for that, plain text otherwise.
   */
  async render(accept?: string): Promise<Exposition> {
    return expose(await this.#registry.metrics(), accept);
  }

  /** A request to this gateway has been answered, or given up by its caller. Never throws. */
  requestEnded(event: RequestEnded): void {
    this.#quietly(() => {
      this.#http.requestEnded(event);
    });
  }

  attemptEnded(event: AttemptEnded): void {
    this.#quietly(() => {
      this.#upstream.attemptEnded(event);
    });
  }

  callEnded(event: CallEnded): void {
    this.#quietly(() => {
      this.#upstream.callEnded(event);
    });
  }

  circuitCalled(circuit: string, result: CircuitCallResult): void {
    this.#quietly(() => {
      this.#circuits.called(circuit, result);
    });
  }

  circuitChanged(event: CircuitChanged): void {
    this.#quietly(() => {
      this.#circuits.changed(event);
    });
  }

  fallbackUsed(circuit: string): void {
    this.#quietly(() => {
      this.#circuits.fallbackUsed(circuit);
    });
  }

  cacheAsked(...asked: Parameters<Required<ResilienceEvents>['cacheAsked']>): void {
    this.#quietly(() => {
      this.#upstream.cacheAsked(...asked);
    });
  }

  sharedCacheAsked(service: string, result: SharedCacheResult): void {
    this.#quietly(() => {
      this.#upstream.sharedCacheAsked(service, result);
    });
  }

  quotaSeen(...seen: Parameters<Required<ResilienceEvents>['quotaSeen']>): void {
    this.#quietly(() => {
      this.#upstream.quotaSeen(...seen);
    });
  }

  contractBroken(event: ContractBroken): void {
    this.#quietly(() => {
      this.#upstream.contractBroken(event);
    });
  }

  deprecationSeen(event: DeprecationSeen): void {
    this.#quietly(() => {
      this.#upstream.deprecationSeen(event);
    });
  }

  #read<Reading>(readings: (sources: MetricSources) => readonly Reading[]): readonly Reading[] {
    return this.#safely(() => readings(this.#sources), []);
  }

  /** A source that fails costs its own gauges, not the scrape. */
  #safely<Reading>(read: () => Reading, otherwise: Reading): Reading {
    try {
      return read();
    } catch (error) {
      this.#onError(error);
      return otherwise;
    }
  }

  #quietly(record: () => void): void {
    try {
      record();
    } catch (error) {
      this.#onError(error);
    }
  }
}
