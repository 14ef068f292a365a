/**
 * How calls and attempts end, as label values. The sets are closed: a histogram has a dozen series for each value.
 */
import type { SharedCacheResult } from '../cache/sharedCacheEvents.ts';
import type { ErrorCode } from '../errors/gatewayError.ts';
import type { AnswerSource } from '../resilience/call.ts';
import type { DeprecationNotice } from '../resilience/events.ts';

/**
 * `success`: the service answered. `fallback`: a stale or static answer stood in, or a write was queued. `rejected`: the service refused our input.
 * `throttled`: over its rate or quota. `failed`: the service failed, was late or broke its contract. `refused`: ended on our
 * side, without a word about the service (open circuit, full bulkhead, caller gone).
 */
export const callOutcomes = ['success', 'fallback', 'rejected', 'throttled', 'failed', 'refused'] as const;
export type CallOutcome = (typeof callOutcomes)[number];

/** `undefined`: answered from the cache, so it was no request to the service; `cache_requests_total` counts it. */
const outcomes: Readonly<Record<AnswerSource | ErrorCode, CallOutcome | undefined>> = {
  upstream: 'success',
  cache: undefined,
  coalesced: undefined,
  stale: 'fallback',
  static: 'fallback',
  queued: 'fallback',
  upstream_rejected: 'rejected',
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
};

export const callOutcome = (ended: AnswerSource | ErrorCode): CallOutcome | undefined => outcomes[ended];

/** How an attempt that was let through can end. */
export const attemptOutcomes = [
  'success',
  'upstream_rejected',
  'upstream_unauthorized',
  'upstream_quota_exhausted',
  'upstream_rate_limited',
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_contract_broken',
  'deadline_exceeded',
  'call_cancelled',
] as const satisfies readonly ('success' | ErrorCode)[];

export const attemptKinds = ['first', 'retry'] as const;

export const cacheResults = ['hit', 'stale', 'miss', 'coalesced', 'bypass'] as const;

export const sharedCacheResults = ['hit', 'awaited', 'stale', 'miss', 'unavailable', 'unreadable'] as const satisfies readonly SharedCacheResult[];

export const deprecationHeaders = ['deprecation', 'sunset', 'warning'] as const satisfies readonly DeprecationNotice['header'][];
