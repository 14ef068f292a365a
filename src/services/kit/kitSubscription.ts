/**
 * A subscription: the subscriber is upserted, then added to tags, forms and sequences. Several requests, one operation to
 * its callers; each of them may be repeated, so repeating the whole finishes what was begun.
 *
 * What sends mail comes last: whatever fails before it has sent none.
 */
import { GatewayError, type ErrorCode } from '../../errors/gatewayError.ts';
import { UpstreamError, UpstreamRejectedError, type CallSite, type FailureKind } from '../../errors/upstreamErrors.ts';
import type { Operation, OperationRequest } from '../../contract/operation.ts';
import { digest } from '../../pipeline/requestBuilder.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { isQueued, type CallOptions, type Queued, type QueueWish } from '../../contract/call.ts';
import { recipe } from '../endpoint.ts';
import { checked } from '../inputs.ts';
import { subscribed, type SubscriberAnswer } from './kitAnswers.ts';
import * as each from './kitEndpoints.ts';
import { subscription as subscriptionInput, type Subscription } from './kitInputs.ts';

/** `subscriber`, or what the subscriber is added to, such as `tag 207`. */
type StepName = 'subscriber' | `${each.Collection} ${number}`;

interface Step {
  readonly name: StepName;
  readonly operation: Operation<SubscriberAnswer>;
  readonly request: OperationRequest;
}

interface StepReport {
  readonly step: StepName;
  readonly outcome: 'made' | 'queued';
  /** Of a queued one. */
  readonly job?: string;
}

/** Some steps were made or queued, then one failed. It says what its cause says, and how far it came. */
export class SubscriptionIncompleteError extends UpstreamError {
  readonly code: ErrorCode;
  override readonly retryable: boolean;
  override readonly verdict: GatewayError['verdict'];
  override readonly execution: GatewayError['execution'];
  override readonly retryAfterMs: number | undefined;
  readonly kind: FailureKind | undefined;

  constructor(
    site: CallSite,
    cause: GatewayError & { readonly kind?: FailureKind },
    override readonly details: { readonly made: readonly string[]; readonly failed: string },
  ) {
    super(site, `${details.failed} failed (${cause.code}) after ${details.made.join(', ')}; repeat the request to finish it`, { cause });
    this.code = cause.code;
    this.retryable = cause.retryable;
    this.verdict = cause.verdict;
    this.execution = cause.execution;
    this.retryAfterMs = cause.retryAfterMs;
    this.kind = cause.kind;
  }
}

const additions = { tag: each.addToTag.operation, form: each.addToForm.operation, sequence: each.addToSequence.operation };

const additionOf = (collection: each.Collection, id: number, { email_address, subscriber_id, referrer }: Subscription): Step => {
  const member = { email_address, subscriber_id, ...(collection === 'form' && referrer !== undefined && { referrer }) };
  return { name: `${collection} ${id}`, operation: additions[collection], request: each.memberRequest(collection, String(id), member) };
};

/** Additions go by the address even when the number is known: then all steps are of one entity, and queued ones stay in order. */
const stepsOf = (subscription: Subscription): readonly Step[] => {
  const { email_address, first_name, state, fields } = subscription;
  const request = { path: upstreamPath`/v4/subscribers`, body: { email_address, first_name, state, fields } };
  const upsert: Step = { name: 'subscriber', operation: each.upsertSubscriber.operation, request };
  const added = (['tag', 'form', 'sequence'] as const).flatMap((collection) => {
    const ids = new Set(subscription[each.collectionPaths[collection]] ?? []);
    return [...ids].map((id) => additionOf(collection, id, subscription));
  });
  return email_address === undefined ? added : [upsert, ...added];
};

/**
 * The last step bears the id that the caller's key decided; the others one made of it, so that a repeated request finds the
 * same jobs again. Behind a step that waits, all wait: they must not overtake it.
 */
const wishFor = (wish: QueueWish | undefined, { name }: Step, isLast: boolean, mustWait: boolean): QueueWish | undefined => {
  if (wish === undefined) return mustWait ? { owner: 'process', atOnce: true } : undefined;
  const { owner, requestId, jobId: given, atOnce = false } = wish;
  const jobId = given === undefined || isLast ? given : `job_${digest(`${given} ${name}`)}`;
  return { owner, atOnce: atOnce || mustWait, ...(requestId !== undefined && { requestId }), ...(jobId !== undefined && { jobId }) };
};

const report = ({ name }: Step, answer: SubscriberAnswer | Queued): StepReport =>
  isQueued(answer) ? { step: name, outcome: 'queued', job: answer.id } : { step: name, outcome: 'made' };

const incomplete = (error: unknown, reports: readonly StepReport[], { name, operation }: Step): unknown => {
  if (reports.length === 0 || !(error instanceof GatewayError) || error.code === 'call_cancelled') return error;
  const site = { service: 'kit', operation: operation.name };
  const made = reports.map(({ step, outcome }) => (outcome === 'made' ? step : `${step} (queued)`));
  const details = { made, failed: name };
  if (!(error instanceof UpstreamRejectedError)) return new SubscriptionIncompleteError(site, error, details);
  return new UpstreamRejectedError(site, error.status, error.reason, { ...error.details, ...details });
};

/** Of a queued one the job is that of the last step, which is made after all others: when it has ended, all have. */
const resultOf = (answers: readonly (SubscriberAnswer | Queued)[], steps: readonly StepReport[], { fields }: Subscription) => {
  const last = answers.at(-1);
  if (isQueued(last)) return { ...last, steps };
  const first = answers.find((answer): answer is SubscriberAnswer => !isQueued(answer));
  if (first === undefined) throw new Error('a subscription without a step');
  const { subscriber, warnings } = first;
  return { subscriber, ...(warnings !== undefined && { warnings }), ...each.latenessOf(fields), steps };
};

/**
 * Makes all steps in turn, under one deadline.
 *
 * @throws {UpstreamRejectedError} whose `details` say what was `made` before the step that `failed`, if any was.
 * @throws {SubscriptionIncompleteError} the same, where the service could not be had.
 */
export const subscribe = recipe({
  route: 'POST /subscriptions',
  summary: 'Subscribe: upsert a subscriber and add it to tags, forms and sequences',
  description:
    'Up to ten additions, tags first, then forms, then sequences. If one fails, the error says what was made before it; the same ' +
    'request once more finishes it. With `subscriber_id` instead of `email_address` it begins with the additions.',
  body: subscriptionInput,
  answer: subscribed,
  problems: [404],
  queueable: true,
  run: async (http, { body }, options) => {
    const subscription = checked(subscriptionInput, body, 'subscription');
    const steps = stepsOf(subscription);
    // One answer for the whole: that of the last step, whose job outlasts the others.
    let last: Parameters<NonNullable<CallOptions['onAnswer']>> | undefined;
    const call = { ...http.startDeadline(options), onAnswer: (...told: NonNullable<typeof last>) => void (last = told) };
    const answers: (SubscriberAnswer | Queued)[] = [];
    const reports: StepReport[] = [];
    for (const [index, step] of steps.entries()) {
      const queue = wishFor(options?.queue, step, index === steps.length - 1, answers.some(isQueued));
      try {
        const answer = await http.write(step.operation, step.request, { ...call, ...(queue !== undefined && { queue }) });
        answers.push(answer);
        reports.push(report(step, answer));
      } catch (error) {
        throw incomplete(error, reports, step);
      }
    }
    if (last !== undefined) options?.onAnswer?.(...last);
    return resultOf(answers, reports, subscription);
  },
});
