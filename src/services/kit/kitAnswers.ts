/**
 * What Kit answers. Unknown fields pass; only what we rely on is required.
 */
import { z } from 'zod';

/** A number; one beyond 2^53 is read as a string. */
const numericId = z.union([z.int(), z.string().regex(/^\d+$/u)]);

export const oneSubscriber = z.looseObject({
  id: numericId,
  email_address: z.string(),
  first_name: z.string().nullable().optional(),
  state: z.string().optional(),
  created_at: z.string().optional(),
  fields: z.record(z.string(), z.unknown()).optional(),
});
export type Subscriber = z.infer<typeof oneSubscriber>;

/** `warnings`: what Kit did not understand, such as unknown custom fields, while it took the rest. */
export const subscriber = z.looseObject({ subscriber: oneSubscriber, warnings: z.array(z.unknown()).optional() });
export type SubscriberAnswer = z.infer<typeof subscriber>;

/** `fields_pending`: more than ten custom fields, which Kit applies some time after its answer. */
export const written = subscriber.extend({ fields_pending: z.literal(true).optional() });

const step = z.object({ step: z.string(), outcome: z.enum(['made', 'queued']), job: z.string().optional() });
export const subscribed = written.extend({ steps: z.array(step) });

/** A cursor is `null`, or absent, where there is nothing to point at. */
const pagination = z.looseObject({
  has_previous_page: z.boolean(),
  has_next_page: z.boolean(),
  start_cursor: z.string().nullable().optional(),
  end_cursor: z.string().nullable().optional(),
  per_page: z.int().optional(),
});

export const subscribers = z.looseObject({ subscribers: z.array(oneSubscriber), pagination });
export type SubscribersAnswer = z.infer<typeof subscribers>;

/** A tag, form or sequence. */
const collection = z.looseObject({ id: numericId, name: z.string(), created_at: z.string().optional() });

export const tag = z.looseObject({ tag: collection });
export const tags = z.looseObject({ tags: z.array(collection), pagination });
export const forms = z.looseObject({ forms: z.array(collection), pagination });
export const sequences = z.looseObject({ sequences: z.array(collection), pagination });

/** A 204. Markup in its place is no success. */
const nothing = z.union([z.undefined(), z.null(), z.looseObject({})]);
export const unsubscribed = nothing.transform(() => ({ unsubscribed: true as const }));
export const untagged = nothing.transform(() => ({ removed: true as const }));

export const account = z.looseObject({
  user: z.looseObject({ id: numericId }).optional(),
  account: z.looseObject({
    id: numericId,
    name: z.string(),
    plan_type: z.string().optional(),
    created_at: z.string().optional(),
  }),
});

type Fields = Readonly<Record<string, unknown>>;

const without = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

/** The account without the addresses of its people: nobody here needs them, and they would lie in the cache. */
export const accountAnswer = account.transform(
  ({ user, account: its, ...rest }) =>
    ({
      ...rest,
      ...(user === undefined ? {} : { user: without(user, ['email']) }),
      account: without(its, ['primary_email_address', 'sending_addresses']),
    }) as z.infer<typeof account>,
);

/** Of one row that Kit refused. What was refused lies under a key of the endpoint's own: `subscriber`, `tagging`, … */
const failure = z.looseObject({ errors: z.array(z.unknown()) });

/** Rows in any order. Both lists are missing where Kit put the rows off (202). */
export const bulkAnswer = z.looseObject({
  subscribers: z.array(z.looseObject({ id: numericId, email_address: z.string().nullable().optional() })).optional(),
  failures: z.array(failure).optional(),
});
export type BulkAnswer = z.infer<typeof bulkAnswer>;
export type BulkFailure = z.infer<typeof failure>;
