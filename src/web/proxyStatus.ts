/**
 * Why the gateway has no better answer, in the registered words of RFC 9209, for callers' tools.
 */
import { UpstreamError, UpstreamRejectedError, type FailureKind } from '../errors/upstreamErrors.ts';
import type { ErrorCode } from '../errors/gatewayError.ts';

/** Registered proxy error types; one per kind of failure. */
const byKind: Readonly<Record<FailureKind, string>> = {
  http_5xx: 'destination_unavailable',
  connect: 'connection_refused',
  reset: 'connection_terminated',
  dns: 'dns_error',
  tls: 'tls_protocol_error',
  timeout: 'http_response_timeout',
  contract: 'http_protocol_error',
  too_large: 'http_response_body_size',
  slow: 'http_response_timeout',
};

const byCode: Partial<Record<ErrorCode, string>> = {
  upstream_unauthorized: 'proxy_configuration_error',
  upstream_quota_exhausted: 'destination_unavailable',
  upstream_rate_limited: 'destination_unavailable',
  upstream_timeout: 'http_response_timeout',
  deadline_exceeded: 'http_response_timeout',
  circuit_open: 'destination_unavailable',
  bulkhead_full: 'connection_limit_reached',
};

const kindOf = (error: UpstreamError): FailureKind | undefined =>
  'kind' in error && typeof error.kind === 'string' ? (error.kind as FailureKind) : undefined;

const errorToken = (error: UpstreamError): string => {
  const kind = kindOf(error);
  return (kind === undefined ? byCode[error.code] : byKind[kind]) ?? 'proxy_internal_error';
};

/** Our codes are tokens already, so `details` needs no escaping. */
const verdict = (error: UpstreamError): string =>
  error instanceof UpstreamRejectedError
    ? `received-status=${String(error.status)}`
    : `error=${errorToken(error)}; details="${error.code}"`;

/** The header's value for an upstream error; `undefined` for errors no service had a part in. */
export const proxyStatus = (error: unknown): string | undefined =>
  error instanceof UpstreamError ? `sales-auto-api; ${verdict(error)}; next-hop=${error.service}` : undefined;
