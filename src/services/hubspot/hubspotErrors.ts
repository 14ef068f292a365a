/**
 * What HubSpot's refusals mean. The body decides before the status; what is not named here is left to the general rules.
 * Facts and links: `docs/services/hubspot.md#errors`.
 */
import { z } from 'zod';
import type { GatewayError } from '../../errors/gatewayError.ts';
import {
  MissingScopesError,
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnavailableError,
  type CallSite,
  type UpstreamDetails,
} from '../../errors/upstreamErrors.ts';
import type { Classifier, ReceivedAnswer } from '../../contract/classification.ts';
import { isPage, isText } from '../../pipeline/generalClassification.ts';
import { pauseAskedMs } from '../../pipeline/quota.ts';
import { retryAfterMs } from '../../wire/retryAfter.ts';
import { TRIAL_EVERY_MS } from '../../time/backoff.ts';
import { minutes, seconds } from '../../time/clock.ts';

/** A lock lasts two seconds. */
const LOCK_MS = seconds(2);
/** Where a 477 does not say for how long: longer than any deadline, so that nobody repeats it in vain. */
const MIGRATION_MS = minutes(1);
/** A 429 that asks for so much, as seconds, has said it in milliseconds. */
const MILLISECONDS_FROM_MS = seconds(1000);
const MAX_NAMES = 20;

const text = z.string().catch('');
/** A list of names, or one alone. */
const names = z.union([z.array(z.string()), z.string().transform((name) => [name])]).catch([]);
/** What HubSpot calls the scopes that are missing. */
const SCOPE_LISTS = ['requiredGranularScopes', 'requiredScopes', 'missingScopes'] as const;
const noNames = { propertyName: [], properties: [], requiredGranularScopes: [], requiredScopes: [], missingScopes: [] };
const context = z
  .object({ propertyName: names, properties: names, requiredGranularScopes: names, requiredScopes: names, missingScopes: names })
  .catch(noNames);

/** Every field may be missing, by HubSpot's own word; one of another shape counts as missing. */
const failureSchema = z.object({
  message: text,
  category: text,
  policyName: text,
  errors: z.array(z.object({ code: text, context }).catch({ code: '', context: noNames })).catch([]),
  context,
});

type Failure = z.infer<typeof failureSchema>;

const nothingSaid: Failure = { message: '', category: '', policyName: '', errors: [], context: noNames };

const failureOf = (answer: ReceivedAnswer): Failure => failureSchema.catch(nothingSaid).parse(answer.json());

/**
 * 429 has three shapes: a policy's name; only a sentence (search); or the plain text of the edge. Its Retry-After is not
 * documented, and in milliseconds elsewhere at HubSpot: one that would be longer than any window of seconds is no plan.
 */
const rateLimited = (site: CallSite, answer: ReceivedAnswer, wallTime: number): GatewayError => {
  const { policyName, message } = failureOf(answer);
  const words = (policyName || message || answer.body).toUpperCase();
  // Until the account's midnight, which its answers do not tell: a single call shows now and then whether that was.
  if (words.includes('DAILY')) return new UpstreamQuotaExhaustedError(site, 'daily', TRIAL_EVERY_MS);
  const ofOneSecond = !words.includes('TEN_SECONDLY') && (words.includes('SECONDLY') || site.operation.startsWith('search_'));
  const windowMs = ofOneSecond ? seconds(1) : seconds(10);
  const askedMs = pauseAskedMs(answer.headers, wallTime) ?? 0;
  return new UpstreamRateLimitedError(site, askedMs < MILLISECONDS_FROM_MS ? Math.max(windowMs, askedMs) : windowMs);
};

const SCOPE = /^[a-z][\w.:-]{1,99}$/iu;

const missingScopes = (site: CallSite, answer: ReceivedAnswer): GatewayError => {
  const failure = failureOf(answer);
  const contexts = [failure.context, ...failure.errors.map((error) => error.context)];
  return new MissingScopesError(
    site,
    403,
    distinct(
      contexts.flatMap((each) => SCOPE_LISTS.flatMap((list) => each[list])),
      SCOPE,
    ),
  );
};

