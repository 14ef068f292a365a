/** Those who let the event loop go on, in the order of their coming. */
const waiting: (() => void)[] = [];

/** One a turn: twenty long texts at once hold the loop no longer between two looks at the sockets than one does. */
const letOneOn = (): void => {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(letOneOn);
};

/** Lets whatever else is ready go first, for work that is done in slices. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(letOneOn);
  });

/** Texts and bytes that are worked on in a turn of their own, when many come at once. */
const LONG = 32_768;

/** Before the next step with a text or bytes of that length. */
export const turnFor = (length: number): Promise<void> | undefined => (length > LONG ? nextTurn() : undefined);

/** Long work holds the event loop so long at a time, ms. */
export const SLICE_MS = 8;

/** For long work: what is returned waits for the next turn once `ms` were worked in this one. */
export const turnsOf = (ms: number): (() => Promise<void>) => {
  let endsAt = performance.now() + ms;
  return async () => {
    if (performance.now() < endsAt) return;
    await nextTurn();
    endsAt = performance.now() + ms;
  };
};

/** As `map`, for lists of thousands: the event loop goes on after each so many. */
export const mapInSlices = async <T, R>(values: readonly T[], slice: number, change: (value: T, index: number) => R): Promise<R[]> => {
  const changed: R[] = [];
  for (const [index, value] of values.entries()) {
    if (index > 0 && index % slice === 0) await nextTurn();
    changed.push(change(value, index));
  }
  return changed;
};
