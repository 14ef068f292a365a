/**
 * The one table from error codes to what callers see. `docs/api.md` and `/docs/problems` show it.
 */
import type { ErrorCode } from '../errors/gatewayError.ts';

export interface ProblemKind {
  readonly status: number;
  /** Stable: it names the kind, never the case. */
  readonly title: string;
  /** What a caller should do about it. */
  readonly advice: string;
  /** Seconds for Retry-After where nobody knows better. */
  readonly retryAfterSeconds?: number;
}

export const problemKinds: Readonly<Record<ErrorCode, ProblemKind>> = {
  invalid_request: { status: 400, title: 'Invalid request', advice: 'Mend what `faults` names; the request can never succeed as it is.' },
  unauthenticated: { status: 401, title: 'API key required', advice: 'Send a known key as `Authorization: Bearer <key>` or `X-Api-Key`.' },
  forbidden: { status: 403, title: 'Scope missing', advice: 'Ask for a key with the scope that `detail` names.' },
  not_found: { status: 404, title: 'Not found', advice: 'Check the path against `/openapi.json`.' },
  method_not_allowed: { status: 405, title: 'Method not allowed', advice: 'Use a method of the `Allow` header.' },
  payload_too_large: { status: 413, title: 'Body too large', advice: 'Send less at once.' },
  unsupported_media_type: {
    status: 415,
    title: 'Body must be JSON',
    advice: 'Send uncompressed JSON as `Content-Type: application/json`.',
  },
  overloaded: {
    status: 503,
    title: 'Gateway at its limit',
    advice: 'Repeat after `Retry-After`, with fewer large bodies at once.',
    retryAfterSeconds: 1,
  },
  upstream_rejected: {
    status: 422,
    title: 'Refused by the upstream service',
    advice:
      'The service is well and refuses this input: see `reason` and `details`. Its own 404 and 409 keep their status; a 410 is 404 `gone`.',
  },
  missing_scopes: {
    status: 422,
    title: 'Scope missing at the upstream service',
    advice: 'The key of the service may not do this: the operators must grant it the scopes in `details`, where the service names them.',
  },
  upstream_unauthorized: {
    status: 502,
    title: 'Gateway credential refused',
    advice: 'Nothing a caller can mend: the operators must check the key of the service named in `upstream`.',
  },
  upstream_quota_exhausted: {
    status: 503,
    title: 'Upstream quota used up',
    advice: 'Repeat after `Retry-After`, when the quota is renewed.',
    retryAfterSeconds: 300,
  },
  upstream_rate_limited: { status: 503, title: 'Upstream rate limit reached', advice: 'Repeat after `Retry-After`.', retryAfterSeconds: 5 },
  upstream_unavailable: { status: 502, title: 'Upstream service failed', advice: 'Repeat with growing pauses.' },
  upstream_timeout: { status: 504, title: 'Upstream service timed out', advice: 'Repeat with growing pauses.' },
  upstream_contract_broken: {
    status: 502,
    title: 'Upstream answer not understood',
    advice: 'Do not repeat: the service answered something else than it documents.',
  },
  deadline_exceeded: { status: 504, title: 'Deadline exceeded', advice: 'Allow more by `X-Request-Timeout`, or do without.' },
  circuit_open: {
    status: 503,
    title: 'Circuit open',
    advice: 'The service is failing and is not being asked. Repeat after `Retry-After`.',
    retryAfterSeconds: 5,
  },
  bulkhead_full: { status: 503, title: 'Too many calls under way', advice: 'Repeat after `Retry-After`.', retryAfterSeconds: 1 },
  call_cancelled: { status: 499, title: 'Caller gone', advice: 'Never seen: nobody is left to read it.' },
  outcome_unknown: {
    status: 504,
    title: 'Outcome unknown',
    advice: 'The write may or may not have happened. Look before you repeat it.',
  },
  quota_wait_too_long: {
    status: 503,
    title: 'No quota in time',
    advice: 'The quota of the service is spent for longer than the deadline allows. Repeat after `Retry-After`.',
    retryAfterSeconds: 5,
  },
  queue_unavailable: {
    status: 503,
    title: 'Queue unavailable',
    advice: 'The write was neither sent nor accepted. Repeat after `Retry-After`.',
    retryAfterSeconds: 5,
  },
  fleet_unavailable: {
    status: 503,
    title: 'Fleet unavailable',
    advice:
      'What the replicas share did not answer in time: look at `/admin/fleet` whether it was changed. Repeating does no harm; or change each replica.',
    retryAfterSeconds: 5,
  },
  request_in_progress: {
    status: 409,
    title: 'Request in progress',
    advice: 'Another request with this Idempotency-Key is being answered. Repeat after `Retry-After`.',
    retryAfterSeconds: 1,
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency-Key reused',
    advice: 'The key belongs to another request: take a new one for each.',
  },
  answer_not_kept: {
    status: 409,
    title: 'Answer not kept',
    advice:
      'The first request with this Idempotency-Key was carried out, and nothing was done again; its answer is too large to be kept. Read what you need.',
  },
  job_state_conflict: { status: 409, title: 'Job in another state', advice: 'Look at the job: `detail` says what it would have to be.' },
  internal_error: { status: 500, title: 'Internal error', advice: 'Report it with the request id in `instance`.' },
};

/** Where the kind is explained; a full path, so that it resolves from any page of ours. */
export const problemType = (code: ErrorCode): string => `/docs/problems#${code}`;
