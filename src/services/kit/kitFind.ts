/**
 * Subscribers by address. Searches for single addresses share one request: Kit's list takes many as a filter, whatever the
 * subscribers' state. It lags as lists do.
 */
import { z } from 'zod';
import type { CallOptions } from '../../contract/call.ts';
import { manyRecords, type Operation, type OperationRequest } from '../../contract/operation.ts';
import { UpstreamRejectedError } from '../../errors/upstreamErrors.ts';
import type { HttpClient } from '../../pipeline/httpClient.ts';
import { sendInParts } from '../../pipeline/bulkParts.ts';
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { distinctKeys, failedIn, failedKeys, readsTogether, rowKey, rowsByKey, statusOfKeys } from '../bulkRows.ts';
import { recipe } from '../endpoint.ts';
import { checked } from '../inputs.ts';
import { oneSubscriber, subscribers, type SubscribersAnswer } from './kitAnswers.ts';
import { email, emails, MAX_ADDRESSES } from './kitInputs.ts';

const path = upstreamPath`/v4/subscribers`;

const single: Operation<SubscribersAnswer> = {
  name: 'find_subscribers',
  method: 'GET',
  idempotency: 'safe',
  answer: subscribers,
  rows: { in: 'query', name: 'email_address' },
  ...manyRecords,
};

/** The one address of a search; `undefined` where it has several. */
const addressIn = ({ query }: OperationRequest): string | undefined => {
  const addresses: unknown = query?.['email_address'];
  return Array.isArray(addresses) && addresses.length === 1 ? rowKey(String(addresses[0])) : undefined;
};

const search: Operation<SubscribersAnswer> = {
  ...single,
  batch: readsTogether(single, {
    maxRows: MAX_ADDRESSES,
    keyOf: addressIn,
    request: (addresses) => ({ path, query: { email_address: [...new Set(addresses)], status: 'all' } }),
    // Each gets a list of its own, with one subscriber or none, as it would have alone.
    row: (answer, address) => {
      const found = answer.subscribers.filter(({ email_address: each }) => rowKey(each) === address);
      return { kind: 'found', value: { ...answer, subscribers: found } };
    },
  }),
};

/**
 * In the order of the addresses; `missing` are those without a subscriber, or with one too new for Kit's lists. Kit failed at those in
 * `failed`, while it answered others.
 */
const foundSubscribers = z.object({ subscribers: z.array(oneSubscriber), missing: z.array(z.string()), failed: failedKeys });

const find = async (http: HttpClient, addresses: readonly string[], options?: CallOptions) => {
  const asked = distinctKeys(checked(emails, addresses, 'email_addresses'));
  const parts = await sendInParts(http, search, { path, query: { email_address: asked, status: 'all' } }, options);
  const failures = failedIn(parts, asked);
  const found = rowsByKey(
    parts.answered.flatMap(({ answer }) => answer.subscribers),
    (subscriber) => subscriber.email_address,
  );
  return {
    subscribers: asked.flatMap((address) => found.get(rowKey(address)) ?? []),
    missing: asked.filter((address) => !found.has(rowKey(address)) && failures.failed?.includes(address) !== true),
    ...failures,
  };
};

export const findSubscribers = recipe({
  route: 'POST /subscribers/find',
  summary: 'Find up to 50 subscribers by address',
  description:
    'In one request of Kit; whatever their state. `missing` may be there, but written in the last five minutes; Kit failed at those in ' +
    '`failed`.',
  scope: 'read',
  body: z.strictObject({ email_addresses: emails }),
  answer: foundSubscribers,
  operations: [search],
  run: (http, { body }, options) => find(http, body.email_addresses, options),
  statusOf: statusOfKeys,
});

/** @throws {UpstreamRejectedError} 404 `subscriber_not_found`: unknown, or written in the last minutes. */
export const findSubscriber = recipe({
  route: 'GET /subscribers/by-email/:email',
  summary: 'Find a subscriber by address',
  description: 'Whatever its state. 404 also for one written in the last five minutes: by its id it is there at once.',
  params: { email },
  answer: oneSubscriber,
  problems: [404],
  run: async (http, { params }, options) => {
    const [subscriber] = (await find(http, [params.email], options)).subscribers;
    if (subscriber !== undefined) return subscriber;
    throw new UpstreamRejectedError({ service: 'kit', operation: search.name }, 404, 'subscriber_not_found');
  },
});
