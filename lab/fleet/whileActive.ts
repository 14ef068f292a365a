/** What goes on beside a piece of work: callers, or somebody who watches. */
export interface Active {
  start(): void;
  stop(): Promise<unknown>;
}

/** Whatever comes of the work, nobody goes on after it. */
export const whileActive = async <T>(all: readonly Active[], work: () => Promise<T>): Promise<T> => {
  for (const one of all) one.start();
  try {
    return await work();
  } finally {
    await Promise.all(all.map((one) => one.stop()));
  }
};
