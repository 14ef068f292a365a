import type { CallContext, CallOptions } from '../contract/call.ts';
import type { ResiliencePolicy } from '../contract/policy.ts';
import type { Operation, OperationRequest } from '../contract/operation.ts';
import { cacheKey } from './requestBuilder.ts';
import type { HttpRequest } from '../wire/transport.ts';

/** Before the deadline stage gives a call its signal, nothing ends it. */
const NEVER = new AbortController().signal;

const NOBODY: readonly string[] = [];

const callersOf = ({ caller }: CallOptions): readonly string[] => (caller === undefined ? NOBODY : [caller]);

const isDivisible = ({ idempotency }: Operation<unknown>, { records = [] }: OperationRequest): boolean =>
  idempotency !== 'never' && records.length > 1;

/** A caller's wishes, held against the service's policy: it may be less patient than the policy, never more. */
export const callContext = <T>(
  parts: { readonly service: string; readonly account: string; readonly policy: ResiliencePolicy },
  operation: Operation<T>,
  { request, wire }: { readonly request: OperationRequest; readonly wire: HttpRequest },
  options: CallOptions,
  now: number,
): CallContext => {
  const { attemptTimeoutMs, deadlineMs } = parts.policy;
  const deadlineAt = now + Math.min(options.deadlineMs ?? deadlineMs, deadlineMs);
  return {
    site: { service: parts.service, operation: operation.name },
    idempotency: operation.idempotency,
    signal: NEVER,
    callerSignal: options.signal,
    deadlineAt: Math.min(deadlineAt, options.deadlineAt ?? deadlineAt),
    attemptTimeoutMs: Math.min(options.timeoutMs ?? attemptTimeoutMs, attemptTimeoutMs),
    service: parts.policy,
    lane: options.lane ?? 'interactive',
    callers: callersOf(options),
    strict: options.strict ?? false,
    refresh: options.refresh ?? false,
    cacheKey:
      operation.cacheForMs === undefined ? undefined : cacheKey(parts, operation.name, { wire, body: request.body }, options.headers),
    cacheTags: operation.cacheTags && ((answer) => operation.cacheTags?.(request, answer) ?? []),
    cacheForMs: operation.cacheForMs ?? 0,
    staleForMs: operation.staleForMs ?? 0,
    // The caller of a bulk write asks for its parts itself.
    ...(isDivisible(operation, request) && { isDivisible: true }),
    progress: { attempts: 0, unsettled: false },
  };
};
