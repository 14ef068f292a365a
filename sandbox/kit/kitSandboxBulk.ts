/**
 * Bulk writes of the simulated Kit: up to 100 rows are answered, in another order; more are put off, and nobody is told here,
 * since the simulator calls nobody back.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { isObject } from '../simulation/simulatedFields.ts';
import type { CollectionName, KitSimulatedAccount } from './kitSandboxAccount.ts';
import { endpoint, json, refused, type Endpoint, type EndpointCall } from './kitSandboxEndpoint.ts';
import { isEmail, newSubscriber, renamed } from './kitSandboxSubscribers.ts';

const ANSWERED_ROWS = 100;

type Row = Readonly<Record<string, unknown>>;
type RowResult = { readonly made: Row } | { readonly failure: Row };

/** Fisher and Yates: the answer's order is not the input's. */
const shuffled = <Item>(items: readonly Item[], random: () => number): readonly Item[] => {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as Item, result[last] as Item];
  }
  return result;
};

const bulk =
  (list: string, work: (account: KitSimulatedAccount, row: Row) => RowResult): Endpoint['answer'] =>
  ({ account, body }: EndpointCall): SandboxAnswer => {
    const rows = body[list];
    if (account.isBulkQueueFull) return refused(413, 'Bulk request queue is full');
    if (!Array.isArray(rows)) return refused(422, `${list} is missing`);
    const todo = rows.filter(isObject);
    if (todo.length > ANSWERED_ROWS) {
      account.putOff(() => {
        for (const row of todo) work(account, row);
      });
      return json({}, 202);
    }
    const results = shuffled(
      todo.map((row) => work(account, row)),
      account.random,
    );
    return json({
      subscribers: results.flatMap((result) => ('made' in result ? [result.made] : [])),
      failures: results.flatMap((result) => ('failure' in result ? [result.failure] : [])),
    });
  };

/** A bulk row has no custom fields, and its answer shows none. */
const upsertRow = (account: KitSimulatedAccount, row: Row): RowResult => {
  const email = row['email_address'];
  const failure = (error: string): RowResult => ({
    failure: {
      subscriber: { first_name: row['first_name'] ?? null, email_address: email ?? null, state: 'active', created_at: null },
      errors: [error],
    },
  });
  if (!isEmail(email)) return failure('Email address is invalid');
  const known = account.subscriberByEmail(email);
  if (known === undefined && account.isFull) return failure('This request would exceed your subscriber limit');
  const { fields: _fields, ...made } = account.save(known === undefined ? newSubscriber(account, row, email) : renamed(known, row));
  return { made };
};

const addRow =
  (name: CollectionName, key: string, wrapper: string, kind: string) =>
  (account: KitSimulatedAccount, row: Row): RowResult => {
    const [id, subscriberId] = [Number(row[key]), Number(row['subscriber_id'])];
    const person = account.subscriber(subscriberId);
    const failure = (error: string, wrong: Row): RowResult => ({
      failure: { [wrapper]: { [key]: id, subscriber_id: subscriberId, ...wrong }, errors: [error] },
    });
    // What does not exist is left out of the failure, so a row can't always be told from it.
    if (!account[name].has(id)) return failure(`${kind} does not exist`, { [key]: null });
    if (person === undefined) return failure('Subscriber does not exist', { subscriber_id: null });
    const { addedAt } = account.membership(name, id, person.id) ?? account.addMember(name, id, person.id);
    const { fields: _fields, ...made } = person;
    return { made: { ...made, [name === 'tags' ? 'tagged_at' : 'added_at']: addedAt } };
  };

export const bulkEndpoints: readonly Endpoint[] = [
  endpoint('POST /v4/bulk/subscribers', bulk('subscribers', upsertRow)),
  endpoint('POST /v4/bulk/tags/subscribers', bulk('taggings', addRow('tags', 'tag_id', 'tagging', 'Tag'))),
  endpoint('POST /v4/bulk/forms/subscribers', bulk('additions', addRow('forms', 'form_id', 'addition', 'Form'))),
];
