/**
 * Errors as RFC 9457 problem documents. What an unknown error says stays inside.
 */
import { GatewayError, type ErrorCode } from '../errors/gatewayError.ts';
import { InvalidRequestError, MethodNotAllowedError, type Fault } from '../errors/requestErrors.ts';
import { CircuitOpenError, UpstreamError, UpstreamRejectedError } from '../errors/upstreamErrors.ts';
import { problemKinds, problemType, type ProblemKind } from './problemKinds.ts';
import { proxyStatus } from './proxyStatus.ts';
import type { OutgoingAnswer } from './sendAnswer.ts';

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ErrorCode;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly upstream?: string;
  readonly operation?: string;
  readonly retryAfterSeconds?: number;
  readonly circuit?: string;
  readonly faults?: readonly Fault[];
  readonly reason?: string;
  readonly details?: UpstreamError['details'];
}

export interface Problem {
  readonly status: number;
  /** Names and values in turn, as `writeHead` takes them. */
  readonly headers: readonly string[];
  readonly body: ProblemBody;
}

const PASSED_ON = new Set([404, 409]);

const statusOf = (error: GatewayError, kind: ProblemKind): number =>
  error instanceof UpstreamRejectedError && PASSED_ON.has(error.status) ? error.status : kind.status;

/** Whole seconds, rounded up and never 0: an early repeat would meet the same refusal. */
const retryAfterOf = (error: GatewayError, kind: ProblemKind): number | undefined => {
  const { retryAfterMs } = error;
  if (retryAfterMs === undefined || !Number.isFinite(retryAfterMs)) return kind.retryAfterSeconds;
  return Math.max(1, Math.ceil(retryAfterMs / 1000));
};

type Extensions = Partial<Omit<ProblemBody, 'type' | 'title' | 'status' | 'detail' | 'instance' | 'code' | 'retryable'>>;

const upstreamExtensions = (error: GatewayError): Extensions => {
  if (!(error instanceof UpstreamError)) return {};
  return {
    upstream: error.service,
    operation: error.operation,
    ...(error instanceof CircuitOpenError && { circuit: error.circuit, reason: error.reason }),
    ...(error instanceof UpstreamRejectedError && { reason: error.reason }),
    ...(Object.keys(error.details).length > 0 && { details: error.details }),
  };
};

const extensionsOf = (error: GatewayError, retryAfterSeconds: number | undefined): Extensions => ({
  ...upstreamExtensions(error),
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  ...(error instanceof InvalidRequestError && error.faults.length > 0 && { faults: error.faults }),
});

const headersOf = (error: GatewayError, retryAfterSeconds: number | undefined): readonly string[] => {
  const cause = proxyStatus(error);
  return [
    ...(retryAfterSeconds === undefined ? [] : ['Retry-After', String(retryAfterSeconds)]),
    ...(cause === undefined ? [] : ['Proxy-Status', cause]),
    ...(error instanceof MethodNotAllowedError ? ['Allow', error.allowed.join(', ')] : []),
    ...(error.code === 'unauthenticated' ? ['WWW-Authenticate', 'Bearer realm="sales-auto-api"'] : []),
    ...(error.code === 'forbidden' ? ['WWW-Authenticate', 'Bearer realm="sales-auto-api", error="insufficient_scope"'] : []),
  ];
};

const INTERNAL_DETAIL = 'the gateway failed to handle this request; its log says more under the request id';

const describe = (code: ErrorCode, status: number, detail: string, requestId: string): Omit<ProblemBody, 'retryable'> => ({
  type: problemType(code),
  title: problemKinds[code].title,
  status,
  detail,
  instance: `urn:request:${requestId}`,
  code,
});

const internalProblem = (requestId: string): Problem => {
  const { status } = problemKinds.internal_error;
  return { status, headers: [], body: { ...describe('internal_error', status, INTERNAL_DETAIL, requestId), retryable: false } };
};

/** Any thrown value as a problem. Only errors of ours tell what they are. */
export const toProblem = (error: unknown, context: { readonly requestId: string }): Problem => {
  if (!(error instanceof GatewayError) || error.code === 'internal_error') return internalProblem(context.requestId);
  const kind = problemKinds[error.code];
  const status = statusOf(error, kind);
  const retryAfterSeconds = retryAfterOf(error, kind);
  const body: ProblemBody = {
    ...describe(error.code, status, error.message, context.requestId),
    retryable: error.retryable || status === 503,
    ...extensionsOf(error, retryAfterSeconds),
  };
  return { status, headers: headersOf(error, retryAfterSeconds), body };
};

export const problemAnswer = ({ status, headers, body }: Problem): OutgoingAnswer => ({
  status,
  headers,
  body: JSON.stringify(body),
  contentType: PROBLEM_TYPE,
});
