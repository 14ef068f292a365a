/**
 * Bulk writes row by row, up to 100 at once. Kit answers in an order of its own, and inside a 200 it may have refused some rows,
 * so both lists are joined to the rows that were asked for. Only for OAuth. Not queued: a job has no place for what became of each row.
 */
import { z } from 'zod';
import type { CallOptions } from '../../contract/call.ts';
import { manyRecords, type Operation, type OperationRequest } from '../../contract/operation.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import { sendInParts, type BulkParts } from '../../pipeline/bulkParts.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { countedRows, failedWrites, rowKey, rowsByKey, rowsSchema, statusOfRows, type FailedWrite } from '../bulkRows.ts';
import { recipe } from '../endpoint.ts';
import { checked, requireCount } from '../inputs.ts';
import { bulkAnswer, type BulkAnswer, type BulkFailure } from './kitAnswers.ts';
import { credentialKindOf } from './kitCredential.ts';
import { collectionPaths, goneFrom } from './kitEndpoints.ts';
import { rowReason } from './kitErrors.ts';
import { bulkMembers, bulkSubscribers, id, MAX_BULK_ROWS } from './kitInputs.ts';

type RowOutcome =
  | { readonly outcome: 'made'; readonly subscriber: Readonly<Record<string, unknown>> }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'pending' }
  | FailedWrite;

/** By which a refused row is known: Kit repeats it under `subscriber`, `tagging` or another name of the endpoint's own, or leaves it out. */
const keyOfFailure = (failure: BulkFailure, name: string): string | number | undefined => {
  const row = Object.values(failure).find((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
  const key: unknown = row === undefined ? undefined : Reflect.get(row as object, name);
  return typeof key === 'string' || typeof key === 'number' ? key : undefined;
};

/**
 * A row is `pending` where Kit took it and has not done it yet.
 *
 * @param asked The key of each row: an address, or the number of a subscriber.
 * @param key Under which name Kit repeats it in a failure.
 * @param answered Under which name it stands in a subscriber.
 */
const outcomesIn = (
  asked: readonly (string | number | null)[],
  { subscribers, failures }: BulkAnswer,
  key: 'email_address' | 'subscriber_id',
  answered: 'email_address' | 'id',
): readonly RowOutcome[] => {
  const isPutOff = subscribers === undefined && failures === undefined;
  const made = rowsByKey(subscribers ?? [], (subscriber) => subscriber[answered]);
  const refused = rowsByKey(failures ?? [], (failure) => keyOfFailure(failure, key));
  const nameless = (failures ?? []).filter((failure) => keyOfFailure(failure, key) === undefined);
  // Where all nameless refusals have one reason, it is that of each row that is missing.
  const [reason = 'rejected', ...others] = new Set(nameless.map(({ errors }) => rowReason(errors)));
  const reasonOfMissing = others.length === 0 ? reason : 'rejected';
  return asked.map((value): RowOutcome => {
    const [subscriber, failure] = value === null ? [] : [made.get(rowKey(value)), refused.get(rowKey(value))];
    if (subscriber !== undefined) return { outcome: 'made', subscriber };
    if (isPutOff) return { outcome: 'pending' };
    return { outcome: 'refused', reason: failure === undefined ? reasonOfMissing : rowReason(failure.errors) };
  });
};

/** The rows of all parts, in the order asked. */
export const joinParts = (
  asked: readonly (string | number | null)[],
  parts: BulkParts<BulkAnswer>,
  key: 'email_address' | 'subscriber_id',
  answered: 'email_address' | 'id',
) => {
  const outcomes = new Map<number, RowOutcome>(failedWrites(parts));
  for (const { places, answer } of parts.answered) {
    const keys = places.map((place) => asked[place] ?? null);
    for (const [row, outcome] of outcomesIn(keys, answer, key, answered).entries()) outcomes.set(places[row] ?? row, outcome);
  }
  const rows = [...outcomes].map(([index, outcome]) => ({ index, ...outcome })).toSorted((one, other) => one.index - other.index);
  return countedRows(rows, { made: ['made'], refused: ['refused'] });
};

/** @throws {UpstreamRejectedError} `bulk_needs_oauth`, with an API key, before the call. */
const send = async (
  http: HttpClient,
  operation: Operation<BulkAnswer>,
  { path, body }: OperationRequest & { readonly body: object },
  options: CallOptions | undefined,
  secret: string | undefined,
): Promise<BulkParts<BulkAnswer>> => {
  if (credentialKindOf(secret) === 'key') {
    throw new UpstreamRejectedError({ service: 'kit', operation: operation.name }, 403, 'bulk_needs_oauth');
  }
  return sendInParts(http, operation, { path, body: { ...body, callback_url: null } }, options);
};

const bulkWrite = { method: 'POST', idempotency: 'natural', answer: bulkAnswer, ...manyRecords } as const;

const outcome = z.enum(['made', 'refused', 'unknown', 'not_written', 'pending']);
const bulk = {
  description:
    'Only with an OAuth token of Kit; else 422 `bulk_needs_oauth`. One row of the answer for each row sent, in their order; 207 unless ' +
    'all were made.',
  answer: rowsSchema({ outcome, subscriber: z.looseObject({}).optional(), reason: z.string().optional() }, 'made', 'refused'),
  statusOf: (result: ReturnType<typeof joinParts>) => statusOfRows(result, ['made']),
};

const upsert: Operation<BulkAnswer> = { name: 'bulk_upsert_subscribers', ...bulkWrite, rows: { in: 'body', name: 'subscribers' } };

export const bulkUpsertSubscribers = recipe({
  route: 'POST /subscribers/bulk',
  summary: 'Create or update up to 100 subscribers',
  ...bulk,
  body: z.strictObject({ subscribers: bulkSubscribers }),
  operations: [upsert],
  run: async (http, { body: { subscribers: rows } }, options, secret) => {
    requireCount(rows, MAX_BULK_ROWS, 'subscribers');
    const request = { path: upstreamPath`/v4/bulk/subscribers`, body: { subscribers: rows } };
    const asked = rows.map((row) => row.email_address);
    return joinParts(asked, await send(http, upsert, request, options, secret), 'email_address', 'email_address');
  },
});

const bulkAddition = (collection: 'tag' | 'form', list: 'taggings' | 'additions') => {
  const collections = collectionPaths[collection];
  const operation: Operation<BulkAnswer> = {
    name: `bulk_add_to_${collection}`,
    ...bulkWrite,
    ...goneFrom(collections),
    rows: { in: 'body', name: list },
  };
  return recipe({
    route: `POST /${collections}/:id/subscribers/bulk`,
    summary: `Add up to 100 subscribers to a ${collection}`,
    ...bulk,
    params: { id },
    body: z.strictObject({ subscriber_ids: bulkMembers }),
    operations: [operation],
    run: async (http, { params, body }, options, secret) => {
      const ids = checked(bulkMembers, body.subscriber_ids, 'subscriber_ids');
      const pairs = ids.map((subscriberId) => ({ [`${collection}_id`]: Number(params.id), subscriber_id: subscriberId }));
      const request = { path: upstreamPath`/v4/bulk/${collections}/subscribers`, body: { [list]: pairs } };
      return joinParts(ids, await send(http, operation, request, options, secret), 'subscriber_id', 'id');
    },
  });
};

export const bulkAddToTag = bulkAddition('tag', 'taggings');
export const bulkAddToForm = bulkAddition('form', 'additions');
