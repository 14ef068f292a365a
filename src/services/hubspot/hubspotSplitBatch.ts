/**
 * One batch write with all the requests that it takes, under one deadline: a batch that HubSpot refuses or fails at is split until the
 * rows at fault stand alone.
 */
import { isAboutRecord, retryAfterOf } from '../../circuit/verdict.ts';
import type { CallOptions } from '../../contract/call.ts';
import type { Operation, UpstreamPath } from '../../contract/operation.ts';
import { GatewayError } from '../../errors/gatewayError.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import type { RowAnswer, SentRow } from './hubspotBatchRows.ts';

/** For one row at fault among a hundred 15 are needed; where many are, the quota is worth more than finding them all. */
const MAX_REQUESTS = 20;
/** Requests that HubSpot fails at, while it answers none: then it is not one row. */
const MAX_FAILURES = 7;

/** 400: a row is not valid; 409: an email is taken. Other refusals are not about rows. */
const isAboutRows = (error: unknown): error is UpstreamRejectedError =>
  error instanceof UpstreamRejectedError && (error.status === 400 || error.status === 409);

export interface Batch<T> {
  readonly operation: Operation<T>;
  readonly path: UpstreamPath;
  readonly answersOf: (rows: readonly SentRow[], answer: T) => readonly RowAnswer[];
  /** Rows of a conflict that are at fault, where HubSpot can be asked for them. Absent: halves are tried. */
  readonly conflictsIn?: (http: HttpClient, rows: readonly SentRow[], call: CallOptions) => Promise<readonly RowAnswer[]>;
}

const each = (rows: readonly SentRow[], outcome: 'not_written' | 'unknown', reason: string): readonly RowAnswer[] =>
  rows.map(({ index }) => ({ index, outcome, reason }));

export class SplitBatch<T> {
  readonly #http: HttpClient;
  readonly #batch: Batch<T>;
  readonly #call: CallOptions;
  #requestsLeft = MAX_REQUESTS;
  #conflictsAsked = false;
  #failures = 0;
  #isAnswered = false;

  constructor(http: HttpClient, batch: Batch<T>, options: CallOptions | undefined) {
    this.#http = http;
    this.#batch = batch;
    this.#call = http.startDeadline(options);
  }

  /** @throws {UpstreamError} if the request fails otherwise than by a refusal: that speaks for all rows. */
  async make(rows: readonly SentRow[]): Promise<readonly RowAnswer[]> {
    try {
      const answers = await this.#send(rows);
      this.#isAnswered = true;
      return answers;
    } catch (error) {
      this.#isAnswered ||= isAboutRows(error);
      if (isAboutRows(error)) return this.#makeApart(rows, error);
      if (!this.#mayBeOneRow(error, rows)) throw error;
      const answers = await this.#makeHalves(rows);
      if (!this.#isAnswered) throw error;
      return answers;
    }
  }

  /** HubSpot fails at a write that a repeat does no harm to, and does not say when to come again. */
  #mayBeOneRow(error: unknown, rows: readonly SentRow[]): boolean {
    if (rows.length < 2 || this.#batch.operation.idempotency !== 'natural') return false;
    if (!isAboutRecord(error) || retryAfterOf(error) !== undefined) return false;
    this.#failures += 1;
    return this.#isAnswered || this.#failures < MAX_FAILURES;
  }

  async #send(rows: readonly SentRow[]): Promise<readonly RowAnswer[]> {
    const { operation, path, answersOf } = this.#batch;
    this.#requestsLeft -= 1;
    const records = rows.map(({ input, index }) => `${operation.name} ${input.id ?? String(index)}`);
    const answer = await this.#http.send(operation, { path, body: { inputs: rows.map(({ input }) => input) }, records }, this.#call);
    return answersOf(rows, answer);
  }

  async #makeApart(rows: readonly SentRow[], refusal: UpstreamRejectedError): Promise<readonly RowAnswer[]> {
    if (rows.length === 1) {
      const { reason, details } = refusal;
      return rows.map(({ index }) => ({ index, outcome: 'refused', reason, ...(Object.keys(details).length > 0 && { details }) }));
    }
    const conflicts = refusal.status === 409 ? await this.#conflictsIn(rows) : [];
    if (conflicts.length > 0) {
      const atFault = new Set(conflicts.map(({ index }) => index));
      return [...conflicts, ...(await this.#makePart(rows.filter(({ index }) => !atFault.has(index))))];
    }
    return this.#makeHalves(rows);
  }

  async #makeHalves(rows: readonly SentRow[]): Promise<readonly RowAnswer[]> {
    const middle = Math.ceil(rows.length / 2);
    return [...(await this.#makePart(rows.slice(0, middle))), ...(await this.#makePart(rows.slice(middle)))];
  }

  /** Once: what HubSpot did not say of all rows, it does not say of a part either. */
  async #conflictsIn(rows: readonly SentRow[]): Promise<readonly RowAnswer[]> {
    const { conflictsIn } = this.#batch;
    if (conflictsIn === undefined || this.#conflictsAsked) return [];
    this.#conflictsAsked = true;
    this.#requestsLeft -= 1;
    try {
      return await conflictsIn(this.#http, rows, this.#call);
    } catch (error) {
      if (error instanceof GatewayError) return [];
      throw error;
    }
  }

  /** Never rejects for the service's sake: what another part has written must be reported. */
  async #makePart(rows: readonly SentRow[]): Promise<readonly RowAnswer[]> {
    if (rows.length === 0) return [];
    if (this.#requestsLeft === 0) return each(rows, 'not_written', 'refused_with_others');
    try {
      return await this.make(rows);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return each(rows, error.execution === 'unknown' ? 'unknown' : 'not_written', error.code);
    }
  }
}
