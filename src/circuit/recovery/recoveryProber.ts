import {
  UpstreamContractBrokenError,
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamUnauthorizedError,
} from '../../errors/upstreamErrors.ts';
import type { Clock } from '../../time/clock.ts';
import type { CircuitBreaker } from '../circuitBreaker.ts';
import type { CircuitCallResult, CircuitChanged, ResilienceEvents } from '../../contract/events.ts';
import type { FleetLooks } from '../fleetHooks.ts';
import type { SharedRecoveries } from './sharedRecovery.ts';

export interface RecoveryProberParts {
  readonly breaker: CircuitBreaker;
  /**
   * How often to check while callers are turned away, ms; a tenth more or less, so that replicas do not check together. More often
   * where checks fail at once: they cost little, and a service that refuses comes back without a warning.
   */
  readonly everyMs: number;
  /** One health check, past the circuit. Rejects with what it found instead of a healthy service. */
  readonly attempt: () => Promise<unknown>;
  /** Where services that failed together are given turns; a turn that comes sooner is taken. */
  readonly shared?: SharedRecoveries;
  /** Where the replicas of a fleet take turns to check, so that all of them check as often as one. */
  readonly fleet?: FleetLooks;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What a health check says: the service is healthy, or at least it answers; a check that fails says nothing about other operations. */
type Hint = 'healthy' | 'answers' | 'fails';

/** Reasons of an opening that asking again does not fix. */
const HOPELESS: ReadonlySet<string> = new Set(['credential', 'daily_quota']);
const JITTER = 0.1;
/** After a check that failed at once the next one comes sooner: such a share of the time between two. */
const SOON = 0.6;
/** What takes no longer has failed at once, ms. */
const AT_ONCE_MS = 500;
/** While nobody is turned away, it can wait so much longer, as a share: up to 4.5 s with a check every 2.5 s. */
const REST = 0.5;
/** So many intervals, at most, a hint that misled is not believed: a service that has recovered since is not kept waiting for it. */
const MOST_INTERVALS = 2;
/** How soon a trial whose probes are all out is asked again, ms. */
const BUSY_MS = 20;
/** Callers who were heard within this time decide a trial by themselves, ms. */
const QUIET_MS = 1000;
/** Where none has come for so long, a failed check warns the next one, ms. */
const IDLE_MS = 5000;

/**
 * Health checks of a service whose circuit is not closed (docs/decisions/0025). They are hints, and take no caller's place:
 *
 * - open: a service that answers gets its half-open trial at once, before the open time is over. A check that fails changes nothing:
 *   the trial begins with the end of the open time. After a trial that such a hint began and real calls ended, the next hint counts
 *   later, by one interval and then by two: an operation that answers while others fail does not rush callers into them.
 * - half-open: real calls are the probes. Only where none has come for a second do checks stand in for them, and only good ones count.
 *
 * It checks as often as callers are waiting for the answer: while nobody asks for the service more rarely, though still
 * within five seconds.
 *
 * Not while open over a refused credential or a spent quota: asking again fixes neither, it fills the provider's log and
 * spends what is not there. Nor in an incident of several services where little is left of the quota for the day (docs/algorithms.md#common-cause-incidents).
 */
export class RecoveryProber implements ResilienceEvents {
  readonly #parts: RecoveryProberParts;
  #cancel: () => void = nothing;
  #stopped = false;
  /** Of the circuit's transitions: what was begun before the last one decides nothing. */
  #turn = 0;
  /** Between two checks of this opening, ms. */
  #gapMs: number;
  /** A caller was turned away since the last check. */
  #isWanted = false;
  #isResting = false;
  /** When a caller was last heard of while the circuit was not closed; monotonic ms. */
  #calledAt = Number.NEGATIVE_INFINITY;
  /** Why it is open, or was before the trial. */
  #reason = '';
  #openedAt = 0;
  #isHinted = false;
  /** Trials in a row that a hint began and that failed. */
  #misledTrials = 0;

  constructor(parts: RecoveryProberParts) {
    this.#parts = parts;
    this.#gapMs = parts.everyMs;
  }

  circuitChanged({ circuit, to, reason }: CircuitChanged): void {
    if (circuit !== this.#parts.breaker.name || this.#stopped) return;
    this.#cancel();
    this.#isResting = false;
    this.#turn += 1;
    if (to === 'open') this.#opened(reason);
    else if (to === 'half_open') this.#trialBegan();
    else this.#recovered();
  }

  circuitCalled(circuit: string, result: CircuitCallResult): void {
    const { breaker, clock } = this.#parts;
    if (circuit !== breaker.name || breaker.state === 'closed') return;
    this.#calledAt = clock.now();
    if (result !== 'reject') return;
    this.#isWanted = true;
    if (this.#isResting) this.#after(0, () => this.#scout());
  }

  stop(): void {
    this.#stopped = true;
    this.#turn += 1;
    this.#cancel();
  }

  #opened(reason: string): void {
    this.#misledTrials += this.#isHinted ? 1 : 0;
    this.#isHinted = false;
    this.#reason = reason;
    this.#openedAt = this.#parts.clock.now();
    this.#gapMs = this.#parts.everyMs;
    if (!HOPELESS.has(reason)) this.#schedule();
  }

  #recovered(): void {
    this.#isHinted = false;
    this.#misledTrials = 0;
  }

