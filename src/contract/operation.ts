/**
 * What an operation of an upstream service is, as data: the pipeline obeys it.
 */
import type { ZodType } from 'zod';
import type { UpstreamRejectedError } from '../errors/upstreamErrors.ts';
import type { Idempotency } from './call.ts';
import type { ReceivedAnswer } from './classification.ts';
import type { HttpMethod } from '../wire/transport.ts';

/** The class of limits of operations that name none. */
export const DEFAULT_QUOTA = 'default';

/** The longest answer that is read of an operation that says nothing else, bytes: many times what a record takes. */
export const DEFAULT_ANSWER_BYTES = 2_000_000;
/** Of operations that answer many records at once: more is read; 200 values for each of a thousand. */
export const manyRecords = { maxAnswerBytes: 8_000_000, maxAnswerValues: 200_000 } as const;
/** Of pages to look at, of what belongs to one record, or is searched: more is read, and a bad row costs no other. */
export const pageOfRecord = { ...manyRecords, leavesOutBadRows: true } as const;
/** Of lists of the service, the same. */
export const pageOfRecords = { ...pageOfRecord, isOfService: true } as const;

export interface Operation<T> {
  /** `snake_case`, unique in the service: a metric label and a part of the cache key. */
  readonly name: string;
  readonly method: HttpMethod;
  readonly idempotency: Idempotency;
  /** What the service answers; unknown fields pass. */
  readonly answer: ZodType<T>;
  /** What of an answer the schema is shown, where the body does not say it all. Default: the body. */
  readonly content?: (received: ReceivedAnswer) => unknown;
  /** JSON values in its answer, where that may hold many; absent: the number of `receivedAnswer.ts`. */
  readonly maxAnswerValues?: number;
  /** The longest answer that is read, bytes, decompressed; default two million. A longer one breaks the contract. */
  readonly maxAnswerBytes?: number;
  /**
   * A row of a list that breaks the contract is left out, and told as a break of it, rather than all rows be lost. Only where
   * nobody takes a row that is not there for one that does not exist.
   */
  readonly leavesOutBadRows?: boolean;
  /**
   * Whether an attempt may be given up while it hangs, although it may still be carried out. By default what may be
   * repeated may be given up; a paid read too: nothing is written, and what it cost is lost either way.
   */
  readonly abandonable?: boolean;
  /** Permits of the service's quota per call; the caller may say more (rows). Default 1. */
  readonly weight?: number;
  /** Which limit of the service it counts against, where there are several; default `default`. */
  readonly quota?: string;
  /** Milliseconds an answer stays fresh; absent: never cached. Only for operations that read. */
  readonly cacheForMs?: number;
  /** Milliseconds after its freshness that an answer may stand in for an error (stale-if-error). */
  readonly staleForMs?: number;
  /**
   * What it is about, such as the record `contacts:7`, by one name in all operations of the service. Of a read that is cached: by
   * these tags its answers are purged. Of a write: whatever is kept under these tags is purged when it is made, or may have been.
   * The first is its own name, others may be wider. Must not throw.
   *
   * @param answer It may name what the request does not, such as the id of what was changed, or read by an email.
   */
  readonly cacheTags?: (request: OperationRequest, answer?: unknown) => readonly string[];
  /**
   * What is not there any more: whatever is kept under these tags is purged before it is answered, whether it was read or written.
   * Absent: after a refusal with 404 or 410, what `cacheTags` names, or the answers of the operation; no answer tells of any. Must not throw.
   *
   * @param answer Where the service did answer: it may name rows that it does not have. Absent: it refused with 404 or 410.
   */
  readonly goneTags?: (request: OperationRequest, answer?: unknown) => readonly string[];
  /** Whether it may wait in the durable queue, and how. Absent: never; an error instead. Only for operations that write. */
  readonly queue?: QueueRule;
  /** Asked of the service as a whole, such as a list or the account: its failures are no one record's, each speaks against the service. */
  readonly isOfService?: boolean;
  /** A field that we put into a body, other in each request, wherever it stands: two requests that differ by it alone are about the same record. */
  readonly generatedField?: string;
  /** The list in its requests that holds many records: one that the service fails at (5xx) is sent by parts (`bulkParts.ts`). */
  readonly rows?: { readonly in: 'body' | 'query'; readonly name: string };
  /** How many reads at once become one request, where the service has one for that. Only for `safe` and paid reads. */
  readonly batch?: BatchRule;
  /** The answer of last resort, when nothing else is to be had. Absent: the error itself. */
  readonly fallback?: T;
}

/**
 * How reads go together (`batchedReads.ts`). Each caller keeps its own operation, deadline, cache and error; only the request
 * is shared. Rows are of the type that the operation answers.
 */
export interface BatchRule {
  /** Rows in one request. */
  readonly maxRows: number;
  /** Reads of one name may share a request, such as those of the same properties. Absent: this one goes alone. */
  readonly group: (request: OperationRequest) => string | undefined;
  /** The one request for all of them, of one group; its answer is a row for each, in their order. */
  readonly together: (requests: readonly OperationRequest[]) => BatchRequest;
}

export interface BatchRequest {
  readonly operation: Operation<readonly BatchedRow[]>;
  readonly request: OperationRequest;
}

/** `absent`: the service says that there is none. `unsaid`: it says nothing of it; asked for alone, it might. `refused`: as a single read is. */
export type BatchedRow =
  | { readonly kind: 'found'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | { readonly kind: 'absent' | 'unsaid' };

/** An operation whose answer is read as a row for each of those who share it. */
export const rowsFrom = <T>(
  operation: Omit<Operation<T>, 'fallback' | 'batch'>,
  rows: (answer: T) => readonly BatchedRow[],
): Operation<readonly BatchedRow[]> => ({ ...operation, answer: operation.answer.transform(rows) });

/**
 * How a write waits. Whether a repeat is safe after an unknown outcome follows from the operation: a `natural` one is, one
 * with `alreadyDone` is; any other becomes a job for a person to settle.
 */
export interface QueueRule {
  /** What is written, such as a contact's address: writes of one entity are made in their order. Absent: order is no matter. */
  readonly entity?: (request: OperationRequest) => string | undefined;
  /** Recognises the service's refusal of a double: an earlier, unanswered attempt did the work. */
  readonly alreadyDone?: (error: UpstreamRejectedError) => boolean;
  /** Whether the service would recognise a double of this request. Absent: of any. Only with `alreadyDone`. */
  readonly tellsDoubles?: (request: OperationRequest) => boolean;
  /** The next step, where a refusal is answered by one, as in an upsert of several. Only for `natural` operations: all steps are. */
  readonly orElse?: (error: UpstreamRejectedError, request: OperationRequest) => NextStep | undefined;
}

export interface NextStep {
  readonly operation: Operation<unknown>;
  readonly request: OperationRequest;
}

/** One use of an operation. `path` comes from `upstreamPath`, so no value can leave its place in it. */
export interface OperationRequest {
  readonly path: UpstreamPath;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Overrides the operation's weight, for requests of several rows. */
  readonly weight?: number;
  /** A name for each of its rows, where it is sent by parts if the service fails at it; of very many rows for some. */
  readonly records?: readonly string[];
}

declare const checked: unique symbol;
/** A path whose variable parts were checked and encoded. */
export type UpstreamPath = string & { readonly [checked]: true };
