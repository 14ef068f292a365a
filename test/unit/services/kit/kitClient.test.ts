import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { UpstreamContractBrokenError, UpstreamRejectedError } from '../../../../src/errors/upstreamErrors.ts';
import { isQueued } from '../../../../src/contract/call.ts';
import { kit } from '../../../../src/services/kit/kit.ts';
import type { KitClient } from '../../../../src/services/kit/kitClient.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { json, scriptedWire, type Reply, type ScriptedWire } from '../../../support/httpHouse.ts';
import { rememberingQueue } from '../../../support/rememberingQueue.ts';
import { lineOf } from '../../../support/simulatedWire.ts';
import { kitHouse, type KitHouse } from './kitHouse.ts';

const email_address = 'ada@example.com';
const ADA = { id: 200, email_address, first_name: 'Ada', state: 'active', fields: {} };
const pagination = { has_previous_page: false, has_next_page: false, start_cursor: null, end_cursor: null, per_page: 500 };

const calls: readonly (readonly [string, (client: KitClient) => Promise<unknown>, string])[] = [
  ['getAccount', (client) => client.getAccount(), 'GET /v4/account'],
  [
    'listSubscribers',
    (client) => client.listSubscribers({ status: 'all', per_page: 10, after: 'MjAw', created_after: '2026-01-01' }),
    'GET /v4/subscribers?status=all&per_page=10&after=MjAw&created_after=2026-01-01',
  ],
  [
    'findSubscribers',
    (client) => client.findSubscribers({ email_addresses: ['a+b@example.com', 'c&d=e@example.com'] }),
    'GET /v4/subscribers?email_address=a%2Bb%40example.com,c%26d%3De%40example.com&status=all',
  ],
  ['findSubscriber', (client) => client.findSubscriber(email_address), 'GET /v4/subscribers?email_address=ada%40example.com&status=all'],
  ['getSubscriber', (client) => client.getSubscriber('200'), 'GET /v4/subscribers/200'],
  [
    'upsertSubscriber',
    (client) => client.upsertSubscriber({ email_address, fields: { source: 'web' } }),
    'POST /v4/subscribers {"email_address":"ada@example.com","fields":{"source":"web"}}',
  ],
  ['updateSubscriber', (client) => client.updateSubscriber('200', { first_name: null }), 'PUT /v4/subscribers/200 {"first_name":null}'],
  ['unsubscribe', (client) => client.unsubscribe('200'), 'POST /v4/subscribers/200/unsubscribe'],
  ['listSubscriberTags', (client) => client.listSubscriberTags('200', { per_page: 5 }), 'GET /v4/subscribers/200/tags?per_page=5'],
  ['listTags', (client) => client.listTags({ per_page: 5 }), 'GET /v4/tags?per_page=5'],
  ['listForms', (client) => client.listForms(), 'GET /v4/forms'],
  ['listSequences', (client) => client.listSequences(), 'GET /v4/sequences'],
  ['createTag', (client) => client.createTag({ name: 'Customer' }), 'POST /v4/tags {"name":"Customer"}'],
  [
    'listFormSubscribers',
    (client) => client.listFormSubscribers('311', { status: 'inactive' }),
    'GET /v4/forms/311/subscribers?status=inactive',
  ],
  [
    'addToForm by address',
    (client) => client.addToForm('311', { email_address, referrer: 'https://example.com/?utm=1' }),
    'POST /v4/forms/311/subscribers {"email_address":"ada@example.com","referrer":"https://example.com/?utm=1"}',
  ],
  ['addToSequence by number', (client) => client.addToSequence('324', { subscriber_id: 200 }), 'POST /v4/sequences/324/subscribers/200 {}'],
  [
    'removeFromTag by address, in a body on DELETE',
    (client) => client.removeFromTag('207', { email_address }),
    'DELETE /v4/tags/207/subscribers {"email_address":"ada@example.com"}',
  ],
  ['removeFromTag by number', (client) => client.removeFromTag('207', { subscriber_id: 200 }), 'DELETE /v4/tags/207/subscribers/200'],
  [
    'bulkUpsertSubscribers',
    (client) => client.bulkUpsertSubscribers({ subscribers: [{ email_address, first_name: 'Ada' }] }),
    'POST /v4/bulk/subscribers {"subscribers":[{"email_address":"ada@example.com","first_name":"Ada"}],"callback_url":null}',
  ],
  [
    'bulkAddToTag',
    (client) => client.bulkAddToTag('207', { subscriber_ids: [200] }),
    'POST /v4/bulk/tags/subscribers {"taggings":[{"tag_id":207,"subscriber_id":200}],"callback_url":null}',
  ],
  [
    'bulkAddToForm',
    (client) => client.bulkAddToForm('311', { subscriber_ids: [200] }),
    'POST /v4/bulk/forms/subscribers {"additions":[{"form_id":311,"subscriber_id":200}],"callback_url":null}',
  ],
];

