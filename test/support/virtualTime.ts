/**
 * Virtual time: the globals that `systemClock` and opossum both read, moved by the test alone.
 */
import sinon from 'sinon';

/** What is faked. Immediates and microtasks stay real, so that promises settle as they do in production. */
const FAKED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;
/** The wall clock's first moment: any but 0, which would hide a mix-up with the monotonic clock. */
const STARTS_AT = Date.UTC(2026, 0, 1);

export class VirtualTime {
  #timers: sinon.SinonFakeTimers | undefined;

  start(): void {
    this.#timers = sinon.useFakeTimers({ now: STARTS_AT, toFake: [...FAKED] });
  }

  restore(): void {
    this.#timers?.restore();
    this.#timers = undefined;
  }

  /** Timers that are set and have neither been called nor cleared. */
  get pendingTimers(): number {
    return this.#running.countTimers();
  }

  /** Moves on by so many ms, calls what falls due in order, and lets what was promised settle in between. */
  async advance(ms: number): Promise<void> {
    await this.#running.tickAsync(ms);
  }

  /** Lets what was promised settle, at this very moment. */
  async settle(): Promise<void> {
    await this.advance(0);
  }

  /** The process stands still for so many ms, as under SIGSTOP: a timer that fell due meanwhile is called once, late. */
  stall(ms: number): void {
    this.#running.jump(ms);
  }

  /** Sets the wall clock forward or back, as a person or NTP would; the monotonic clock and the timers do not notice. */
  setWallClock(ms: number): void {
    this.#running.setSystemTime(ms);
  }

  get #running(): sinon.SinonFakeTimers {
    if (this.#timers === undefined) throw new Error('Virtual time runs within a test only');
    return this.#timers;
  }
}

/** Virtual time for every test of the `describe` it is called in; real time is back after each, passed or failed. */
export const useVirtualTime = (): VirtualTime => {
  const time = new VirtualTime();
  beforeEach(() => {
    time.start();
  });
  afterEach(() => {
    time.restore();
  });
  return time;
};
