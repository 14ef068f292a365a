/**
 * Requests with an Idempotency-Key: each is made once, and its repeats are given the answer of the first.
 */
import { GatewayError, type ErrorCode } from '../errors/gatewayError.ts';
import {
  AnswerNotKeptError,
  IdempotencyKeyReusedError,
  QueueUnavailableError,
  RequestInProgressError,
  RequestInterruptedError,
} from '../errors/queueErrors.ts';
import { DAY_MS, seconds, type Clock } from '../time/clock.ts';
import type { AnswerSealer, GoneAnswers, IdempotencyStore, KeyState, QueuedWrites, RepeatResult } from './idempotency.ts';
import type { KeyedRequest } from './idempotencyKey.ts';
import { problemAnswer, toProblem } from './problem.ts';
import { queuedAnswer } from './queuedAnswer.ts';
import type { RequestContext } from './requestContext.ts';
import type { OutgoingAnswer } from './sendAnswer.ts';

/** From its first use. */
const KEEP_MS = DAY_MS;

/**
 * The longest that a caller may ask for is 120 s, and no service's deadline comes near it. A request that is still being
 * answered after this counts as interrupted: its repeat is told so, and is not made either.
 */
const LEASE_MS = seconds(130);

/** An answer that the store did not take is offered again so often, until the lease is over. */
const AGAIN_MS = seconds(2);
/** So many at a time: each is an answer held in memory. */
const MOST_UNKEPT = 100;

/**
 * Errors that a repeat under the same key must meet again: a refusal will not change, and what may have been done is not
 * done a second time. All other errors of ours leave the key free for another try.
 */
const TERMINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['upstream_rejected', 'outcome_unknown', 'upstream_contract_broken']);

const REPLAYED = ['Idempotency-Replayed', 'true'];

/** Bytes of an answer as JSON; of a larger one only its status is kept. */
const MAX_ANSWER_BYTES = 64_000;

/** An answer as it is kept. */
interface KeptAnswer extends OutgoingAnswer {
  /** When it was given, wall-clock ms. */
  readonly at?: number;
  /** Of the problem it is, for the access log. */
  readonly problem?: ErrorCode;
  /** There was no room for its body. */
  readonly isCut?: true;
}

type Ending = { readonly answer: OutgoingAnswer } | { readonly error: unknown };

export interface OnceOnlyParts {
  readonly store: IdempotencyStore;
  readonly sealer: AnswerSealer;
  readonly queue: QueuedWrites;
  readonly clock: Clock;
  /** Told of each repeat. Must not throw. */
  readonly onRepeat: (result: RepeatResult) => void;
  readonly gone: GoneAnswers;
}

/** What becomes of the key: the answer is remembered, or the next request may try again, or nobody knows how far it came. */
const remembered = (ending: Ending, requestId: string): KeptAnswer | 'forget' | 'unknown' => {
  if ('answer' in ending) return ending.answer.status < 300 ? ending.answer : 'forget';
  const { error } = ending;
  if (!(error instanceof GatewayError)) return 'unknown';
  return TERMINAL.has(error.code) ? { ...problemAnswer(toProblem(error, { requestId })), problem: error.code } : 'forget';
};

/** The answer, and what is kept where there is no room for it. */
const textsOf = (kept: KeptAnswer): readonly [text: string, brief: string] => {
  const [text, brief] = [JSON.stringify(kept), JSON.stringify({ status: kept.status, isCut: true })];
  return [Buffer.byteLength(text) <= MAX_ANSWER_BYTES ? text : brief, brief];
};

export class OnceOnly {
  readonly #parts: OnceOnlyParts;
  #unkept = 0;

  constructor(parts: OnceOnlyParts) {
    this.#parts = parts;
  }

  /**
   * Runs the request if it is the first of its key; its answer is on disk before it is given.
   *
   * @throws {RequestInProgressError} while the first is being answered.
   * @throws {IdempotencyKeyReusedError} if the first was another request.
   * @throws {RequestInterruptedError} if nobody knows what became of the first.
   * @throws {AnswerNotKeptError} if the first was answered with more than is kept, or about a record that is gone.
   * @throws {QueueUnavailableError} if the store cannot say: the request was not run then.
   */
  async answer(request: KeyedRequest, context: RequestContext, run: () => Promise<OutgoingAnswer>): Promise<OutgoingAnswer> {
    const { store, clock } = this.#parts;
    const { key, fingerprint } = request;
    const now = clock.wallTime();
    const known = await store.begin({ key, fingerprint, leaseUntil: now + LEASE_MS, keepUntil: now + KEEP_MS }, now);
    return known.kind === 'first' ? this.#first(key, context, run) : this.#repeat(known, request, context);
  }

