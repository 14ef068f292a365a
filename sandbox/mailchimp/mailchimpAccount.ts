/**
 * The simulated Mailchimp account: its lists and batches, its refusals in Mailchimp's words, and the events it tells of.
 */
import { minutes, seconds } from '../../src/time/clock.ts';
import { digest, drawn, HEX, isEmail, isObject, mapBy, seedsIn, type Fields } from '../simulation/fields.ts';
import type { SandboxAnswer, SandboxRequest, SimulatorParts } from '../simulation/simulator.ts';
import { stampedSignature, type WebhookStyle } from '../simulation/webhooks.ts';

const SEEDED_AT = '2026-05-21T20:35:16+00:00';

export interface Member {
  readonly id: string;
  readonly email_address: string;
  status: string;
  /** Left by its own wish, or bounced: only its own consent brings it back. */
  isInComplianceState: boolean;
  fields: Fields;
  mergeFields: Fields;
  tags: readonly string[];
  lastChanged: string;
}

export interface List {
  readonly id: string;
  readonly name: string;
  readonly webId: number;
  readonly createdAt: string;
  /** Merge fields that a new member must have. */
  readonly requiredMergeFields: readonly string[];
  /** By hash. */
  readonly members: Map<string, Member>;
  /** Addresses erased for good. */
  readonly erased: readonly string[];
}

/** One operation of a batch. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** JSON. */
  readonly body?: string;
}

export interface Batch {
  readonly id: string;
  readonly submittedAt: number;
  readonly operations: readonly Operation[];
  /** `undefined` until they have been made. */
  errored: number | undefined;
}

/** One place at fault; an empty field is the whole request. */
interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/** Why a member cannot be written: a problem document where it is alone, a row's error where it is one of many. */
export interface Refusal {
  readonly title: string;
  readonly detail: string;
  readonly faults?: readonly FieldFault[];
}

interface SeedMember {
  readonly email: string;
  readonly status: string;
  readonly firstName: string;
  readonly tags: readonly string[];
}

interface Seeds {
  readonly lists: readonly (Omit<List, 'members'> & { readonly members: readonly SeedMember[] })[];
  /** Refusals word for word where the words are known. */
  readonly problems: Readonly<Record<string, Refusal & { readonly status: number }>>;
  /** A member as the API shows it, in its order. */
  readonly memberTemplate: Fields & { readonly merge_fields: Fields };
}

const freshSeeds = seedsIn('./mailchimpSeeds.json', import.meta.url) as () => Seeds;

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Each problem gets an instance of its own, to ask the support about, once it is answered. */
export const problem = (status: number, { title, detail, faults }: Refusal): SandboxAnswer => ({
  status,
  headers: { 'content-type': PROBLEM_TYPE },
  body: {
    type: 'https://mailchimp.com/developer/marketing/docs/errors/',
    title,
    status,
    detail,
    ...(faults === undefined ? {} : { errors: faults }),
  },
});

const { problems, ...templates } = freshSeeds();

export const { memberTemplate } = templates;

/** @throws {Error} for a name that the seeds do not have. */
export const problemNamed = (name: string): SandboxAnswer => {
  const known = problems[name];
  if (known === undefined) throw new Error(`mailchimpSeeds.json has no problem "${name}"`);
  return problem(known.status, known);
};

export const notFound = problemNamed('notFound');
export const methodNotAllowed = problemNamed('methodNotAllowed');

export const invalid = (field: string, message: string): Refusal => ({
  title: 'Invalid Resource',
  detail: "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
  faults: [{ field, message }],
});

export const missing = (fields: readonly string[]): Refusal => invalid('', `Required fields were not provided: ${fields.join(', ')}`);

/** Of the fields named, those that a body lacks. */
export const absentFields = (body: Fields, names: readonly string[]): Refusal | undefined => {
  const absent = names.filter((name) => body[name] === undefined);
  return absent.length === 0 ? undefined : missing(absent);
};

