/**
 * Where the answer of a request came from, as the headers say it: Cache-Status (RFC 9211) and Age (RFC 9111).
 */
import { isQueued, type Answer, type AnswerSource, type Queued } from '../contract/call.ts';

/** What a caller most wants to know comes last: one stale answer among fresh ones makes the whole stale. */
const weight: Readonly<Record<AnswerSource, number>> = { upstream: 0, coalesced: 1, cache: 2, stale: 3, static: 4, queued: 5 };

type Noted = Pick<Answer<unknown>, 'source' | 'ageMs' | 'freshForMs'>;

const wholeSeconds = (ms: number): string => String(Math.floor(ms / 1000));

const ttl = ({ freshForMs }: Noted): string => (freshForMs === undefined ? '' : `; ttl=${wholeSeconds(freshForMs)}`);

const cacheStatus = (answer: Noted, refreshed: boolean): string | undefined => {
  switch (answer.source) {
    case 'cache':
      return `sales-auto-api; hit${ttl(answer)}`;
    case 'stale':
      return `sales-auto-api; hit${ttl(answer)}; detail=stale-if-error`;
    case 'static':
      return 'sales-auto-api; fwd=miss; detail=static-fallback';
    case 'coalesced':
      return 'sales-auto-api; fwd=miss; collapsed';
    case 'queued':
      return undefined;
    case 'upstream':
      // No freshness: the operation is never cached, so there is no cache to report on.
      return answer.freshForMs === undefined ? undefined : `sales-auto-api; fwd=${refreshed ? 'request' : 'miss'}`;
  }
};

/** Notes the answers behind one request; a request of several calls reports the least fresh of them. */
export class AnswerNote {
  #answer: Noted | undefined;
  #queued: Queued | undefined;
  #queuedWrites = 0;

  /** The first write that waits in the queue, if one does: then the whole answer is still to come. */
  get queued(): Queued | undefined {
    return this.#queued;
  }

  /** How many writes of the request wait in the queue. */
  get queuedWrites(): number {
    return this.#queuedWrites;
  }

  note(answer: Noted & Partial<Answer<unknown>>): void {
    if (answer.source === 'queued') this.#noteQueued(answer.value);
    const known = this.#answer;
    const heavier = known === undefined || weight[answer.source] > weight[known.source];
    const older = known?.source === answer.source && answer.ageMs > known.ageMs;
    if (heavier || older) this.#answer = answer;
  }

  #noteQueued(value: unknown): void {
    this.#queuedWrites += 1;
    if (isQueued(value)) this.#queued ??= value;
  }

  /** Appends names and values in turn, as `writeHead` takes them. */
  appendTo(headers: string[], refreshed: boolean): void {
    const answer = this.#answer;
    if (answer === undefined) return;
    const status = cacheStatus(answer, refreshed);
    if (status !== undefined) headers.push('Cache-Status', status);
    if (answer.source === 'cache' || answer.source === 'stale') headers.push('Age', wholeSeconds(answer.ageMs));
  }
}
