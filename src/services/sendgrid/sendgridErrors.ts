/**
 * What SendGrid's refusals mean: `{"errors": [{message, field}]}`, whose messages count before the status. A 401 may be a used
 * up quota, a 403 the sender's fault, a 404 an answer. Facts: `docs/services/sendgrid.md#errors`.
 */
import { z } from 'zod';
import { MissingScopesError } from '../../errors/upstreamErrors.ts';
import type { ReceivedAnswer } from '../../contract/classification.ts';
import { minutes } from '../../time/clock.ts';
import * as rules from '../textRules.ts';

/** Where a 429 does not say until when: the windows that are known of are a minute. */
const WINDOW_MS = minutes(1);

const isAnswer = ({ answer }: rules.Told): boolean => {
  const json = answer.json();
  return typeof json === 'object' && json !== null && ('errors' in json || 'result' in json);
};

const table: readonly rules.ErrorRule[] = [
  { status: 429, means: rules.rateLimited(WINDOW_MS) },
  // Elsewhere a 503 says that the request was not handled. SendGrid's may be a proxy's, which cannot know: mail
  // must not be sent twice, so its outcome is unknown, like that of other failures.
  { status: 503, operation: 'send_mail', means: rules.unavailable },
  { when: ({ status }) => status >= 500, means: rules.leftToGeneralRules },
  // None of the addresses is known; what is to be removed is not there.
  { status: 404, operation: /^(?:find_contacts|remove_global_suppression)$/u, when: isAnswer, means: rules.accepted },
  // Unconfirmed, and by its number alone: data of a subuser in the EU, asked for at the global host, or the other way round.
  { status: 451, means: rules.rejected('data_residency') },
  { when: ({ said }) => said === undefined, means: rules.leftToGeneralRules },
  // Not our credential: the month's mail is used up. Nobody says until when.
  { status: 401, text: 'maximum credits exceeded', means: rules.outOfCredits },
  { status: 403, text: 'sender identity', means: rules.rejected('sender_not_verified') },
  { status: 400, means: rules.rejected('validation_failed', { details: rules.faultyFields }) },
  { status: [406, 415], means: rules.rejected('rejected', { details: rules.faultyFields }) },
  // A key is good for some operations and not for others: its own words for that, `access forbidden`, name no scope.
  { status: 403, means: ({ site }) => new MissingScopesError(site) },
  { status: 404, means: rules.rejected('not_found') },
  { status: 413, means: rules.rejected('content_too_large') },
];

/** An object each, or as some of its older endpoints have it, the bare message. */
const errorSchema = z
  .union([
    z.object({ message: z.string().catch(''), field: z.string().catch('') }),
    z.string().transform((message) => ({ message, field: '' })),
  ])
  .catch({ message: '', field: '' });
const refusalSchema = z.object({ errors: z.array(errorSchema) });

/** Names of fields, such as `personalizations.0.to` or `contacts[3].email`, and not `null`, which SendGrid also has as a word. */
const FIELD = /^(?!null$)[A-Za-z_][\w.[\]]{0,99}$/u;

/** SendGrid's own word; `undefined` for a page of a proxy, or nothing. */
const refusalOf = (answer: ReceivedAnswer): rules.Said | undefined => {
  const errors = refusalSchema.safeParse(answer.json()).data?.errors;
  if (errors === undefined) return undefined;
  const fields = errors.map(({ field }) => field);
  return { text: errors.map(({ message }) => message).join('\n'), fields: rules.namesIn(fields, FIELD) };
};

export const classifySendgridAnswer = rules.classifierOf(table, refusalOf);
