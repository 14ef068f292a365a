/**
 * A request of many rows, sent by parts where the service fails at it (5xx, a broken contract): one row that it cannot deal with never
 * fails the others (docs/decisions/0028-failing-records.md). One rule for all services; which rows a request holds is data of its operation.
 */
import { GatewayError } from '../errors/gatewayError.ts';
import { UpstreamRejectedError } from '../errors/upstreamErrors.ts';
import type { CallOptions, Queued } from '../contract/call.ts';
import { mayBeOneRow } from '../circuit/verdict.ts';
import type { Flagged, HttpClient } from './httpClient.ts';
import type { Operation, OperationRequest } from '../contract/operation.ts';

/** Requests in all that may come of one, to find the rows that it fails at; as for reads that share one. */
const MAX_REQUESTS = 64;
/** Requests while the service answers none: then it is not one row. */
const MAX_UNANSWERED = 7;
/** Names that are told of the rows of one request; the circuit remembers twice as many. */
const MAX_NAMES = 250;

/** Places in the request that was asked for. */
type Places = readonly number[];

export interface FailedPart {
  readonly places: Places;
  /** `not_written`: it may be sent again. */
  readonly outcome: 'unknown' | 'not_written';
  readonly reason: string;
  readonly error: GatewayError;
}

export interface BulkParts<T> {
  /** At least one. */
  readonly answered: readonly { readonly places: Places; readonly answer: T }[];
  readonly failed: readonly FailedPart[];
}

/**
 * What to send instead of a part that was refused; `undefined`: the refusal stands.
 *
 * @param requests Made so far, and those that are certain to come.
 */
export type Apart = (places: Places, refusal: UpstreamRejectedError, requests: number) => Promise<readonly Places[] | undefined>;

const listIn = ({ rows }: Operation<unknown>, request: OperationRequest): readonly unknown[] => {
  const list: unknown = rows && (request[rows.in] as Readonly<Record<string, unknown>> | undefined)?.[rows.name];
  return Array.isArray(list) ? list : [];
};

export const rowCount = (operation: Operation<unknown>, request: OperationRequest): number => listIn(operation, request).length;

export const halvesOf = <T>(list: readonly T[]): readonly (readonly T[])[] => {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)];
};

const KEYS = ['id', 'subscriber_id', 'email_address', 'email'] as const;

const nameOf = (row: unknown, place: number): string => {
  if (typeof row !== 'object' || row === null) return String(row);
  const key = KEYS.map((name) => (row as Readonly<Record<string, unknown>>)[name]).find(
    (value) => typeof value === 'string' || typeof value === 'number',
  );
  return key === undefined ? `#${String(place)}` : String(key);
};

/** Of many rows some: those whose place is a multiple of a power of two, so that a part names those that the whole has named of it. */
const namesOf = ({ name }: Operation<unknown>, list: readonly unknown[], places: Places): readonly string[] => {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(places.length / MAX_NAMES)));
  return places.filter((place) => place % step === 0).map((place) => `${name} ${nameOf(list[place], place)}`);
};

/** What is left of `values`, the rows of the request in their order, that the service failed at. */
export const failedOf = <T>({ failed }: BulkParts<unknown>, values: readonly T[]): readonly T[] =>
  failed.flatMap(({ places }) => places.flatMap((place) => values.slice(place, place + 1)));

class BulkSend<Answer> {
  readonly #sendPart: (request: OperationRequest) => Promise<Answer>;
  readonly #operation: Operation<unknown>;
  readonly #request: OperationRequest;
  readonly #list: readonly unknown[];
  readonly #apart: Apart | undefined;
  readonly #answered: { places: Places; answer: Answer }[] = [];
  readonly #failed: FailedPart[] = [];
  readonly #waiting: Places[] = [];
  readonly #held: { places: Places; error: GatewayError }[] = [];
  #requests = 0;
  #isAnswered = false;
  #firstError: GatewayError | undefined;

  constructor(
    sendPart: (request: OperationRequest) => Promise<Answer>,
    operation: Operation<unknown>,
    request: OperationRequest,
    apart?: Apart,
  ) {
    this.#sendPart = sendPart;
    this.#operation = operation;
    this.#request = request;
    this.#list = listIn(operation, request);
    this.#apart = apart;
  }

