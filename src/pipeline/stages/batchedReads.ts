/**
 * Concurrent single reads become one request, where the service has one for many rows (docs/decisions/0016-batched-reads.md).
 * Inside the cache and the deadline of each caller: the row is kept under the caller's own key, and ends with its own error.
 *
 * The only file that imports dataloader, which gathers the rows and gives each caller its own.
 */
import DataLoader from 'dataloader';
import { MissingScopesError, UpstreamContractBrokenError, UpstreamRejectedError, type CallSite } from '../../errors/upstreamErrors.ts';
import type { Answer, Call, CallContext } from '../../contract/call.ts';
import type { Lane } from '../../contract/quotaGate.ts';
import { isAboutRecord, mayBeOneRow } from '../../circuit/verdict.ts';
import { seconds, type Clock } from '../../time/clock.ts';
import { halvesOf } from '../bulkParts.ts';
import type { BatchedRow, BatchRequest, BatchRule, Operation, OperationRequest } from '../../contract/operation.ts';
import { recordOf } from '../recordOf.ts';
import { laneOf, sharedContext } from './sharedContext.ts';

/** How long the first of a batch waits for others, ms. Short beside any call to a service. */
const WINDOW_MS = 3;
/** How long at most, while the quota keeps the batch from going anyway, ms. */
const LONGEST_WINDOW_MS = 250;
/** Of the time a caller has left, what it may wait for others. */
const PATIENCE_SHARE = 0.5;

/** A row that failed by itself goes alone for so long, ms: it has cost its neighbours a request or two already. */
const ALONE_MS = seconds(30);
/** So many of these are remembered. */
const MOST_ALONE = 1000;
/** Requests that a service failed at until its batch is given up, while no part of it was answered: then it is not one row. */
const MOST_FAILURES = 7;
/** Requests in all that may come of one, to find the rows that it fails at. */
const MOST_PARTS = 64;

/** One read that may go with others. */
interface Read {
  /** A name for what it asks for. */
  readonly record: () => string;
  readonly request: OperationRequest;
  readonly context: CallContext;
  /** By itself, as if there were no batches. */
  readonly alone: Call<unknown>;
}

/** On whose behalf a request is made. */
interface SharedRequest {
  /** The operation that each of them asked for. */
  readonly single: string;
  readonly records: () => readonly string[];
  readonly context: CallContext;
}

export interface BatchedReadsParts {
  readonly clock: Clock;
  /** Makes the one request for many, past the cache, in the context given. */
  readonly send: (batch: BatchRequest, of: SharedRequest) => Promise<Answer<readonly BatchedRow[]>>;
  /** Whether the service is to be spared: then nobody looks for the row that it failed at. */
  readonly isSuspect: () => boolean;
  /** How long a request would have to wait for the quota, ms. */
  readonly quotaWaitMs: (operation: Operation<unknown>, request: OperationRequest, lane: Lane) => number;
}

export class BatchedReads {
  readonly #parts: BatchedReadsParts;
  readonly #groups = new Map<string, ReadGroup>();
  /** Records that go alone, and until when; monotonic ms. */
  readonly #loners = new Map<string, number>();

  constructor(parts: BatchedReadsParts) {
    this.#parts = parts;
  }

  /** The read as a call that may share its request; `alone` where it may not. */
  call<T>(operation: Operation<T>, request: OperationRequest, alone: Call<T>): Call<T> {
    const group = operation.batch?.group(request);
    if (operation.batch === undefined || group === undefined || this.#goesAlone(operation, request)) return alone;
    const { batch } = operation;
    const record = (): string => recordOf(operation, request);
    // The group's name begins with the operation's, and a rule's rows are of the operation's own type.
    return (context) => this.#group(`${operation.name} ${group}`, batch).read({ record, request, context, alone }) as Promise<Answer<T>>;
  }

  /** A group lives while a batch of it is gathering: its name may hold whatever callers ask for. */
  #group(name: string, rule: BatchRule): ReadGroup {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const onGone = (): void => {
      this.#groups.delete(name);
    };
    const fresh = new ReadGroup(rule, this.#parts, onGone, this.#remember.bind(this));
    this.#groups.set(name, fresh);
    return fresh;
  }

  #goesAlone(operation: Operation<unknown>, request: OperationRequest): boolean {
    if (this.#loners.size === 0) return false;
    const record = recordOf(operation, request);
    const isAlone = this.#parts.clock.now() < (this.#loners.get(record) ?? 0);
    if (!isAlone) this.#loners.delete(record);
    return isAlone;
  }

