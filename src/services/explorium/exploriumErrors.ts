/**
 * What Explorium means by its answers: failures come inside a 200, and the end of the credits as a 403.
 */
import { UpstreamError, UpstreamRateLimitedError, type CallSite } from '../../errors/upstreamErrors.ts';
import { pauseAskedMs } from '../../pipeline/quota.ts';
import { hintMs } from '../../wire/retryAfter.ts';
import { fieldsOf, rowsIn, textsIn } from '../jsonFields.ts';
import { classifierOf, outOfCredits, rejected, type ErrorRule, type Said, type Told } from '../textRules.ts';

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

const isFailure = ({ answer }: Told): boolean => fieldsOf(fieldsOf(answer.json())['response_context'])['request_status'] === 'failure';

/** The one row asked for failed: an error, and nothing to keep in the cache. Of several, each is reported by itself. */
const isFailedMatch = ({ answer }: Told): boolean => {
  const [row, ...others] = [...rowsIn(answer.json(), 'matched_businesses'), ...rowsIn(answer.json(), 'matched_prospects')];
  return others.length === 0 && (fieldsOf(row)['error'] ?? null) !== null;
};

const MAX_FIELDS = 20;

/** `["body", "prospect_ids", 7]` as `body.prospect_ids.7`. Only the place: `msg` may repeat what was sent. */
const faultyField = (fault: unknown): readonly string[] => {
  const place = rowsIn(fault, 'loc');
  const isName = (part: unknown): boolean => typeof part === 'number' || (typeof part === 'string' && /^\w{1,64}$/u.test(part));
  return place.length > 0 && place.every(isName) ? [place.join('.')] : [];
};

/** The second form of its 429 has the wait in the body only; of several waits the longest. */
const rateLimited = ({ site, answer, wallTime }: Told) => {
  const { headers } = answer;
  const waits = [pauseAskedMs(headers, wallTime), hintMs(fieldsOf(answer.json())['retry_after'], headers, wallTime)];
  const known = waits.filter((waitMs) => waitMs !== undefined);
  return new UpstreamRateLimitedError(site, known.length === 0 ? undefined : Math.max(...known));
};

const rules: readonly ErrorRule[] = [
  { status: 200, when: isFailure, means: ({ site }) => new ExploriumFailedError(site) },
  { status: 200, when: isFailedMatch, means: rejected('match_failed', { as: 422 }) },
  { status: [402, 403], text: 'insufficient credits', means: outOfCredits },
  { status: 422, means: rejected('validation_failed', { details: ({ said }) => ({ fields: said?.fields ?? [] }) }) },
  { status: 429, means: rateLimited },
];

/** Its pages disagree where a refusal's words stand. */
const WORDS = ['details', 'detail', 'message', 'error'];

export const classifyExploriumAnswer = classifierOf(rules, (answer): Said => {
  const json = answer.json();
  const fields = rowsIn(json, 'detail').flatMap(faultyField).slice(0, MAX_FIELDS);
  return { text: WORDS.flatMap((name) => textsIn(json, name)).join('\n'), fields };
});
