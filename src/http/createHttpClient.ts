/**
 * Builds the one way out to a service. Its pipeline, outermost first (design §1; the fallback's place: decision 0008):
 *
 *   fallback -> deadline -> cache -> bulkhead -> retry -> circuit breaker -> attempt timeout -> wire
 */
import type { ResponseCache } from '../cache/responseCache.ts';
import { GatewayError } from '../errors/gatewayError.ts';
import { UpstreamTimeoutError, UpstreamUnavailableError, type CallSite } from '../errors/upstreamErrors.ts';
import { withAttemptTimeout, type Cuttable } from '../resilience/attemptTimeout.ts';
import { compose, type Answer, type Call, type CallContext, type CallOptions } from '../resilience/call.ts';
import type { CircuitBreaker } from '../resilience/circuitBreaker.ts';
import type { CircuitSnapshot } from '../resilience/circuitState.ts';
import { deepFreeze } from '../resilience/deepFreeze.ts';
import type { ResiliencePolicy } from '../resilience/policy.ts';
import { RetryBudget } from '../resilience/retryBudget.ts';
import { Bulkhead } from '../resilience/stages/bulkhead.ts';
import { CacheStage } from '../resilience/stages/cache.ts';
import { deadline } from '../resilience/stages/deadline.ts';
import { fallback } from '../resilience/stages/fallback.ts';
import { retryRule } from '../resilience/stages/retry.ts';
import { makeAttempt, type AttemptParts } from './attempt.ts';
import { createAttemptLoop } from './axiosTransport.ts';
import { callContext } from './callContext.ts';
import { CallStatistics } from './callStatistics.ts';
import { flagged } from './flags.ts';
import type { CallMetrics, Flagged, HealthReport, HttpClient } from './httpClient.ts';
import type { Operation, OperationRequest } from './operation.ts';
import { honestError } from './outcomeUnknown.ts';
import { buildRequest, type Target } from './requestBuilder.ts';
import type { HttpRequest } from './transport.ts';

export interface HttpClientParts extends AttemptParts {
  readonly service: string;
  readonly target: Target;
  /** Stands for the credential in cache keys: two accounts never share an answer. */
  readonly account: string;
  readonly policy: ResiliencePolicy;
  readonly breaker: CircuitBreaker;
  readonly cache: ResponseCache;
  readonly random: () => number;
}

/** A service that takes longer for its cheapest operation is not back, ms. */
const PROBE_PATIENCE_MS = 2000;

/** What the gateway watches of a client, besides what its callers see. */
export interface ClientLimits {
  readonly bulkhead: { readonly limit: number; readonly inFlight: number };
  /** 0 to 1. */
  readonly retryBudgetRatio: number;
}

export class PipelinedHttpClient implements HttpClient {
  readonly #parts: HttpClientParts;
  readonly #statistics = new CallStatistics();
  readonly #loop = createAttemptLoop();
  readonly #budget: RetryBudget;
  readonly #bulkhead: Bulkhead;
  readonly #cacheStage: CacheStage;
  readonly #delayFor: ReturnType<typeof retryRule>;

  constructor(parts: HttpClientParts) {
    const { policy, clock, random } = parts;
    this.#parts = parts;
    this.#budget = new RetryBudget(policy.retry.budgetPercent, clock);
    this.#bulkhead = new Bulkhead(policy.bulkhead, clock);
    this.#cacheStage = new CacheStage(parts);
    this.#delayFor = retryRule({ policy: policy.retry, budget: this.#budget, isSuspect: () => parts.breaker.isSuspect, clock, random });
  }

