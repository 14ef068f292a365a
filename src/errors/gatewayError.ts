/**
 * What every error of ours says about itself. No HTTP in it: `web/problem.ts` turns codes into statuses.
 */

/** Stable and public: callers switch on it. The table is `web/problem.ts`. */
export type ErrorCode =
  | 'invalid_request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'overloaded'
  | 'upstream_rejected'
  | 'missing_scopes'
  | 'upstream_unauthorized'
  | 'upstream_quota_exhausted'
  | 'upstream_rate_limited'
  | 'upstream_unavailable'
  | 'upstream_timeout'
  | 'upstream_contract_broken'
  | 'deadline_exceeded'
  | 'circuit_open'
  | 'bulkhead_full'
  | 'call_cancelled'
  | 'outcome_unknown'
  | 'quota_wait_too_long'
  | 'queue_unavailable'
  | 'fleet_unavailable'
  | 'request_in_progress'
  | 'idempotency_key_reused'
  | 'answer_not_kept'
  | 'job_state_conflict'
  | 'internal_error';

/** How an attempt counts for the circuit: `ignored` says nothing about the service, either way. */
export type Verdict = 'success' | 'failure' | 'ignored';

/**
 * What a failed attempt did at the service. `not_sent` and `refused` are safe to repeat whatever the operation;
 * `unknown` is not: the service may have done the work.
 */
export type Execution = 'not_sent' | 'refused' | 'unknown';

export abstract class GatewayError extends Error {
  abstract readonly code: ErrorCode;
  /** Whether a repeat may help; the operation's idempotency still decides whether it may be made. */
  readonly retryable: boolean = false;
  readonly verdict: Verdict = 'ignored';
  readonly execution: Execution = 'refused';
  /** Milliseconds after which a repeat makes sense, where anybody said so. */
  readonly retryAfterMs: number | undefined = undefined;
  /** The upstream service concerned, if one is. */
  readonly service: string | undefined = undefined;

  override get name(): string {
    return this.constructor.name;
  }
}
