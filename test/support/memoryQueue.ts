/**
 * A durable queue without the disk, for tests of those who use one: held to the same contract as the real engines
 * (`test/contract/memoryQueue.test.ts`), and driven by the clock it is given.
 */
import { QueueUnavailableError } from '../../src/errors/queueErrors.ts';
import {
  type ClaimedJob,
  type DurableQueue,
  isEnded,
  JOB_VERSION,
  type JobFilter,
  type JobOutcome,
  type JobRecord,
  type JobState,
  jobStates,
  type NewJob,
  type QueueDepth,
  type Settlement,
} from '../../src/queue/durableQueue.ts';
import type { Clock } from '../../src/time/clock.ts';

interface Kept {
  readonly number: number;
  readonly payload: string;
  record: JobRecord;
  claim: string | undefined;
  interrupted: boolean;
}

/** What is left of a record when its state changes. */
const fresh = ({ reason: _reason, result: _result, ...rest }: JobRecord): JobRecord => rest;

export class MemoryQueue implements DurableQueue {
  readonly engine = 'embedded';
  readonly #clock: Clock;
  readonly #jobs = new Map<string, Kept>();
  readonly #listeners: ((service: string) => void)[] = [];
  readonly #timers = new Set<() => void>();
  #added = 0;
  #claims = 0;
  #failure: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Every method fails so, until told otherwise: a store that is down. */
  failWith(what: string | undefined): void {
    this.#failure = what;
  }

  /** What is left after the death of the process: claims are void, and what ran was interrupted. */
  crash(): void {
    for (const kept of this.#jobs.values()) {
      if (kept.record.state !== 'running') continue;
      kept.interrupted = true;
      this.#change(kept, 'queued', { dueAt: this.#clock.wallTime() });
    }
  }

