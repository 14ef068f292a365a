/**
 * What Lemlist means by its errors. Most are sentences in text/plain, and the sentence counts before the status:
 * duplicates come as 400, 409 or 500, a buried lead as 500, an unknown key as 404.
 */
import {
  UpstreamQuotaExhaustedError,
  UpstreamRejectedError,
  UpstreamUnauthorizedError,
  type CallSite,
  type UpstreamError,
} from '../../errors/upstreamErrors.ts';
import type { Classifier } from '../../contract/classification.ts';

interface TextRule {
  /** Lower case; looked for anywhere in the body, since newer endpoints wrap their sentences in JSON. */
  readonly text: string;
  readonly error: (site: CallSite, status: number) => UpstreamError;
}

const rejected =
  (status: number, reason: string, details: Readonly<Record<string, string>> = {}): TextRule['error'] =>
  (site) =>
    new UpstreamRejectedError(site, status, reason, details);

const unauthorized: TextRule['error'] = (site, status) => new UpstreamUnauthorizedError(site, status);
const outOfCredits: TextRule['error'] = (site) => new UpstreamQuotaExhaustedError(site, 'credits');

/** The first that fits decides. */
const textRules: readonly TextRule[] = [
  { text: 'lead already in the campaign', error: rejected(409, 'lead_exists', { where: 'same_campaign' }) },
  { text: 'lead already in other campaign', error: rejected(409, 'lead_exists', { where: 'other_campaign' }) },
  { text: 'lead in graveyard', error: rejected(409, 'lead_in_graveyard') },
  { text: 'campaign not found', error: rejected(404, 'campaign_not_found') },
  { text: 'lead not found', error: rejected(404, 'lead_not_found') },
  { text: 'insufficient credits', error: outOfCredits },
  { text: 'route is available starting', error: rejected(402, 'plan_limit') },
  { text: 'monitoring limit exceeded', error: rejected(429, 'plan_limit') },
  { text: 'no api key provided', error: unauthorized },
  { text: 'bad team', error: unauthorized },
  { text: 'the authentication you supplied is incorrect', error: unauthorized },
  { text: 'user linked to this api key is blocked', error: unauthorized },
  { text: 'no user found for this api key', error: unauthorized },
  { text: 'invalid email address or domain', error: rejected(400, 'invalid_value') },
  { text: 'missing_identifier', error: rejected(400, 'missing_identifier') },
  { text: 'wrong_input_format', error: rejected(400, 'wrong_input_format') },
];

/** Its sentences are short; whatever is longer is a page of some proxy. */
const MAX_TEXT_LENGTH = 1_000;

export const classifyLemlistAnswer: Classifier = (answer, { site }) => {
  const { status } = answer;
  if (status < 400) return undefined;
  const { body } = answer;
  const text = body.slice(0, MAX_TEXT_LENGTH).toLowerCase();
  const rule = textRules.find((candidate) => text.includes(candidate.text));
  if (rule !== undefined) return rule.error(site, status);
  // The person asked for it, or complained: Lemlist keeps such a value on its list.
  if (status === 409 && site.operation === 'remove_unsubscribe') return new UpstreamRejectedError(site, 409, 'unsubscribe_is_final');
  // What is not there is told in many sentences; all of them are short, and none begins as those of a proxy do.
  const isSentence = body.length <= MAX_TEXT_LENGTH && !/^(?:404|default backend)/iu.test(body);
  return (status === 404 || status === 410) && isSentence ? new UpstreamRejectedError(site, status) : undefined;
};
