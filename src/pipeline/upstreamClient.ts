/**
 * Builds the one way out to a service. Its pipeline, outermost first (docs/architecture.md; docs/decisions/0002):
 *
 *   (queue, for writes) -> fallback -> (purge, for writes) -> deadline -> cache -> (batch, for reads)
 *     -> retry -> quota -> bulkhead -> circuit breaker -> attempt timeout -> wire
 */
import type { ResponseCache } from '../cache/responseCache.ts';
import type { SharedCache } from '../cache/sharedCache.ts';
import { deepFreeze } from '../config/deepFreeze.ts';
import { GatewayError } from '../errors/gatewayError.ts';
import type { CallSite } from '../errors/upstreamErrors.ts';
import { compose, type Answer, type Call, type CallContext, type CallOptions, type Queued } from '../contract/call.ts';
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import { CacheStage } from './stages/cache.ts';
import { deadline } from './stages/deadline.ts';
import { fallback } from './stages/fallback.ts';
import { AttemptPath, type AttemptPathParts, type PathLimits, type PermitSize } from './attemptPath.ts';
import { callContext } from './callContext.ts';
import { CallStatistics } from './callStatistics.ts';
import { flagged } from './flags.ts';
import { BatchedReads } from './stages/batchedReads.ts';
import type { CallMetrics, Flagged, HealthReport, HttpClient } from './httpClient.ts';
import { DEFAULT_QUOTA, type Operation, type OperationRequest } from '../contract/operation.ts';
import { honestError } from './outcomeUnknown.ts';
import { orQueued } from './stages/queuedWrite.ts';
import { endingWhatIsGone, purgingAfter, type PurgingParts } from './stages/purgingWrites.ts';
import { recordsOf } from './recordOf.ts';
import { buildRequest, type Target } from './requestBuilder.ts';
import type { HttpRequest } from '../wire/transport.ts';
import type { WriteQueue } from '../contract/writeQueue.ts';

export interface HttpClientParts extends AttemptPathParts {
  readonly service: string;
  readonly target: Target;
  /** Stands for the credential in cache keys: two accounts never share an answer. */
  readonly account: string;
  readonly cache: ResponseCache;
  /** Behind it, the cache of the whole fleet; absent: this process is alone. */
  readonly sharedCache?: Pick<SharedCache, 'isUp' | 'find' | 'errand' | 'purge'> | undefined;
  readonly remembered?: PurgingParts['remembered'];
  /** Where writes wait; absent: they fail instead. */
  readonly queue?: WriteQueue | undefined;
}

/** Puts something around the pipeline of one call. */
type Around<T, Outcome> = (call: Call<T>) => Call<Outcome>;

export class PipelinedHttpClient implements HttpClient {
  #parts: HttpClientParts;
  readonly #statistics = new CallStatistics();
  readonly #path: AttemptPath;
  readonly #cacheStage: CacheStage;
  readonly #batches: BatchedReads;

  constructor(parts: HttpClientParts) {
    this.#parts = parts;
    this.#path = new AttemptPath(parts);
    const { sharedCache, target } = parts;
    this.#cacheStage = new CacheStage({ ...parts, fleet: sharedCache && { cache: sharedCache, origin: target.origin + target.prefix } });
    this.#batches = new BatchedReads({
      clock: parts.clock,
      send: ({ operation, request }, { single, records, context }) => {
        this.#path.relate(operation.name, single);
        const wire = buildRequest(this.#parts.target, operation, request);
        return this.#path.call(operation, wire, permitWish(operation, request), records)(context);
      },
      isSuspect: () => parts.breaker.isSuspect,
      quotaWaitMs: (operation, request, lane) => this.#path.quotaWaitMs({ ...permitWish(operation, request), lane }),
    });
  }

  send<T>(operation: Operation<T>, request: OperationRequest, options: CallOptions = {}): Promise<Flagged<T>> {
    return this.#run<T, T>(operation, request, options, (call) => call);
  }

  write<T>(operation: Operation<T>, request: OperationRequest, options: CallOptions = {}): Promise<Flagged<T> | Queued> {
    return this.#run<T, T | Queued>(operation, request, options, orQueued(this.#parts, operation, request, options));
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

  getLimits(): PathLimits {
    return this.#path.limits;
  }

  /** From the next call on: what is under way ends with the credential it began with. */
  useCredential(credential: Pick<HttpClientParts, 'target' | 'account'>): void {
    this.#parts = { ...this.#parts, ...credential };
  }

  /** See `AttemptPath.probe`. */
  async probe(operation: Operation<unknown>, request: OperationRequest): Promise<void> {
    const { clock, target } = this.#parts;
    const wire = buildRequest(target, operation, request);
    await this.#path.probe(operation, wire, callContext(this.#parts, operation, { request, wire }, {}, clock.now()));
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

  async #run<T, Outcome>(
    operation: Operation<T>,
    request: OperationRequest,
    options: CallOptions,
    around: Around<T, Outcome>,
  ): Promise<Flagged<Outcome>> {
    const { clock, target } = this.#parts;
    const startedAt = clock.now();
    const wire = buildRequest(target, operation, request, options.headers);
    const context = callContext(this.#parts, operation, { request, wire }, options, startedAt);
    this.#statistics.begun();
    try {
      const answer = await around(this.#pipeline(operation, request, wire, options))(context);
      this.#answered(answer, context, clock.now() - startedAt, options);
      return flagged(answer);
    } catch (error) {
      const honest = honestError(error, context);
      this.#failed(honest, context, clock.now() - startedAt);
      throw honest;
    }
  }

  /** The one place that fixes the order of protection. */
  #pipeline<T>(operation: Operation<T>, request: OperationRequest, wire: HttpRequest, { headers }: CallOptions): Call<T> {
    const alone = this.#path.call(operation, wire, permitWish(operation, request), () => recordsOf(operation, request));
    // A caller's own headers are for its own request.
    const attempts = headers === undefined ? this.#batches.call(operation, request, alone) : alone;
    const known = endingWhatIsGone(this.#parts, operation, request)(attempts);
    const guarded = compose(deadline(this.#parts.clock), this.#cacheStage.stage)(known);
    return fallback(this.#parts, deepFreeze(operation.fallback))(purgingAfter(this.#parts, operation, request)(guarded));
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

const permitWish = (operation: Operation<unknown>, request: OperationRequest): PermitSize => ({
  quota: operation.quota ?? DEFAULT_QUOTA,
  weight: request.weight ?? operation.weight ?? 1,
});

const codeOf = (error: unknown) => (error instanceof GatewayError ? error.code : 'internal_error');