  add(job: NewJob): Promise<JobRecord> {
    return this.#answer(() => {
      const known = this.#jobs.get(job.id);
      if (known !== undefined) return known.record;
      const { payload, ...rest } = job;
      const now = this.#clock.wallTime();
      const record: JobRecord = { ...rest, state: 'queued', attempts: 0, since: now, dueAt: now };
      this.#added += 1;
      this.#jobs.set(job.id, { number: this.#added, payload, record, claim: undefined, interrupted: false });
      this.#hint(job.service);
      return record;
    });
  }

  find(id: string): Promise<JobRecord | undefined> {
    return this.#answer(() => this.#jobs.get(id)?.record);
  }

  cancel(id: string): Promise<JobRecord | undefined> {
    return this.#answer(() => {
      const kept = this.#jobs.get(id);
      if (kept?.record.state === 'queued') this.#change(kept, 'cancelled');
      return kept?.record;
    });
  }

  take(service: string): Promise<ClaimedJob | undefined> {
    return this.#answer(() => {
      const open = this.#inOrder().filter(({ record }) => record.service === service && !isEnded(record.state));
      for (const kept of open) this.#expire(kept);
      const next = open.find((kept) => this.#isOffered(kept, open));
      return next && this.#claim(next);
    });
  }

  renew({ id, claim }: ClaimedJob): Promise<boolean> {
    return this.#answer(() => this.#jobs.get(id)?.claim === claim);
  }

  end({ id, claim }: ClaimedJob, outcome: JobOutcome): Promise<boolean> {
    return this.#answer(() => {
      const kept = this.#jobs.get(id);
      if (kept?.claim !== claim) return false;
      this.#note(kept, outcome);
      return true;
    });
  }

  list({ states, service, operation, reason, acceptedBefore, limit }: JobFilter): Promise<readonly JobRecord[]> {
    const fits = (record: JobRecord): boolean =>
      (states?.includes(record.state) ?? true) &&
      (service ?? record.service) === record.service &&
      (operation ?? record.operation) === record.operation &&
      (reason === undefined || reason === record.reason) &&
      record.acceptedAt < (acceptedBefore ?? Infinity);
    return this.#answer(() =>
      this.#inOrder()
        .map(({ record }) => record)
        .filter(fits)
        .slice(0, limit),
    );
  }

  replay(id: string, expiresAt: number): Promise<boolean> {
    return this.#answer(() => this.#offerAgain(id, 'failed', expiresAt));
  }

  settle(id: string, settlement: Settlement, expiresAt: number): Promise<boolean> {
    return this.#answer(() => {
      if (settlement === 'repeat') return this.#offerAgain(id, 'uncertain', expiresAt);
      const kept = this.#jobs.get(id);
      if (kept?.record.state !== 'uncertain') return false;
      this.#change(kept, settlement === 'done' ? 'succeeded' : 'cancelled');
      return true;
    });
  }

  depths(): Promise<readonly QueueDepth[]> {
    return this.#answer(() => {
      const records = [...this.#jobs.values()].map(({ record }) => record);
      const services = [...new Set(records.map(({ service }) => service))];
      return services.map((service) =>
        depthOf(
          service,
          records.filter((record) => record.service === service),
        ),
      );
    });
  }

  purge(endedBefore: number, deadBefore: number): Promise<number> {
    return this.#answer(() => {
      const limits = { succeeded: endedBefore, cancelled: endedBefore, failed: deadBefore, uncertain: deadBefore, queued: 0, running: 0 };
      const old = [...this.#jobs.values()].filter(({ record }) => isEnded(record.state) && record.since < limits[record.state]);
      for (const { record } of old) this.#jobs.delete(record.id);
      return old.length;
    });
  }

  onWork(listener: (service: string) => void): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    this.#failure = 'it is closed';
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    return Promise.resolve();
  }

  async #answer<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.#failure !== undefined) throw new QueueUnavailableError(this.#failure);
    return work();
  }

  #inOrder(): readonly Kept[] {
    return [...this.#jobs.values()].sort((one, other) => one.record.acceptedAt - other.record.acceptedAt || one.number - other.number);
  }

  #expire(kept: Kept): void {
    const { state, expiresAt } = kept.record;
    if (state === 'queued' && expiresAt < this.#clock.wallTime())
      this.#change(kept, kept.interrupted ? 'uncertain' : 'failed', { reason: 'expired' });
  }

  #isOffered(kept: Kept, open: readonly Kept[]): boolean {
    const { state, dueAt, entity, version } = kept.record;
    if (state !== 'queued' || dueAt > this.#clock.wallTime() || version > JOB_VERSION) return false;
    const first = open.find(({ record }) => record.entity === entity && !isEnded(record.state));
    return entity === undefined || first === kept;
  }

  #claim(kept: Kept): ClaimedJob {
    this.#change(kept, 'running');
    this.#claims += 1;
    kept.claim = `claim-${String(this.#claims)}`;
    const { record, payload, interrupted, claim } = kept;
    return { ...record, payload, interrupted, claim };
  }

  #note(kept: Kept, outcome: JobOutcome): void {
    if (outcome.kind === 'postponed' || outcome.kind === 'retry') {
      const dueAt = this.#clock.wallTime() + outcome.afterMs;
      const attempts = kept.record.attempts + (outcome.kind === 'retry' ? 1 : 0);
      if (outcome.kind === 'retry') kept.interrupted = false;
      this.#change(kept, 'queued', { reason: outcome.reason, dueAt, attempts });
      this.#hintLater(kept.record.service, outcome.afterMs);
      return;
    }
    const { kind, ...told } = outcome;
    this.#change(kept, kind, { ...told, attempts: kept.record.attempts + 1 });
    this.#hint(kept.record.service);
  }

  #offerAgain(id: string, from: JobState, expiresAt: number): boolean {
    const kept = this.#jobs.get(id);
    if (kept?.record.state !== from) return false;
    kept.interrupted = false;
    this.#change(kept, 'queued', { attempts: 0, dueAt: this.#clock.wallTime(), expiresAt });
    this.#hint(kept.record.service);
    return true;
  }

  #change(kept: Kept, state: JobState, fields: Partial<JobRecord> = {}): void {
    kept.claim = undefined;
    kept.record = { ...fresh(kept.record), ...fields, state, since: this.#clock.wallTime() };
  }

  #hint(service: string): void {
    for (const listener of this.#listeners) listener(service);
  }

  #hintLater(service: string, ms: number): void {
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(cancel);
      this.#hint(service);
    });
    this.#timers.add(cancel);
  }
}

const depthOf = (service: string, records: readonly JobRecord[]): QueueDepth => {
  const open = records.filter(({ state }) => !isEnded(state)).map(({ acceptedAt }) => acceptedAt);
  const counts = jobStates.map((state): [JobState, number] => [state, records.filter((record) => record.state === state).length]);
  return {
    service,
    jobs: Object.fromEntries(counts) as Readonly<Record<JobState, number>>,
    ...(open.length > 0 && { oldestAcceptedAt: Math.min(...open) }),
  };
};
