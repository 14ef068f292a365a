/**
 * Many members at once at the simulated Mailchimp: 200 whatever became of them, and the failures inside.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { isObject, textIn } from '../simulation/simulatedFields.ts';
import { inList, json, type Endpoint, type EndpointCall } from './mailchimpSandboxEndpoint.ts';
import { memberRecord } from './mailchimpSandboxMembers.ts';
import { invalid, missing, problem, type Refusal } from './mailchimpSandboxProblems.ts';
import { absentFields, memberExists, refusalOf, writeMember, type MemberWrite } from './mailchimpSandboxRules.ts';
import type { SimulatedList, SimulatedMember } from './mailchimpSandboxSeeds.ts';

const MAX_ROWS = 500;

type Row = Readonly<Record<string, unknown>>;

type RowResult =
  | { readonly kind: 'new' | 'updated'; readonly member: SimulatedMember }
  | { readonly kind: 'error'; readonly error: Readonly<Record<string, string>> };

const failed = (email: string, refusal: Refusal, code = 'ERROR_GENERIC'): RowResult => {
  const [fault] = refusal.faults ?? [];
  const error = {
    email_address: email,
    error: refusal.detail,
    error_code: code,
    field: fault?.field ?? '',
    field_message: fault?.message ?? '',
  };
  return { kind: 'error', error };
};

const emailOf = (row: Row): string => textIn(row, 'email_address');

const tagged = (member: SimulatedMember, row: Row, replaces: boolean): void => {
  const tags = Array.isArray(row['tags']) ? row['tags'].filter((tag): tag is string => typeof tag === 'string') : [];
  member.tags = [...new Set(replaces ? tags : [...member.tags, ...tags])];
};

const rowWriter =
  ({ account, body, query }: EndpointCall, list: SimulatedList, isTwice: (email: string) => boolean) =>
  (row: Row): RowResult => {
    const email = emailOf(row);
    const absent = absentFields(row, ['email_address']);
    if (absent !== undefined) return failed(email, absent);
    if (isTwice(email)) return failed(email, { title: '', detail: `Duplicate items found with email address ${email}` });
    const existing = account.member(list, email);
    const isThere = existing !== undefined && existing.status !== 'archived';
    if (isThere && body['update_existing'] !== true) return failed(email, memberExists(email), 'ERROR_CONTACT_EXISTS');
    if (!isThere && row['status'] === undefined) return failed(email, missing(['status']));
    const skips = query.get('skip_merge_validation') === 'true';
    const write: MemberWrite = { list, email, status: row['status'], body: row, existing, skipsMergeValidation: skips };
    const refusal = refusalOf(write);
    if (refusal !== undefined) return failed(email, refusal);
    const member = writeMember(account, write);
    tagged(member, row, body['sync_tags'] === true);
    return { kind: isThere ? 'updated' : 'new', member };
  };

/** Whether an address comes twice in a request: unless told not to look, Mailchimp refuses both rows. */
const duplicates = (rows: readonly Row[], query: URLSearchParams): ((email: string) => boolean) => {
  if (query.get('skip_duplicate_check') === 'true') return () => false;
  const counts = new Map<string, number>();
  for (const row of rows) {
    const key = emailOf(row).toLowerCase();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return (email) => (counts.get(email.toLowerCase()) ?? 0) > 1;
};

const bulkMembers = (call: EndpointCall, list: SimulatedList): SandboxAnswer => {
  const { members } = call.body;
  if (!Array.isArray(members) || !members.every(isObject)) return problem(400, missing(['members']));
  if (members.length > MAX_ROWS) return problem(400, invalid([{ field: 'members', message: 'Cannot exceed 500 items' }]));
  const results = members.map(rowWriter(call, list, duplicates(members, call.query)));
  const records = (kind: 'new' | 'updated') =>
    results.flatMap((result) => (result.kind === kind ? [memberRecord(list, result.member)] : []));
  const [created, updated] = [records('new'), records('updated')];
  const errors = results.flatMap((result) => (result.kind === 'error' ? [result.error] : []));
  return json({
    new_members: created,
    updated_members: updated,
    errors,
    total_created: created.length,
    total_updated: updated.length,
    error_count: errors.length,
    _links: [],
  });
};

export const bulkEndpoints: readonly Endpoint[] = [inList('POST /lists/:list', bulkMembers)];
