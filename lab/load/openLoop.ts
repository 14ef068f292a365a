/**
 * An open loop: calls are begun at a constant rate whatever becomes of them, as callers do. (A closed loop waits for
 * a slow service, and so hides how slow it is.)
 */
export interface CallRecord {
  /** ms since the loop began. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Absent: it succeeded. */
  readonly error: string | undefined;
}

export interface OpenLoop {
  readonly records: readonly CallRecord[];
  /** Begins no more calls; resolves when all that were begun have ended. */
  stop(): Promise<void>;
}

/** @param codeOf A short constant for an error, such as `circuit_open`. */
export const openLoop = (ratePerSecond: number, call: () => Promise<unknown>, codeOf: (error: unknown) => string): OpenLoop => {
  const records: CallRecord[] = [];
  const underWay = new Set<Promise<void>>();
  const beganAt = performance.now();
  const begin = (): void => {
    const startedAt = performance.now() - beganAt;
    const end = (error: string | undefined): void => {
      records.push({ startedAt, durationMs: performance.now() - beganAt - startedAt, error });
    };
    const one = call().then(
      () => {
        end(undefined);
      },
      (error: unknown) => {
        end(codeOf(error));
      },
    );
    underWay.add(one);
    void one.finally(() => underWay.delete(one));
  };
  const timer = setInterval(begin, 1000 / ratePerSecond);
  return {
    records,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
};
