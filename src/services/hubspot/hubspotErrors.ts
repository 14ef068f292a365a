/**
 * What HubSpot's refusals mean. The body decides before the status; what is not named here is left to the general rules. By HubSpot's
 * own word every field of a refusal may be missing. Facts and links: `docs/services/hubspot.md#errors`.
 */
import {
  MissingScopesError,
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnavailableError,
  type UpstreamDetails,
} from '../../errors/upstreamErrors.ts';
import { isPage, isText } from '../../pipeline/generalClassification.ts';
import { pauseAskedMs } from '../../pipeline/quota.ts';
import { TRIAL_EVERY_MS } from '../../time/backoff.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { retryAfterMs } from '../../wire/retryAfter.ts';
import { fieldsOf, rowsIn, textsIn } from '../jsonFields.ts';
import { busyFor, classifierOf, namesIn, type ErrorRule, type Said, type Told } from '../textRules.ts';

/** A lock lasts two seconds. */
const LOCK_MS = seconds(2);
/** Where a 477 does not say for how long: longer than any deadline, so that no call repeats it in vain. */
const MIGRATION_MS = minutes(1);
/** A 429 that asks for so much, as seconds, has said it in milliseconds. */
const MILLISECONDS_FROM_MS = seconds(1000);

const SCOPE_LISTS = ['requiredGranularScopes', 'requiredScopes', 'missingScopes'] as const;
const SCOPE = /^[a-z][\w.:-]{1,99}$/iu;
const PROPERTY_NAME = /^[A-Za-z]\w{0,99}$/u;
const ERROR_CODE = /^[A-Z][A-Z0-9_]{0,63}$/u;

const textOf = (failure: unknown, name: string): string => textsIn(failure, name)[0] ?? '';
const contextOf = (part: unknown): unknown => fieldsOf(part)['context'];
const captured = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

/** Names of scopes come in a context of the refusal, or of each of its errors. */
const missingScopes = ({ site, answer }: Told) => {
  const failure = answer.json();
  const contexts = [failure, ...rowsIn(failure, 'errors')].map(contextOf);
  const scopes = contexts.flatMap((context) => SCOPE_LISTS.flatMap((list) => textsIn(context, list)));
  return new MissingScopesError(site, 403, namesIn(scopes, SCOPE));
};

/**
 * Names of properties, and HubSpot's codes such as `PROPERTY_DOESNT_EXIST`. They come in lists of their own or, of a batch's row, only
 * in the JSON list that HubSpot puts into the message. The rest of its text is left alone, as it repeats the values that were sent.
 */
const validationFaults = (failure: unknown): UpstreamDetails => {
  const [message, errors] = [textOf(failure, 'message'), rowsIn(failure, 'errors')];
  const named = errors.flatMap((error) => textsIn(contextOf(error), 'propertyName'));
  const properties = [...named, ...textsIn(contextOf(failure), 'properties'), ...captured(message, /"name":"(\w+)"/gu)];
  const codes = [...errors.map((error) => textOf(error, 'code')), ...captured(message, /"error":"(\w+)"/gu)];
  return { properties: namesIn(properties, PROPERTY_NAME), codes: namesIn(codes, ERROR_CODE) };
};

/** Why HubSpot would not write something: a constant of ours, and what a caller needs to go on. */
export interface Refusal {
  readonly reason: string;
  readonly details?: UpstreamDetails;
}

/** The message names the contact in the way; its id is all that a caller needs, and all that leaves here. */
const conflict = (failure: unknown): Refusal => {
  const existingId = /Existing ID:\s*(\d+)/u.exec(textOf(failure, 'message'))?.[1];
  return existingId === undefined ? { reason: 'conflict' } : { reason: 'contact_exists', details: { existingId } };
};

/** By category. */
const refusals = {
  VALIDATION_ERROR: (failure: unknown): Refusal => ({ reason: 'validation_failed', details: validationFaults(failure) }),
  OBJECT_NOT_FOUND: (): Refusal => ({ reason: 'not_found' }),
  CONFLICT: conflict,
};

/** The refusal of a row by the error that a batch's answer holds for it: the same reasons as of a single write. */
export const refusalOfRow = (error: unknown): Refusal => {
  const category = textOf(error, 'category');
  return Object.hasOwn(refusals, category) ? refusals[category as keyof typeof refusals](error) : { reason: 'rejected' };
};

const refusedFor =
  (category: keyof typeof refusals) =>
  ({ site, status, answer }: Told) => {
    const { reason, details } = refusals[category](answer.json());
    return new UpstreamRejectedError(site, status, reason, details);
  };

/**
 * The Retry-After of a 429 is not documented, and in milliseconds elsewhere at HubSpot: one that would be longer than any window of
 * seconds is no plan.
 */
const windowFull =
  (windowMs: number) =>
  ({ site, answer, wallTime }: Told) => {
    const askedMs = pauseAskedMs(answer.headers, wallTime) ?? 0;
    return new UpstreamRateLimitedError(site, askedMs < MILLISECONDS_FROM_MS ? Math.max(windowMs, askedMs) : windowMs);
  };

/** Until the account's midnight, which its answers do not say: a single call shows now and then whether that was. */
const dayIsSpent = ({ site }: Told) => new UpstreamQuotaExhaustedError(site, 'daily', TRIAL_EVERY_MS);

/** The account moves between data centres, for up to a day: nothing was done, and nothing will be until then. */
const migrating = ({ site, answer, wallTime }: Told) =>
  new UpstreamUnavailableError(site, 'http_5xx', 'refused', retryAfterMs(answer.headers, wallTime) ?? MIGRATION_MS);

const isInvalid = ({ answer }: Told): boolean => textOf(answer.json(), 'category') === 'VALIDATION_ERROR';

const rules: readonly ErrorRule[] = [
  { status: 400, when: isInvalid, means: refusedFor('VALIDATION_ERROR') },
  { status: 403, when: ({ answer }) => !isPage(answer), means: missingScopes },
  { status: 404, when: ({ answer }) => !isText(answer), means: refusedFor('OBJECT_NOT_FOUND') },
  { status: 409, means: refusedFor('CONFLICT') },
  // HubSpot locks against too many writes at once: it is well and has done nothing, so the call may be repeated
  // after the lock and says nothing about an outage. That is a rate limit in all but the number.
  { status: 423, means: busyFor(LOCK_MS) },
  { status: 429, text: 'daily', means: dayIsSpent },
  { status: 429, text: 'ten_secondly', means: windowFull(seconds(10)) },
  { status: 429, text: 'secondly', means: windowFull(seconds(1)) },
  { status: 429, operation: /^search_/u, means: windowFull(seconds(1)) },
  { status: 429, means: windowFull(seconds(10)) },
  { status: 477, means: migrating },
];

/** 429 has three shapes: a policy's name; only a sentence (search); or the plain text of the edge. */
export const classifyHubspot = classifierOf(rules, (answer): Said => {
  const failure = answer.json();
  return { text: textOf(failure, 'policyName') || textOf(failure, 'message') || answer.body };
});
