/**
 * Whom the simulated Mailchimp takes, and whom it refuses: one rule for single writes and for rows of many.
 */
import { isObject } from '../simulation/simulatedFields.ts';
import type { MailchimpAccount } from './mailchimpSandboxAccount.ts';
import { invalid, missing, type Refusal } from './mailchimpSandboxProblems.ts';
import { md5, type MemberStatus, type SimulatedList, type SimulatedMember } from './mailchimpSandboxSeeds.ts';

const STATUSES: ReadonlySet<unknown> = new Set(['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional']);

const isStatus = (value: unknown): value is MemberStatus => STATUSES.has(value);

/** A write of a member, as far as its rules go. */
export interface MemberWrite {
  readonly list: SimulatedList;
  readonly email: string;
  /** Absent for an update that leaves it. */
  readonly status: unknown;
  readonly body: Readonly<Record<string, unknown>>;
  readonly existing: SimulatedMember | undefined;
  readonly skipsMergeValidation: boolean;
}

/** Addresses that bring about what no data could: said in docs/services/mailchimp.md. */
const refusedAddresses: Readonly<Record<string, string>> = {
  'fake@example.com': 'looks fake or invalid, please enter a real email address.',
  'busy@example.com': "has signed up to a lot of lists very recently; we're not allowing more signups for now",
};

const refusedAddress = ({ list, email }: MemberWrite): Refusal | undefined => {
  const address = email.toLowerCase();
  if (!/^[^\s@]+@[^\s@]+\.[^\s@.]+$/u.test(email)) return { title: 'Invalid Resource', detail: 'Please provide a valid email address.' };
  const words = refusedAddresses[address];
  if (words !== undefined) return { title: 'Invalid Resource', detail: `${email} ${words}` };
  if (!list.forgotten.has(md5(address))) return undefined;
  return {
    title: 'Forgotten Email Not Subscribed',
    detail: `${email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.`,
  };
};

const refusedStatus = ({ email, status, existing }: MemberWrite): Refusal | undefined => {
  if (status === undefined) return undefined;
  if (!isStatus(status)) return invalid([{ field: 'status', message: `Value must be one of ${[...STATUSES].join(', ')}` }]);
  if (existing?.isInComplianceState !== true || status !== 'subscribed') return undefined;
  return {
    title: 'Member In Compliance State',
    detail: `${email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.`,
  };
};

const mergeFieldsOf = (body: MemberWrite['body']): Readonly<Record<string, unknown>> =>
  isObject(body['merge_fields']) ? body['merge_fields'] : {};

const refusedMergeFields = ({ list, body, existing, skipsMergeValidation }: MemberWrite): Refusal | undefined => {
  const known = { ...existing?.mergeFields, ...mergeFieldsOf(body) };
  const absent = list.requiredMergeFields.filter((tag) => known[tag] === undefined || known[tag] === '');
  if (skipsMergeValidation || absent.length === 0) return undefined;
  const faults = absent.map((tag) => ({ field: tag, message: 'Please enter a value' }));
  return { ...invalid(faults), detail: 'Your merge fields were invalid.' };
};

/** Why a member cannot be written so; `undefined` if it can. */
export const refusalOf = (write: MemberWrite): Refusal | undefined =>
  refusedAddress(write) ?? refusedStatus(write) ?? refusedMergeFields(write);

/** Of the fields named, those that a body lacks. */
export const absentFields = (body: MemberWrite['body'], names: readonly string[]): Refusal | undefined => {
  const absent = names.filter((name) => body[name] === undefined);
  return absent.length === 0 ? undefined : missing(absent);
};

export const memberExists = (email: string): Refusal => ({
  title: 'Member Exists',
  detail: `${email} is already a list member. Use PUT to insert or update list members.`,
});

/** What a body says of a member besides who it is and how it stands. */
const ownFields: readonly string[] = ['email_type', 'language', 'vip'];

/** Writes without asking: the rules come before. */
export const writeMember = (account: MailchimpAccount, { list, email, status, body, existing }: MemberWrite): SimulatedMember => {
  const before = existing?.status;
  const member = existing ?? newMember(account, email);
  if (isStatus(status)) {
    member.status = status;
    member.isInComplianceState &&= status !== 'pending';
  }
  member.fields = { ...member.fields, ...Object.fromEntries(Object.entries(body).filter(([name]) => ownFields.includes(name))) };
  member.mergeFields = { ...member.mergeFields, ...mergeFieldsOf(body) };
  member.lastChanged = account.timestamp();
  list.members.set(member.id, member);
  account.tell(list, member, before);
  return member;
};

const newMember = (account: MailchimpAccount, email: string): SimulatedMember => ({
  id: md5(email),
  email_address: email,
  status: 'subscribed',
  isInComplianceState: false,
  fields: {},
  mergeFields: {},
  tags: [],
  lastChanged: account.timestamp(),
});
