/**
 * From the cache to the wire: what every attempt of a call passes (docs/architecture.md).
 *
 *   retry -> quota -> bulkhead -> circuit breaker -> attempt timeout -> wire
 *
 * The quota stands outside the bulkhead: a call that waits for its permit is no work for the service, and its wait says
 * nothing about the service (docs/decisions/0015). The bulkhead stands inside the retries: a call that waits for its next attempt holds no permit (docs/decisions/0002).
 */
import { GatewayError, type ErrorCode } from '../errors/gatewayError.ts';
import { DeadlineExceededError, UpstreamTimeoutError, UpstreamUnavailableError } from '../errors/upstreamErrors.ts';
import { AttemptPatience } from './stages/attemptPatience.ts';
import { withAttemptTimeout, type AttemptLimits, type Cuttable } from '../time/attemptTimeout.ts';
import type { Answer, Call, CallContext } from '../contract/call.ts';
import type { CircuitBreaker } from '../circuit/circuitBreaker.ts';
import type { ResiliencePolicy } from '../contract/policy.ts';
import type { Permit, PermitUse, PermitWish } from '../contract/quotaGate.ts';
import { RetryBudget } from './stages/retryBudget.ts';
import { Bulkhead } from './stages/bulkhead.ts';
import { retryRule } from './stages/retry.ts';
import { makeAttempt, type AttemptParts } from './attempt.ts';
import { createAttemptLoop } from './stages/retryLoop.ts';
import { DEFAULT_QUOTA, type Operation } from '../contract/operation.ts';
import { useOf } from './permitUse.ts';
import type { HttpRequest } from '../wire/transport.ts';

export interface AttemptPathParts extends AttemptParts {
  readonly policy: ResiliencePolicy;
  readonly breaker: CircuitBreaker;
  readonly random: () => number;
}

/** What the gateway watches of a client, besides what its callers see. */
export interface PathLimits {
  readonly bulkhead: { readonly limit: number; readonly inFlight: number };
  /** 0 to 1. */
  readonly retryBudgetRatio: number;
}

/** A service that takes longer for its cheapest operation is not back, ms. */
const PROBE_PATIENCE_MS = 2000;
/** An attempt ends so long before the deadline, ms: its caller shall have the answer in time, or the reason why not. */
const ANSWER_MARGIN_MS = 50;

/** What a permit must be of; its lane is that of the call. */
export type PermitSize = Omit<PermitWish, 'lane'>;

type TimeLimit = Pick<AttemptLimits, 'timeoutMs' | 'onTimeout'>;

export class AttemptPath {
  readonly #parts: AttemptPathParts;
  readonly #loop = createAttemptLoop();
  readonly #budget: RetryBudget;
  readonly #bulkhead: Bulkhead;
  readonly #patience = new AttemptPatience();
  readonly #delayFor: ReturnType<typeof retryRule>;

