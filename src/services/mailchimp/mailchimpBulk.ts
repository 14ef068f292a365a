/**
 * Up to 500 members in one request. Mailchimp answers 200 whatever became of them; here each row gets its own outcome.
 */
import { z } from 'zod';
import { manyRecords, type Operation } from '../../contract/operation.ts';
import { sendInParts, type BulkParts } from '../../pipeline/bulkParts.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { countedRows, failedWrites, rowKey, rowsByKey } from '../bulkRows.ts';
import { recipe } from '../endpoint.ts';
import { checked } from '../inputs.ts';
import { bulkAnswer, type BulkAnswer } from './mailchimpAnswers.ts';
import { ofList, subscriberHash } from './mailchimpEndpoints.ts';
import { rowFailure, type RowFailure } from './mailchimpErrors.ts';
import { bulkMembers, memberFlags, type NewMember } from './mailchimpInputs.ts';

/** Five hundred members of two kilobytes: twice what most have. */
const MAX_BULK_BYTES = 1_000_000;
/** Of 500 members, sixty each. */
const MAX_BULK_VALUES = 30_000;

/** `unknown`: Mailchimp failed at this row, or its answer has no word on it; look before you repeat it. */
type RowOutcome =
  | { readonly outcome: 'created' | 'updated'; readonly id: string }
  | ({ readonly outcome: 'failed' } & RowFailure)
  | { readonly outcome: 'unknown'; readonly reason?: string };

type BulkRow = { readonly email_address: string } & RowOutcome;

interface BulkResult {
  /** One for each member that was sent, in the same order. */
  readonly rows: readonly BulkRow[];
  readonly created: number;
  readonly updated: number;
  /** Those that did not go in, or of which nothing is known. */
  readonly failed: number;
}

/** An address twice in one request would fail both: the first row goes, the others are told here. */
const twice: RowOutcome = { outcome: 'failed', reason: 'repeats_an_earlier_row', field: 'email_address' };

type Answered = BulkAnswer['new_members'][number];

type Outcome = readonly [key: string, outcome: RowOutcome];

const answeredIn = ({ errors, updated_members: updated, new_members: created }: BulkAnswer): readonly Outcome[] => {
  const written =
    (outcome: 'created' | 'updated') =>
    (row: Answered): Outcome => [rowKey(row.email_address), { outcome, id: row.id ?? subscriberHash(row.email_address) }];
  return [
    ...errors.map((row): Outcome => [rowKey(row.email_address), { outcome: 'failed', ...rowFailure(row) }]),
    ...updated.map(written('updated')),
    ...created.map(written('created')),
  ];
};

const failedIn = (parts: BulkParts<BulkAnswer>, sent: readonly NewMember[]): readonly Outcome[] =>
  [...failedWrites(parts)].map(([place, { outcome, reason }]) => [
    rowKey(sent[place]?.email_address ?? ''),
    { outcome: outcome === 'unknown' ? 'unknown' : 'failed', reason },
  ]);

const joined = (
  members: readonly NewMember[],
  sent: ReadonlyMap<string, NewMember>,
  outcomes: ReadonlyMap<string, RowOutcome>,
): BulkResult => {
  const rows = members.map((member): BulkRow => {
    const key = rowKey(member.email_address);
    const outcome = sent.get(key) === member ? (outcomes.get(key) ?? { outcome: 'unknown' as const }) : twice;
    return { email_address: member.email_address, ...outcome };
  });
  return countedRows(rows, { created: ['created'], updated: ['updated'], failed: ['failed', 'unknown'] });
};

const operation: Operation<BulkAnswer> = {
  name: 'upsert_members',
  method: 'POST',
  // Always with `update_existing`, which makes a repeat harmless. Not queued: who sends rows waits for what became of each.
  idempotency: 'natural',
  answer: bulkAnswer,
  rows: { in: 'body', name: 'members' },
  goneTags: ofList.goneTags,
  ...manyRecords,
};

/** Creates or updates members of a list; those that fail leave the others as they are. */
export const upsertMembers = recipe({
  route: 'POST /lists/:listId/members/bulk',
  summary: 'Create or update up to 500 members',
  description: '207 where some did not go in: each row says what became of it, and the good ones stand.',
  ...ofList,
  query: memberFlags,
  body: bulkMembers,
  maxBodyBytes: MAX_BULK_BYTES,
  maxBodyValues: MAX_BULK_VALUES,
  answer: z.object({
    rows: z.array(
      z.object({
        email_address: z.string(),
        outcome: z.enum(['created', 'updated', 'failed', 'unknown']),
        id: z.string().optional(),
        reason: z.string().optional(),
        field: z.string().optional(),
      }),
    ),
    created: z.number(),
    updated: z.number(),
    failed: z.number(),
  }),
  operations: [operation],
  run: async (http, { params, query, body: given }, options) => {
    const { members, sync_tags: syncTags } = checked(bulkMembers, given, 'body');
    const sent = rowsByKey(members.toReversed(), (member) => member.email_address);
    const distinct = members.filter((member) => sent.get(rowKey(member.email_address)) === member);
    const body = { members: distinct, update_existing: true, ...(syncTags !== undefined && { sync_tags: syncTags }) };
    const request = { path: upstreamPath`/lists/${params.listId}`, query: { ...query }, body };
    const parts = await sendInParts(http, operation, request, options);
    const outcomes = [...parts.answered.flatMap(({ answer }) => answeredIn(answer)), ...failedIn(parts, distinct)];
    return joined(members, sent, new Map(outcomes));
  },
  statusOf: ({ failed }) => (failed === 0 ? 200 : 207),
});
