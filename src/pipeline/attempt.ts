/**
 * One attempt: sends the request, reads the whole answer, and turns it into the operation's value or a typed error.
 */
import { type GatewayError } from '../errors/gatewayError.ts';
import {
  KeptConnectionLostError,
  UpstreamContractBrokenError,
  UpstreamRateLimitedError,
  UpstreamUnavailableError,
  type CallSite,
} from '../errors/upstreamErrors.ts';
import type { ResilienceEvents } from '../contract/events.ts';
import type { QuotaGate } from '../contract/quotaGate.ts';
import type { Clock } from '../time/clock.ts';
import { turnFor } from '../time/nextTurn.ts';
import type { Classifier, ReceivedAnswer } from '../contract/classification.ts';
import { declaredField, WHOLE_ANSWER } from './declaredFields.ts';
import { deprecationNotices } from './deprecation.ts';
import { classified } from './generalClassification.ts';
import { parseGenerously } from './generousParse.ts';
import { DEFAULT_QUOTA, type Operation } from '../contract/operation.ts';
import type { QuotaReader } from './quota.ts';
import { boundedAnswer, contentOf, isShort } from './receivedAnswer.ts';
import { TransportFailure, type HttpRequest, type HttpResponse, type Transport } from '../wire/transport.ts';

export interface AttemptParts {
  readonly transport: Transport;
  readonly classify: Classifier;
  readonly readQuota: QuotaReader;
  /** Learns from headers and refusals; absent: nobody keeps the quota. */
  readonly quota?: QuotaGate | undefined;
  readonly events: Required<ResilienceEvents>;
  readonly clock: Clock;
  readonly onListenerError: (error: unknown) => void;
}

/** Failures before the request left: whatever the operation, repeating it is safe. */
const NOT_SENT: ReadonlySet<TransportFailure['kind']> = new Set(['connect', 'dns', 'tls'] as const);

/** Other refusals that are as good as a rate limit, such as a lock, are about less than a quota. */
const TOO_MANY = 429;

/** A list of a thousand records that all break the contract says nothing more than the first few. */
const FIELDS_TOLD = 5;
const FIELDS_JUDGED = 1_000;

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
  tellDeprecation(parts, response.headers, site);
  // A limit that a health check meets may be its operation's own: calls hear of theirs themselves.
  return valueFrom(request.fresh === true ? { ...parts, quota: undefined } : parts, operation, response, site);
};

/** A hint for gauges: whatever goes wrong in reading it, the answer stands. */
const tellQuota = (parts: AttemptParts, headers: HttpResponse['headers'], site: CallSite): void => {
  const { readQuota, quota: gate, clock, events, onListenerError } = parts;
  try {
    const readings = readQuota(headers, { operation: site.operation, wallTime: clock.wallTime() });
    if (readings.length > 0) gate?.seen(readings);
    for (const { window, ...quota } of readings) events.quotaSeen(site.service, window, quota);
  } catch (error) {
    onListenerError(error);
  }
};

const tellDeprecation = ({ events }: AttemptParts, headers: HttpResponse['headers'], site: CallSite): void => {
  const notices = deprecationNotices(headers);
  if (notices.length > 0) events.deprecationSeen({ ...site, notices });
};

const send = async (parts: AttemptParts, request: HttpRequest, site: CallSite, signal: AbortSignal): Promise<HttpResponse> => {
  try {
    return await parts.transport(request, signal);
  } catch (error) {
    if (!(error instanceof TransportFailure)) throw error;
    const upstream = asUpstreamError(error, site);
    if (upstream instanceof UpstreamContractBrokenError) parts.events.contractBroken({ ...site, fields: [WHOLE_ANSWER] });
    throw upstream;
  }
};

const asUpstreamError = (failure: TransportFailure, site: CallSite): GatewayError => {
  const { kind } = failure;
  if (kind === 'malformed') return new UpstreamContractBrokenError(site, 'the answer is not HTTP');
  if (kind === 'undecodable') return new UpstreamContractBrokenError(site, `the answer ${failure.detail ?? 'cannot be decoded'}`);
  if (kind === 'too_large') return new UpstreamContractBrokenError(site, 'the answer is larger than we read', [], 'too_large');
  if (failure.isStale) return new KeptConnectionLostError(site, { cause: failure });
  return new UpstreamUnavailableError(site, kind, NOT_SENT.has(kind) ? 'not_sent' : 'unknown', undefined, { cause: failure });
};

/** Not of a refusal: its status says enough, whatever its body is. */
const brokenBy = ({ events }: AttemptParts, what: string, site: CallSite): GatewayError => {
  events.contractBroken({ ...site, fields: [WHOLE_ANSWER] });
  return new UpstreamContractBrokenError(site, `the answer has ${what}`, [], 'too_large');
};

const errorIn = (answer: ReceivedAnswer, { classify, clock, events }: AttemptParts, site: CallSite): GatewayError | undefined => {
  const error = classified(classify, answer, { site, wallTime: clock.wallTime() });
  if (error instanceof UpstreamContractBrokenError) events.contractBroken({ ...site, fields: [WHOLE_ANSWER] });
  return error;
};

const valueFrom = async <T>(parts: AttemptParts, operation: Operation<T>, response: HttpResponse, site: CallSite): Promise<T> => {
  const { answer, excess } = await boundedAnswer(response, operation.maxAnswerValues);
  if (excess !== undefined && response.status < 400) throw brokenBy(parts, `more ${excess} than we read`, site);
  const error = errorIn(answer, parts, site);
  if (error instanceof UpstreamRateLimitedError && response.status === TOO_MANY) {
    parts.quota?.throttled(operation.quota ?? DEFAULT_QUOTA, error.retryAfterMs);
  }
  if (error !== undefined) throw error;
  const { value, broken } = await parseGenerously(operation.answer, (operation.content ?? contentOf)(answer), {
    leavesOutBadRows: operation.leavesOutBadRows,
    isLong: !isShort(response.body),
  });
  // What becomes of a long one, such as its way into the cache, takes turns of its own.
  await turnFor(response.body.length);
  if (broken.length > 0) {
    parts.events.contractBroken({
      ...site,
      fields: [...new Set(broken.slice(0, FIELDS_JUDGED).map((path) => declaredField(operation.answer, path)))],
    });
  }
  if (value !== undefined) return value.of;
  const fields = broken.slice(0, FIELDS_TOLD).map(fieldName);
  throw new UpstreamContractBrokenError(site, `the answer breaks the contract at ${fields.join(', ')}`, fields);
};

/** Keys of a map may be a person's address or number: only indexes, and what looks like a name of a field, are shown. */
const fieldName = (path: readonly PropertyKey[]): string => path.map(shown).join('.') || WHOLE_ANSWER;

const shown = (part: PropertyKey): string => (typeof part === 'number' || /^[a-z_][\w-]{0,63}$/iu.test(String(part)) ? String(part) : '*');
