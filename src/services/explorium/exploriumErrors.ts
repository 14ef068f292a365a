/**
 * What Explorium means by its answers: failures come inside a 200, and the end of the credits as a 403.
 */
import {
  UpstreamError,
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  type CallSite,
} from '../../errors/upstreamErrors.ts';
import type { Classifier, ReceivedAnswer } from '../../contract/classification.ts';
import { pauseAskedMs } from '../../pipeline/quota.ts';
import { hintMs } from '../../wire/retryAfter.ts';

/**
 * A 200 whose `request_status` is `failure`: Explorium says itself that it failed, so it counts as unavailable. It is
 * not repeated, because whether a failed lookup is charged is not documented; nor is its outcome unknown.
 */
export class ExploriumFailedError extends UpstreamError {
  readonly code = 'upstream_unavailable';
  override readonly verdict = 'failure';
  readonly kind = 'http_5xx';

  constructor(site: CallSite) {
    super(site, 'answered that the request failed');
  }
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const field = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

const rows = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The one row asked for failed: an error, and nothing to keep in the cache. Of several, each is told by itself. */
const isFailedMatch = (json: unknown): boolean => {
  const [row, ...others] = [...rows(field(json, 'matched_businesses')), ...rows(field(json, 'matched_prospects'))];
  return others.length === 0 && field(row, 'error') !== undefined && field(row, 'error') !== null;
};

const classifySuccess = (answer: ReceivedAnswer, site: CallSite): UpstreamError | undefined => {
  const json = answer.json();
  if (field(field(json, 'response_context'), 'request_status') === 'failure') return new ExploriumFailedError(site);
  if (isFailedMatch(json)) return new UpstreamRejectedError(site, 422, 'match_failed');
  return undefined;
};

const MAX_FIELDS = 20;

/** `["body", "prospect_ids", 7]` as `body.prospect_ids.7`. Only the place: `msg` may repeat what was sent. */
const faultyField = (fault: unknown): string | undefined => {
  const place = rows(field(fault, 'loc'));
  return place.every((part) => typeof part === 'number' || (typeof part === 'string' && /^\w{1,64}$/u.test(part)))
    ? place.join('.')
    : undefined;
};

const validationFailed = (answer: ReceivedAnswer, site: CallSite): UpstreamRejectedError => {
  const fields = rows(field(answer.json(), 'detail')).map(faultyField);
  const known = fields.filter((name) => name !== undefined && name !== '').slice(0, MAX_FIELDS) as readonly string[];
  return new UpstreamRejectedError(site, 422, 'validation_failed', { fields: known });
};

/** The second form of its 429 has the wait in the body only; of several waits the longest. */
const rateLimited = (answer: ReceivedAnswer, site: CallSite, wallTime: number): UpstreamRateLimitedError => {
  const { headers } = answer;
  const waits = [pauseAskedMs(headers, wallTime), hintMs(field(answer.json(), 'retry_after'), headers, wallTime)];
  const known = waits.filter((waitMs) => waitMs !== undefined);
  return new UpstreamRateLimitedError(site, known.length === 0 ? undefined : Math.max(...known));
};

/** Its pages disagree where a refusal's words stand. */
const isOutOfCredits = (answer: ReceivedAnswer): boolean =>
  ['details', 'detail', 'message', 'error'].some((name) => {
    const words = field(answer.json(), name);
    return typeof words === 'string' && /insufficient credits/iu.test(words);
  });

export const classifyExploriumAnswer: Classifier = (answer, { site, wallTime }) => {
  const { status } = answer;
  if (status === 200) return classifySuccess(answer, site);
  if ((status === 402 || status === 403) && isOutOfCredits(answer)) return new UpstreamQuotaExhaustedError(site, 'credits');
  if (status === 422) return validationFailed(answer, site);
  if (status === 429) return rateLimited(answer, site, wallTime);
  return undefined;
};
