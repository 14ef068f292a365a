/**
 * Contacts of many in one request: rows joined to what was asked for, and rows that cannot go kept from the others.
 */
import { InvalidRequestError } from '../../errors/requestErrors.ts';
import { failedOf, sendInParts } from '../../pipeline/bulkParts.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import type { CallOptions } from '../../contract/call.ts';
import { mapInSlices } from '../../time/nextTurn.ts';
import { bulkContactsSchema, checked, contactSchema, emailsSchema, MAX_BULK_BYTES, type BulkContacts } from './sendgridInputs.ts';
import { sendgridOperations } from './sendgridOperations.ts';
import { contactsByEmailPath, contactsPath } from './sendgridPaths.ts';
import type { Contact, Found, Import } from './sendgridSchemas.ts';

export interface FoundContacts {
  /** In the order of the addresses. */
  readonly contacts: readonly Contact[];
  /** Addresses without a contact. */
  readonly missing: readonly string[];
  /** Addresses that SendGrid would not look up, such as malformed ones. */
  readonly refused: readonly string[];
  /** Addresses that SendGrid failed at, while it answered others: they may be asked for again. Absent: none. */
  readonly failed?: readonly string[];
}

const NOT_FOUND = 'contact not found';

/** SendGrid's keys are in lower case. An address without a word on it is as good as unknown. */
const joined = (emails: readonly string[], answers: readonly Found[]): FoundContacts => {
  const rows = new Map(answers.flatMap(({ result }) => Object.entries(result)).map(([email, row]) => [email.toLowerCase(), row]));
  const rowOf = (email: string) => rows.get(email.toLowerCase());
  const isRefused = (email: string): boolean => {
    const { contact, error = NOT_FOUND } = rowOf(email) ?? {};
    return contact === undefined && error.toLowerCase() !== NOT_FOUND;
  };
  return {
    contacts: emails.flatMap((email) => rowOf(email)?.contact ?? []),
    missing: emails.filter((email) => rowOf(email)?.contact === undefined && !isRefused(email)),
    refused: emails.filter(isRefused),
  };
};

/** @throws {InvalidRequestError} for no addresses, more than 100, or one that is none. */
export const findContacts = async (http: HttpClient, emails: readonly string[], options?: CallOptions): Promise<FoundContacts> => {
  const asked = checked(emailsSchema, emails, 'emails');
  const unique = [...new Map(asked.map((email) => [email.toLowerCase(), email])).values()];
  const body = { emails: unique };
  const parts = await sendInParts(http, sendgridOperations.findContacts, { path: contactsByEmailPath, body }, options);
  const failed = failedOf(parts, unique);
  const answers = parts.answered.map(({ answer }) => answer);
  return {
    ...joined(
      unique.filter((email) => !failed.includes(email)),
      answers,
    ),
    ...(failed.length > 0 && { failed }),
  };
};

/** `accepted`: it is in the job, whose end tells how many went in. `refused`: it was not sent; `fields` says where it is at fault. */
export type RowAnswer =
  | { readonly index: number; readonly outcome: 'accepted' }
  | { readonly index: number; readonly outcome: 'refused'; readonly fields: readonly string[] }
  /** `unknown`: SendGrid failed at it, and may have taken it. Both may be sent again. */
  | { readonly index: number; readonly outcome: 'unknown' | 'not_written'; readonly reason: string };

export interface BulkUpsert {
  /** Absent where no row could be sent. */
  readonly job_id?: string;
  /** All jobs, where the rows were sent by parts: SendGrid failed at some. */
  readonly job_ids?: readonly string[];
  /** In the order sent; `index` is the place there. */
  readonly rows: readonly RowAnswer[];
  readonly accepted: number;
  readonly refused: number;
}

const MAX_FIELDS = 5;
/** Rows judged in a millisecond or two. */
const ROWS_IN_A_SLICE = 500;
const FIELD = /^\w{1,50}$/u;

/** Names of fields only; a key that is none could be somebody's data. */
const faultsOf = (row: unknown): readonly string[] | undefined => {
  const { error } = contactSchema.safeParse(row);
  if (error === undefined) return undefined;
  const fields = error.issues.map(({ path }) => String(path[0] ?? 'contact')).map((field) => (FIELD.test(field) ? field : 'contact'));
  return [...new Set(fields)].slice(0, MAX_FIELDS);
};

const judged = (row: unknown, index: number): RowAnswer => {
  const fields = faultsOf(row);
  return fields === undefined ? { index, outcome: 'accepted' } : { index, outcome: 'refused', fields };
};

const sentBody = ({ list_ids, contacts }: BulkContacts) => {
  const body = { ...(list_ids === undefined ? {} : { list_ids }), contacts };
  if (Buffer.byteLength(JSON.stringify(body)) > MAX_BULK_BYTES) {
    throw new InvalidRequestError(`contacts must have at most ${String(MAX_BULK_BYTES)} bytes together, as JSON`);
  }
  return body;
};

/**
 * Creates or updates up to 30,000 contacts by one job; rows that cannot be sent leave the others as they are.
 *
 * @throws {InvalidRequestError} for no contacts, more than 30,000, or more than 6 MB.
 */
export const upsertContacts = async (http: HttpClient, input: BulkContacts, options?: CallOptions): Promise<BulkUpsert> => {
  const { list_ids, contacts } = checked(bulkContactsSchema, input, 'body');
  const rows = await mapInSlices(contacts, ROWS_IN_A_SLICE, judged);
  const good = rows.flatMap(({ outcome, index }) => (outcome === 'accepted' ? index : []));
  const refused = rows.length - good.length;
  if (good.length === 0) return { rows, accepted: 0, refused };
  const body = sentBody({ list_ids, contacts: good.flatMap((index) => contacts.slice(index, index + 1)) });
  const parts = await sendInParts(http, sendgridOperations.upsertContacts, { path: contactsPath, body }, options);
  const jobs = jobsOf(parts.answered.map(({ answer }) => answer));
  const failures = new Map(
    parts.failed.flatMap(({ places, outcome, reason }) => places.map((place) => [good[place] ?? place, { outcome, reason }] as const)),
  );
  return {
    ...jobs,
    rows: rows.map((row) => ({ ...row, ...failures.get(row.index) }) as RowAnswer),
    accepted: good.length - failures.size,
    refused,
  };
};

/** The first job, and all where there are several. */
export const jobsOf = (jobs: readonly { readonly job_id: string }[]): { job_id: string; job_ids?: string[] } => {
  const ids = jobs.map(({ job_id: id }) => id);
  return { job_id: ids[0] ?? '', ...(ids.length > 1 && { job_ids: ids }) };
};

export const importOutcomes = ['running', 'succeeded', 'partly_failed', 'failed'] as const;
export type ImportOutcome = (typeof importOutcomes)[number];

/** What `errored` hides, that most went in, and `completed` might, that some did not. */
export const outcomeOf = ({ status, results }: Import): ImportOutcome => {
  const errored = results?.errored_count ?? 0;
  switch (status) {
    case 'completed':
      return errored === 0 ? 'succeeded' : 'partly_failed';
    case 'errored':
      return 'partly_failed';
    case 'failed':
      return 'failed';
    default:
      return 'running';
  }
};
