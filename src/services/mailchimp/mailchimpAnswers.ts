/**
 * What Mailchimp answers. Unknown fields pass: the path stays 3.0 while the contract behind it moves. `_links`, a
 * description of the API beside every record, is left out.
 */
import { z } from 'zod';

export const withoutLinks = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).filter(([field]) => field !== '_links')) as T;

/** A number; one beyond 2^53 is read as a string. */
const numericId = z.union([z.int(), z.string()]).optional();

export const ping = z.looseObject({ health_status: z.string() });

export const list = z.looseObject({
  id: z.string(),
  name: z.string(),
  web_id: numericId,
  date_created: z.string().optional(),
  stats: z.looseObject({ member_count: z.number().optional() }).optional(),
});

export const lists = z.looseObject({ lists: z.array(list), total_items: z.number() });

export const listsAnswer = lists.transform((page) => withoutLinks({ ...page, lists: page.lists.map(withoutLinks) }));

export const member = z.looseObject({
  /** The MD5 of the address in lower case. */
  id: z.string(),
  email_address: z.string(),
  /** `subscribed`, `unsubscribed`, `cleaned`, `pending`, `transactional` or `archived`. */
  status: z.string(),
  full_name: z.string().optional(),
  contact_id: z.string().optional(),
  merge_fields: z.record(z.string(), z.unknown()).optional(),
  tags: z.array(z.looseObject({ id: numericId, name: z.string() })).optional(),
  last_changed: z.string().optional(),
  list_id: z.string().optional(),
});

export const memberAnswer = member.transform(withoutLinks);

export const members = z.looseObject({ members: z.array(member), list_id: z.string().optional(), total_items: z.number() });

export const membersAnswer = members.transform((page) => withoutLinks({ ...page, members: page.members.map(withoutLinks) }));

/** `already`: there was no such member, or it had been archived before. */
export const archived = z.object({ archived: z.literal(true), already: z.literal(true).optional() });

/** A 204; or the refusal of a repeat, which the classifier lets pass. */
export const archivedAnswer = z.union([
  z.undefined().transform((): z.infer<typeof archived> => ({ archived: true })),
  z.looseObject({ title: z.string() }).transform((): z.infer<typeof archived> => ({ archived: true, already: true })),
]);

export const tagged = z.object({ tagged: z.literal(true) });

/** A 204. A page of markup in its place tagged nobody. */
export const taggedAnswer = z.undefined().transform((): z.infer<typeof tagged> => ({ tagged: true }));

const bulkRow = z.looseObject({ id: z.string().optional(), email_address: z.string() });

/** A 200, however many of the rows failed. */
export const bulkAnswer = z.looseObject({
  new_members: z.array(bulkRow),
  updated_members: z.array(bulkRow),
  errors: z.array(
    z.looseObject({
      email_address: z.string(),
      error: z.string().optional(),
      error_code: z.string().optional(),
      field: z.string().optional(),
    }),
  ),
});

export const startedBatch = z.looseObject({ id: z.string(), status: z.string() });

export const batch = z.looseObject({
  id: z.string(),
  /** `pending`, `preprocessing`, `started`, `finalizing`, `finished`. */
  status: z.string(),
  total_operations: z.number(),
  finished_operations: z.number(),
  errored_operations: z.number(),
  submitted_at: z.string().optional(),
  completed_at: z.string().optional(),
  /** A tar.gz of the single answers. Whoever knows the address may read it, for a short while: never logged or cached. */
  response_body_url: z.string().optional(),
});

export type BulkAnswer = z.infer<typeof bulkAnswer>;
export type BulkError = BulkAnswer['errors'][number];
export type Batch = z.infer<typeof batch>;
