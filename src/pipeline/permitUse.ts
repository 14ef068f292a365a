import { GatewayError, type ErrorCode } from '../errors/gatewayError.ts';
import { UpstreamUnavailableError } from '../errors/upstreamErrors.ts';
import type { PermitUse } from '../contract/quotaGate.ts';

const ABANDONED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['upstream_timeout', 'deadline_exceeded', 'call_cancelled', 'circuit_open']);

/** What a failed attempt did with its permit: one whose connection never stood used none, one that was given up may use it still. */
export const useOf = (error: unknown): PermitUse => {
  if (!(error instanceof GatewayError)) return 'abandoned';
  if (error instanceof UpstreamUnavailableError && error.kind !== 'http_5xx')
    return error.execution === 'not_sent' ? 'unsent' : 'abandoned';
  return ABANDONED.has(error.code) ? 'abandoned' : 'answered';
};