  #remember(record: string): void {
    const [oldest] = this.#loners.keys();
    if (this.#loners.size >= MOST_ALONE && oldest !== undefined) this.#loners.delete(oldest);
    this.#loners.set(record, this.#parts.clock.now() + ALONE_MS);
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
  readonly #onLoner: (record: string) => void;
  readonly #loader: DataLoader<Read, Answer<unknown>>;
  #gathering: Gathering | undefined;

  /** @param onLoner Told of each record that the service fails at by itself. */
  constructor(rule: BatchRule, parts: BatchedReadsParts, onGone: () => void, onLoner: (record: string) => void) {
    this.#rule = rule;
    this.#parts = parts;
    this.#onGone = onGone;
    this.#onLoner = onLoner;
    this.#loader = new DataLoader((reads) => this.#load(reads), {
      cache: false,
      maxBatchSize: rule.maxRows,
      batchScheduleFn: (dispatch) => {
        this.#open(dispatch);
      },
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
    gathering.cancelTimer = this.#parts.clock.after(Math.max(0, at - this.#parts.clock.now()), () => {
      this.#windowOver();
    });
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
    await this.#isolate(wanted, answers);
    return reads.map((read) => answers.get(read) ?? (read.context.signal.reason as Error));
  }

  /**
   * All of them at first. What is refused, or failed at, for one row is asked for again by halves, so that the others get theirs.
   * Two requests a row at most; where the service fails rather than refuses, only as long as that finds somebody an answer.
   */
  async #isolate(reads: readonly Read[], answers: Map<Read, Answer<unknown> | Error>): Promise<void> {
    let parts: readonly (readonly Read[])[] = [reads];
    let sent = 0;
    let failures = 0;
    while (parts.length > 0) {
      sent += parts.length;
      const ends = await Promise.all(parts.map(async (part) => ({ part, error: await this.#readPart(part, answers) })));
      failures += ends.filter(({ error }) => isAboutRecord(error)).length;
      const isHopeful = failures < MOST_FAILURES && !this.#parts.isSuspect();
      const mayGoOn = sent < MOST_PARTS && (isHopeful || [...answers.values()].some(isAnswered));
      parts = ends.flatMap(({ part, error }) => {
        if (error === undefined) return [];
        // The right to ask for many is not the right to ask for one, and a half lacks it as the whole does.
        if (error instanceof MissingScopesError) return part.map((read) => [read]);
        if (error instanceof UpstreamRejectedError || (mayGoOn && mayBeAskedByParts(error, part))) return halvesOf(part);
        for (const read of part) answers.set(read, error);
        return [];
      });
    }
  }

  /** @returns what went wrong for all of them; a single read has its own error. */
  async #readPart(reads: readonly Read[], answers: Map<Read, Answer<unknown> | Error>): Promise<Error | undefined> {
    const [only] = reads;
    if (only === undefined) return undefined;
    if (reads.length > 1) return this.#readTogether(reads, answers);
    const answer = await readAlone(only);
    if (isAboutRecord(answer)) this.#onLoner(only.record());
    answers.set(only, answer);
    return undefined;
  }

  async #readTogether(reads: readonly Read[], answers: Map<Read, Answer<unknown> | Error>): Promise<Error | undefined> {
    const batch = this.#rule.together(reads.map(({ request }) => request));
    const sent = await this.#send(batch, reads);
    if (sent instanceof Error) return sent;
    await Promise.all(
      reads.map(async (read, index) => {
        const row = sent.value[index] ?? { kind: 'unsaid' };
        if (row.kind === 'unsaid') answers.set(read, await readAlone(read));
        else answers.set(read, row.kind === 'found' ? { ...sent, value: row.value } : refusalOf(row, read.context.site));
      }),
    );
    return undefined;
  }

  async #send(batch: BatchRequest, reads: readonly Read[]) {
    const contexts = reads.map((read) => read.context);
    const { context, leave } = sharedContext(contexts, batch.operation.name);
    const single = contexts[0]?.site.operation ?? batch.operation.name;
    const records = (): readonly string[] => reads.map(({ record }) => record());
    try {
      return await this.#parts.send(batch, { single, records, context: { ...context, isDivisible: true } });
    } catch (error) {
      return asError(error);
    } finally {
      leave();
    }
  }
}

const refusalOf = (row: Exclude<BatchedRow, { kind: 'found' }>, site: CallSite): UpstreamRejectedError =>
  row.kind === 'refused' ? new UpstreamRejectedError(site, row.status, row.reason) : new UpstreamRejectedError(site, 404, 'not_found');

/** An answer that was paid for is not asked for twice. */
const mayBeAskedByParts = (error: Error, [first]: readonly Read[]): boolean =>
  mayBeOneRow(error) && !(error instanceof UpstreamContractBrokenError && first?.context.idempotency === 'never');

const isAnswered = (answer: Answer<unknown> | Error): boolean => !(answer instanceof Error) || answer instanceof UpstreamRejectedError;

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error('a read failed with no error', { cause: error }));

const readAlone = ({ alone, context }: Read): Promise<Answer<unknown> | Error> => alone(context).catch(asError);
