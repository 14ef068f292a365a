/**
 * The embedded engine: one file in DATA_DIR that holds the queue and the idempotency keys.
 *
 * A claim needs no lease here: the database belongs to one process, so a claim ends by that process recording how the
 * execution ended, or by its death; the next one to open the file finds what ran, and offers it again as interrupted.
 */
import { silentLogger, type Logger } from '../../logging/logger.ts';
import type { Clock } from '../../time/clock.ts';
import type { IdempotencyStore, KeptLimits } from '../../web/idempotency.ts';
import type {
  ClaimedJob,
  DurableQueue,
  JobFilter,
  JobOutcome,
  JobRecord,
  NewJob,
  QueueDepth,
  QueueStore,
  Settlement,
} from '../durableQueue.ts';
import { EmbeddedClient, startDatabaseThread } from './embeddedClient.ts';
import { type Claim, type FaultHook, type Faults, loadFaultHook, type Moved } from './embeddedMessages.ts';

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

/**
 * Opens the store for this process alone.
 *
 * @throws {Error} that says what to change: the directory cannot be used, another process has it, its file is damaged or
 *   was written by a newer release. Nothing is changed then.
 */
export const openEmbeddedStore = async (options: EmbeddedStoreOptions): Promise<QueueStore> => {
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

interface Appointment {
  /** Wall-clock ms. */
  readonly at: number;
  readonly cancel: () => void;
}

/** Of each service, only the earliest moment is kept: whoever looks then and finds nothing due makes the next appointment. */
export class WorkHints {
  readonly #clock: Clock;
  readonly #listeners: ((service: string) => void)[] = [];
  readonly #appointments = new Map<string, Appointment>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  listen(listener: (service: string) => void): void {
    this.#listeners.push(listener);
  }

  now(service: string): void {
    for (const listener of this.#listeners) listener(service);
  }

  /** @param dueAt Wall-clock ms. */
  at(service: string, dueAt: number): void {
    const waitMs = dueAt - this.#clock.wallTime();
    if (waitMs <= 0) {
      this.now(service);
      return;
    }
    const known = this.#appointments.get(service);
    if (known !== undefined && known.at <= dueAt) return;
    known?.cancel();
    const cancel = this.#clock.after(waitMs, () => {
      this.#appointments.delete(service);
      this.now(service);
    });
    this.#appointments.set(service, { at: dueAt, cancel });
  }

  close(): void {
    for (const { cancel } of this.#appointments.values()) cancel();
    this.#appointments.clear();
    this.#listeners.length = 0;
  }
}

/** So many rows are dropped in one go: what arrives meanwhile waits only so long. */
const PURGED_AT_ONCE = 500;

class EmbeddedQueue implements DurableQueue {
  readonly engine = 'embedded';
  readonly #client: EmbeddedClient;
  readonly #faultHook: FaultHook;
  readonly #hints: WorkHints;
  /** Equal ids at one time share one acceptance: a late one could not be taken back if another had been told of it. */
  readonly #adding = new Map<string, Promise<JobRecord>>();

  constructor(client: EmbeddedClient, clock: Clock, faultHook: FaultHook) {
    this.#client = client;
    this.#faultHook = faultHook;
    this.#hints = new WorkHints(clock);
  }

  add(job: NewJob): Promise<JobRecord> {
    const known = this.#adding.get(job.id);
    if (known !== undefined) return known;
    const adding = this.#add(job).finally(() => this.#adding.delete(job.id));
    this.#adding.set(job.id, adding);
    return adding;
  }

  find(id: string): Promise<JobRecord | undefined> {
    return this.#client.call('find', [id]);
  }

  async cancel(id: string): Promise<JobRecord | undefined> {
    const { record, moved } = await this.#client.call('cancel', [id]);
    this.#hint(moved);
    return record;
  }

  async take(service: string): Promise<ClaimedJob | undefined> {
    const { job, nextDueAt } = await this.#client.call('take', [service], (late) =>
      late.job === undefined ? undefined : ['release', claimOf(late.job)],
    );
    if (job !== undefined) this.#faultHook('after_claim', ['take']);
    if (nextDueAt !== undefined) this.#hints.at(service, nextDueAt);
    return job;
  }

  renew(job: ClaimedJob): Promise<boolean> {
    return this.#client.call('renew', [claimOf(job)]);
  }

  async end(job: ClaimedJob, outcome: JobOutcome): Promise<boolean> {
    return this.#hint(await this.#client.call('end', [claimOf(job), outcome]));
  }

  list(filter: JobFilter): Promise<readonly JobRecord[]> {
    return this.#client.call('list', [filter]);
  }

  async replay(id: string, expiresAt: number): Promise<boolean> {
    return this.#hint(await this.#client.call('replay', [id, expiresAt]));
  }

  async settle(id: string, settlement: Settlement, expiresAt: number): Promise<boolean> {
    return this.#hint(await this.#client.call('settle', [id, settlement, expiresAt]));
  }

  depths(): Promise<readonly QueueDepth[]> {
    return this.#client.call('depths', []);
  }

  async purge(endedBefore: number, deadBefore: number): Promise<number> {
    let total = 0;
    for (let dropped = PURGED_AT_ONCE; dropped === PURGED_AT_ONCE; total += dropped) {
      dropped = await this.#client.call('purge', [endedBefore, deadBefore, PURGED_AT_ONCE]);
    }
    return total;
  }

  onWork(listener: (service: string) => void): void {
    this.#hints.listen(listener);
  }

  async close(): Promise<void> {
    this.#hints.close();
    await this.#client.close();
  }

  async #add(job: NewJob): Promise<JobRecord> {
    const { record, added } = await this.#client.call('add', [job], (late) => (late.added ? ['withdraw', job.id] : undefined));
    if (added) this.#hints.now(job.service);
    return record;
  }

  /** A job that is due may be taken; one that has ended lets the next of its entity go. */
  #hint(moved: Moved | undefined): boolean {
    if (moved === undefined) return false;
    if (moved.dueAt === undefined) this.#hints.now(moved.service);
    else this.#hints.at(moved.service, moved.dueAt);
    return true;
  }
}

const claimOf = ({ id, claim }: ClaimedJob): Claim => ({ id, claim });
