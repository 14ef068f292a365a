/**
 * How calls and attempts end, as label values. The set of a call's outcomes is closed: a histogram has a dozen series for each.
 */
import type { ErrorCode } from '../errors/gatewayError.ts';
import type { AnswerSource } from '../contract/call.ts';

/**
 * `success`: the service answered. `fallback`: a stale or static answer stood in, or a write was queued. `rejected`: the service refused our input.
 * `throttled`: over its rate or quota. `failed`: the service failed, was late or broke its contract. `refused`: ended on our
 * side, without a word about the service (open circuit, full bulkhead, caller gone).
 */
export type CallOutcome = 'success' | 'fallback' | 'rejected' | 'throttled' | 'failed' | 'refused';

/** `undefined`: answered from the cache, so it was no request to the service; `cache_requests_total` counts it. */
const outcomes: Readonly<Record<AnswerSource | ErrorCode, CallOutcome | undefined>> = {
  upstream: 'success',
  cache: undefined,
  coalesced: undefined,
  stale: 'fallback',
  static: 'fallback',
  queued: 'fallback',
  upstream_rejected: 'rejected',
  missing_scopes: 'rejected',
  upstream_rate_limited: 'throttled',
  upstream_quota_exhausted: 'throttled',
  upstream_unauthorized: 'failed',
  upstream_unavailable: 'failed',
  upstream_timeout: 'failed',
  upstream_contract_broken: 'failed',
  deadline_exceeded: 'failed',
  outcome_unknown: 'failed',
  internal_error: 'failed',
  circuit_open: 'refused',
  bulkhead_full: 'refused',
  quota_wait_too_long: 'refused',
  queue_unavailable: 'refused',
  fleet_unavailable: 'refused',
  request_in_progress: 'refused',
  idempotency_key_reused: 'refused',
  answer_not_kept: 'refused',
  job_state_conflict: 'refused',
  call_cancelled: 'refused',
  invalid_request: 'refused',
  unauthenticated: 'refused',
  forbidden: 'refused',
  not_found: 'refused',
  method_not_allowed: 'refused',
  payload_too_large: 'refused',
  unsupported_media_type: 'refused',
  overloaded: 'refused',
};

export const callOutcome = (ended: AnswerSource | ErrorCode): CallOutcome | undefined => outcomes[ended];

/** Ends of an attempt that an alert reports after one, two or three of them. None of them is retried. */
export const alertedOutcomes = [
  'upstream_unauthorized',
  'upstream_quota_exhausted',
  'upstream_contract_broken',
] as const satisfies readonly ErrorCode[];
