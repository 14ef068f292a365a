/**
 * Time, as everything here is given it: nobody reads a clock of their own.
 */
export interface Clock {
  /** Monotonic milliseconds, from an arbitrary zero. Windows, deadlines and leases use it: it never jumps. */
  now(): number;
  /** Wall-clock milliseconds since 1970. For people and for protocols; never for measuring. */
  wallTime(): number;
  /** Calls back once after `ms`; the returned function cancels. The timer does not keep the process alive. */
  after(ms: number, callback: () => void): () => void;
}

/**
 * The clock of the process. It reads the globals at each call, so that faked timers drive it
 * together with the libraries that use the globals themselves.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Seconds as milliseconds, so that tables read as people speak. */
export const seconds = (count: number): number => count * 1000;

/** Minutes as milliseconds. */
export const minutes = (count: number): number => seconds(count * 60);

/** A day in milliseconds: no duration of ours reaches it. */
export const DAY_MS = minutes(24 * 60);
