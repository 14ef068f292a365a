/**
 * The durable queue on the disk of DATA_DIR.
 *
 * A claim needs no lease here: the database belongs to one process, so a claim ends by that process telling how the
 * execution ended, or by its death; the next one to open the file finds what ran, and offers it again as interrupted.
 */
import type { Clock } from '../../time/clock.ts';
import type { ClaimedJob, DurableQueue, JobFilter, JobOutcome, JobRecord, NewJob, QueueDepth, Settlement } from '../durableQueue.ts';
import type { EmbeddedClient } from './embeddedClient.ts';
import type { FaultHook } from './embeddedFaults.ts';
import type { Claim, Moved } from './embeddedMessages.ts';
import { WorkHints } from './embeddedHints.ts';

/** So many rows are dropped in one go: what arrives meanwhile waits only so long. */
const PURGED_AT_ONCE = 500;

export class EmbeddedQueue implements DurableQueue {
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
    this.#hints.tell(listener);
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
