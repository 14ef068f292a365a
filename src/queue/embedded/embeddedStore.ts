/**
 * The embedded engine: one file in DATA_DIR that holds the queue and the idempotency keys.
 */
import { silentLogger, type Logger } from '../../logging/logger.ts';
import type { Clock } from '../../time/clock.ts';
import type { IdempotencyStore, KeptLimits } from '../../web/idempotency.ts';
import { EmbeddedClient } from './embeddedClient.ts';
import { loadFaultHook, type Faults } from './embeddedFaults.ts';
import { EmbeddedQueue } from './embeddedQueue.ts';
import { startDatabaseThread } from './embeddedThread.ts';
import type { DurableQueue } from '../durableQueue.ts';

export interface EmbeddedStoreOptions {
  /** DATA_DIR: made, for this user alone, if it is missing. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Largest size of the file, in pages of 4 kB. Absent: as the disk has. */
  readonly maxPages?: number;
  /** Default: {@link KEPT_LIMITS}. */
  readonly limits?: KeptLimits;
  /** Where tests stop the process. */
  readonly faults?: Faults;
}

export interface EmbeddedStore {
  readonly queue: DurableQueue;
  readonly keys: IdempotencyStore;
  /** Closes both; as often as one likes. */
  close(): Promise<void>;
}

/**
 * Opens the store for this process alone.
 *
 * @throws {Error} that says what to change: the directory cannot be used, another process has it, its file is damaged or
 *   was written by a newer release. Nothing is changed then.
 */
export const openEmbeddedStore = async (options: EmbeddedStoreOptions): Promise<EmbeddedStore> => {
  const { directory, clock, logger = silentLogger, maxPages, limits, faults } = options;
  const faultHook = await loadFaultHook(faults);
  const worker = await startDatabaseThread(
    {
      directory,
      openedAt: clock.wallTime(),
      ...(maxPages === undefined ? {} : { maxPages }),
      ...(limits === undefined ? {} : { limits }),
      ...(faults === undefined ? {} : { faults }),
    },
    clock,
  );
  const client = new EmbeddedClient(worker, { clock, logger, faultHook });
  const queue = new EmbeddedQueue(client, clock, faultHook);
  return { queue, keys: keysIn(client), close: () => queue.close() };
};

const keysIn = (client: EmbeddedClient): IdempotencyStore => ({
  begin: (use, now) => client.call('beginKey', [use, now], (late) => (late.kind === 'first' ? ['forgetKey', use.key] : undefined)),
  finish: (key, answer, brief = answer) => client.call('finishKey', [key, answer, brief]),
  forget: (key) => client.call('forgetKey', [key]),
  noteGone: (gone) => client.call('noteGone', [gone]),
  goneAt: (names) => client.call('goneAt', [names]),
});
