import type { GatewayError } from '../errors/gatewayError.ts';
import {
  MissingScopesError,
  UpstreamBlockedError,
  UpstreamContractBrokenError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnauthorizedError,
  UpstreamUnavailableError,
} from '../errors/upstreamErrors.ts';
import type { ClassificationContext, Classifier, ReceivedAnswer } from '../contract/classification.ts';
import { minutes } from '../time/clock.ts';
import { pauseAskedMs } from './quota.ts';
import { retryAfterMs } from '../wire/retryAfter.ts';

/** 4xx statuses by which a service says that it, not we, is in trouble: timed out, or not ready. */
const FAILING_4XX: ReadonlySet<number> = new Set([408, 425]);

/** Where an edge that blocks us does not say for how long: longer than any deadline, so that nobody repeats it in vain. */
const BLOCKED_MS = minutes(1);

/** A page for people, of an edge or a proxy: services that are called by programs answer in JSON or plain text. */
export const isPage = (answer: ReceivedAnswer): boolean =>
  (/html/iu.test(answer.headers['content-type'] ?? '') || /^\s*</u.test(answer.body)) && answer.json() === undefined;

/** Words without JSON around them. */
export const isText = (answer: ReceivedAnswer): boolean => answer.body.trim() !== '' && answer.json() === undefined;

/**
 * What a status means where the service has no rule of its own (docs/decisions/0004-three-verdicts.md). A 503 says that the
 * request was not handled; after any other 5xx a write may have happened. Retry-After counts on 429 and 503 only.
 * A refusal of authentication is about our credential, one of authorisation about the operation (docs/decisions/0004-three-verdicts.md).
 *
 * @returns `undefined` for a success.
 */
export const classifyStatus = (answer: ReceivedAnswer, context: ClassificationContext): GatewayError | undefined => {
  const { status } = answer;
  const { site } = context;
  if (status >= 200 && status < 300) return undefined;
  const special = BY_STATUS[status];
  if (special !== undefined) return special(answer, context);
  if (status >= 500 || FAILING_4XX.has(status)) return new UpstreamUnavailableError(site, 'http_5xx', 'unknown');
  if (status >= 400) return new UpstreamRejectedError(site, status);
  return new UpstreamContractBrokenError(site, `answered ${String(status)}; redirects are not followed`);
};

/** Statuses that mean more than their class does. */
const BY_STATUS: Readonly<Partial<Record<number, (answer: ReceivedAnswer, context: ClassificationContext) => GatewayError>>> = {
  401: ({ status }, { site }) => new UpstreamUnauthorizedError(site, status),
  402: ({ status }, { site }) => new UpstreamRejectedError(site, status, 'plan_limit'),
  403: (answer, { site, wallTime }) =>
    isPage(answer) ? new UpstreamBlockedError(site, retryAfterMs(answer.headers, wallTime) ?? BLOCKED_MS) : new MissingScopesError(site),
  429: ({ headers }, { site, wallTime }) => new UpstreamRateLimitedError(site, pauseAskedMs(headers, wallTime)),
  503: ({ headers }, { site, wallTime }) => new UpstreamUnavailableError(site, 'http_5xx', 'refused', retryAfterMs(headers, wallTime)),
};

const GONE = 410;
const NOT_THERE: ReadonlySet<number> = new Set([404, GONE]);

/**
 * What an answer means: the service's own rules first, then the general ones. That a record is gone is believed from the API alone: a page,
 * or a text that the service's rules do not know, comes from an edge that found no way to the API (docs/decisions/0033-shared-reads-and-gone-records.md).
 */
export const classified = (classify: Classifier, answer: ReceivedAnswer, context: ClassificationContext): GatewayError | undefined => {
  const special = classify(answer, context);
  if (special === 'accepted') return undefined;
  const error = special ?? classifyStatus(answer, context);
  if (!(error instanceof UpstreamRejectedError) || !NOT_THERE.has(error.status)) return error;
  const isForeign = isPage(answer) || (special === undefined && isText(answer));
  if (isForeign) return new UpstreamBlockedError(context.site, retryAfterMs(answer.headers, context.wallTime) ?? BLOCKED_MS);
  // No longer there is not there, to callers and to removals that find their work done.
  return error.status === GONE ? new UpstreamRejectedError(context.site, 404, 'gone', error.details) : error;
};
