/**
 * The one way out to a service: an operation goes through its pipeline to the wire, and comes back as a validated answer or a
 * typed error.
 */
import { GatewayError } from '../errors/gatewayError.ts';
import {
  CircuitOpenError,
  DeadlineExceededError,
  OutcomeUnknownError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
  type CallSite,
} from '../errors/upstreamErrors.ts';
import type { SharedCache } from '../cache/sharedCache.ts';
import type { Answer, AnswerSource, CallContext, CallOptions, Queued } from '../contract/call.ts';
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import type { Operation, OperationRequest } from '../contract/operation.ts';
import type { ResiliencePolicy } from '../contract/policy.ts';
import { Pipeline, type PathLimits, type PipelineParts } from './pipeline.ts';
import { buildRequest, cacheKey, type Target } from './requestBuilder.ts';

/** An answer with the flags of docs/api.md, where they apply. */
export type Flagged<T> = T & { readonly _cached?: true; readonly _fallback?: true };

/** What a client tells about its calls since start. */
export interface CallMetrics {
  readonly requests: number;
  readonly successes: number;
  readonly failures: number;
  readonly fallbacks: number;
  readonly cacheHits: number;
  /** 0 to 1; 1 while there were no requests. */
  readonly successRate: number;
  /** Of the last 1,000 calls, ms. */
  readonly latencyMs: { readonly mean: number; readonly p50: number; readonly p95: number; readonly p99: number };
  readonly inFlight: number;
}

/** The answer of a client's own health check. */
export interface HealthReport {
  readonly healthy: boolean;
  readonly state: CircuitSnapshot['effectiveState'];
  readonly latencyMs: number;
  /** The error's code, when not healthy. */
  readonly error?: string;
}

export interface HttpClient {
  /**
   * Makes one call.
   *
   * @throws {UpstreamError} one of its kinds, when neither the service nor a fallback has an answer.
   * @throws {InvalidRequestError} if the request cannot be sent as it is.
   */
  send<T>(operation: Operation<T>, request: OperationRequest, options?: CallOptions): Promise<Flagged<T>>;
  /**
   * Makes one write, or keeps it in the durable queue: where it could not be sent, or the caller asks for that. Only for
   * operations with a `queue` rule.
   *
   * @throws {UpstreamError} if it was refused or its outcome is unknown; also where it might have been queued and the caller is strict.
   * @throws {QueueUnavailableError} if it could neither be made nor kept.
   */
  write<T>(operation: Operation<T>, request: OperationRequest, options?: CallOptions): Promise<Flagged<T> | Queued>;
  /**
   * Answers in the service's place, for clients whose fallback spans several calls: counted and marked as one. The
   * call that failed counts as answered by it.
   */
  fallBack<T>(value: T, operation: string, options?: CallOptions): Flagged<T>;
  /** Options whose deadline is fixed now, for clients that make several calls for one request. */
  startDeadline(options?: CallOptions): CallOptions;
  getCircuitState(): CircuitSnapshot;
  getMetrics(): CallMetrics;
  /** Sends a cheap operation past the cache and reports instead of throwing. */
  healthCheck(operation: Operation<unknown>, request: OperationRequest): Promise<HealthReport>;
}

export interface HttpClientParts extends Omit<PipelineParts, 'wireOf' | 'fleet'> {
  /** Their pipelines are composed now; those of others when they are first called. */
  readonly operations?: readonly Operation<unknown>[] | undefined;
  readonly target: Target;
  /** Stands for the credential in cache keys: two accounts never share an answer. */
  readonly account: string;
  /** Behind `cache`, the cache of the whole fleet; absent: this process is alone. */
  readonly sharedCache?: Pick<SharedCache, 'isUp' | 'find' | 'errand' | 'purge'> | undefined;
}

export class PipelinedHttpClient implements HttpClient {
  readonly #parts: HttpClientParts;
  readonly #statistics = new CallStatistics();
  readonly #pipeline: Pipeline;
  #credential: Pick<HttpClientParts, 'target' | 'account'>;