describe('KitClient', () => {
  let house: KitHouse;
  let wire: ScriptedWire;

  const clientOver = (parts: Parameters<typeof kitHouse>[1], ...replies: readonly Reply[]): KitClient => {
    wire = scriptedWire(...replies);
    house = kitHouse(wire.transport, parts);
    return house.client;
  };

  afterEach(() => {
    house.close();
  });

  for (const [method, call, line] of calls) {
    it(`sends ${method} as Kit documents it`, async () => {
      const client = clientOver({ secret: 'an-oauth-token' }, json(404, { errors: ['Not Found'] }));

      await errorOf(call(client), UpstreamRejectedError);

      expect(wire.sent.map(lineOf)).to.deep.equal([line]);
    });
  }

  it('sends a key in the header for keys, and no other credential', async () => {
    const client = clientOver({ secret: 'kit_key' }, json(200, { account: { id: 1, name: 'Ours' } }));

    await client.getAccount();

    expect(wire.sent[0]?.headers).to.include({ 'x-kit-api-key': 'kit_key' });
    expect(wire.sent[0]?.headers).to.not.have.property('authorization');
  });

  it('drops the addresses of the account’s people', async () => {
    const account = { id: 27, name: 'Ours', primary_email_address: 'ours@example.com', sending_addresses: [{ email_address: 'a@b.c' }] };
    const client = clientOver({}, json(200, { user: { id: 1, email: 'me@example.com' }, account: { ...account, plan: { name: 'Pro' } } }));

    const answer = await client.getAccount();

    expect(answer).to.deep.equal({ user: { id: 1 }, account: { id: 27, name: 'Ours', plan: { name: 'Pro' } } });
  });

  it('finds subscribers in the order asked, each once, and names those who are missing', async () => {
    const bob = { id: 7, email_address: 'bob@example.com' };
    const client = clientOver({}, json(200, { subscribers: [bob, ADA], pagination }));

    const found = await client.findSubscribers({
      email_addresses: ['ADA@example.com', 'nobody@example.com', 'ada@example.com', 'bob@example.com'],
    });

    expect(found).to.deep.equal({ subscribers: [ADA, bob], missing: ['nobody@example.com'] });
  });

  it('answers 404 for an address that Kit does not list', async () => {
    const client = clientOver({}, json(200, { subscribers: [], pagination }));

    const error = await errorOf(client.findSubscriber(email_address), UpstreamRejectedError);

    expect(error).to.include({ status: 404, reason: 'subscriber_not_found' });
  });

  it('refuses more addresses than fit a URL, and addresses with a comma, before sending', async () => {
    const client = clientOver({}, json(200, {}));
    const long = (index: number): string => `${String(index).padStart(60, 'a')}@${'b'.repeat(100)}.example.com`;

    await errorOf(client.findSubscribers({ email_addresses: [] }), InvalidRequestError);
    await errorOf(
      client.findSubscribers({ email_addresses: Array.from({ length: 51 }, (_, index) => `${String(index)}@example.com`) }),
      InvalidRequestError,
    );
    await errorOf(client.findSubscribers({ email_addresses: Array.from({ length: 40 }, (_, index) => long(index)) }), InvalidRequestError);
    await errorOf(client.findSubscribers({ email_addresses: ['a,b@example.com'] }), InvalidRequestError);

    expect(wire.sent).to.deep.equal([]);
  });

  for (const status of [200, 201, 202]) {
    it(`takes ${String(status)} for an upsert, with Kit’s warnings`, async () => {
      const client = clientOver({}, json(status, { subscriber: ADA, warnings: ['Custom field x does not exist'] }));

      const answer = await client.upsertSubscriber({ email_address });

      expect(answer).to.deep.equal({ subscriber: ADA, warnings: ['Custom field x does not exist'] });
    });
  }

  it('says that more than ten fields are still to come', async () => {
    const fields = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`answer_${String(index)}`, 'yes']));
    const client = clientOver({}, json(202, { subscriber: ADA }));

    expect(await client.updateSubscriber('200', { fields })).to.include({ fields_pending: true });
  });

  it('does not take a page of markup for an empty answer', async () => {
    const client = clientOver({}, { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Maintenance</html>' });

    await errorOf(client.unsubscribe('200'), UpstreamContractBrokenError);
  });

  it('takes an empty 204 for what it is', async () => {
    const client = clientOver({}, { status: 204, headers: {}, body: '' });

    expect(await client.unsubscribe('200')).to.deep.equal({ unsubscribed: true });
    expect(await client.removeFromTag('207', { subscriber_id: 200 })).to.deep.equal({ removed: true });
  });

  it('refuses bulk with an API key before sending', async () => {
    const client = clientOver({ secret: 'kit_key' }, json(200, {}));

    const error = await errorOf(client.bulkUpsertSubscribers({ subscribers: [{ email_address }] }), UpstreamRejectedError);

    expect(error).to.include({ reason: 'bulk_needs_oauth', operation: 'bulk_upsert_subscribers' });
    expect(wire.sent).to.deep.equal([]);
  });

  it('refuses no rows and more than 100', async () => {
    const client = clientOver({ secret: 'an-oauth-token' }, json(200, {}));

    await errorOf(client.bulkUpsertSubscribers({ subscribers: [] }), InvalidRequestError);
    await errorOf(
      client.bulkUpsertSubscribers({ subscribers: Array.from({ length: 101 }, () => ({ email_address })) }),
      InvalidRequestError,
    );
    await errorOf(client.bulkAddToTag('207', { subscriber_ids: [] }), InvalidRequestError);

    expect(wire.sent).to.deep.equal([]);
  });

  it('queues a write that meets an open circuit, under the person it writes', async () => {
    const queue = rememberingQueue();
    const client = clientOver({ queue }, { status: 500, headers: {}, body: '' });
    await client.listSubscribers().catch(() => undefined);

    const answer = await client.addToTag('207', { email_address: 'ADA@example.com' });

    expect(isQueued(answer)).to.equal(true);
    expect(queue.kept.map(({ operation, entity }) => [operation, entity])).to.deep.equal([['add_to_tag', 'ada@example.com']]);
    expect(wire.sent).to.have.length(1);
  });

  it('reports its health by the account, its circuit and its figures', async () => {
    const client = clientOver({}, json(200, { account: { id: 27, name: 'Ours' } }));

    const report = await client.healthCheck();

    expect(report).to.include({ healthy: true, state: 'closed' });
    expect(wire.sent.map(lineOf)).to.deep.equal(['GET /v4/account']);
    expect(client.getCircuitState().state).to.equal('closed');
    expect(client.getMetrics()).to.include({ requests: 1, successes: 1 });
  });
});

describe('quota headers of Kit', () => {
  it('are none, whatever comes', () => {
    expect(kit.readQuota({ 'x-ratelimit-limit': '120', 'retry-after': '1' }, { operation: 'get_account', wallTime: 0 })).to.deep.equal([]);
  });
});
