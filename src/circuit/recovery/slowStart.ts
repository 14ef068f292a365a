import { ArrivalMeter } from '../detection/arrivalMeter.ts';
import { Ramp } from './ramp.ts';

/** The slow start of a circuit: knows the traffic it had when all was well, and ramps up to that after a recovery. */
export class SlowStart {
  readonly #arrivals: ArrivalMeter;
  readonly #onChange: (isOn: boolean) => void;
  #ramp: Ramp | undefined;
  /** Calls a second before the circuit opened. */
  #formerPerSecond = 0;

  /** @param onChange Told when a ramp begins, and when its end is noticed: by the first call after it. */
  constructor(now: number, onChange: (isOn: boolean) => void) {
    this.#arrivals = new ArrivalMeter(now);
    this.#onChange = onChange;
  }

  /** A call came, whether or not it may pass. */
  arrived(now: number): void {
    this.#arrivals.arrived(now);
  }

  /** The circuit opens. What came during a ramp is no measure: callers have gone elsewhere. */
  opened(now: number): void {
    if (this.#ramp === undefined) this.#formerPerSecond = this.#arrivals.perSecond(now);
    this.end();
  }

  begin(now: number): void {
    this.#ramp = new Ramp(this.#formerPerSecond, now);
    this.#onChange(true);
  }

  end(): void {
    if (this.#ramp === undefined) return;
    this.#ramp = undefined;
    this.#onChange(false);
  }

  /** Whether one more call may pass now. */
  admit(now: number): boolean {
    if (this.#ramp?.isOver(now) === true) this.end();
    return this.#ramp?.admit(now) ?? true;
  }

  isOn(now: number): boolean {
    return this.#ramp?.isOver(now) === false;
  }
}