  constructor(parts: HttpClientParts) {
    const { target, sharedCache } = parts;
    this.#parts = parts;
    this.#credential = parts;
    this.#pipeline = new Pipeline({
      ...parts,
      fleet: sharedCache && { cache: sharedCache, origin: target.origin + target.prefix },
      wireOf: (operation, request) => buildRequest(this.#credential.target, operation, request),
    });
    for (const operation of parts.operations ?? []) this.#pipeline.callOf(operation);
  }

  send<T>(operation: Operation<T>, request: OperationRequest, options: CallOptions = {}): Promise<Flagged<T>> {
    return this.#call(operation, request, options) as Promise<Flagged<T>>;
  }

  write<T>(operation: Operation<T>, request: OperationRequest, options: CallOptions = {}): Promise<Flagged<T> | Queued> {
    const { strict, headers, queue: queueWish = { owner: 'process' } } = options;
    const mayBeQueued = strict !== true && headers === undefined;
    return this.#call(operation, request, options, mayBeQueued ? { queueWish } : {}) as Promise<Flagged<T> | Queued>;
  }

  fallBack<T>(value: T, operation: string, { onAnswer }: CallOptions = {}): Flagged<T> {
    const { service, events } = this.#parts;
    const answer: Answer<T> = { value, source: 'static', ageMs: 0 };
    this.#statistics.fellBack();
    events.fallbackUsed(service);
    this.#report(onAnswer, answer, { service, operation });
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

  getLimits(): PathLimits {
    return this.#pipeline.limits;
  }

  /** The stages of its pipeline, outermost first; of one operation, or all. */
  describe(operation?: Operation<unknown>): readonly string[] {
    return this.#pipeline.describe(operation);
  }

  /** From the next call on: what is under way ends with the credential it began with. */
  useCredential(credential: Pick<HttpClientParts, 'target' | 'account'>): void {
    this.#credential = credential;
  }

  /** See `Pipeline.probe`. */
  async probe(operation: Operation<unknown>, request: OperationRequest): Promise<void> {
    await this.#pipeline.probe(operation, this.#contextOf(operation, request, {}));
  }

  async healthCheck(operation: Operation<unknown>, request: OperationRequest): Promise<HealthReport> {
    const startedAt = this.#parts.clock.now();
    const failure = await this.send(operation, request, { refresh: true, strict: true }).then(
      () => undefined,
      (error: unknown) => codeOf(error),
    );
    const latencyMs = this.#parts.clock.now() - startedAt;
    const state = this.getCircuitState().effectiveState;
    return { healthy: failure === undefined, state, latencyMs, ...(failure === undefined ? {} : { error: failure }) };
  }

  async #call(
    operation: Operation<unknown>,
    request: OperationRequest,
    options: CallOptions,
    wishes: Pick<CallContext, 'queueWish'> = {},
  ): Promise<Flagged<unknown>> {
    const { clock, events } = this.#parts;
    const startedAt = clock.now();
    const context = { ...this.#contextOf(operation, request, options), ...wishes };
    const { site } = context;
    this.#statistics.begun();
    try {
      const answer = await this.#pipeline.callOf(operation)(context);
      const durationMs = clock.now() - startedAt;
      this.#statistics.answered(answer.source, durationMs);
      events.callEnded({ ...site, outcome: answer.source, durationMs });
      this.#report(options.onAnswer, answer, site);
      return flagged(answer);
    } catch (error) {
      const honest = honestError(error, context);
      const durationMs = clock.now() - startedAt;
      this.#statistics.failed(durationMs);
      events.callEnded({ ...site, outcome: codeOf(honest), durationMs });
      throw honest;
    }
  }

  #contextOf(operation: Operation<unknown>, request: OperationRequest, options: CallOptions): CallContext {
    const { service, policy, clock } = this.#parts;
    const { target, account } = this.#credential;
    const wire = buildRequest(target, operation, request, options.headers);
    const key =
      operation.cacheForMs === undefined
        ? undefined
        : cacheKey({ service, account }, operation.name, { wire, body: request.body }, options.headers);
    return callContext({ service, policy }, operation, { request, wire, cacheKey: key }, options, clock.now());
  }

  /** A listener that throws changes no call. */
  #report(onAnswer: CallOptions['onAnswer'], answer: Answer<unknown>, site: CallSite): void {
    try {
      onAnswer?.(answer, site);
    } catch (error) {
      this.#parts.onListenerError(error);
    }
  }
}

export const createHttpClient = (parts: HttpClientParts): PipelinedHttpClient => new PipelinedHttpClient(parts);

const codeOf = (error: unknown) => (error instanceof GatewayError ? error.code : 'internal_error');

/** Before the deadline stage gives a call its signal, nothing ends it. */
const NEVER = new AbortController().signal;

const isDivisible = ({ idempotency }: Operation<unknown>, { records = [] }: OperationRequest): boolean =>
  idempotency !== 'never' && records.length > 1;

