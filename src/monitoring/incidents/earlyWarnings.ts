import { seconds } from '../../time/clock.ts';
import type { AttemptEnded } from '../../contract/events.ts';
import { serviceOf } from '../../contract/incident.ts';
import { LatencyDrift } from './latencyDrift.ts';
import { QuotaForecast, type QuotaSeen } from '../../circuit/recovery/quotaForecast.ts';
import { WarningScore } from './warningScore.ts';

/**
 * `suspicion`: half-way to opening. `latency`: slower than usual. `quota`: running out before its reset. `bulkhead`: more than
 * four fifths of its places were taken for five seconds.
 */
export const warningDetectors = ['suspicion', 'latency', 'quota', 'bulkhead'] as const;
export type WarningDetector = (typeof warningDetectors)[number];

export interface WarningSource {
  readonly service: string;
  readonly detector: WarningDetector;
}

/** A warning that is settled: `open` if the circuit opened within 120 s, or the quota it was about was used up; else `none`. */
export type WarningScored = WarningSource & ({ readonly followed: 'open'; readonly leadMs: number } | { readonly followed: 'none' });

export interface WarningListener {
  warned(warning: WarningSource): void;
  scored(warning: WarningScored): void;
  /** The detector was wrong too often about this service, and is silent for a while. */
  muted(source: WarningSource): void;
}

interface Watched {
  readonly drift: LatencyDrift;
  readonly forecast: QuotaForecast;
  readonly scores: Readonly<Record<WarningDetector, WarningScore>>;
  readonly openCircuits: Set<string>;
}

/** A burst crowds a bulkhead as well; what lasts longer than this, ms, is no burst. */
const CROWDED_FOR_MS = seconds(5);

/** Suspicion from which on a circuit is half-way to opening. */
export const SUSPECT_FROM = 0.5;

type AttemptOutcome = AttemptEnded['outcome'];
/** What a warning about a quota warns of; it seldom opens a circuit. */
const USED_UP: ReadonlySet<AttemptOutcome> = new Set<AttemptOutcome>(['upstream_quota_exhausted', 'upstream_rate_limited']);
const CUT_OFF: ReadonlySet<AttemptOutcome> = new Set<AttemptOutcome>(['upstream_timeout', 'deadline_exceeded']);

/**
 * Warns that a service is about to fail, and keeps account of how often that was right (docs/algorithms.md#early-warnings). It only tells:
 * no call is ever refused over a prediction. All `now` are monotonic ms.
 */
export class EarlyWarnings {
  readonly #listener: WarningListener;
  readonly #watched = new Map<string, Watched>();
  /** Services whose bulkhead is crowded, and since when. */
  readonly #crowdedSince = new Map<string, number>();
  /** When the next warning can turn out to be wrong. */
  #nextDueAt = Number.POSITIVE_INFINITY;

  constructor(listener: WarningListener) {
    this.#listener = listener;
  }

  /** Warnings that have not been scored yet. */
  get pending(): readonly (WarningSource & { readonly warnedAt: number })[] {
    return this.#all().flatMap(({ score, ...source }) => (score.warnedAt === undefined ? [] : [{ ...source, warnedAt: score.warnedAt }]));
  }

  muted(now: number): readonly WarningSource[] {
    return this.#all().flatMap(({ score, ...source }) => (score.isMuted(now) ? [source] : []));
  }

  attemptEnded({ service, operation, outcome, durationMs }: AttemptEnded, now: number): void {
    const { drift, openCircuits } = this.#of(service);
    if (USED_UP.has(outcome)) this.#came(service, 'quota', now);
    const isCutOff = CUT_OFF.has(outcome);
    if (openCircuits.size > 0 || (outcome !== 'success' && !isCutOff)) return;
    this.#sound(service, 'latency', drift.record(operation, durationMs, isCutOff ? 'cut_off' : 'whole', now), now);
  }

  /** @param suspicion Of one of its circuits, while that is closed; 0 to 1. */
  suspected(circuit: string, suspicion: number, now: number): void {
    this.#sound(serviceOf(circuit), 'suspicion', suspicion >= SUSPECT_FROM, now);
  }

  quotaSeen(service: string, window: string, quota: QuotaSeen, now: number, wallTime: number): void {
    this.#sound(service, 'quota', this.#of(service).forecast.record(window, quota, now, wallTime), now);
  }

  /** More than four fifths of the places for attempts have come to be taken, or no longer are. */
  crowded(service: string, isCrowded: boolean, now: number): void {
    if (isCrowded) {
      this.#crowdedSince.set(service, this.#crowdedSince.get(service) ?? now);
      return;
    }
    this.#crowdedSince.delete(service);
    this.#sound(service, 'bulkhead', false, now);
  }

  opened(circuit: string, now: number): void {
    const service = serviceOf(circuit);
    this.#of(service).openCircuits.add(circuit);
    for (const detector of warningDetectors) this.#came(service, detector, now);
  }

  /** What was seen before the outage warns of nothing any more. */
  closed(circuit: string, now: number): void {
    const { drift, openCircuits, scores } = this.#of(serviceOf(circuit));
    openCircuits.delete(circuit);
    drift.reset();
    for (const detector of ['suspicion', 'latency', 'bulkhead'] as const) scores[detector].sound(false, now);
  }

  /** Time has passed. */
  settle(now: number): void {
    for (const [service, since] of this.#crowdedSince) {
      if (now - since >= CROWDED_FOR_MS) this.#sound(service, 'bulkhead', true, now);
    }
    if (now < this.#nextDueAt) return;
    for (const { score, ...source } of this.#all()) {
      if (score.expire(now)) this.#scored({ ...source, followed: 'none' }, now);
    }
    this.#nextDueAt = Math.min(...this.#all().map(({ score }) => score.dueAt));
  }

  #sound(service: string, detector: WarningDetector, isSounding: boolean, now: number): void {
    const score = this.#of(service).scores[detector];
    if (!score.sound(isSounding, now)) return;
    this.#nextDueAt = Math.min(this.#nextDueAt, score.dueAt);
    this.#listener.warned({ service, detector });
  }

  #came(service: string, detector: WarningDetector, now: number): void {
    const leadMs = this.#of(service).scores[detector].came(now);
    if (leadMs !== undefined) this.#scored({ service, detector, followed: 'open', leadMs }, now);
  }

  #scored(warning: WarningScored, now: number): void {
    const { service, detector } = warning;
    this.#listener.scored(warning);
    if (this.#of(service).scores[detector].isMuted(now)) this.#listener.muted({ service, detector });
  }

  #of(service: string): Watched {
    const known = this.#watched.get(service);
    if (known !== undefined) return known;
    const scores = { suspicion: new WarningScore(), latency: new WarningScore(), quota: new WarningScore(), bulkhead: new WarningScore() };
    const watched = { drift: new LatencyDrift(), forecast: new QuotaForecast(), scores, openCircuits: new Set<string>() };
    this.#watched.set(service, watched);
    return watched;
  }

  #all(): readonly (WarningSource & { readonly score: WarningScore })[] {
    return [...this.#watched].flatMap(([service, { scores }]) =>
      warningDetectors.map((detector) => ({ service, detector, score: scores[detector] })),
    );
  }
}
