/**
 * Repeats an attempt that failed, where that may help and can do no harm: when is this gateway's own rule, how is axios-retry's, around
 * an axios instance whose adapter is everything inside this stage. That is how the retries come to stand outside the circuit breaker.
 * The only file that imports the two.
 *
 * Every call goes this way, so axios is given only what the loop needs: what it finds in its defaults and in a request
 * it merges, checks and copies anew each time, which took 19 µs per call with what it comes with, and takes 6 so.
 */
import axios, { AxiosHeaders, type AxiosAdapter, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios';
import axiosRetry from 'axios-retry';
import { GatewayError, type ErrorCode } from '../../errors/gatewayError.ts';
import { CircuitOpenError } from '../../errors/upstreamErrors.ts';
import type { Clock } from '../../time/clock.ts';
import { fullJitterMs } from '../../time/backoff.ts';
import type { Call, CallContext } from '../../contract/call.ts';
import type { ResiliencePolicy } from '../../contract/policy.ts';
import type { HttpRequest } from '../../wire/transport.ts';
import type { CallRetries, RetryBudget, RetryCause } from './retryBudget.ts';
import { mayBeOneRow } from '../../circuit/verdict.ts';

/** A service that throttles and does not say for how long is left alone for longer, ms (AWS' figure). */
const THROTTLE_BASE_MS = 1000;

/** A ramp lets through twice as many calls every 500 ms: a call that it held back asks again after half to all of this, ms. */
const RAMP_PAUSE_MS = 300;

export interface RetryParts {
  readonly policy: ResiliencePolicy['retry'];
  /** Whether the service is to be spared: half-way to opening, retries could push it over. */
  readonly isSuspect: () => boolean;
  /** What the operation usually takes, ms, where that was learned. */
  readonly usualMs: (operation: string) => number | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Milliseconds to wait before the next attempt; `undefined`: no further attempt. */
export type RetryRule = (error: unknown, context: CallContext, retries: CallRetries) => number | undefined;

/**
 * Whether and when a failed attempt is repeated; the loop itself is axios-retry's. Only what may help and can do no
 * harm: a repeatable error, of an operation that may be repeated or an attempt that certainly did nothing, in time for an
 * answer within the deadline, and within the budget. An open circuit is never asked again. After a recovery, a call that the
 * ramp holds back waits: the service is healthy, and to refuse for it would be our own doing.
 */
export const retryRule =
  ({ policy, isSuspect, usualMs, clock, random }: RetryParts): RetryRule =>
  (error, context, retries) => {
    const { attempts } = context.progress;
    const usual = usualMs(context.site.operation) ?? 0;
    if (isHeldByRamp(error, context)) {
      const pauseMs = (RAMP_PAUSE_MS * (1 + random())) / 2;
      return clock.now() + pauseMs + usual < context.deadlineAt ? pauseMs : undefined;
    }
    if (!(error instanceof GatewayError) || attempts >= policy.maxAttempts || !helps(error, context)) return undefined;
    const cause: RetryCause = error.code === 'upstream_rate_limited' ? 'throttle' : 'failure';
    const delayMs = delayAfter(error, cause, attempts, policy, random);
    // A repeat that could only run into the deadline helps nobody; better to say so at once.
    if (clock.now() + delayMs + usual >= context.deadlineAt) return undefined;
    return !isSuspect() && retries.take(cause) ? delayMs : undefined;
  };

/** A write that may wait in the queue waits there; and what comes from the queue is paced by it. */
const isHeldByRamp = (error: unknown, { mayWait, lane }: CallContext): boolean =>
  error instanceof CircuitOpenError && error.reason === 'ramping' && mayWait !== true && lane !== 'drain';

/** Whether a repeat may help, can do no harm, and is not made otherwise: from the queue, or by parts. */
const helps = (error: GatewayError, context: CallContext): boolean => {
  if (!error.retryable || (context.isDivisible === true && mayBeOneRow(error))) return false;
  if (context.idempotency === 'never' && error.execution === 'unknown') return false;
  return !(context.mayWait === true && error.code === 'upstream_unavailable' && error.execution === 'not_sent');
};

/** What the service asked for and a little more, so that not all come back at once; else a guess. */
const delayAfter = (
  { retryAfterMs }: GatewayError,
  cause: RetryCause,
  attempts: number,
  policy: ResiliencePolicy['retry'],
  random: () => number,
): number => {
  if (retryAfterMs !== undefined) return retryAfterMs + fullJitterMs(attempts, policy, random);
  const baseDelayMs = cause === 'throttle' ? Math.max(THROTTLE_BASE_MS, policy.baseDelayMs) : policy.baseDelayMs;
  return fullJitterMs(attempts, { ...policy, baseDelayMs }, random);
};

export interface AttemptLoop {
  /**
   * Attempts until one succeeds or `delayFor` says no more. Waiting ends early when the signal aborts.
   *
   * @param delayFor Milliseconds before the next attempt, or `undefined` to give up.
   * @throws the last attempt's error, as it was, or `signal.reason`.
   */
  run<T>(
    request: HttpRequest,
    attempt: () => Promise<T>,
    delayFor: (error: unknown) => number | undefined,
    signal: AbortSignal,
  ): Promise<T>;
}

/**
 * axios-retry goes on only where a failure carries the request's config; the attempt's own error travels as its cause.
 * Not an Error: axios writes a stack trace for every Error that passes through it, at 60 µs each, and this one never
 * leaves this file.
 */
class FailedAttempt {
  constructor(
    readonly config: InternalAxiosRequestConfig,
    readonly cause: unknown,
    readonly run: Run<unknown>,
  ) {}
}

const failedAttempt = (config: InternalAxiosRequestConfig, cause: unknown, run: Run<unknown>): unknown =>
  new FailedAttempt(config, cause, run);

const causeOf = (error: unknown): unknown => (error instanceof FailedAttempt ? error.cause : error);

/** What axios makes of an answer is of no interest: these are the parts that it wants to see in one. */
const ANSWERED = { status: 200, statusText: '', headers: new AxiosHeaders() };

/** One call in the loop. */
class Run<T> {
  readonly #attempt: () => Promise<T>;
  readonly #delayFor: (error: unknown) => number | undefined;
  readonly signal: AbortSignal;
  delayMs: number | undefined;

  constructor(attempt: () => Promise<T>, delayFor: (error: unknown) => number | undefined, signal: AbortSignal) {
    this.#attempt = attempt;
    this.#delayFor = delayFor;
    this.signal = signal;
  }

  /** What stands in the place of a wire: one attempt. */
  readonly adapter: AxiosAdapter = async (config) => {
    try {
      return { ...ANSWERED, data: await this.#attempt(), config };
    } catch (error) {
      throw failedAttempt(config, error, this);
    }
  };

  /** Asked once for each failed attempt; an abort comes here as an error as well, but the rule is about attempts only. */
  mayRepeat({ cause }: FailedAttempt): boolean {
    if (this.signal.aborted) return false;
    this.delayMs = this.#delayFor(cause);
    return this.delayMs !== undefined;
  }
}

const withRetries = (instance: AxiosInstance): AxiosInstance => {
  const { requestInterceptorId } = axiosRetry(instance, {
    // The rule counts the attempts itself; this bound only has to be no lower.
    retries: Number.MAX_SAFE_INTEGER,
    shouldResetTimeout: true,
    retryCondition: (error: unknown) => error instanceof FailedAttempt && error.run.mayRepeat(error),
    retryDelay: (_count, error: unknown) => (error instanceof FailedAttempt ? error.run.delayMs : undefined) ?? 0,
  });
  // It notes when a request began, for a time-out that we do not leave to axios; and makes each call wait for it.
  instance.interceptors.request.eject(requestInterceptorId);
  return instance;
};

/** Headers, parsers and limits belong to the wire, which is ours. */
const withoutDefaults = (instance: AxiosInstance): AxiosInstance => {
  for (const name of Object.keys(instance.defaults)) Reflect.deleteProperty(instance.defaults, name);
  return instance;
};

export const createAttemptLoop = (): AttemptLoop => {
  const instance = withRetries(withoutDefaults(axios.create()));
  return {
    run: async ({ method }, attempt, delayFor, signal) => {
      const run = new Run(attempt, delayFor, signal);
      try {
        const { data } = await instance.request<Awaited<ReturnType<typeof attempt>>>({ method, signal, adapter: run.adapter });
        return data;
      } catch (error) {
        throw signal.aborted ? signal.reason : causeOf(error);
      }
    },
  };
};

const HELD_BACK: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['bulkhead_full', 'quota_wait_too_long']);

/** Refused by ourselves before it reached the circuit; there is no news of the service in it. */
const isHeldBack = (error: unknown): boolean =>
  error instanceof GatewayError && (HELD_BACK.has(error.code) || (error.code === 'deadline_exceeded' && error.execution === 'not_sent'));

/**
 * As many attempts as the rules allow. A repeat that is held back, because no permit or too little time was to be had,
 * ends the call with the error it had: that tells more.
 */
export const retry = (parts: RetryParts, budget: RetryBudget) => {
  const rule = retryRule(parts);
  const loop = createAttemptLoop();
  return (next: Call<unknown>): Call<unknown> =>
    async (context) => {
      const retries = budget.begin();
      let succeeded = false;
      let failure: unknown;
      const delayFor = (error: unknown): number | undefined => {
        if (!isHeldBack(error)) failure = error;
        return rule(error, context, retries);
      };
      try {
        const answer = await loop.run(context.wire, next.bind(undefined, context), delayFor, context.signal);
        succeeded = true;
        return answer;
      } catch (error) {
        throw isHeldBack(error) ? (failure ?? error) : error;
      } finally {
        retries.end(succeeded);
      }
    };
};
