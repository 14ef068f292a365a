/**
 * Watches all services at once: names failures in common as one incident, and warns of those to come. It hears what
 * everybody hears and tells people; no call waits for it, and none is refused by it. It sets no timer: what time alone
 * ends is noticed at the next event, or when somebody looks.
 */
import type { Logger } from '../../logging/logger.ts';
import type { Clock } from '../../time/clock.ts';
import type { CircuitSnapshot } from '../../contract/circuitState.ts';
import type { AttemptEnded, CircuitCallResult, CircuitChanged, ResilienceEvents } from '../../contract/events.ts';
import { CommonCause, type FailingCircuit, type IncidentChange } from './commonCause.ts';
import { EarlyWarnings, SUSPECT_FROM, type WarningScored, type WarningSource } from './earlyWarnings.ts';
import { serviceOf, type Incident } from '../../contract/incident.ts';
import type { QuotaSeen } from '../../circuit/recovery/quotaForecast.ts';
import { sharedRecovery, type SharedRecoveries, type SharedRecovery } from '../../circuit/recovery/sharedRecovery.ts';

/** The circuits as they are now; the factory is one. */
export interface CircuitView {
  states(): readonly CircuitSnapshot[];
  get(circuit: string): { snapshot(): CircuitSnapshot } | undefined;
}

/** What services call the window of a quota that lasts for the day. */
const DAILY_WINDOW = 'day';

/** A warning as people see it. */
export interface PendingWarning extends WarningSource {
  /** Wall-clock ms. */
  readonly since: number;
}

/** What others may look at. */
export interface IncidentSource {
  active(): Incident | undefined;
  /** Warnings of the last 120 s that nothing has followed yet. */
  warnings(): readonly PendingWarning[];
  /** Detectors that were wrong too often, for an hour. */
  muted(): readonly WarningSource[];
}

/** Where the figures go. */
export interface IncidentMetrics {
  /** Names what to read at each scrape. */
  watchIncidents(source: IncidentSource): void;
  warningScored(warning: WarningScored): void;
}

export interface IncidentWatchParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: IncidentMetrics;
  readonly circuits: CircuitView;
}

export class IncidentWatch implements ResilienceEvents, IncidentSource, SharedRecoveries {
  readonly #parts: IncidentWatchParts;
  readonly #cause = new CommonCause();
  readonly #early: EarlyWarnings;
  /** What each service that has one last said of its quota for the day. */
  readonly #dailyQuotas = new Map<string, QuotaSeen>();

  constructor(parts: IncidentWatchParts) {
    this.#parts = parts;
    const { logger, metrics } = parts;
    this.#early = new EarlyWarnings({
      warned: (warning) => {
        logger.info({ ...warning }, 'early warning');
      },
      scored: (warning) => {
        metrics.warningScored(warning);
      },
      muted: (source) => {
        logger.info({ ...source }, 'early warnings muted: most were wrong');
      },
    });
  }

  attemptEnded(event: AttemptEnded): void {
    this.#early.attemptEnded(event, this.#settledNow());
  }

  /** Told before the call is judged, so suspicion is seen at the second bad call that raises it, not at the first. */
  circuitCalled(circuit: string, result: CircuitCallResult): void {
    if (result !== 'failure' && result !== 'timeout') return;
    const snapshot = this.#parts.circuits.get(circuit)?.snapshot();
    if (snapshot?.state === 'closed') this.#early.suspected(circuit, snapshot.suspicion, this.#settledNow());
  }

  quotaSeen(service: string, window: string, quota: QuotaSeen): void {
    if (window === DAILY_WINDOW) this.#dailyQuotas.set(service, quota);
    this.#early.quotaSeen(service, window, quota, this.#settledNow(), this.#parts.clock.wallTime());
  }

  bulkheadCrowded(service: string, isCrowded: boolean): void {
    this.#early.crowded(service, isCrowded, this.#settledNow());
  }

  circuitChanged({ circuit, to, reason }: CircuitChanged): void {
    const now = this.#settledNow();
    if (to === 'open') this.#opened(circuit, reason, now);
    if (to !== 'closed') return;
    this.#early.closed(circuit, now);
    this.#tell(this.#cause.closed(circuit), now);
  }

  active(): Incident | undefined {
    this.#settledNow();
    return this.#cause.active;
  }

  warnings(): readonly PendingWarning[] {
    const now = this.#settledNow();
    const wallTime = this.#parts.clock.wallTime();
    return this.#early.pending.map(({ service, detector, warnedAt }) => ({ service, detector, since: wallTime - (now - warnedAt) }));
  }

  muted(): readonly WarningSource[] {
    return this.#early.muted(this.#settledNow());
  }

  recoveryOf(circuit: string): SharedRecovery | undefined {
    const incident = this.active();
    const service = serviceOf(circuit);
    return incident && sharedRecovery(incident, { service, dailyQuota: this.#dailyQuotas.get(service) }, this.#parts.clock.now());
  }

  /** A refused credential is a matter between us and one service. */
  #opened(circuit: string, reason: string, now: number): void {
    const { circuits, clock } = this.#parts;
    this.#early.opened(circuit, now);
    if (reason === 'credential') return;
    const kind = circuits.get(circuit)?.snapshot().lastFailure?.kind ?? 'unknown';
    this.#tell(this.#cause.opened({ circuit, kind }, this.#suspects(), { now, wallTime: clock.wallTime() }), now);
  }

  #suspects(): readonly FailingCircuit[] {
    return this.#parts.circuits
      .states()
      .filter(({ effectiveState, suspicion }) => effectiveState === 'closed' && suspicion >= SUSPECT_FROM)
      .map(({ name, lastFailure }) => ({ circuit: name, kind: lastFailure?.kind ?? 'unknown' }));
  }

  /** @returns monotonic ms, once what was due by then is done. */
  #settledNow(): number {
    const now = this.#parts.clock.now();
    this.#early.settle(now);
    this.#tell(this.#cause.settle(now), now);
    return now;
  }

  #tell(change: IncidentChange | undefined, now: number): void {
    if (change === undefined) return;
    const { id, services, class: incidentClass, beganAt } = change.incident;
    const fields = { incident: id, class: incidentClass, services };
    if (change.type === 'began') this.#parts.logger.warn(fields, 'services fail together');
    else this.#parts.logger.info({ ...fields, lastedMs: Math.round(now - beganAt) }, 'services no longer fail together');
  }
}

/** Ready to be told what happens, and known to the metrics. It has to hear of a change before the recovery probers do. */
export const createIncidentWatch = (parts: IncidentWatchParts): IncidentWatch => {
  const watch = new IncidentWatch(parts);
  parts.metrics.watchIncidents(watch);
  return watch;
};
