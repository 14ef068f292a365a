import type { Clock } from '../../time/clock.ts';
import type { CircuitBreaker } from '../circuitBreaker.ts';
import type { CircuitCallResult, CircuitChanged, ResilienceEvents } from '../events.ts';
import type { FleetLooks } from '../fleet/fleetHooks.ts';
import type { SharedRecoveries } from '../incidents/sharedRecovery.ts';

export interface RecoveryProberParts {
  readonly breaker: CircuitBreaker;
  /** How often to look while callers are turned away, ms; a fifth more or less, so that replicas do not look together. */
  readonly everyMs: number;
  /** One cheap attempt at the service, past the circuit. Rejects if the service did not prove to be well. */
  readonly attempt: () => Promise<unknown>;
  /** Where services that failed together are given turns; a turn that comes sooner is taken. */
  readonly shared?: SharedRecoveries;
  /** Where the replicas of a fleet take turns to look, so that all of them look as often as one. */
  readonly fleet?: FleetLooks;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Reasons of an opening that asking again does not mend. */
const HOPELESS: ReadonlySet<string> = new Set(['credential', 'daily_quota']);
const JITTER = 0.2;
/** While nobody is turned away, it can wait so much longer, as a share: up to 4.5 s with a look every 2.5 s. */
const REST = 0.5;
/** How soon a trial whose probes are all out is asked again, ms. */
const BUSY_MS = 20;

/**
 * Looks after an open circuit (resilience E22): asks the service itself whether it is back, so that recovery waits
 * neither for the open time to end nor for a caller to come by. A service seen to be well gets its trial at once, and
 * the trial gets probes until it has decided. It looks as often as callers are waiting for the answer: while nobody asks
 * for the service it looks more rarely, though still within five seconds.
 *
 * Not for circuits that opened over a refused credential or a spent quota: asking again mends neither, it fills the
 * provider's log and spends what is not there. Nor in an incident of several services where little is left of the quota for
 * the day (E12): then the open time ends by itself, and real calls decide.
 */
export class RecoveryProber implements ResilienceEvents {
  readonly #parts: RecoveryProberParts;
  #cancel: () => void = nothing;
  #stopped = false;
  /** A caller was turned away since the last look. */
  #isWanted = false;
  #isResting = false;

  constructor(parts: RecoveryProberParts) {
    this.#parts = parts;
  }

  circuitChanged({ circuit, to, reason }: CircuitChanged): void {
    if (circuit !== this.#parts.breaker.name || this.#stopped) return;
    this.#cancel();
    this.#isResting = false;
    if (to === 'open' && !HOPELESS.has(reason)) this.#schedule();
    if (to === 'half_open') this.#after(0, () => this.#probe());
  }

  circuitCalled(circuit: string, result: CircuitCallResult): void {
    if (result !== 'reject' || circuit !== this.#parts.breaker.name) return;
    this.#isWanted = true;
    if (this.#isResting) this.#after(0, () => this.#scout());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** @param spentMs What the last look took: the time from look to look stays the same, however long a service hangs. */
  #schedule(spentMs = 0): void {
    const { breaker, everyMs, shared } = this.#parts;
    const jitteredMs = this.#jittered(everyMs);
    const turnMs = shared?.recoveryOf(breaker.name)?.nextProbeInMs;
    const dueMs = Math.max(BUSY_MS, Math.min(jitteredMs, turnMs ?? jitteredMs) - spentMs);
    this.#after(dueMs, () => (this.#isWanted || turnMs !== undefined ? this.#scout() : this.#rest()));
  }

  /** Nobody waits to hear whether the service is back; the first who asks ends the rest. */
  #rest(): Promise<void> {
    this.#after(this.#jittered(REST * this.#parts.everyMs), () => this.#scout());
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

  async #scout(): Promise<void> {
    const { breaker, clock, everyMs, fleet } = this.#parts;
    if (this.#sparesQuota || (fleet !== undefined && !(await fleet.mayLook(everyMs)))) {
      if (this.#isLooking()) this.#schedule();
      return;
    }
    if (!this.#isLooking()) return;
    const startedAt = clock.now();
    this.#isWanted = false;
    const isWell = await this.#parts.attempt().then(yes, no);
    if (!this.#isLooking()) return;
    if (isWell) await this.#foundWell();
    if (!isWell || (fleet !== undefined && breaker.state === 'open')) this.#schedule(clock.now() - startedAt);
  }

  #isLooking(): boolean {
    return !this.#stopped && this.#parts.breaker.state === 'open';
  }

  async #foundWell(): Promise<void> {
    const { breaker, fleet } = this.#parts;
    if (fleet === undefined) breaker.recoverNow();
    else await fleet.foundWell();
  }

  /**
   * Feeds the trial. What becomes of each probe is the circuit's business: it hears the same outcome. One that decided
   * nothing, such as a rate limit, is not repeated at once.
   */
  async #probe(): Promise<void> {
    const { attempt, breaker, everyMs } = this.#parts;
    let pauseMs = this.#sparesQuota ? everyMs : BUSY_MS;
    while (pauseMs === BUSY_MS && !this.#stopped && breaker.wantsProbe) {
      const passed = await breaker.call(attempt, { service: breaker.name, operation: 'recovery_probe' }).then(yes, no);
      if (!passed) pauseMs = everyMs;
    }
    if (breaker.state === 'half_open') this.#after(pauseMs, () => this.#probe());
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;
const nothing = (): void => undefined;
