/**
 * One attempt: sends the request, reads the whole answer, and turns it into the operation's value or a typed error.
 */
import { type GatewayError } from '../errors/gatewayError.ts';
import { UpstreamContractBrokenError, UpstreamUnavailableError, type CallSite } from '../errors/upstreamErrors.ts';
import type { ResilienceEvents } from '../resilience/events.ts';
import type { Clock } from '../time/clock.ts';
import type { Classifier } from './classification.ts';
import { classifyStatus } from './generalClassification.ts';
import type { Operation } from './operation.ts';
import type { QuotaReader } from './quota.ts';
import { contentOf, receivedAnswer } from './receivedAnswer.ts';
import { TransportFailure, type HttpRequest, type HttpResponse, type Transport } from './transport.ts';

export interface AttemptParts {
  readonly transport: Transport;
  readonly classify: Classifier;
  readonly readQuota: QuotaReader;
  readonly events: Required<ResilienceEvents>;
  readonly clock: Clock;
  readonly onListenerError: (error: unknown) => void;
}

/** Failures before the request left: whatever the operation, repeating it is safe. */
const NOT_SENT: ReadonlySet<TransportFailure['kind']> = new Set(['connect', 'dns', 'tls'] as const);

/** A list of a thousand records that all break the contract says nothing more than the first few. */
const FIELDS_TOLD = 5;

/** @throws {UpstreamError} of the kind that fits, or the signal's reason. */
export const makeAttempt = async <T>(
  parts: AttemptParts,
  operation: Operation<T>,
  request: HttpRequest,
  site: CallSite,
  signal: AbortSignal,
): Promise<T> => {
  const response = await send(parts, request, site, signal);
  tellQuota(parts, response.headers, site);
  return valueFrom(parts, operation, response, site);
};

/** A hint for gauges: whatever goes wrong in reading it, the answer stands. */
const tellQuota = ({ readQuota, events, onListenerError }: AttemptParts, headers: HttpResponse['headers'], site: CallSite): void => {
  try {
    for (const { window, ...quota } of readQuota(headers)) events.quotaSeen(site.service, window, quota);
  } catch (error) {
    onListenerError(error);
  }
};

const send = async (parts: AttemptParts, request: HttpRequest, site: CallSite, signal: AbortSignal): Promise<HttpResponse> => {
  try {
    return await parts.transport(request, signal);
  } catch (error) {
    throw error instanceof TransportFailure ? asUpstreamError(error, site) : error;
  }
};

const asUpstreamError = (failure: TransportFailure, site: CallSite): GatewayError => {
  const { kind } = failure;
  if (kind === 'malformed') return new UpstreamContractBrokenError(site, 'the answer is not HTTP');
  if (kind === 'too_large') return new UpstreamContractBrokenError(site, 'the answer is larger than we read', [], 'too_large');
  return new UpstreamUnavailableError(site, kind, NOT_SENT.has(kind) ? 'not_sent' : 'unknown', undefined, { cause: failure });
};

const valueFrom = <T>(parts: AttemptParts, operation: Operation<T>, response: HttpResponse, site: CallSite): T => {
  const answer = receivedAnswer(response);
  const context = { site, wallTime: parts.clock.wallTime() };
  const special = parts.classify(answer, context);
  const error = special === 'accepted' ? undefined : (special ?? classifyStatus(answer, context));
  if (error !== undefined) throw error;
  const parsed = operation.answer.safeParse(contentOf(answer));
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, FIELDS_TOLD).map((issue) => fieldName(issue.path));
  throw new UpstreamContractBrokenError(site, `the answer breaks the contract at ${fields.join(', ')}`, fields);
};

/** Keys of a map may be a person's address or number: only indexes, and what looks like a name of a field, are shown. */
const fieldName = (path: readonly PropertyKey[]): string => path.map(shown).join('.') || '(the whole answer)';

const shown = (part: PropertyKey): string =>
  typeof part === 'number' || /^[a-z_][\w-]{0,63}$/iu.test(String(part)) ? String(part) : '*';
