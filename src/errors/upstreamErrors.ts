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
export type FailureKind =
  | 'http_5xx'
  | 'connect'
  | 'reset'
  | 'dns'
  | 'tls'
  | 'timeout'
  | 'contract'
  | 'too_large'
  | 'slow';

export abstract class UpstreamError extends GatewayError {
  override readonly service: string;
  readonly operation: string;

  constructor(site: CallSite, what: string, options?: ErrorOptions) {
    super(`${site.service} ${site.operation}: ${what}`, options);
    this.service = site.service;
    this.operation = site.operation;
  }
}

/** The service understood and refused: our input, or the state of its data. It is well. */
export class UpstreamRejectedError extends UpstreamError {
  readonly code = 'upstream_rejected';
  override readonly verdict = 'success';

  /**
   * @param status The service's own status: 404 and 409 are passed on, all else becomes 422.
   * @param reason A constant of ours, such as `contact_exists`, never the provider's text.
   * @param details Safe facts for the caller, such as the id of the record that is in the way.
   */
  constructor(
    site: CallSite,
    readonly status: number,
    readonly reason: string = 'rejected',
    readonly details: Readonly<Record<string, string | number | readonly string[]>> = {},
  ) {
    super(site, `refused with ${String(status)} (${reason})`);
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

/** A daily limit or the credits are used up: nothing helps before the reset. */
export class UpstreamQuotaExhaustedError extends UpstreamError {
  readonly code = 'upstream_quota_exhausted';

  constructor(
    site: CallSite,
    readonly quota: 'daily' | 'credits' | 'plan',
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

/** One attempt got no whole answer in its time. */
export class UpstreamTimeoutError extends UpstreamError {
  readonly code = 'upstream_timeout';
  override readonly retryable = true;
  override readonly verdict = 'failure';
  override readonly execution = 'unknown';
  readonly kind = 'timeout';

  constructor(
    site: CallSite,
    readonly timeoutMs: number,
  ) {
    super(site, `no answer within ${String(timeoutMs)} ms`);
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
  override readonly execution = 'unknown';

  constructor(
    site: CallSite,
    readonly deadlineMs: number,
  ) {
    super(site, `no answer within the deadline of ${String(Math.round(deadlineMs))} ms`);
  }
}

/** The circuit lets nothing through; no attempt was made. */
export class CircuitOpenError extends UpstreamError {
  readonly code = 'circuit_open';
  override readonly execution = 'not_sent';

  constructor(
    site: CallSite,
    readonly circuit: string,
    readonly reason: string,
    override readonly retryAfterMs: number | undefined = undefined,
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
