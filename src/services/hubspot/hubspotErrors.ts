/**
 * What HubSpot's refusals mean. The body decides before the status; what is not named here is left to the general rules.
 * Facts and links: `docs/services/hubspot.md#errors`.
 */
import { z } from 'zod';
import type { GatewayError } from '../../errors/gatewayError.ts';
import {
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnauthorizedError,
  UpstreamUnavailableError,
  type CallSite,
  type UpstreamDetails,
} from '../../errors/upstreamErrors.ts';
import type { Classifier, ReceivedAnswer } from '../../http/classification.ts';
import { retryAfterMs } from '../../http/retryAfter.ts';
import { minutes, seconds } from '../../time/clock.ts';

/** A lock lasts two seconds. */
const LOCK_MS = seconds(2);
/** Where a 477 does not say for how long: longer than any deadline, so that nobody repeats it in vain. */
const MIGRATION_MS = minutes(1);
const MAX_NAMES = 20;

/** Every field may be missing, by HubSpot's own word; one of another shape counts as missing. */
const failureSchema = z.object({
  message: z.string().catch(''),
  category: z.string().catch(''),
  policyName: z.string().catch(''),
  errors: z
    .array(
      z.object({
        code: z.string().catch(''),
        context: z.object({ propertyName: z.array(z.string()).catch([]) }).catch({ propertyName: [] }),
      }),
    )
    .catch([]),
  context: z.object({ properties: z.array(z.string()).catch([]) }).catch({ properties: [] }),
});

type Failure = z.infer<typeof failureSchema>;

const nothingSaid: Failure = { message: '', category: '', policyName: '', errors: [], context: { properties: [] } };

const failureOf = (answer: ReceivedAnswer): Failure => failureSchema.catch(nothingSaid).parse(answer.json());

/**
 * 429 has three shapes: a policy's name; only a sentence (search); or the plain text of the edge. Its Retry-After is not
 * documented, and in milliseconds elsewhere at HubSpot, so the window that was named decides how long to wait.
 */
const rateLimited = (site: CallSite, answer: ReceivedAnswer): GatewayError => {
  const { policyName, message } = failureOf(answer);
  const words = (policyName || message || answer.body).toUpperCase();
  if (words.includes('DAILY')) return new UpstreamQuotaExhaustedError(site, 'daily');
  if (words.includes('TEN_SECONDLY')) return new UpstreamRateLimitedError(site, seconds(10));
  const ofOneSecond = words.includes('SECONDLY') || site.operation.startsWith('search_');
  return new UpstreamRateLimitedError(site, ofOneSecond ? seconds(1) : seconds(10));
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
  new UpstreamUnavailableError(site, 'http_5xx', 'refused', retryAfterMs(answer.headers['retry-after'], wallTime) ?? MIGRATION_MS);

export const classifyHubspot: Classifier = (answer, { site, wallTime }) => {
  switch (answer.status) {
    case 400: {
      const failure = failureOf(answer);
      if (failure.category !== 'VALIDATION_ERROR') return undefined;
      return new UpstreamRejectedError(site, 400, 'validation_failed', { ...validationFaults(failure) });
    }
    case 401:
    case 403:
      return new UpstreamUnauthorizedError(site, answer.status);
    case 404:
      return new UpstreamRejectedError(site, 404, 'not_found');
    case 409:
      return rejected(site, 409, conflict(failureOf(answer)));
    // HubSpot locks against too many writes at once: it is well and has done nothing, so the call may be repeated
    // after the lock and says nothing about an outage. That is a rate limit in all but the number.
    case 423:
      return new UpstreamRateLimitedError(site, LOCK_MS);
    case 429:
      return rateLimited(site, answer);
    case 477:
      return migrating(site, answer, wallTime);
    default:
      return undefined;
  }
};
