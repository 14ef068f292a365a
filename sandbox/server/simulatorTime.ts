/**
 * The time in which a simulator lives: as fast as it is told, standing still while it answers, and wherever a replay needs it.
 */
import type { Clock } from '../../src/time/clock.ts';

export class SimulatorTime {
  readonly #clock: Clock;
  readonly #speed: number;
  #anchor: { readonly simulated: number; readonly wall: number };
  #standing: number | undefined;

  /** @param speed 1 is real time. */
  constructor(clock: Clock, speed: number) {
    const wall = clock.wallTime();
    this.#clock = clock;
    this.#speed = speed;
    this.#anchor = { simulated: wall, wall };
  }

  /** Wall-clock ms of the simulator. */
  readonly now = (): number => {
    const { simulated, wall } = this.#anchor;
    return this.#standing ?? simulated + (this.#clock.wallTime() - wall) * this.#speed;
  };

  /** Does something at one moment, past or to come: nothing that it asks can tell that time goes on. */
  at<Result>(moment: number, work: () => Result): Result {
    const before = this.#standing;
    this.#standing = moment;
    try {
      return work();
    } finally {
      this.#standing = before;
    }
  }

  /** Goes on from a moment that lies ahead; time never goes back. */
  skipTo(moment: number): void {
    if (moment > this.now()) this.#anchor = { simulated: moment, wall: this.#clock.wallTime() };
  }
}
