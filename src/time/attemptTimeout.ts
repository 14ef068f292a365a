import type { Clock } from './clock.ts';

export interface AttemptLimits {
  /** Patience for the attempt, the whole body included, ms. */
  readonly timeoutMs: number;
  /** Ends the attempt from outside: the call's deadline, or the caller who hung up. */
  readonly signal?: AbortSignal | undefined;
  /** The error the attempt ends with when its time is over. */
  readonly onTimeout: () => Error;
  /** Where to leave what ends the attempt early, for a circuit that opens over it. */
  readonly cuttable?: Cuttable | undefined;
}

/** An attempt that may be cut off; whoever makes it leaves here how. */
export interface Cuttable {
  cut?: (error: Error) => void;
}

/** A timer that comes this much too late tells of a stall of our own, ms… */
const STALL_MS = 100;
/** …and the answer may lie unread in the socket: it gets this long to be read, ms. */
const STALL_GRACE_MS = 50;

/**
 * Makes one attempt under its own AbortController: its time-out ends this attempt and no other. Settles as soon as the
 * time is over or the outer signal aborts, even if the attempt ignores its signal. The attempt's own errors pass unchanged.
 */
export const withAttemptTimeout = <T>(attempt: (signal: AbortSignal) => Promise<T>, limits: AttemptLimits, clock: Clock): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const controller = new AbortController();
    const { signal } = limits;
    const end = (reason: unknown): void => {
      cleanUp();
      reject(asError(reason));
      controller.abort(reason);
    };
    const onAbort = (): void => {
      end(signal?.reason);
    };
    const due = clock.now() + limits.timeoutMs;
    const timeOut = (): void => {
      end(limits.onTimeout());
    };
    let cancelTimer = clock.after(limits.timeoutMs, () => {
      if (clock.now() - due > STALL_MS) cancelTimer = clock.after(STALL_GRACE_MS, timeOut);
      else timeOut();
    });
    const cleanUp = (): void => {
      cancelTimer();
      signal?.removeEventListener('abort', onAbort);
    };
    if (signal?.aborted === true) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort);
    if (limits.cuttable !== undefined) limits.cuttable.cut = end;
    // Not a `finally`: that costs every attempt four more promises.
    const ended =
      <V>(settle: (value: V) => void) =>
      (value: V): void => {
        cleanUp();
        settle(value);
      };
    begun(attempt, controller.signal).then(ended<T>(resolve), ended<unknown>(reject));
  });

/** Asynchronous, so that an attempt that throws at once ends like any other. */
const begun = async <T>(attempt: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> => attempt(signal);

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error('aborted', { cause: reason }));
