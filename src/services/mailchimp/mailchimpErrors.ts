/**
 * What Mailchimp's refusals mean. It speaks in problem documents, and their title counts before the status; what comes
 * without one comes from the edge before it, which says no in its own ways. Facts: `docs/services/mailchimp.md#errors`.
 */
import { z } from 'zod';
import type { ReceivedAnswer } from '../../contract/classification.ts';
import { seconds } from '../../time/clock.ts';
import * as rules from '../textRules.ts';
import type { BulkError } from './mailchimpAnswers.ts';

/** Too many connections: nobody says for how long. Another call of ours has to end, which takes about as much. */
const BUSY_MS = seconds(1);

/** A key that is sent to another account's data centre, or whose user is disabled, is good for nothing: Mailchimp says 401 or 403. */
const CREDENTIAL_REFUSED = ['wrongdatacenter', 'wrong datacenter', 'userdisabled', 'user disabled'];

/** Refusals that a repeat would meet again: the edge's own limits, our credential, and what it may do. */
const LASTING: ReadonlySet<number> = new Set([401, 403, 407, 413, 414, 426, 431]);

const isOfEdge = ({ said }: rules.Told): boolean => said === undefined;
const details = rules.faultyFields;

/** None of the rejections is repeated, and none speaks against the service. */
const table: readonly rules.ErrorRule[] = [
  // At high volume the edge throttles by a 403 that holds no JSON; a 429 may hold a problem, a page, or nothing.
  { status: 429, means: rules.rateLimited(BUSY_MS) },
  { status: 403, when: ({ answer }) => answer.json() === undefined, means: rules.rateLimited(BUSY_MS) },
  { when: (told) => isOfEdge(told) && (told.status >= 500 || LASTING.has(told.status)), means: rules.leftToGeneralRules },
  // Without a problem document a 4xx is not Mailchimp's: whether the request got any further, it does not say.
  { when: isOfEdge, means: rules.unavailable },
  // An archived member, or none at all: in either case the repeat of an archiving has nothing left to do.
  { status: [404, 405], operation: 'archive_member', means: rules.accepted },
  { status: 403, text: CREDENTIAL_REFUSED, means: rules.unauthorized },
  { status: 400, text: 'member exists', means: rules.rejected('member_exists', { as: 409, details }) },
  { status: 400, text: 'compliance state', means: rules.rejected('member_in_compliance_state', { details }) },
  { status: 400, text: ['forgotten email', 'permanently deleted'], means: rules.rejected('email_permanently_deleted', { details }) },
  { status: 400, text: 'looks fake or invalid', means: rules.rejected('email_looks_fake', { details }) },
  { status: 400, text: 'signed up to a lot of lists', means: rules.rejected('email_signed_up_too_often', { details }) },
  { status: 400, text: 'jsonparseerror', means: rules.rejected('malformed_json', { details }) },
  { status: 400, text: 'invalid resource', means: rules.rejected('invalid_resource', { details }) },
  { status: 404, text: 'resource not found', means: rules.rejected('not_found', { details }) },
  { status: 405, text: 'method not allowed', means: rules.rejected('method_not_allowed', { details }) },
  // A 503 that no waiting resolves: Mailchimp has closed this method to the account.
  { status: 503, text: 'compliancerelated', means: rules.rejected('disabled_for_compliance', { details }) },
];

const problemSchema = z.object({
  title: z.string().catch(''),
  detail: z.string().catch(''),
  errors: z.array(z.object({ field: z.string().catch('') }).catch({ field: '' })).catch([]),
});

/** Names of fields, such as `email_address` or `merge_fields.FNAME`. */
const FIELD = /^[A-Za-z][\w.[\] -]{0,63}$/u;

/** Mailchimp's own word; `undefined` for a page of the edge, or nothing. */
const problemOf = (answer: ReceivedAnswer): rules.Said | undefined => {
  const { title = '', detail = '', errors = [] } = problemSchema.safeParse(answer.json()).data ?? {};
  const fields = errors.map(({ field }) => field);
  return title + detail === '' ? undefined : { text: `${title} ${detail}`, fields: rules.namesIn(fields, FIELD) };
};

export const classifyMailchimpAnswer = rules.classifierOf(table, problemOf);

/** What befell one row of a bulk write. */
export interface RowFailure {
  /** A constant of ours, as in problem documents; `rules.rejected` where Mailchimp's words are none we know. */
  readonly reason: string;
  /** The field at fault, such as a merge tag. */
  readonly field?: string;
}

/** Its sentence repeats the address, so only what it means is passed on. */
export const rowFailure = ({ error_code: code, error = '', field }: BulkError): RowFailure => ({
  reason: code === 'ERROR_CONTACT_EXISTS' ? 'member_exists' : rules.reasonOfRow(table, 400, error),
  ...(field !== undefined && FIELD.test(field) && { field }),
});
