/**
 * What can go wrong with a call to an upstream service. Messages are ours: they never hold a secret, a provider's
 * raw body or a person's data.
 */
import { GatewayError, type Execution, type Verdict } from './gatewayError.ts';

/** Which operation of which service failed. */
export interface CallSite {
  readonly service: string;
  readonly operation: string;
}

/** What kind of unavailability: `web/proxyStatus.ts` names it to callers, the circuit remembers the last. */
export type FailureKind = 'http_5xx' | 'connect' | 'reset' | 'dns' | 'tls' | 'timeout' | 'contract' | 'too_large' | 'slow';

/** Safe facts for the caller, such as the id of the record that is in the way. */
export type UpstreamDetails = Readonly<Record<string, string | number | readonly string[]>>;

export abstract class UpstreamError extends GatewayError {
  override readonly service: string;
  readonly operation: string;
  readonly details: UpstreamDetails = {};

  constructor(site: CallSite, what: string, options?: ErrorOptions) {
    super(`${site.service} ${site.operation}: ${what}`, options);
    this.service = site.service;
    this.operation = site.operation;
  }
}

/** The service understood and refused: our input, or the state of its data. It is well. */
export class UpstreamRejectedError extends UpstreamError {
  readonly code: 'upstream_rejected' | 'missing_scopes' = 'upstream_rejected';
  override readonly verdict = 'success';

  /**
   * @param status The service's own status, 404 for its 410: 404 and 409 are passed on, all else becomes 422.
   * @param reason A constant of ours, such as `contact_exists`, never the provider's text.
   */
  constructor(
    site: CallSite,
    readonly status: number,
    readonly reason: string = 'rejected',
    override readonly details: UpstreamDetails = {},
  ) {
    super(site, `refused with ${String(status)} (${reason})`);
  }
}

/** The service knows our credential and does not allow it this operation: that is about the operation, not about the credential. */
export class MissingScopesError extends UpstreamRejectedError {
  override readonly code = 'missing_scopes';

  /** @param scopes By the service's own names, where it names them. */
  constructor(site: CallSite, status = 403, scopes: readonly string[] = [], reason = 'missing_scopes') {
    super(site, status, reason, scopes.length === 0 ? {} : { scopes });
  }
}

/** Our credential is refused. Ignored one by one; several in a row trip the circuit as `credential`. */
export class UpstreamUnauthorizedError extends UpstreamError {
  readonly code = 'upstream_unauthorized';
  override readonly verdict = 'ignored';

  constructor(site: CallSite, status: number) {
    super(site, `our credential is refused (${String(status)}); check the service's API key`);
  }
}

/** A daily limit or the credits are used up: nothing helps before they are renewed. */
export class UpstreamQuotaExhaustedError extends UpstreamError {
  readonly code = 'upstream_quota_exhausted';

  constructor(
    site: CallSite,
    readonly quota: 'daily' | 'credits',
    override readonly retryAfterMs: number | undefined = undefined,
  ) {
    super(site, `${quota} quota is used up`);
  }
}

/** The service is well, but over the rate it grants us: a 429. */
export class UpstreamRateLimitedError extends UpstreamError {
  readonly code = 'upstream_rate_limited';
  override readonly retryable = true;

  constructor(
    site: CallSite,
    override readonly retryAfterMs: number | undefined = undefined,
  ) {
    super(site, 'rate limited');
  }
}

/** The service is down, unreachable or failing. */
export class UpstreamUnavailableError extends UpstreamError {
  readonly code = 'upstream_unavailable';
  override readonly retryable = true;
  override readonly verdict: Verdict = 'failure';

  constructor(
    site: CallSite,
    readonly kind: FailureKind,
    override readonly execution: Execution,
    override readonly retryAfterMs: number | undefined = undefined,
    options?: ErrorOptions,
  ) {
    super(site, `unavailable (${kind})`, options);
  }
}

/**
 * The edge before the service refused a request with a page of its own, so it never got there. What the request holds may be the
 * reason: it says nothing about the service, and a repeat soon after would meet the same.
 */
export class UpstreamBlockedError extends UpstreamUnavailableError {
  override readonly verdict = 'ignored';

  constructor(site: CallSite, retryAfterMs: number) {
    super(site, 'http_5xx', 'refused', retryAfterMs);
  }
}