/** A caller's wishes, held against the service's policy: it may be less patient than the policy, never more. */
const callContext = (
  parts: { readonly service: string; readonly policy: ResiliencePolicy },
  operation: Operation<unknown>,
  { request, wire, cacheKey: key }: Pick<CallContext, 'request' | 'wire' | 'cacheKey'>,
  options: CallOptions,
  now: number,
): CallContext => {
  const { attemptTimeoutMs, deadlineMs } = parts.policy;
  const deadlineAt = now + Math.min(options.deadlineMs ?? deadlineMs, deadlineMs);
  return {
    site: { service: parts.service, operation: operation.name },
    request,
    wire,
    hasOwnHeaders: options.headers !== undefined,
    idempotency: operation.idempotency,
    signal: NEVER,
    callerSignal: options.signal,
    deadlineAt: Math.min(deadlineAt, options.deadlineAt ?? deadlineAt),
    attemptTimeoutMs: Math.min(options.timeoutMs ?? attemptTimeoutMs, attemptTimeoutMs),
    service: parts.policy,
    lane: options.lane ?? 'interactive',
    callers: options.caller === undefined ? [] : [options.caller],
    strict: options.strict ?? false,
    refresh: options.refresh ?? false,
    cacheKey: key,
    cacheTags: operation.cacheTags && ((answer) => operation.cacheTags?.(request, answer) ?? []),
    cacheForMs: operation.cacheForMs ?? 0,
    staleForMs: operation.staleForMs ?? 0,
    // The caller of a bulk write asks for its parts itself.
    ...(isDivisible(operation, request) && { isDivisible: true }),
    progress: { attempts: 0, unsettled: false },
  };
};

type Ambiguous = UpstreamUnavailableError | UpstreamTimeoutError | DeadlineExceededError;

const isAmbiguous = (error: unknown): error is Ambiguous =>
  error instanceof UpstreamUnavailableError || error instanceof UpstreamTimeoutError || error instanceof DeadlineExceededError;

/**
 * Says so where a write may have happened: an attempt of an operation that must not be repeated reached for the
 * service, and no answer told what became of it. And makes `execution` true of the whole call: a deadline that met no
 * attempt sent nothing, a circuit that opened over one did. All other errors stay as they are.
 */
export const honestError = (error: unknown, { idempotency, progress, site }: CallContext): unknown => {
  if (idempotency === 'never' && progress.unsettled && isAmbiguous(error)) return new OutcomeUnknownError(site, error);
  if (error instanceof DeadlineExceededError && !progress.unsettled) {
    return new DeadlineExceededError(site, error.deadlineMs, 'not_sent');
  }
  if (error instanceof CircuitOpenError && progress.unsettled) {
    return new CircuitOpenError(site, error.circuit, error.reason, error.retryAfterMs, 'unknown');
  }
  return error;
};

/** The plan's flags by source: `_cached` for what the cache knew, `_fallback` for what stands in for the service. */
const FLAGS: Readonly<Record<AnswerSource, { readonly _cached?: true; readonly _fallback?: true }>> = {
  upstream: {},
  coalesced: {},
  cache: { _cached: true },
  stale: { _cached: true, _fallback: true },
  static: { _fallback: true },
  // Its own `queued: true` says it.
  queued: {},
};

/** The answer's value with its flags. Only objects can carry them: lists and texts are told apart by the headers. */
export const flagged = <T>({ value, source }: Answer<T>): Flagged<T> => {
  if (source === 'upstream' || source === 'coalesced') return value as Flagged<T>;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value as Flagged<T>;
  return { ...value, ...FLAGS[source] };
};

/** Latencies kept for the percentiles. */
const KEPT = 1000;

/** Counts and recent latencies of one client's calls. */
export class CallStatistics {
  readonly #latencies: number[] = [];
  #next = 0;
  #requests = 0;
  #successes = 0;
  #fallbacks = 0;
  #cacheHits = 0;
  #inFlight = 0;

  begun(): void {
    this.#requests += 1;
    this.#inFlight += 1;
  }

  answered(source: AnswerSource, latencyMs: number): void {
    this.#ended(latencyMs);
    if (source === 'stale' || source === 'static' || source === 'queued') this.#fallbacks += 1;
    else this.#successes += 1;
    if (source === 'cache') this.#cacheHits += 1;
  }

  /** A call that had failed was answered by its client after all. */
  fellBack(): void {
    this.#fallbacks += 1;
  }

  failed(latencyMs: number): void {
    this.#ended(latencyMs);
  }

  get metrics(): CallMetrics {
    const ended = this.#requests - this.#inFlight;
    return {
      requests: this.#requests,
      successes: this.#successes,
      failures: ended - this.#successes - this.#fallbacks,
      fallbacks: this.#fallbacks,
      cacheHits: this.#cacheHits,
      successRate: ended === 0 ? 1 : this.#successes / ended,
      latencyMs: summary(this.#latencies),
      inFlight: this.#inFlight,
    };
  }

  #ended(latencyMs: number): void {
    this.#inFlight -= 1;
    this.#latencies[this.#next] = latencyMs;
    this.#next = (this.#next + 1) % KEPT;
  }
}

const summary = (latencies: readonly number[]): CallMetrics['latencyMs'] => {
  const sorted = [...latencies].sort((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const sum = sorted.reduce((total, latency) => total + latency, 0);
  return { mean: sorted.length === 0 ? 0 : sum / sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
};
