/**
 * What Mailchimp's refusals mean. It speaks in problem documents, and their title counts before the status; what comes
 * without one comes from the edge before it, which says no in its own ways. Facts: `docs/services/mailchimp.md#errors`.
 */
import { z } from 'zod';
import type { GatewayError } from '../../errors/gatewayError.ts';
import {
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnauthorizedError,
  UpstreamUnavailableError,
  type CallSite,
} from '../../errors/upstreamErrors.ts';
import type { Classifier, ReceivedAnswer } from '../../contract/classification.ts';
import { pauseAskedMs } from '../../pipeline/quota.ts';
import { seconds } from '../../time/clock.ts';
import type { BulkError } from './mailchimpSchemas.ts';

/** Too many connections: nobody says for how long. Another call of ours has to end, which takes about as much. */
const BUSY_MS = seconds(1);
const MAX_FIELDS = 20;

const problemSchema = z.object({
  title: z.string().catch(''),
  detail: z.string().catch(''),
  errors: z.array(z.object({ field: z.string().catch('') }).catch({ field: '' })).catch([]),
});

type Problem = z.infer<typeof problemSchema>;

/** Mailchimp's own word; `undefined` for a page of the edge, or nothing. */
const problemOf = (answer: ReceivedAnswer): Problem | undefined => {
  const problem = problemSchema.safeParse(answer.json()).data;
  return problem === undefined || problem.title + problem.detail === '' ? undefined : problem;
};

/** A key that is sent to another account's data centre, or whose user is disabled, is good for nothing: Mailchimp says 401 or 403. */
const CREDENTIAL_REFUSED: readonly string[] = ['wrongdatacenter', 'wrong datacenter', 'userdisabled', 'user disabled'];

interface ProblemRule {
  readonly status: number;
  /** Lower case; both are looked for in title and detail together. */
  readonly texts: readonly string[];
  readonly reason: string;
  /** What we answer with, where another status tells callers more. */
  readonly ours?: number;
}

/** The first that fits decides. None of them is repeated, and none speaks against the service. */
const problemRules: readonly ProblemRule[] = [
  { status: 400, texts: ['member exists'], reason: 'member_exists', ours: 409 },
  { status: 400, texts: ['compliance state'], reason: 'member_in_compliance_state' },
  { status: 400, texts: ['forgotten email', 'permanently deleted'], reason: 'email_permanently_deleted' },
  { status: 400, texts: ['looks fake or invalid'], reason: 'email_looks_fake' },
  { status: 400, texts: ['signed up to a lot of lists'], reason: 'email_signed_up_too_often' },
  { status: 400, texts: ['jsonparseerror'], reason: 'malformed_json' },
  { status: 400, texts: ['invalid resource'], reason: 'invalid_resource' },
  { status: 404, texts: ['resource not found'], reason: 'not_found' },
  { status: 405, texts: ['method not allowed'], reason: 'method_not_allowed' },
  // A 503 that no waiting mends: Mailchimp has closed this method to the account.
  { status: 503, texts: ['compliancerelated'], reason: 'disabled_for_compliance' },
];

/** Names of fields, such as `email_address` or `merge_fields.FNAME`; anything else could be somebody's data. */
const FIELD = /^[A-Za-z][\w.[\] -]{0,63}$/u;

const fieldsOf = ({ errors }: Problem): readonly string[] =>
  [...new Set(errors.map(({ field }) => field).filter((field) => FIELD.test(field)))].slice(0, MAX_FIELDS);

const rejection = (status: number, problem: Problem, site: CallSite): GatewayError | undefined => {
  const words = `${problem.title} ${problem.detail}`.toLowerCase();
  if (status === 403 && CREDENTIAL_REFUSED.some((text) => words.includes(text))) return new UpstreamUnauthorizedError(site, status);
  const rule = problemRules.find((candidate) => candidate.status === status && candidate.texts.some((text) => words.includes(text)));
  if (rule === undefined) return undefined;
  const fields = fieldsOf(problem);
  return new UpstreamRejectedError(site, rule.ours ?? status, rule.reason, fields.length === 0 ? {} : { fields });
};

/** An archived member, or none at all: in either case the repeat of an archiving has nothing left to do. */
const isArchivedAlready = (operation: string, status: number): boolean =>
  operation === 'archive_member' && (status === 404 || status === 405);

/** Refusals that a repeat would meet again: the edge's own limits, our credential, and what it may do. */
const LASTING: ReadonlySet<number> = new Set([401, 403, 407, 413, 414, 426, 431]);

/** Without a problem document a 4xx is not Mailchimp's: whether the request got any further, it does not say. */
const edgeRefusal = (status: number, site: CallSite): GatewayError | undefined =>
  status < 400 || status >= 500 || LASTING.has(status) ? undefined : new UpstreamUnavailableError(site, 'http_5xx', 'unknown');

export const classifyMailchimpAnswer: Classifier = (answer, { site, wallTime }) => {
  const { status, headers } = answer;
  if (status < 400) return undefined;
  const problem = problemOf(answer);
  // At high volume the edge throttles by a 403 that holds no JSON; a 429 may hold a problem, a page, or nothing.
  if (status === 429 || (status === 403 && answer.json() === undefined)) {
    return new UpstreamRateLimitedError(site, pauseAskedMs(headers, wallTime) ?? BUSY_MS);
  }
  if (problem === undefined) return edgeRefusal(status, site);
  return isArchivedAlready(site.operation, status) ? 'accepted' : rejection(status, problem, site);
};

/** What befell one row of a bulk write. */
export interface RowFailure {
  /** A constant of ours, as in problem documents; `rejected` where Mailchimp's words are none we know. */
  readonly reason: string;
  /** The field at fault, such as a merge tag. */
  readonly field?: string;
}

const reasonOfRow = ({ error_code: code, error = '' }: BulkError): string => {
  if (code === 'ERROR_CONTACT_EXISTS') return 'member_exists';
  const words = error.toLowerCase();
  return problemRules.find(({ status, texts }) => status === 400 && texts.some((text) => words.includes(text)))?.reason ?? 'rejected';
};

/** Its sentence repeats the address, so only what it means is passed on. */
export const rowFailure = (row: BulkError): RowFailure => ({
  reason: reasonOfRow(row),
  ...(row.field !== undefined && FIELD.test(row.field) ? { field: row.field } : {}),
});
