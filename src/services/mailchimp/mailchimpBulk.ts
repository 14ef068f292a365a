/**
 * Up to 500 members in one request. Mailchimp answers 200 whatever became of them; here each row gets its own outcome.
 */
import type { HttpClient } from '../../pipeline/httpClient.ts';
import type { CallOptions } from '../../contract/call.ts';
import { rowFailure, type RowFailure } from './mailchimpErrors.ts';
import { bulkMembersSchema, checked, type BulkMembers, type MemberFlags, type NewMember } from './mailchimpInputs.ts';
import { listPath, subscriberHash } from './mailchimpMembers.ts';
import { mailchimpOperations } from './mailchimpOperations.ts';
import type { BulkAnswer } from './mailchimpAnswers.ts';

/** `unknown`: Mailchimp's answer has no word on this row; look before you repeat it. */
export type RowOutcome =
  | { readonly outcome: 'created' | 'updated'; readonly id: string }
  | ({ readonly outcome: 'failed' } & RowFailure)
  | { readonly outcome: 'unknown' };

export type BulkRow = { readonly email_address: string } & RowOutcome;

export interface BulkResult {
  /** One for each member that was sent, in the same order. */
  readonly rows: readonly BulkRow[];
  readonly created: number;
  readonly updated: number;
  /** Those that did not go in, or of which nothing is known. */
  readonly failed: number;
}

/** An address twice in one request would fail both: the first row goes, the others are told here. */
const twice: RowOutcome = { outcome: 'failed', reason: 'repeats_an_earlier_row', field: 'email_address' };

const outcomesIn = (answer: BulkAnswer): ReadonlyMap<string, RowOutcome> => {
  const outcomes = new Map<string, RowOutcome>();
  const note = (email: string, outcome: RowOutcome): void => {
    outcomes.set(email.toLowerCase(), outcome);
  };
  for (const row of answer.errors) note(row.email_address, { outcome: 'failed', ...rowFailure(row) });
  for (const row of answer.updated_members)
    note(row.email_address, { outcome: 'updated', id: row.id ?? subscriberHash(row.email_address) });
  for (const row of answer.new_members) note(row.email_address, { outcome: 'created', id: row.id ?? subscriberHash(row.email_address) });
  return outcomes;
};

const countOf = (rows: readonly BulkRow[], ...outcomes: readonly RowOutcome['outcome'][]): number =>
  rows.filter(({ outcome }) => outcomes.includes(outcome)).length;

const firstOfEach = (members: readonly NewMember[]): ReadonlyMap<string, NewMember> =>
  new Map(members.map((member) => [member.email_address.toLowerCase(), member] as const).toReversed());

const joined = (members: readonly NewMember[], sent: ReadonlyMap<string, NewMember>, answer: BulkAnswer): BulkResult => {
  const outcomes = outcomesIn(answer);
  const rows = members.map((member): BulkRow => {
    const key = member.email_address.toLowerCase();
    const outcome = sent.get(key) === member ? (outcomes.get(key) ?? { outcome: 'unknown' as const }) : twice;
    return { email_address: member.email_address, ...outcome };
  });
  return { rows, created: countOf(rows, 'created'), updated: countOf(rows, 'updated'), failed: countOf(rows, 'failed', 'unknown') };
};

/**
 * Creates or updates up to 500 members of a list; those that fail leave the others as they are.
 *
 * @throws {InvalidRequestError} for no members, more than 500, or one that cannot be sent.
 */
export const upsertMembers = async (
  http: HttpClient,
  listId: string,
  input: BulkMembers,
  flags: MemberFlags,
  options?: CallOptions,
): Promise<BulkResult> => {
  const { members, sync_tags: syncTags } = checked(bulkMembersSchema, input, 'body');
  const sent = firstOfEach(members);
  const body = {
    members: members.filter((member) => sent.get(member.email_address.toLowerCase()) === member),
    update_existing: true,
    ...(syncTags === undefined ? {} : { sync_tags: syncTags }),
  };
  const answer = await http.send(mailchimpOperations.upsertMembers, { path: listPath(listId), query: { ...flags }, body }, options);
  return joined(members, sent, answer);
};
