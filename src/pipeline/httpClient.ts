/**
 * The one way out: an operation goes through the pipeline to the wire, and comes back as a validated answer or a
 * typed error.
 */
import type { CallOptions, Queued } from '../contract/call.ts';
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import type { Operation, OperationRequest } from '../contract/operation.ts';

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