/** A kept connection broke while a write that must not be repeated was on its way: its outcome is unknown, and it is no evidence. */
export class KeptConnectionLostError extends UpstreamUnavailableError {
  override readonly verdict = 'ignored';

  constructor(site: CallSite, options: ErrorOptions) {
    super(site, 'reset', 'unknown', undefined, options);
  }
}

/** One attempt got no whole answer in its time. */
export class UpstreamTimeoutError extends UpstreamError {
  readonly code = 'upstream_timeout';
  override readonly retryable = true;
  override readonly verdict = 'failure';
  override readonly execution = 'unknown';
  readonly kind = 'timeout';

  /** @param wasSuspect Its time was cut short because the service was suspect: then it speaks against it like any failure. */
  constructor(
    site: CallSite,
    readonly timeoutMs: number,
    readonly wasSuspect = false,
  ) {
    super(site, `no answer within ${String(Math.round(timeoutMs))} ms`);
  }
}

/** The answer is not what the service's contract says. */
export class UpstreamContractBrokenError extends UpstreamError {
  readonly code = 'upstream_contract_broken';
  override readonly verdict = 'failure';
  override readonly execution = 'unknown';

  /** @param fields Where the answer breaks the contract, such as `results.0.id`; field names only. */
  constructor(
    site: CallSite,
    what: string,
    readonly fields: readonly string[] = [],
    readonly kind: FailureKind = 'contract',
  ) {
    super(site, what);
  }
}

/** A write may or may not have happened, and repeating it could do it twice. */
export class OutcomeUnknownError extends UpstreamError {
  readonly code = 'outcome_unknown';
  override readonly verdict: Verdict;
  override readonly execution = 'unknown';
  readonly kind: FailureKind;

  constructor(site: CallSite, cause: GatewayError & { readonly kind?: FailureKind }) {
    super(site, `the outcome is unknown (${cause.code}); look before you repeat it`, { cause });
    this.verdict = cause.verdict;
    this.kind = cause.kind ?? 'timeout';
  }
}

/** The caller's patience is over, retries included. */
export class DeadlineExceededError extends UpstreamError {
  readonly code = 'deadline_exceeded';

  /** @param execution `not_sent` where no attempt was under way: the call spent its time waiting. */
  constructor(
    site: CallSite,
    readonly deadlineMs: number,
    override readonly execution: Execution = 'unknown',
  ) {
    super(site, `no answer within the deadline of ${String(Math.round(deadlineMs))} ms`);
  }
}

/** The circuit lets nothing through. */
export class CircuitOpenError extends UpstreamError {
  readonly code = 'circuit_open';

  /** @param execution `unknown` where an attempt of the call had gone out before, and was cut off or never answered. */
  constructor(
    site: CallSite,
    readonly circuit: string,
    readonly reason: string,
    override readonly retryAfterMs: number | undefined = undefined,
    override readonly execution: Execution = 'not_sent',
  ) {
    super(site, `circuit ${circuit} is open (${reason})`);
  }
}

/** Too many calls to the service are under way or waiting; no attempt was made. */
export class BulkheadFullError extends UpstreamError {
  readonly code = 'bulkhead_full';
  override readonly execution = 'not_sent';

  constructor(
    site: CallSite,
    override readonly retryAfterMs: number,
  ) {
    super(site, 'too many calls are under way');
  }
}

/** The service's quota is spent for longer than the caller can wait; no attempt was made. */
export class QuotaWaitTooLongError extends UpstreamError {
  readonly code = 'quota_wait_too_long';
  override readonly execution = 'not_sent';

  constructor(
    site: CallSite,
    override readonly retryAfterMs: number,
  ) {
    super(site, 'the quota is spent for longer than the call may wait');
  }
}

/** The caller hung up. Nobody reads this answer. */
export class CallCancelledError extends UpstreamError {
  readonly code = 'call_cancelled';
  override readonly execution = 'unknown';

  constructor(site: CallSite) {
    super(site, 'cancelled by the caller');
  }
}

/** An attempt that has not ended, but takes longer than it should: evidence for the circuit, seen by no caller. */
export class SlowAttemptError extends Error {
  readonly kind = 'slow';

  constructor() {
    super('an attempt is taking longer than it should');
  }
}
