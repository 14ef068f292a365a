/**
 * What Kit means by its refusals: `{"errors": ["…"]}` with sentences, which count before the status. Its limits answer with
 * 429 and a bare text, with 413, or with 403. Facts: docs/services/kit.md#errors.
 */
import {
  MissingScopesError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnauthorizedError,
  type CallSite,
  type UpstreamError,
} from '../../errors/upstreamErrors.ts';
import type { Classifier, ReceivedAnswer } from '../../contract/classification.ts';
import { isText } from '../../pipeline/generalClassification.ts';
import { pauseAskedMs } from '../../pipeline/quota.ts';
import { minutes } from '../../time/clock.ts';

/** Kit does not say when its window has room again. It is a rolling minute: by then it has. */
const WINDOW_MS = minutes(1);
/** How long a full bulk queue takes is not said either. */
const BULK_QUEUE_MS = minutes(1);

interface TextRule {
  /** Lower case; looked for in each sentence. */
  readonly text: string;
  readonly error: (site: CallSite, status: number) => UpstreamError;
}

const rejected =
  (reason: string): TextRule['error'] =>
  (site, status) =>
    new UpstreamRejectedError(site, status, reason);

const unauthorized: TextRule['error'] = (site, status) => new UpstreamUnauthorizedError(site, status);

const isBulk = ({ operation }: CallSite): boolean => operation.startsWith('bulk_');

/** Most likely a key at an endpoint for tokens: good elsewhere, so it must not trip the circuit as a bad credential would. */
const bulkNotPermitted = (site: CallSite): UpstreamError => new MissingScopesError(site, 403, [], 'bulk_not_permitted');

const invalidToken: TextRule['error'] = (site, status) => (isBulk(site) ? bulkNotPermitted(site) : unauthorized(site, status));

/** The first that fits decides. */
const textRules: readonly TextRule[] = [
  { text: 'access token expired', error: unauthorized },
  { text: 'access token is invalid', error: invalidToken },
  { text: 'exceed your subscriber limit', error: rejected('plan_limit') },
  { text: 'sequence is inactive', error: rejected('sequence_inactive') },
  { text: 'email address is invalid', error: rejected('invalid_email') },
  { text: 'subscriber does not exist', error: rejected('subscriber_not_found') },
  { text: 'tag does not exist', error: rejected('tag_not_found') },
];

const MAX_SENTENCES = 20;
const MAX_NESTING = 4;

/** On sequences a list of sentences may lie inside the list; one alone may come without a list. */
export const sentencesIn = (errors: unknown): readonly string[] => {
  const flat = [errors].flat(MAX_NESTING) as readonly unknown[];
  return flat
    .filter((entry) => typeof entry === 'string')
    .slice(0, MAX_SENTENCES)
    .map((entry) => entry.toLowerCase());
};

const ruleFor = (sentences: readonly string[]): TextRule | undefined =>
  textRules.find(({ text }) => sentences.some((sentence) => sentence.includes(text)));

const errorsOf = (answer: ReceivedAnswer): unknown => {
  const json = answer.json();
  return typeof json === 'object' && json !== null && 'errors' in json ? json.errors : undefined;
};

/** What the errors of one row of a bulk answer mean: a constant of ours, such as `invalid_email`. */
export const rowReason = (errors: readonly unknown[]): string => {
  const error = ruleFor(sentencesIn(errors))?.error({ service: 'kit', operation: 'bulk' }, 422);
  return error instanceof UpstreamRejectedError ? error.reason : (error?.code ?? 'rejected');
};

const byStatus = (status: number, site: CallSite): UpstreamError | undefined => {
  switch (status) {
    case 401:
    case 403:
      return isBulk(site) ? bulkNotPermitted(site) : undefined;
    case 404:
      return new UpstreamRejectedError(site, 404, 'not_found');
    // The queue of bulk rows is full, whatever the size of this request.
    case 413:
      return isBulk(site) ? new UpstreamRateLimitedError(site, BULK_QUEUE_MS) : undefined;
    case 422:
      return new UpstreamRejectedError(site, 422, 'validation_failed');
    default:
      return undefined;
  }
};

export const classifyKitAnswer: Classifier = (answer, { site, wallTime }) => {
  const { status, headers } = answer;
  if (status === 429) return new UpstreamRateLimitedError(site, pauseAskedMs(headers, wallTime) ?? WINDOW_MS);
  if (status < 400 || status >= 500) return undefined;
  return (
    ruleFor(sentencesIn(errorsOf(answer)))?.error(site, status) ?? (status === 404 && isText(answer) ? undefined : byStatus(status, site))
  );
};
