/**
 * What HubSpot's refusals mean. The body decides before the status; what is not named here is left to the general rules. By HubSpot's
 * own word every field of a refusal may be missing. Facts and links: `docs/services/hubspot.md#errors`.
 */
import type { CallSite, UpstreamDetails } from '../../errors/upstreamErrors.ts';
import type { GatewayError } from '../../errors/gatewayError.ts';
import {
  MissingScopesError,
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnavailableError,
} from '../../errors/upstreamErrors.ts';
import type { ClassificationContext, Classifier, ReceivedAnswer } from '../../contract/classification.ts';
import { isPage, isText } from '../../pipeline/generalClassification.ts';
import { pauseAskedMs } from '../../pipeline/quota.ts';
import { retryAfterMs } from '../../wire/retryAfter.ts';
import { TRIAL_EVERY_MS } from '../../time/backoff.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { fieldsOf, rowsIn, textIn, textsIn } from '../jsonFields.ts';

/** A lock lasts two seconds. */
const LOCK_MS = seconds(2);
/** Where a 477 does not say for how long: longer than any deadline, so that nobody repeats it in vain. */
const MIGRATION_MS = minutes(1);
/** A 429 that asks for so much, as seconds, has said it in milliseconds. */
const MILLISECONDS_FROM_MS = seconds(1000);
const MAX_NAMES = 20;

const SCOPE_LISTS = ['requiredGranularScopes', 'requiredScopes', 'missingScopes'] as const;
const SCOPE = /^[a-z][\w.:-]{1,99}$/iu;
const PROPERTY_NAME = /^[A-Za-z]\w{0,99}$/u;
const ERROR_CODE = /^[A-Z][A-Z0-9_]{0,63}$/u;

const distinct = (names: readonly string[], allowed: RegExp): readonly string[] =>
  [...new Set(names.filter((name) => allowed.test(name)))].slice(0, MAX_NAMES);

const captured = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

/**
 * 429 has three shapes: a policy's name; only a sentence (search); or the plain text of the edge. Its Retry-After is not
 * documented, and in milliseconds elsewhere at HubSpot: one that would be longer than any window of seconds is no plan.
 */
const rateLimited: Rule = (answer, { site, wallTime }) => {
  const failure = answer.json();
  const words = (textIn(failure, 'policyName') || textIn(failure, 'message') || answer.body).toUpperCase();
  // Until the account's midnight, which its answers do not tell: a single call shows now and then whether that was.
  if (words.includes('DAILY')) return new UpstreamQuotaExhaustedError(site, 'daily', TRIAL_EVERY_MS);
  const ofOneSecond = !words.includes('TEN_SECONDLY') && (words.includes('SECONDLY') || site.operation.startsWith('search_'));
  const windowMs = ofOneSecond ? seconds(1) : seconds(10);
  const askedMs = pauseAskedMs(answer.headers, wallTime) ?? 0;
  return new UpstreamRateLimitedError(site, askedMs < MILLISECONDS_FROM_MS ? Math.max(windowMs, askedMs) : windowMs);
};

/** Names of scopes come in a context of the refusal, or of each of its errors. */
const missingScopes: Rule = (answer, { site }) => {
  const failure = answer.json();
  const contexts = [failure, ...rowsIn(failure, 'errors')].map((part) => fieldsOf(part)['context']);
  const scopes = contexts.flatMap((context) => SCOPE_LISTS.flatMap((list) => textsIn(context, list)));
  return new MissingScopesError(site, 403, distinct(scopes, SCOPE));
};

/**
 * Names of properties, and HubSpot's codes such as `PROPERTY_DOESNT_EXIST`. They come in lists of their own or, of a batch's row, only
 * in the JSON list that HubSpot puts into the message. The rest of its text is left alone, as it repeats the values that were sent.
 */
const validationFaults = (failure: unknown): UpstreamDetails => {
  const [message, errors] = [textIn(failure, 'message'), rowsIn(failure, 'errors')];
  const named = errors.flatMap((error) => textsIn(fieldsOf(error)['context'], 'propertyName'));
  const properties = [...named, ...textsIn(fieldsOf(failure)['context'], 'properties'), ...captured(message, /"name":"(\w+)"/gu)];
  const codes = [...errors.map((error) => textIn(error, 'code')), ...captured(message, /"error":"(\w+)"/gu)];
  return { properties: distinct(properties, PROPERTY_NAME), codes: distinct(codes, ERROR_CODE) };
};

/** Why HubSpot would not write something: a constant of ours, and what a caller needs to go on. */
export interface Refusal {
  readonly reason: string;
  readonly details?: UpstreamDetails;
}

/** The message names the contact in the way; its id is all that a caller needs, and all that leaves here. */
const conflict = (failure: unknown): Refusal => {
  const existingId = /Existing ID:\s*(\d+)/u.exec(textIn(failure, 'message'))?.[1];
  return existingId === undefined ? { reason: 'conflict' } : { reason: 'contact_exists', details: { existingId } };
};

const refusals: Readonly<Record<string, (failure: unknown) => Refusal>> = {
  VALIDATION_ERROR: (failure) => ({ reason: 'validation_failed', details: validationFaults(failure) }),
  OBJECT_NOT_FOUND: () => ({ reason: 'not_found' }),
  CONFLICT: conflict,
};

/** The refusal of a row by the error that a batch's answer holds for it: the same reasons as of a single write. */
export const refusalOfRow = (error: unknown): Refusal => refusals[textIn(error, 'category')]?.(error) ?? { reason: 'rejected' };

type Rule = (answer: ReceivedAnswer, context: ClassificationContext) => GatewayError | undefined;

const rejected = (site: CallSite, status: number, { reason, details }: Refusal): GatewayError =>
  new UpstreamRejectedError(site, status, reason, details);

/** By status. */
const rules: Readonly<Record<number, Rule>> = {
  400: (answer, { site }) => {
    const failure = answer.json();
    if (textIn(failure, 'category') !== 'VALIDATION_ERROR') return undefined;
    return rejected(site, 400, { reason: 'validation_failed', details: validationFaults(failure) });
  },
  403: (answer, context) => (isPage(answer) ? undefined : missingScopes(answer, context)),
  404: (answer, { site }) => (isText(answer) ? undefined : rejected(site, 404, { reason: 'not_found' })),
  409: (answer, { site }) => rejected(site, 409, conflict(answer.json())),
  // HubSpot locks against too many writes at once: it is well and has done nothing, so the call may be repeated
  // after the lock and says nothing about an outage. That is a rate limit in all but the number.
  423: (_answer, { site }) => new UpstreamRateLimitedError(site, LOCK_MS),
  429: rateLimited,
  // The account moves between data centres, for up to a day: nothing was done, and nothing will be until then.
  477: ({ headers }, { site, wallTime }) =>
    new UpstreamUnavailableError(site, 'http_5xx', 'refused', retryAfterMs(headers, wallTime) ?? MIGRATION_MS),
};

export const classifyHubspot: Classifier = (answer, context) => rules[answer.status]?.(answer, context);
