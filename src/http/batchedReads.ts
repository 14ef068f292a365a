/**
 * Concurrent single reads become one request, where the service has one for many rows (docs/decisions/0016-batched-reads.md).
 * Inside the cache and the deadline of each caller: the row is kept under the caller's own key, and ends with its own error.
 *
 * The only file that imports dataloader, which gathers the rows and gives each caller its own.
 */
import DataLoader from 'dataloader';
import { UpstreamRejectedError, type CallSite } from '../errors/upstreamErrors.ts';
import type { Answer, Call, CallContext } from '../resilience/call.ts';
import type { Lane } from '../resilience/quota/quotaGate.ts';
import type { Clock } from '../time/clock.ts';
import type { BatchedRow, BatchRequest, BatchRule, Operation, OperationRequest } from './operation.ts';
import { laneOf, sharedContext } from './sharedContext.ts';

/** How long the first of a batch waits for others, ms. Short beside any call to a service. */
const WINDOW_MS = 3;
/** How long at most, while the quota keeps the batch from going anyway, ms. */
const LONGEST_WINDOW_MS = 250;
/** Of the time a caller has left, what it may wait for others. */
const PATIENCE_SHARE = 0.5;

/** One read that may go with others. */
interface Read {
  readonly request: OperationRequest;
  readonly context: CallContext;
  /** By itself, as if there were no batches. */
  readonly alone: Call<unknown>;
}

export interface BatchedReadsParts {
  readonly clock: Clock;
  /** Makes the one request for many, past the cache, in the context given. */
  readonly send: <Rows>(operation: Operation<Rows>, request: OperationRequest, context: CallContext) => Promise<Answer<Rows>>;
  /** How long a request would have to wait for the quota, ms. */
  readonly quotaWaitMs: (operation: Operation<unknown>, request: OperationRequest, lane: Lane) => number;
}

export class BatchedReads {
  readonly #parts: BatchedReadsParts;
  readonly #groups = new Map<string, ReadGroup>();

  constructor(parts: BatchedReadsParts) {
    this.#parts = parts;
  }

  /** The read as a call that may share its request; `alone` where it may not. */
  call<T>(operation: Operation<T>, request: OperationRequest, alone: Call<T>): Call<T> {
    const group = operation.batch?.group(request);
    if (operation.batch === undefined || group === undefined) return alone;
    const { batch } = operation;
    // The group's name begins with the operation's, and a rule's rows are of the operation's own type.
    return (context) => this.#group(`${operation.name} ${group}`, batch).read({ request, context, alone }) as Promise<Answer<T>>;
  }

  /** A group lives while a batch of it is gathering: its name may hold whatever callers ask for. */
  #group(name: string, rule: BatchRule): ReadGroup {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const fresh = new ReadGroup(rule, this.#parts, () => { this.#groups.delete(name); });
    this.#groups.set(name, fresh);
    return fresh;
  }
}

/** The reads of the next batch. */
interface Gathering {
  readonly openedAt: number;
  readonly dispatch: () => void;
  readonly reads: Read[];
  /** When its window is over, ms. */
  endsAt: number;
  cancelTimer: () => void;
}

/** Reads of one operation that may go together. */
class ReadGroup {
  readonly #rule: BatchRule;
  readonly #parts: BatchedReadsParts;
  readonly #onGone: () => void;
  readonly #loader: DataLoader<Read, Answer<unknown>>;
  #gathering: Gathering | undefined;

