/**
 * What Kit means by its refusals: `{"errors": ["…"]}` with sentences, which count before the status. Its limits answer with
 * 429 and a bare text, with 413, or with 403. Facts: docs/services/kit.md#errors.
 */
import { MissingScopesError } from '../../errors/upstreamErrors.ts';
import { isText } from '../../pipeline/generalClassification.ts';
import { minutes } from '../../time/clock.ts';
import * as rules from '../textRules.ts';

/** Kit does not say when its window has room again. It is a rolling minute: by then it has. */
const WINDOW_MS = minutes(1);
/** How long a full bulk queue takes is not said either. */
const BULK_QUEUE_MS = minutes(1);

const BULK = /^bulk_/u;

/** Most likely a key at an endpoint for tokens: good elsewhere, so it must not trip the circuit as a bad credential would. */
const bulkNotPermitted = ({ site }: rules.Told) => new MissingScopesError(site, 403, [], 'bulk_not_permitted');

const sentenceRules: readonly rules.ErrorRule[] = [
  { text: 'access token expired', means: rules.unauthorized },
  { text: 'access token is invalid', operation: BULK, means: bulkNotPermitted },
  { text: 'access token is invalid', means: rules.unauthorized },
  { text: 'exceed your subscriber limit', means: rules.rejected('plan_limit') },
  { text: 'sequence is inactive', means: rules.rejected('sequence_inactive') },
  { text: 'email address is invalid', means: rules.rejected('invalid_email') },
  { text: 'subscriber does not exist', means: rules.rejected('subscriber_not_found') },
  { text: 'tag does not exist', means: rules.rejected('tag_not_found') },
];

const table: readonly rules.ErrorRule[] = [
  { status: 429, means: rules.rateLimited(WINDOW_MS) },
  { when: ({ status }) => status >= 500, means: rules.leftToGeneralRules },
  ...sentenceRules,
  { status: [401, 403], operation: BULK, means: bulkNotPermitted },
  { status: 404, when: ({ answer }) => isText(answer), means: rules.leftToGeneralRules },
  { status: 404, means: rules.rejected('not_found') },
  // The queue of bulk rows is full, whatever the size of this request.
  { status: 413, operation: BULK, means: rules.busyFor(BULK_QUEUE_MS) },
  { status: 422, means: rules.rejected('validation_failed') },
];

const MAX_SENTENCES = 20;
const MAX_NESTING = 4;

/** One to a line. On sequences a list of sentences may lie inside the list; one alone may come without a list. */
const sentencesIn = (errors: unknown): string => {
  const flat = [errors].flat(MAX_NESTING) as readonly unknown[];
  return flat
    .filter((entry) => typeof entry === 'string')
    .slice(0, MAX_SENTENCES)
    .join('\n');
};

export const classifyKitAnswer = rules.classifierOf(table, (answer) => {
  const json = answer.json();
  return { text: typeof json === 'object' && json !== null && 'errors' in json ? sentencesIn(json.errors) : '' };
});

/** What the errors of one row of a bulk answer mean: a constant of ours, such as `invalid_email`. */
export const rowReason = (errors: readonly unknown[]): string => rules.reasonOfRow(sentenceRules, 422, sentencesIn(errors));