  /** Breadth first until there is an answer, which tells a bad row from a bad service; then depth first, so that the bound costs few rows. */
  async send(): Promise<BulkParts<Answer>> {
    this.#waiting.push([...this.#list.keys()]);
    for (let places = this.#waiting.shift(); places !== undefined; places = this.#waiting.shift()) await this.#next(places);
    if (!this.#isAnswered && this.#firstError !== undefined) throw this.#firstError;
    const inOrder = (one: { places: Places }, other: { places: Places }): number => (one.places[0] ?? 0) - (other.places[0] ?? 0);
    return { answered: this.#answered.toSorted(inOrder), failed: this.#failed.toSorted(inOrder) };
  }

  async #next(places: Places): Promise<void> {
    this.#requests += 1;
    try {
      this.#answered.push({ places, answer: await this.#sendPart(this.#requestFor(places)) });
      this.#isAnswered = true;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#firstError ??= error;
      const parts = await this.#partsAfter(error, places);
      if (parts === undefined) this.#failed.push({ places, error, ...outcomeOf(error) });
      else this.#waiting.unshift(...parts);
    }
    if (this.#isAnswered) for (const { places: late, error } of this.#held.splice(0)) this.#divide(late, error);
  }

  /** @returns what to send instead; `undefined`: nothing. */
  async #partsAfter(error: GatewayError, places: Places): Promise<readonly Places[] | undefined> {
    if (error instanceof UpstreamRejectedError) {
      const parts = await this.#apart?.(places, error, this.#planned);
      this.#isAnswered ||= parts !== undefined;
      return parts;
    }
    if (places.length < 2 || this.#operation.idempotency === 'never' || !mayBeOneRow(error)) return undefined;
    this.#divide(places, error);
    return [];
  }

  /** Halves come next; or, if the service may be at fault, once it has answered anything. */
  #divide(places: Places, error: GatewayError): void {
    const mayBeMore = (most: number): boolean => this.#planned + 2 <= most;
    if (this.#isAnswered && !mayBeMore(MAX_REQUESTS)) this.#failed.push({ places, error, ...outcomeOf(error) });
    else if (this.#isAnswered) this.#waiting.unshift(...halvesOf(places));
    else if (mayBeMore(MAX_UNANSWERED)) this.#waiting.push(...halvesOf(places));
    else this.#held.push({ places, error });
  }

  /** Requests made, and those to come. */
  get #planned(): number {
    return this.#requests + this.#waiting.length;
  }

  #requestFor(places: Places): OperationRequest {
    const { rows } = this.#operation;
    const records = namesOf(this.#operation, this.#list, places);
    if (rows === undefined || places.length === this.#list.length) return { ...this.#request, records };
    return {
      ...this.#request,
      [rows.in]: { ...(this.#request[rows.in] as object), [rows.name]: places.map((place) => this.#list[place]) },
      records,
    };
  }
}

const outcomeOf = (error: GatewayError): Pick<FailedPart, 'outcome' | 'reason'> => {
  if (error instanceof UpstreamRejectedError) return { outcome: 'not_written', reason: error.reason };
  return { outcome: error.execution === 'unknown' ? 'unknown' : 'not_written', reason: error.code };
};

/**
 * All rows at first; halves where the service fails at them and a repeat does no harm. All under one deadline.
 *
 * @param apart Where a refusal of several rows may be about one of them.
 * @throws {GatewayError} the error of the whole, if no part was answered.
 */
export const sendInParts = async <T>(
  http: Pick<HttpClient, 'send' | 'startDeadline'>,
  operation: Operation<T>,
  request: OperationRequest,
  options?: CallOptions,
  apart?: Apart,
): Promise<BulkParts<Flagged<T>>> => {
  const call = http.startDeadline(options);
  return new BulkSend((part) => http.send(operation, part, call), operation, request, apart).send();
};

/** The same of a write that may wait in the queue: as a whole, while nothing of it was made. What failed beside parts that were made does not wait. */
export const writeInParts = async <T>(
  http: HttpClient,
  operation: Operation<T>,
  request: OperationRequest,
  options?: CallOptions,
): Promise<BulkParts<Flagged<T> | Queued>> => {
  const call = http.startDeadline(options);
  let requests = 0;
  const send = (part: OperationRequest): Promise<Flagged<T> | Queued> => {
    requests += 1;
    return requests === 1 ? http.write(operation, part, call) : http.send(operation, part, call);
  };
  try {
    return await new BulkSend(send, operation, request).send();
  } catch (error) {
    if (requests === 1 || options?.strict === true) throw error;
    const answer = await http.write(operation, request, call);
    return { answered: [{ places: [...listIn(operation, request).keys()], answer }], failed: [] };
  }
};