  async send<T>(operation: Operation<T>, request: OperationRequest, options: CallOptions = {}): Promise<Flagged<T>> {
    const { clock, target } = this.#parts;
    const startedAt = clock.now();
    const wire = buildRequest(target, operation, request, options.headers);
    const context = callContext(this.#parts, operation, { wire, body: request.body }, options, startedAt);
    this.#statistics.begun();
    try {
      const answer = await this.#pipeline(operation, wire)(context);
      this.#answered(answer, context, clock.now() - startedAt, options);
      return flagged(answer);
    } catch (error) {
      const honest = honestError(error, context);
      this.#failed(honest, context, clock.now() - startedAt);
      throw honest;
    }
  }

  fallBack<T>(value: T, operation: string, { onAnswer }: CallOptions = {}): Flagged<T> {
    const { service, events } = this.#parts;
    const answer: Answer<T> = { value, source: 'static', ageMs: 0 };
    this.#statistics.fellBack();
    events.fallbackUsed(service);
    this.#tell(onAnswer, answer, { service, operation });
    return flagged(answer);
  }

  startDeadline(options: CallOptions = {}): CallOptions {
    const { clock, policy } = this.#parts;
    const deadlineAt = clock.now() + Math.min(options.deadlineMs ?? policy.deadlineMs, policy.deadlineMs);
    return { ...options, deadlineAt: Math.min(deadlineAt, options.deadlineAt ?? deadlineAt) };
  }

  getCircuitState(): CircuitSnapshot {
    return this.#parts.breaker.snapshot();
  }

  getMetrics(): CallMetrics {
    return this.#statistics.metrics;
  }

  getLimits(): ClientLimits {
    const { limit, inFlight } = this.#bulkhead;
    return { bulkhead: { limit, inFlight }, retryBudgetRatio: this.#budget.ratio };
  }

  /**
   * One attempt past circuit, cache and retries, to see whether the service is back. An answer of any kind will do, a
   * refusal of our input too.
   *
   * @throws {UpstreamUnavailableError} if it did not answer in the patience of a probe: that is ours, so unlike a caller's
   *   impatience it speaks against the service.
   * @throws {GatewayError} if it did not prove to be well otherwise.
   */
  async probe(operation: Operation<unknown>, request: OperationRequest): Promise<void> {
    const { clock, target, policy } = this.#parts;
    const wire = buildRequest(target, operation, request);
    const context = callContext(this.#parts, operation, { wire, body: request.body }, {}, clock.now());
    const timeoutMs = Math.min(policy.attemptTimeoutMs, PROBE_PATIENCE_MS);
    try {
      await this.#attempt(operation, wire, { ...context, attemptTimeoutMs: timeoutMs }, undefined);
    } catch (error) {
      if (error instanceof UpstreamTimeoutError) throw new UpstreamUnavailableError(context.site, 'timeout', 'unknown');
      if (!(error instanceof GatewayError) || error.verdict !== 'success') throw error;
    }
  }

  async healthCheck(operation: Operation<unknown>, request: OperationRequest): Promise<HealthReport> {
    const startedAt = this.#parts.clock.now();
    const failure = await this.send(operation, request, { refresh: true, strict: true }).then(
      () => undefined,
      (error: unknown) => (error instanceof GatewayError ? error.code : 'internal_error'),
    );
    const latencyMs = this.#parts.clock.now() - startedAt;
    const state = this.getCircuitState().effectiveState;
    return { healthy: failure === undefined, state, latencyMs, ...(failure === undefined ? {} : { error: failure }) };
  }

  /** The one place that fixes the order of protection. */
  #pipeline<T>(operation: Operation<T>, request: HttpRequest): Call<T> {
    const attempts: Call<T> = (context) => this.#attempts(operation, request, context);
    const guarded = compose(deadline(this.#parts.clock), this.#cacheStage.stage, this.#bulkhead.stage)(attempts);
    return fallback(this.#parts, deepFreeze(operation.fallback))(guarded);
  }

  async #attempts<T>(operation: Operation<T>, request: HttpRequest, context: CallContext): Promise<Answer<T>> {
    this.#budget.deposit();
    const value = await this.#loop.run(
      request,
      () => this.#guarded(operation, request, context),
      (error) => this.#delayFor(error, context),
      context.signal,
    );
    return { value, source: 'upstream', ageMs: 0 };
  }

  #guarded<T>(operation: Operation<T>, request: HttpRequest, context: CallContext): Promise<T> {
    const cuttable: Cuttable | undefined = (operation.abandonable ?? operation.idempotency !== 'never') ? {} : undefined;
    return this.#parts.breaker.call(() => this.#attempt(operation, request, context, cuttable), context.site, cuttable);
  }

  async #attempt<T>(operation: Operation<T>, request: HttpRequest, context: CallContext, cuttable: Cuttable | undefined): Promise<T> {
    const { clock } = this.#parts;
    const { site, progress, attemptTimeoutMs: timeoutMs, signal } = context;
    const startedAt = clock.now();
    progress.attempts += 1;
    progress.unsettled = true;
    const onTimeout = (): Error => new UpstreamTimeoutError(site, timeoutMs);
    try {
      const send = (ends: AbortSignal): Promise<T> => makeAttempt(this.#parts, operation, request, site, ends);
      const value = await withAttemptTimeout(send, { timeoutMs, signal, onTimeout, cuttable }, clock);
      progress.unsettled = false;
      this.#attemptEnded(context, startedAt, undefined);
      return value;
    } catch (error) {
      progress.unsettled = !(error instanceof GatewayError) || error.execution === 'unknown';
      this.#attemptEnded(context, startedAt, error);
      throw error;
    }
  }

  #attemptEnded({ site, progress }: CallContext, startedAt: number, error: unknown): void {
    const { clock, events } = this.#parts;
    const { service, operation } = site;
    const durationMs = clock.now() - startedAt;
    this.#bulkhead.attemptEnded(operation, durationMs, error);
    const attempt = progress.attempts === 1 ? 'first' : 'retry';
    events.attemptEnded({ service, operation, attempt, outcome: error === undefined ? 'success' : codeOf(error), durationMs });
  }

  #answered<T>(answer: Answer<T>, { site }: CallContext, durationMs: number, { onAnswer }: CallOptions): void {
    this.#statistics.answered(answer.source, durationMs);
    const { service, operation } = site;
    this.#parts.events.callEnded({ service, operation, outcome: answer.source, durationMs });
    this.#tell(onAnswer, answer, site);
  }

  /** A listener that throws changes no call. */
  #tell(onAnswer: CallOptions['onAnswer'], answer: Answer<unknown>, site: CallSite): void {
    try {
      onAnswer?.(answer, site);
    } catch (error) {
      this.#parts.onListenerError(error);
    }
  }

  #failed(error: unknown, { site }: CallContext, durationMs: number): void {
    this.#statistics.failed(durationMs);
    this.#parts.events.callEnded({ ...site, outcome: codeOf(error), durationMs });
  }
}

export const createHttpClient = (parts: HttpClientParts): PipelinedHttpClient => new PipelinedHttpClient(parts);

const codeOf = (error: unknown) => (error instanceof GatewayError ? error.code : 'internal_error');