  #trialBegan(): void {
    const { breaker, clock, fleet } = this.#parts;
    if (this.#isWanted) this.#calledAt = clock.now();
    // A fleet's probe needs a lease, which is fetched before the next caller comes.
    if (this.#isWanted && breaker.wantsProbe) this.#isWanted = false;
    // In a fleet the callers of other replicas go first as well.
    this.#after(fleet === undefined ? 0 : QUIET_MS, () => this.#standIn());
  }

  /** @param spentMs What the last check took: the time from check to check stays the same, however long a service hangs. */
  #schedule(spentMs = 0): void {
    const { breaker, shared } = this.#parts;
    const jitteredMs = this.#jittered(this.#gapMs);
    const turnMs = shared?.recoveryOf(breaker.name)?.nextProbeInMs;
    const dueMs = Math.max(BUSY_MS, Math.min(jitteredMs, turnMs ?? jitteredMs) - spentMs);
    this.#after(dueMs, () => (this.#isWanted || turnMs !== undefined ? this.#scout() : this.#rest()));
  }

  /** Nobody waits to hear whether the service is back; the first who asks ends the rest. */
  #rest(): Promise<void> {
    this.#after(this.#jittered((1 + REST) * this.#parts.everyMs - this.#gapMs), () => this.#scout());
    this.#isResting = true;
    return Promise.resolve();
  }

  #jittered(ms: number): number {
    return ms * (1 - JITTER + 2 * JITTER * this.#parts.random());
  }

  #after(ms: number, act: () => Promise<void>): void {
    this.#cancel();
    this.#isResting = false;
    if (this.#stopped) return;
    this.#cancel = this.#parts.clock.after(ms, () => {
      void act();
    });
  }

  get #sparesQuota(): boolean {
    const { breaker, shared } = this.#parts;
    return shared?.recoveryOf(breaker.name)?.sparesQuota === true;
  }

  async #check(): Promise<Hint> {
    const { attempt, breaker } = this.#parts;
    const error = await attempt().then(nothing, (reason: unknown) => reason);
    breaker.healthChecked(error);
    return hintOf(error, this.#reason);
  }

  async #scout(): Promise<void> {
    const { clock, everyMs, fleet } = this.#parts;
    const turn = this.#turn;
    if (this.#sparesQuota || (fleet !== undefined && !(await fleet.mayLook(this.#gapMs)))) {
      if (turn === this.#turn) this.#schedule();
      return;
    }
    if (turn !== this.#turn) return;
    const startedAt = clock.now();
    this.#isWanted = false;
    const hint = await this.#check();
    if (turn === this.#turn && hint !== 'fails' && this.#mayBelieve) await this.#beginTrial();
    if (turn !== this.#turn) return;
    const spentMs = clock.now() - startedAt;
    this.#gapMs = hint === 'fails' && spentMs <= AT_ONCE_MS ? SOON * everyMs : everyMs;
    this.#schedule(spentMs);
  }

  /** After each trial that a hint began in vain, this opening lasts longer before the next one counts. */
  get #mayBelieve(): boolean {
    const { clock, everyMs } = this.#parts;
    return clock.now() - this.#openedAt >= everyMs * Math.min(2 ** this.#misledTrials - 1, MOST_INTERVALS) * (1 - JITTER);
  }

  async #beginTrial(): Promise<void> {
    const { breaker, fleet } = this.#parts;
    this.#isHinted = true;
    if (fleet === undefined) breaker.recoverNow();
    else await fleet.foundWell();
  }

  /** While no caller comes, good health checks are the probes; any other leaves the trial to the next caller. */
  async #standIn(): Promise<void> {
    const { breaker, everyMs, fleet } = this.#parts;
    const turn = this.#turn;
    const quietInMs = this.#calledAt + QUIET_MS - this.#parts.clock.now();
    let pauseMs = quietInMs > 0 ? quietInMs : this.#sparesQuota ? everyMs : BUSY_MS;
    if (pauseMs === BUSY_MS && breaker.wantsProbe) {
      const hint = await this.#check();
      const isHealthy = hint === 'healthy';
      if (turn !== this.#turn) return;
      // In a fleet others may be calling.
      if (hint === 'fails' && fleet === undefined && this.#parts.clock.now() - this.#calledAt >= IDLE_MS) breaker.holdBackFirstCaller();
      if (isHealthy) breaker.passByHealthCheck();
      else breaker.giveWayToCallers();
      if (!isHealthy) pauseMs = everyMs;
    }
    if (turn === this.#turn) this.#after(pauseMs, () => this.#standIn());
  }
}

/**
 * A refused credential is an answer like any other, except where that is what the circuit is open for. Broken contracts and limits
 * show that something answers, and no more.
 */
const hintOf = (error: unknown, openFor: string): Hint => {
  if (error === undefined) return 'healthy';
  if (error instanceof UpstreamUnauthorizedError) return HOPELESS.has(openFor) ? 'answers' : 'healthy';
  const answers =
    error instanceof UpstreamContractBrokenError ||
    error instanceof UpstreamRateLimitedError ||
    error instanceof UpstreamQuotaExhaustedError;
  return answers ? 'answers' : 'fails';
};

const nothing = (): undefined => undefined;
