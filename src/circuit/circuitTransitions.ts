/**
 * The states of a circuit and the ways from one to the next: each way is a new epoch, is told to whoever listens, and takes
 * the engine along. When to go which way is decided in `circuitStateMachine.ts`, or by the fleet.
 */
import type { CircuitState } from '../contract/circuitState.ts';
import type { CircuitStateMachineParts } from './circuitStateMachineParts.ts';
import { DetectorSlot } from './detection/detectorSlot.ts';
import type { OpossumEngine } from './opossumEngine.ts';
import type { Phase } from './passage.ts';
import { LocalTrial } from './recovery/localTrial.ts';
import { Openings } from './recovery/openings.ts';
import { SlowStart } from './recovery/slowStart.ts';

/** While a recovery is young, half the evidence opens again. */
const RAMP_SHARPNESS = 0.5;

/** An opening that this circuit did not time itself. */
export interface TimedOpening {
  readonly forMs: number;
  readonly reason: string;
  /** Openings in a row, this one included. */
  readonly openings: number;
}

export class CircuitTransitions {
  readonly engine: OpossumEngine;
  readonly detection: DetectorSlot;
  readonly slowStart: SlowStart;
  readonly #parts: CircuitStateMachineParts;
  readonly #openings: Openings;
  #phase: Phase = { state: 'closed' };
  #epoch = 0;

  constructor(parts: CircuitStateMachineParts) {
    this.#parts = parts;
    this.detection = new DetectorSlot(parts.clock, parts.policy.detection);
    this.slowStart = new SlowStart(parts.clock.now(), (isOn) => {
      this.detection.current.sharpen?.(isOn ? RAMP_SHARPNESS : 1);
    });
    this.#openings = new Openings(parts.policy, parts.clock, parts.random);
    this.engine = parts.createEngine(this.#startTrial.bind(this));
  }

  get phase(): Phase {
    return this.#phase;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get openings(): number {
    return this.#openings.inARow;
  }

  /** Opens for the next time of the row. */
  open(reason: string, retryAfterMs?: number): void {
    const askedUntil = retryAfterMs === undefined ? undefined : this.#parts.clock.now() + retryAfterMs;
    this.#openFor(this.#openings.add(retryAfterMs), reason, askedUntil);
  }

  /** Opens for a time that others have set; while open, it is only the end of the open time that moves, not below what was asked for. */
  openTimed({ forMs, reason, openings }: TimedOpening): void {
    this.#openings.follow(openings);
    if (this.#phase.state !== 'open') {
      this.#openFor(forMs, reason);
      return;
    }
    const now = this.#parts.clock.now();
    const until = Math.max(now + forMs, this.#phase.askedUntil ?? 0);
    this.#phase = { ...this.#phase, until };
    this.engine.reopen(until - now);
  }

  /** The service is back: closed, with its slow start. */
  recovered(reason: string): void {
    this.close(reason);
    this.slowStart.begin(this.#parts.clock.now());
  }

  close(reason: string): void {
    this.#become({ state: 'closed' }, reason);
    this.#openings.closed();
    this.detection.reset();
    this.engine.close();
  }

  /** Closed, with nothing remembered against the service. */
  reset(reason: string): void {
    this.#openings.clear();
    if (this.#phase.state === 'closed') this.detection.reset();
    else this.close(reason);
    this.slowStart.end();
  }

  /** What is under way decides nothing any more, as after a transition. */
  fence(): void {
    this.#epoch += 1;
  }

  #openFor(forMs: number, reason: string, askedUntil?: number): void {
    const now = this.#parts.clock.now();
    if (this.#phase.state === 'closed') this.slowStart.opened(now);
    this.#become({ state: 'open', until: now + forMs, reason, askedUntil }, reason);
    this.engine.open(forMs);
  }

  #startTrial(): void {
    if (this.#phase.state !== 'open') return;
    this.detection.endSilence();
    const { clock } = this.#parts;
    const follow = (outcome: Promise<unknown>): void => {
      this.engine.follow(outcome);
    };
    const own = new LocalTrial({ follow, usualRatio: this.detection.current.usualRatio, clock });
    this.#become({ state: 'half_open', trial: this.#parts.trial?.(own) ?? own, safeProbeAt: clock.now() }, 'open_time_over');
  }

  /** The one door for transitions: each begins a new epoch, so that no earlier attempt can decide in it. */
  #become(phase: Phase, reason: string): void {
    const { clock, name, onChange, record } = this.#parts;
    const from: CircuitState = this.#phase.state;
    const at = clock.now();
    this.#phase = phase;
    this.#epoch += 1;
    onChange({ circuit: name, from, to: phase.state, reason, at, lastedMs: record.entered(from, phase.state, reason, at) });
  }
}
