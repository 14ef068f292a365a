/**
 * What SendGrid's refusals mean: `{"errors": [{message, field}]}`, whose messages count before the status. A 401 may be a used
 * up quota, a 403 the sender's fault, a 404 an answer. Facts: `docs/services/sendgrid.md#errors`.
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
} from '../../errors/upstreamErrors.ts';
import type { Classifier, ReceivedAnswer } from '../../contract/classification.ts';
import { pauseAskedMs } from '../../pipeline/quota.ts';
import { minutes } from '../../time/clock.ts';

/** Where a 429 does not say until when: the windows that are known of are a minute. */
const WINDOW_MS = minutes(1);
const MAX_FIELDS = 20;

/** An object each, or as some of its older endpoints have it, the bare message. */
const errorSchema = z
  .union([
    z.object({ message: z.string().catch(''), field: z.string().catch('') }),
    z.string().transform((message) => ({ message, field: '' })),
  ])
  .catch({ message: '', field: '' });
const refusalSchema = z.object({ errors: z.array(errorSchema) });

type Refusal = z.infer<typeof refusalSchema>;

/** SendGrid's own word; `undefined` for a page of a proxy, or nothing. */
const refusalOf = (answer: ReceivedAnswer): Refusal | undefined => refusalSchema.safeParse(answer.json()).data;

interface TextRule {
  readonly status: number;
  /** Lower case; looked for in each message. */
  readonly text: string;
  readonly error: (site: CallSite) => GatewayError;
}

const rejected =
  (status: number, reason: string): TextRule['error'] =>
  (site) =>
    new UpstreamRejectedError(site, status, reason);

/** The first that fits decides. */
const textRules: readonly TextRule[] = [
  // Not our credential: the month's mail is used up. Nobody says until when.
  { status: 401, text: 'maximum credits exceeded', error: (site) => new UpstreamQuotaExhaustedError(site, 'credits') },
  { status: 403, text: 'sender identity', error: rejected(403, 'sender_not_verified') },
];

/** Names of fields, such as `personalizations.0.to` or `contacts[3].email`; anything else could be somebody's data. */
const FIELD = /^[A-Za-z_][\w.[\]]{0,99}$/u;

/** SendGrid has two ways to name none: `null`, and the word. */
const fieldsOf = ({ errors }: Refusal): readonly string[] =>
  [...new Set(errors.map(({ field }) => field).filter((field) => field !== 'null' && FIELD.test(field)))].slice(0, MAX_FIELDS);

const rejection = (status: number, refusal: Refusal, site: CallSite): GatewayError => {
  const reason = status === 400 ? 'validation_failed' : 'rejected';
  const fields = fieldsOf(refusal);
  return new UpstreamRejectedError(site, status, reason, fields.length === 0 ? {} : { fields });
};

const byText = (status: number, { errors }: Refusal): TextRule | undefined =>
  textRules.find((rule) => rule.status === status && errors.some(({ message }) => message.toLowerCase().includes(rule.text)));

const byStatus = (status: number, refusal: Refusal, site: CallSite): GatewayError | undefined => {
  switch (status) {
    case 400:
    case 406:
    case 415:
      return rejection(status, refusal, site);
    // A key is good for some operations and not for others: its own words for that, `access forbidden`, name no scope.
    case 403:
      return new MissingScopesError(site);
    case 404:
      return new UpstreamRejectedError(site, 404, 'not_found');
    case 413:
      return new UpstreamRejectedError(site, 413, 'content_too_large');
    default:
      return undefined;
  }
};

/** Operations whose 404 is an answer: none of the addresses is known; what is to be removed is not there. */
const ANSWERED_BY_404: ReadonlySet<string> = new Set(['find_contacts', 'remove_global_suppression']);

const isAnsweredBy404 = (answer: ReceivedAnswer, { operation }: CallSite): boolean => {
  if (answer.status !== 404 || !ANSWERED_BY_404.has(operation)) return false;
  const json = answer.json();
  return typeof json === 'object' && json !== null && ('errors' in json || 'result' in json);
};

/**
 * Elsewhere a 503 says that the request was not handled. SendGrid's may be a proxy's, which cannot know: for mail, which must
 * not be sent twice, it is as unknown as any other failure.
 */
const isDoubtful = (status: number, { operation }: CallSite): boolean => status === 503 && operation === 'send_mail';

export const classifySendgridAnswer: Classifier = (answer, { site, wallTime }) => {
  const { status } = answer;
  if (status < 400) return undefined;
  if (status === 429) return new UpstreamRateLimitedError(site, pauseAskedMs(answer.headers, wallTime) ?? WINDOW_MS);
  if (isDoubtful(status, site)) return new UpstreamUnavailableError(site, 'http_5xx', 'unknown');
  if (status >= 500) return undefined;
  if (isAnsweredBy404(answer, site)) return 'accepted';
  // Unconfirmed, and by its number alone: data of a subuser in the EU, asked for at the global host, or the other way round.
  if (status === 451) return new UpstreamRejectedError(site, 451, 'data_residency');
  const refusal = refusalOf(answer);
  return refusal === undefined ? undefined : (byText(status, refusal)?.error(site) ?? byStatus(status, refusal, site));
};
