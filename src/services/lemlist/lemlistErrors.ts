/**
 * What Lemlist means by its errors. Most are sentences in text/plain, and the sentence counts before the status:
 * duplicates come as 400, 409 or 500, a buried lead as 500, an unknown key as 404.
 */
import { classifierOf, outOfCredits, rejected, unauthorized, type ErrorRule, type Told } from '../textRules.ts';

/** Its sentences are short; whatever is longer is a page of some proxy. */
const MAX_TEXT_LENGTH = 1_000;

/** What is not there is told in many sentences; all of them are short, and none begins as those of a proxy do. */
const isSentence = ({ answer: { body } }: Told): boolean => body.length <= MAX_TEXT_LENGTH && !/^(?:404|default backend)/iu.test(body);

const rules: readonly ErrorRule[] = [
  { text: 'lead already in the campaign', means: rejected('lead_exists', { as: 409, details: { where: 'same_campaign' } }) },
  { text: 'lead already in other campaign', means: rejected('lead_exists', { as: 409, details: { where: 'other_campaign' } }) },
  { text: 'lead in graveyard', means: rejected('lead_in_graveyard', { as: 409 }) },
  { text: 'campaign not found', means: rejected('campaign_not_found', { as: 404 }) },
  { text: 'lead not found', means: rejected('lead_not_found', { as: 404 }) },
  { text: 'insufficient credits', means: outOfCredits },
  { text: 'route is available starting', means: rejected('plan_limit', { as: 402 }) },
  { text: 'monitoring limit exceeded', means: rejected('plan_limit', { as: 429 }) },
  {
    text: [
      'no api key provided',
      'bad team',
      'the authentication you supplied is incorrect',
      'user linked to this api key is blocked',
      'no user found for this api key',
    ],
    means: unauthorized,
  },
  { text: 'invalid email address or domain', means: rejected('invalid_value', { as: 400 }) },
  { text: 'missing_identifier', means: rejected('missing_identifier', { as: 400 }) },
  { text: 'wrong_input_format', means: rejected('wrong_input_format', { as: 400 }) },
  // The person asked for it, or complained: Lemlist keeps such a value on its list.
  { status: 409, operation: 'remove_unsubscribe', means: rejected('unsubscribe_is_final') },
  { status: [404, 410], when: isSentence, means: rejected() },
];

/** Looked for anywhere in the body, since newer endpoints wrap their sentences in JSON. */
export const classifyLemlistAnswer = classifierOf(rules, ({ body }) => ({ text: body.slice(0, MAX_TEXT_LENGTH) }));