  constructor(rule: BatchRule, parts: BatchedReadsParts, onGone: () => void) {
    this.#rule = rule;
    this.#parts = parts;
    this.#onGone = onGone;
    this.#loader = new DataLoader((reads) => this.#load(reads), {
      cache: false,
      maxBatchSize: rule.maxRows,
      batchScheduleFn: (dispatch) => { this.#open(dispatch); },
    });
  }

  read(read: Read): Promise<Answer<unknown>> {
    const answer = this.#loader.load(read);
    const gathering = this.#gathering;
    if (gathering === undefined) return answer;
    gathering.reads.push(read);
    if (gathering.reads.length >= this.#rule.maxRows) this.#dispatch();
    else this.#hurry(read, gathering);
    return answer;
  }

  #open(dispatch: () => void): void {
    const now = this.#parts.clock.now();
    this.#gathering = { openedAt: now, dispatch, reads: [], endsAt: now, cancelTimer: () => undefined };
    this.#endAt(now + WINDOW_MS, this.#gathering);
  }

  #endAt(at: number, gathering: Gathering): void {
    gathering.cancelTimer();
    gathering.endsAt = at;
    gathering.cancelTimer = this.#parts.clock.after(Math.max(0, at - this.#parts.clock.now()), () => { this.#windowOver(); });
  }

  /** A caller with little time does not wait as long as the others would. */
  #hurry({ context }: Read, gathering: Gathering): void {
    const now = this.#parts.clock.now();
    const patienceMs = (context.deadlineAt - now) * PATIENCE_SHARE;
    const latestAt = patienceMs < LONGEST_WINDOW_MS ? now + Math.min(WINDOW_MS, patienceMs) : gathering.endsAt;
    if (latestAt < gathering.endsAt) this.#endAt(latestAt, gathering);
  }

  /** While the quota would make it wait anyway, it gathers on. */
  #windowOver(): void {
    const gathering = this.#gathering;
    if (gathering === undefined) return;
    const moreMs = Math.min(this.#quotaWaitMs(gathering.reads), this.#mayWaitMs(gathering.reads, gathering.openedAt));
    if (moreMs >= 1) this.#endAt(this.#parts.clock.now() + moreMs, gathering);
    else this.#dispatch();
  }

  #quotaWaitMs(reads: readonly Read[]): number {
    if (reads.length === 0) return 0;
    const { operation, request } = this.#rule.together(reads.map((read) => read.request));
    return this.#parts.quotaWaitMs(operation, request, laneOf(reads.map(({ context }) => context)));
  }

  #mayWaitMs(reads: readonly Read[], openedAt: number): number {
    const now = this.#parts.clock.now();
    const leastMs = Math.min(...reads.map(({ context }) => (context.deadlineAt - now) * PATIENCE_SHARE));
    // Half of what is left, again and again, comes to nearly all of it: short patience ends the gathering.
    return leastMs < LONGEST_WINDOW_MS ? 0 : openedAt + LONGEST_WINDOW_MS - now;
  }

  #dispatch(): void {
    const gathering = this.#gathering;
    this.#gathering = undefined;
    gathering?.cancelTimer();
    this.#onGone();
    gathering?.dispatch();
  }

  /** A row for each read, in their order; an error for one is no error for another. */
  async #load(reads: readonly Read[]): Promise<(Answer<unknown> | Error)[]> {
    // Who has gone meanwhile is told by its own deadline; nothing is asked for it.
    const wanted = reads.filter(({ context }) => !context.signal.aborted);
    const answers = new Map<Read, Answer<unknown> | Error>();
    await this.#readAll(wanted, answers);
    return reads.map((read) => answers.get(read) ?? (read.context.signal.reason as Error));
  }

  async #readAll(reads: readonly Read[], answers: Map<Read, Answer<unknown> | Error>): Promise<void> {
    const [only] = reads;
    if (only === undefined) return;
    if (reads.length === 1) {
      answers.set(only, await readAlone(only));
      return;
    }
    await this.#readTogether(reads, answers);
  }

  async #readTogether(reads: readonly Read[], answers: Map<Read, Answer<unknown> | Error>): Promise<void> {
    const batch = this.#rule.together(reads.map(({ request }) => request));
    const sent = await this.#send(batch, reads);
    if (sent instanceof UpstreamRejectedError) {
      // One row may have been refused for all: by halves the others get theirs, with at most two requests for each row.
      const middle = Math.ceil(reads.length / 2);
      await Promise.all([this.#readAll(reads.slice(0, middle), answers), this.#readAll(reads.slice(middle), answers)]);
      return;
    }
    if (sent instanceof Error) {
      for (const read of reads) answers.set(read, sent);
      return;
    }
    await Promise.all(
      reads.map(async (read, index) => {
        const row = sent.value[index] ?? { kind: 'unsaid' };
        if (row.kind === 'unsaid') answers.set(read, await readAlone(read));
        else answers.set(read, row.kind === 'found' ? { ...sent, value: row.value } : refusalOf(row, read.context.site));
      }),
    );
  }

  async #send({ operation, request }: BatchRequest, reads: readonly Read[]) {
    const { context, leave } = sharedContext(reads.map((read) => read.context), operation.name);
    try {
      return await this.#parts.send(operation, request, context);
    } catch (error) {
      return asError(error);
    } finally {
      leave();
    }
  }
}

const refusalOf = (row: Exclude<BatchedRow, { kind: 'found' }>, site: CallSite): UpstreamRejectedError =>
  row.kind === 'refused' ? new UpstreamRejectedError(site, row.status, row.reason) : new UpstreamRejectedError(site, 404, 'not_found');

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error('a read failed with no error', { cause: error }));

const readAlone = ({ alone, context }: Read): Promise<Answer<unknown> | Error> => alone(context).catch(asError);