export const md5 = (text: string): string => digest('md5', text.toLowerCase());

/** One person in all lists of the account. */
export const contactId = (hash: string): string => md5(`contact ${hash}`);

const STATUSES: readonly unknown[] = ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional'];
/** What a body says of a member besides who it is and how it stands. */
const OWN_FIELDS: readonly string[] = ['email_type', 'language', 'vip'];

const isStatus = (value: unknown): value is string => STATUSES.includes(value);

/** A write of a member, as far as its rules go. */
export interface MemberWrite {
  readonly list: List;
  readonly email: string;
  /** Absent for an update that leaves it. */
  readonly status: unknown;
  readonly body: Fields;
  readonly existing: Member | undefined;
  readonly skipsMergeValidation: boolean;
}

/** Addresses that bring about what no data could: said in docs/services/mailchimp.md. */
const refusedAddresses: Readonly<Record<string, string>> = {
  'fake@example.com': 'looks fake or invalid, please enter a real email address.',
  'busy@example.com': "has signed up to a lot of lists very recently; we're not allowing more signups for now",
};

const refusedAddress = ({ list, email }: MemberWrite): Refusal | undefined => {
  if (!isEmail(email)) return { title: 'Invalid Resource', detail: 'Please provide a valid email address.' };
  const words = refusedAddresses[email.toLowerCase()];
  if (words !== undefined) return { title: 'Invalid Resource', detail: `${email} ${words}` };
  if (!list.erased.includes(email.toLowerCase())) return undefined;
  return {
    title: 'Forgotten Email Not Subscribed',
    detail: `${email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.`,
  };
};

const refusedStatus = ({ email, status, existing }: MemberWrite): Refusal | undefined => {
  if (status === undefined) return undefined;
  if (!isStatus(status)) return invalid('status', `Value must be one of ${STATUSES.join(', ')}`);
  if (existing?.isInComplianceState !== true || status !== 'subscribed') return undefined;
  return {
    title: 'Member In Compliance State',
    detail: `${email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.`,
  };
};

const mergeFieldsOf = ({ merge_fields: fields }: Fields): Fields => (isObject(fields) ? fields : {});

const refusedMergeFields = ({ list, body, existing, skipsMergeValidation }: MemberWrite): Refusal | undefined => {
  const known = { ...existing?.mergeFields, ...mergeFieldsOf(body) };
  const absent = list.requiredMergeFields.filter((tag) => known[tag] === undefined || known[tag] === '');
  if (skipsMergeValidation || absent.length === 0) return undefined;
  const faults = absent.map((field) => ({ field, message: 'Please enter a value' }));
  return { title: 'Invalid Resource', detail: 'Your merge fields were invalid.', faults };
};

/** Why a member cannot be written so; `undefined` if it can. */
export const refusalOf = (write: MemberWrite): Refusal | undefined =>
  refusedAddress(write) ?? refusedStatus(write) ?? refusedMergeFields(write);

const eventTypeOf = (before: string | undefined, after: string): string | undefined => {
  if (before === after) return 'profile';
  if (after === 'subscribed') return 'subscribe';
  if (after === 'cleaned') return 'cleaned';
  const hasLeft = before === 'subscribed' && (after === 'unsubscribed' || after === 'archived');
  return hasLeft ? 'unsubscribe' : undefined;
};

const eventDetails = (type: string, status: string): Fields => {
  if (type === 'unsubscribe') return { action: status === 'archived' ? 'delete' : 'unsub', reason: 'manual' };
  return type === 'cleaned' ? { reason: 'hard' } : {};
};

export class MailchimpAccount {
  readonly lists: ReadonlyMap<string, List> = mapBy(
    freshSeeds().lists.map((list) => ({ ...list, members: mapBy(list.members.map(planted), 'id') })),
    'id',
  );
  readonly batches = new Map<string, Batch>();
  readonly parts: SimulatorParts;
  /** Answers every request while a scenario is in force; `undefined` leaves it to the endpoint. */
  standing: (request: SandboxRequest) => SandboxAnswer | undefined = () => undefined;
  throttled = problemNamed('tooManyConnections');

