/**
 * What a test must not leave behind: a faked clock, or anything that keeps the process alive.
 */
import { ChildProcess } from 'node:child_process';
import { Server, Socket } from 'node:net';

/** How long closing sockets and ending processes may take, ms of real time. */
const GRACE_MS = 1000;
const POLL_MS = 20;

/** The real timer: a guard that waits on a faked clock would wait for ever. */
const realSetTimeout = globalThis.setTimeout;

/** @throws {Error} if sinon's clock still stands in for the real one. */
export const refuseFakedClock = (): void => {
  if (!('clock' in globalThis.setTimeout)) return;
  throw new Error('The test has left faked timers behind: restore the clock in afterEach().');
};

/** How many there are of each kind of thing that keeps the process alive, such as `TCPServerWrap`. */
export type Resources = ReadonlyMap<string, number>;

/** Asynchronous, so that the timer which mocha sets for an asynchronous test or hook is always among them. */
export const activeResources = async (): Promise<Resources> => {
  await Promise.resolve();
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
};

/** Kinds of which there are more now than `before`, as `TCPServerWrap (2 more)`. */
export const addedSince = (before: Resources, now: Resources): readonly string[] =>
  [...now]
    .map(([kind, count]): [string, number] => [kind, count - (before.get(kind) ?? 0)])
    .filter(([, added]) => added > 0)
    .map(([kind, added]) => `${kind} (${String(added)} more)`);

/**
 * Waits for what is ending to end.
 *
 * @param graceMs How long to wait for it, ms of real time.
 * @throws {Error} naming everything that still keeps the process alive then.
 */
export const refuseLeftovers = async (before: Resources, graceMs = GRACE_MS): Promise<void> => {
  const attempts = graceMs / POLL_MS;
  for (let attempt = 0; attempt < attempts && addedSince(before, await activeResources()).length > 0; attempt += 1) {
    await new Promise((resolve) => realSetTimeout(resolve, POLL_MS).unref());
  }
  const leftovers = addedSince(before, await activeResources());
  if (leftovers.length === 0) return;
  throw new Error(`The tests have left something running: ${[...leftovers, ...describeHandles()].join(', ')}`);
};

/** Addresses and programs, where Node tells: they point at the test that forgot to stop them. */
const describeHandles = (): readonly string[] =>
  (process as unknown as { _getActiveHandles(): readonly unknown[] })._getActiveHandles().flatMap((handle) => {
    if (handle instanceof Server) return [`server on ${JSON.stringify(handle.address())}`];
    if (handle instanceof Socket && handle.remotePort !== undefined) return [`socket to port ${String(handle.remotePort)}`];
    if (handle instanceof ChildProcess) return [`process ${handle.spawnfile} (${String(handle.pid)})`];
    return [];
  });