const PROPERTY_NAME = /^[A-Za-z]\w{0,99}$/u;
const ERROR_CODE = /^[A-Z][A-Z0-9_]{0,63}$/u;

const distinct = (names: readonly string[], allowed: RegExp): readonly string[] =>
  [...new Set(names.filter((name) => allowed.test(name)))].slice(0, MAX_NAMES);

const captured = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

/** What a validation error complains of. */
interface ValidationFaults {
  /** Names of properties. */
  readonly properties: readonly string[];
  /** HubSpot's codes, such as `PROPERTY_DOESNT_EXIST`. */
  readonly codes: readonly string[];
}

const faultsInMessage = (message: string) => ({
  properties: captured(message, /"name":"(\w+)"/gu),
  codes: captured(message, /"error":"(\w+)"/gu),
});

/**
 * Names and codes come in lists of their own or, of a batch's row, only in the JSON list that HubSpot puts into the message. The
 * rest of its text is left alone, as it repeats the values that were sent.
 */
const validationFaults = ({ message, errors, context }: Failure): ValidationFaults => {
  const { properties, codes } = faultsInMessage(message);
  const named = errors.flatMap((error) => error.context.propertyName);
  return {
    properties: distinct([...named, ...context.properties, ...properties], PROPERTY_NAME),
    codes: distinct([...errors.map((error) => error.code), ...codes], ERROR_CODE),
  };
};

/** Why HubSpot would not write something: a constant of ours, and what a caller needs to go on. */
export interface Refusal {
  readonly reason: string;
  readonly details?: UpstreamDetails;
}

/** The message names the contact in the way; its id is all that a caller needs, and all that leaves here. */
const conflict = ({ message }: Failure): Refusal => {
  const existingId = /Existing ID:\s*(\d+)/u.exec(message)?.[1];
  return existingId === undefined ? { reason: 'conflict' } : { reason: 'contact_exists', details: { existingId } };
};

/** The refusal of a row by the error that a batch's answer holds for it: the same reasons as of a single write. */
export const refusalOfRow = (error: unknown): Refusal => {
  const failure = failureSchema.catch(nothingSaid).parse(error);
  switch (failure.category) {
    case 'VALIDATION_ERROR':
      return { reason: 'validation_failed', details: { ...validationFaults(failure) } };
    case 'OBJECT_NOT_FOUND':
      return { reason: 'not_found' };
    case 'CONFLICT':
      return conflict(failure);
    default:
      return { reason: 'rejected' };
  }
};

const rejected = (site: CallSite, status: number, { reason, details }: Refusal): GatewayError =>
  new UpstreamRejectedError(site, status, reason, details);

/** The account moves between data centres, for up to a day: nothing was done, and nothing will be until then. */
const migrating = (site: CallSite, answer: ReceivedAnswer, wallTime: number): GatewayError =>
  new UpstreamUnavailableError(site, 'http_5xx', 'refused', retryAfterMs(answer.headers, wallTime) ?? MIGRATION_MS);

export const classifyHubspot: Classifier = (answer, { site, wallTime }) => {
  switch (answer.status) {
    case 400: {
      const failure = failureOf(answer);
      if (failure.category !== 'VALIDATION_ERROR') return undefined;
      return new UpstreamRejectedError(site, 400, 'validation_failed', { ...validationFaults(failure) });
    }
    case 403:
      return isPage(answer) ? undefined : missingScopes(site, answer);
    case 404:
      return isText(answer) ? undefined : new UpstreamRejectedError(site, 404, 'not_found');
    case 409:
      return rejected(site, 409, conflict(failureOf(answer)));
    // HubSpot locks against too many writes at once: it is well and has done nothing, so the call may be repeated
    // after the lock and says nothing about an outage. That is a rate limit in all but the number.
    case 423:
      return new UpstreamRateLimitedError(site, LOCK_MS);
    case 429:
      return rateLimited(site, answer, wallTime);
    case 477:
      return migrating(site, answer, wallTime);
    default:
      return undefined;
  }
};