  constructor(parts: AttemptPathParts) {
    const { policy, breaker, clock, random, events } = parts;
    this.#parts = parts;
    this.#budget = new RetryBudget(policy.retry.budgetPercent, clock);
    this.#bulkhead = new Bulkhead({
      policy: policy.bulkhead,
      clock,
      isSuspect: () => this.#isSuspect,
      isOpen: () => breaker.state !== 'closed',
      onRefused: () => {
        breaker.foundNoRoom();
      },
      onCrowded: (isCrowded) => {
        events.bulkheadCrowded(breaker.name, isCrowded);
      },
    });
    this.#delayFor = retryRule({
      policy: policy.retry,
      isSuspect: () => breaker.isSuspect,
      usualMs: (operation) => this.#patience.usualMs(operation),
      clock,
      random,
    });
  }

  get limits(): PathLimits {
    const { limit, inFlight } = this.#bulkhead;
    return { bulkhead: { limit, inFlight }, retryBudgetRatio: this.#budget.ratio };
  }

  /** A call of an operation, as the stages before this one take it. */
  call<T>(operation: Operation<T>, request: HttpRequest, wish: PermitSize, records: () => readonly string[]): Call<T> {
    const attempt = this.#bulkhead.stage(async (context) => {
      this.#checkTime(context);
      return { value: await this.#guarded(operation, request, context, records), source: 'upstream', ageMs: 0 };
    });
    return (context) => this.#attempts(this.#withPermit(attempt, wish), request, context);
  }

  /** An operation that makes many calls one: until its latency is learned, that of its single form stands for it. */
  relate(operation: string, single: string): void {
    this.#patience.relate(operation, single);
    this.#parts.breaker.relate(operation, single);
  }

  /** How long a call would have to wait for its permit, ms. */
  quotaWaitMs(wish: PermitWish): number {
    return this.#parts.quota?.waitMs(wish) ?? 0;
  }

  /**
   * One attempt past circuit, cache and retries, to see whether the service is back, on a connection of its own: those of the pool
   * may all lead to what is gone. An answer of any kind will do, a refusal of our input too.
   *
   * @throws {UpstreamUnavailableError} if it did not answer in the patience of a probe: that is ours, so unlike a caller's
   *   impatience it speaks against the service.
   * @throws {GatewayError} if it did not prove to be well otherwise.
   */
  async probe(operation: Operation<unknown>, request: HttpRequest, context: CallContext): Promise<void> {
    const timeoutMs = Math.min(this.#parts.policy.attemptTimeoutMs, PROBE_PATIENCE_MS);
    const permit = this.#parts.quota?.countOnly({
      quota: operation.quota ?? DEFAULT_QUOTA,
      weight: operation.weight ?? 1,
      lane: 'interactive',
    });
    let use: PermitUse = 'answered';
    try {
      await this.#attempt(operation, { ...request, fresh: true }, { ...context, attemptTimeoutMs: timeoutMs }, undefined);
    } catch (error) {
      use = useOf(error);
      if (error instanceof UpstreamTimeoutError) throw new UpstreamUnavailableError(context.site, 'timeout', 'unknown');
      if (!(error instanceof GatewayError) || error.verdict !== 'success') throw error;
    } finally {
      permit?.end(use);
    }
  }

  /**
   * A permit of the quota for each attempt; one that no attempt came to use is given back. An open circuit is asked without
   * one: it refuses at once, and nobody should have waited for that.
   */
  #withPermit<T>(attempt: Call<T>, wish: PermitSize): Call<T> {
    const { quota, breaker } = this.#parts;
    if (quota === undefined) return attempt;
    return (context) => {
      if (breaker.state === 'open') return attempt(context);
      const { site, signal, deadlineAt, lane } = context;
      const permit = quota.permit({ ...wish, lane }, { site, signal, latestAt: deadlineAt - ANSWER_MARGIN_MS });
      return permit instanceof Promise ? permit.then((late) => usePermit(late, attempt, context)) : usePermit(permit, attempt, context);
    };
  }

  /**
   * As many attempts as the rules allow. A repeat that is held back, because no permit or too little time was to be had,
   * ends the call with the error it had: that tells more.
   */
  async #attempts<T>(attempt: Call<T>, request: HttpRequest, context: CallContext): Promise<Answer<T>> {
    const retries = this.#budget.begin();
    let succeeded = false;
    let failure: unknown;
    const delayFor = (error: unknown): number | undefined => {
      if (!isHeldBack(error)) failure = error;
      return this.#delayFor(error, context, retries);
    };
    try {
      const answer = await this.#loop.run(request, () => attempt(context), delayFor, context.signal);
      succeeded = true;
      return answer;
    } catch (error) {
      throw isHeldBack(error) ? (failure ?? error) : error;
    } finally {
      retries.end(succeeded);
    }
  }

  /** Half-way to opening: what is sent now is sent more carefully. An open circuit has rules of its own. */
  get #isSuspect(): boolean {
    const { breaker } = this.#parts;
    return breaker.isSuspect && breaker.state === 'closed';
  }

  /** @throws {DeadlineExceededError} with nothing sent, if an answer would most likely come too late. */
  #checkTime({ site, deadlineAt }: CallContext): void {
    const leftMs = deadlineAt - this.#parts.clock.now();
    const isTooLate = leftMs <= ANSWER_MARGIN_MS || this.#patience.isTooLate(site.operation, leftMs);
    if (isTooLate) throw new DeadlineExceededError(site, Math.max(0, leftMs), 'not_sent');
  }

  #guarded<T>(operation: Operation<T>, request: HttpRequest, context: CallContext, records: () => readonly string[]): Promise<T> {
    const isRepeatable = operation.idempotency !== 'never';
    const cuttable: Cuttable | undefined = (operation.abandonable ?? isRepeatable) ? {} : undefined;
    const isUnsafe = !isRepeatable && cuttable === undefined;
    return this.#parts.breaker.callOperation(() => this.#attempt(operation, request, context, cuttable), context.site, cuttable, {
      isUnsafe,
      records,
      callers: context.callers,
    });
  }

  async #attempt<T>(operation: Operation<T>, request: HttpRequest, context: CallContext, cuttable: Cuttable | undefined): Promise<T> {
    const { clock } = this.#parts;
    const { site, progress, signal } = context;
    const startedAt = clock.now();
    progress.attempts += 1;
    progress.unsettled = true;
    const isSuspect = this.#isSuspect;
    const limits = { ...this.#timeLimit(context, startedAt, isSuspect && cuttable !== undefined), signal, cuttable };
    // What answers badly may be what the kept connections lead to, and no more.
    const wire = isSuspect || progress.attempts > 1 ? { ...request, newConnection: true } : request;
    try {
      const send = (ends: AbortSignal): Promise<T> => makeAttempt(this.#parts, operation, wire, site, ends);
      const value = await withAttemptTimeout(send, limits, clock);
      progress.unsettled = false;
      this.#attemptEnded(context, request, startedAt, undefined);
      return value;
    } catch (error) {
      progress.unsettled = isUnsettled(error);
      this.#attemptEnded(context, request, startedAt, error);
      throw error;
    }
  }

  /**
   * What the policy and the caller allow; of a suspect service less, where nothing is lost by giving up (docs/policies.md);
   * and never more than leaves time to answer within the deadline (docs/algorithms.md#deadlines).
   */
  #timeLimit({ site, attemptTimeoutMs, deadlineAt, livesUntil = deadlineAt }: CallContext, now: number, givesUpSooner: boolean): TimeLimit {
    const allowedMs = givesUpSooner ? this.#patience.suspectTimeoutMs(site.operation, attemptTimeoutMs) : attemptTimeoutMs;
    const leftMs = livesUntil - now;
    if (leftMs - ANSWER_MARGIN_MS < allowedMs) {
      return { timeoutMs: Math.max(1, leftMs - ANSWER_MARGIN_MS), onTimeout: () => new DeadlineExceededError(site, leftMs) };
    }
    return { timeoutMs: allowedMs, onTimeout: () => new UpstreamTimeoutError(site, allowedMs, allowedMs < attemptTimeoutMs) };
  }

  /** What a health check met says nothing of how much calls may be made at once. */
  #attemptEnded({ site, progress }: CallContext, { fresh = false }: HttpRequest, startedAt: number, error: unknown): void {
    const { clock, events } = this.#parts;
    const { service, operation } = site;
    const durationMs = clock.now() - startedAt;
    if (!fresh) this.#bulkhead.attemptEnded(operation, durationMs, error);
    if (error === undefined && !fresh) this.#patience.learn(operation, durationMs);
    const attempt = progress.attempts === 1 ? 'first' : 'retry';
    events.attemptEnded({ service, operation, attempt, outcome: error === undefined ? 'success' : codeOf(error), durationMs });
  }
}

const usePermit = <T>(permit: Permit, attempt: Call<T>, context: CallContext): Promise<Answer<T>> => {
  const { attempts } = context.progress;
  // Not a `finally`: that costs every call four more promises.
  return attempt(context).then(
    (answer) => {
      permit.end('answered');
      return answer;
    },
    (error: unknown) => {
      permit.end(context.progress.attempts > attempts ? useOf(error) : 'unsent');
      throw error;
    },
  );
};

/** An open circuit ends only an attempt that is under way, by cutting it off: what became of it nobody knows. */
const isUnsettled = (error: unknown): boolean =>
  !(error instanceof GatewayError) || error.execution === 'unknown' || error.code === 'circuit_open';

const HELD_BACK: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['bulkhead_full', 'quota_wait_too_long']);

/** Refused by ourselves before it reached the circuit; there is no news of the service in it. */
const isHeldBack = (error: unknown): boolean =>
  error instanceof GatewayError && (HELD_BACK.has(error.code) || (error.code === 'deadline_exceeded' && error.execution === 'not_sent'));

const codeOf = (error: unknown) => (error instanceof GatewayError ? error.code : 'internal_error');