  constructor(parts: SimulatorParts) {
    this.parts = parts;
  }

  get now(): number {
    return this.parts.now();
  }

  /** As Mailchimp writes moments: with an offset, without fractions. */
  timestamp(ms = this.now): string {
    return new Date(ms).toISOString().replace(/\.\d{3}Z$/u, '+00:00');
  }

  newBatchId(): string {
    return drawn(this.parts.random, HEX, 10);
  }

  /** A member by hash, address or contact id: Mailchimp takes each. */
  member({ members }: List, name: string): Member | undefined {
    if (name.includes('@')) return members.get(md5(name));
    return members.get(name.toLowerCase()) ?? [...members.values()].find(({ id }) => contactId(id) === name);
  }

  /** Writes without asking: the rules come before. */
  write({ list, email, status, body, existing }: MemberWrite): Member {
    const member = existing ?? newMember(email);
    const before = existing?.status;
    if (isStatus(status)) {
      member.status = status;
      member.isInComplianceState &&= status !== 'pending';
    }
    member.fields = { ...member.fields, ...Object.fromEntries(Object.entries(body).filter(([name]) => OWN_FIELDS.includes(name))) };
    member.mergeFields = { ...member.mergeFields, ...mergeFieldsOf(body) };
    member.lastChanged = this.timestamp();
    list.members.set(member.id, member);
    this.tell(list, member, before);
    return member;
  }

  /** Tells of a member that was written, unless Mailchimp keeps it to itself; `before` is what it was, if it was. */
  tell(list: List, { id, email_address: email, status, mergeFields }: Member, before: string | undefined): void {
    const type = eventTypeOf(before, status);
    if (type === undefined) return;
    const merges = { EMAIL: email, ...mergeFields };
    const data = { ...eventDetails(type, status), id, list_id: list.id, email, email_type: 'html', merges };
    const firedAt = new Date(this.now).toISOString().slice(0, 19).replace('T', ' ');
    this.parts.emit?.({ type, body: { type, fired_at: firedAt, data } });
  }
}

const newMember = (email: string): Member => ({
  id: md5(email),
  email_address: email,
  status: 'subscribed',
  isInComplianceState: false,
  fields: {},
  mergeFields: {},
  tags: [],
  lastChanged: SEEDED_AT,
});

const planted = ({ email, status, firstName, tags }: SeedMember): Member => ({
  ...newMember(email),
  status,
  isInComplianceState: status === 'unsubscribed',
  mergeFields: { FNAME: firstName, LNAME: 'Example' },
  tags,
});

/** As forms nest: `data[merges][FNAME]`. */
const formPairs = (name: string, value: unknown): [string, string][] => {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => formPairs(name === '' ? key : `${name}[${key}]`, inner));
  }
  if (value === null || value === undefined) return [[name, '']];
  return [[name, typeof value === 'string' ? value : JSON.stringify(value)]];
};

/** One form a delivery, signed only for who gives a secret: older hooks have theirs in the address. */
export const mailchimpWebhooks: WebhookStyle = {
  events: ['subscribe', 'unsubscribe', 'profile', 'cleaned'],
  maxEvents: 1,
  timeoutMs: seconds(10),
  // For about 75 minutes, as documented; how often is not.
  repeatAfterMs: [5, 10, 20, 40].map(minutes),
  secret: 'optional',
  compose: ([event], { wallTime }, signer) => {
    const body = new URLSearchParams(formPairs('', event?.body)).toString();
    const signature = signer.secret === undefined ? {} : { 'x-mailchimp-signature': stampedSignature(signer, body, wallTime) };
    return { body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...signature } };
  },
};