  async #first(key: string, context: RequestContext, run: () => Promise<OutgoingAnswer>): Promise<OutgoingAnswer> {
    const ending = await run().then(
      (answer): Ending => ({ answer }),
      (error: unknown): Ending => ({ error }),
    );
    await this.#remember(key, remembered(ending, context.id), context);
    if ('error' in ending) throw ending.error;
    return ending.answer;
  }

  /** The answer stands even if it cannot be kept: it is offered again until the lease runs out; after that, a repeat counts as interrupted. */
  async #remember(key: string, what: KeptAnswer | 'forget' | 'unknown', { log, route }: RequestContext): Promise<void> {
    const { store, sealer, clock } = this.#parts;
    if (what === 'unknown') return;
    const at = clock.wallTime();
    const finish = async (): Promise<void> => {
      if (what === 'forget') return store.forget(key);
      const [text, brief] = textsOf({ ...what, at });
      return store.finish(key, sealer.seal(text, key), sealer.seal(brief, key));
    };
    try {
      await finish();
    } catch (error) {
      log.warn({ route, error }, 'the answer is not kept yet: until it is, a repeat with its Idempotency-Key is not made');
      // A key that was to be forgotten may be another request's by the next try.
      if (what !== 'forget' && this.#unkept < MOST_UNKEPT) this.#keepLater(finish, clock.now() + LEASE_MS);
    }
  }

  #keepLater(finish: () => Promise<void>, until: number): void {
    const { clock } = this.#parts;
    this.#unkept += 1;
    clock.after(AGAIN_MS, () => {
      this.#unkept -= 1;
      finish().catch(() => {
        if (clock.now() < until) this.#keepLater(finish, until);
      });
    });
  }

  #repeat(known: Exclude<KeyState, { readonly kind: 'first' }>, request: KeyedRequest, context: RequestContext): Promise<OutgoingAnswer> {
    switch (known.kind) {
      case 'answered':
        return this.#replay(request, known.answer, context);
      case 'interrupted':
        return this.#findQueued(request);
      case 'running':
        this.#parts.onRepeat('in_progress');
        throw new RequestInProgressError();
      case 'full':
        throw new QueueUnavailableError('it remembers as many Idempotency-Keys as there is room for');
      case 'reused':
        this.#parts.onRepeat('reused');
        throw new IdempotencyKeyReusedError();
    }
  }

  async #replay({ key }: KeyedRequest, sealed: string, context: RequestContext): Promise<OutgoingAnswer> {
    const kept = this.#opened(key, sealed, context);
    const isOver = kept.isCut === true || (await this.#tellsOfGone(kept, context));
    this.#parts.onRepeat('replayed');
    if (isOver) throw new AnswerNotKeptError(kept.status);
    context.problem = kept.problem;
    return { ...kept, headers: [...(kept.headers ?? []), ...REPLAYED] };
  }

  async #tellsOfGone({ body, at = 0 }: KeptAnswer, { route = '' }: RequestContext): Promise<boolean> {
    const [, , service = ''] = route.split('/');
    return typeof body === 'string' && this.#parts.gone.isAnyGone(service, JSON.parse(body), at);
  }

  /** @throws {RequestInterruptedError} for an answer that cannot be read any more: it was given, and is lost. */
  #opened(key: string, sealed: string, { log, route }: RequestContext): KeptAnswer {
    try {
      // Sealed by us under this very key, so it is what we sealed.
      return JSON.parse(this.#parts.sealer.open(sealed, key)) as KeptAnswer;
    } catch (error) {
      log.error({ route, error }, 'the answer kept for an Idempotency-Key cannot be opened');
      throw this.#interrupted();
    }
  }

  /** If the first request came as far as the queue, its write is safe there: that is what the caller was to be told. */
  async #findQueued({ jobId }: KeyedRequest): Promise<OutgoingAnswer> {
    const queued = await this.#parts.queue.find(jobId);
    if (queued === undefined) throw this.#interrupted();
    this.#parts.onRepeat('replayed');
    const answer = queuedAnswer(queued);
    return { ...answer, headers: [...(answer.headers ?? []), ...REPLAYED] };
  }

  #interrupted(): RequestInterruptedError {
    this.#parts.onRepeat('interrupted');
    return new RequestInterruptedError();
  }
}
