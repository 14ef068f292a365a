import { expect } from 'chai';
import type { SandboxAnswer, SimulatorInstance } from '../../../../sandbox/simulation/simulator.ts';
import { enter } from '../../../support/simulatedWire.ts';
import { keyHeaders, kitRequest, simulatedKit, tokenHeaders } from '../../services/kit/kitHouse.ts';

const ALICE = 'alice@convertkit.dev';
const NEW = 'new@example.com';

describe('simulated Kit', () => {
  let time: { now: number };
  let simulator: SimulatorInstance;

  beforeEach(() => {
    ({ time, simulator } = simulatedKit());
  });

  const ask = (...asked: Parameters<typeof kitRequest>): SandboxAnswer => simulator.answer(kitRequest(...asked));
  const statusOf = (...asked: Parameters<typeof kitRequest>): number => ask(...asked).status;
  const subscriberIn = ({ body }: SandboxAnswer) => (body as { readonly subscriber: Readonly<Record<string, unknown>> }).subscriber;
  const listed = (query: string): readonly unknown[] =>
    (ask(`GET /v4/subscribers?${query}`).body as { readonly subscribers: readonly unknown[] }).subscribers;

  it('takes keys and tokens of any value, and refuses what is neither', () => {
    expect(statusOf('GET /v4/account')).to.equal(200);
    expect(statusOf('GET /v4/account', undefined, tokenHeaders)).to.equal(200);
    for (const headers of [{}, { 'x-kit-api-key': 'short' }, { 'x-kit-api-key': 'a key with blanks' }, { authorization: 'Basic a2V5' }]) {
      expect(ask('GET /v4/account', undefined, headers)).to.deep.include({
        status: 401,
        body: { errors: ['The access token is invalid'] },
      });
    }
  });

  it('grants a key 120 requests in any 60 seconds, each key its own', () => {
    const first = Array.from({ length: 60 }, () => statusOf('GET /v4/account'));
    time.now += 30_000;
    const second = Array.from({ length: 61 }, () => statusOf('GET /v4/account'));
    const other = statusOf('GET /v4/account', undefined, { 'x-kit-api-key': 'kit_another_key' });
    time.now += 30_000;
    const third = Array.from({ length: 61 }, () => statusOf('GET /v4/account'));

    expect(first.concat(second).filter((status) => status === 200)).to.have.length(120);
    expect([second.at(-1), other]).to.deep.equal([429, 200]);
    expect(third.filter((status) => status === 200)).to.have.length(60);
  });

  it('grants a token 600 in any 60 seconds', () => {
    const statuses = Array.from({ length: 601 }, () => statusOf('GET /v4/account', undefined, tokenHeaders));

    expect(statuses.indexOf(429)).to.equal(600);
  });

  it('throttles by bare text, without a word on when', () => {
    const answer = simulator.throttled(kitRequest('GET /v4/account'));

    expect(answer).to.deep.equal({ status: 429, headers: { 'content-type': 'text/plain' }, body: 'Retry later' });
    expect(statusOf('GET /v4/account')).to.equal(429);
  });

  it('creates with 201, updates with 200, and leaves the state of a known subscriber', () => {
    const created = ask('POST /v4/subscribers', { email_address: NEW, first_name: 'Ada', state: 'inactive', fields: { source: 'web' } });
    const updated = ask('POST /v4/subscribers', { email_address: NEW.toUpperCase(), first_name: 'Augusta', state: 'active' });

    expect([created.status, updated.status]).to.deep.equal([201, 200]);
    expect(subscriberIn(updated)).to.deep.include({ first_name: 'Augusta', state: 'inactive', fields: { source: 'web' } });
    expect(subscriberIn(updated)['id']).to.equal(subscriberIn(created)['id']);
  });

  it('applies more than ten fields some time after its 202', () => {
    const fields = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`answer_${String(index + 1)}`, 'yes']));
    const answer = ask('PUT /v4/subscribers/200', { fields });
    const before = subscriberIn(ask('GET /v4/subscribers/200'))['fields'];
    time.now += 5_000;
    const after = subscriberIn(ask('GET /v4/subscribers/200'))['fields'];

    expect(answer.status).to.equal(202);
    expect(before).to.deep.equal({ category: 'One' });
    expect(after).to.deep.equal({ category: 'One', ...fields });
  });

  it('warns of fields it does not know, or refuses them in a scenario', () => {
    const body = { email_address: ALICE, fields: { shoe_size: '38', source: 'web' } };
    const warned = ask('POST /v4/subscribers', body);
    enter(simulator, 'unknown_fields_refused');

    expect(warned.body).to.have.deep.property('warnings', ['Custom field shoe_size does not exist']);
    expect(subscriberIn(warned)['fields']).to.deep.equal({ category: 'One', source: 'web' });
    expect(statusOf('POST /v4/subscribers', body)).to.equal(422);
  });

  it('refuses what is no address, and more than 140 fields', () => {
    const fields = Object.fromEntries(Array.from({ length: 141 }, (_, index) => [`f${String(index)}`, 'x']));

    const invalid = ask('POST /v4/subscribers', { email_address: 'ada' });
    expect(invalid).to.deep.include({ status: 422, body: { errors: ['Email address is invalid'] } });
    expect(statusOf('POST /v4/subscribers', { email_address: NEW, fields })).to.equal(422);
    expect(statusOf('PUT /v4/subscribers/201', { email_address: ALICE })).to.equal(422);
  });

  it('shows a new subscriber by its number at once, in lists only after a while', () => {
    const { id } = subscriberIn(ask('POST /v4/subscribers', { email_address: NEW })) as { readonly id: number };
    const before = listed(`email_address=${NEW}&status=all`);
    time.now += 29_999;
    const almost = listed(`email_address=${NEW}&status=all`);
    time.now += 1;

    expect(statusOf(`GET /v4/subscribers/${String(id)}`)).to.equal(200);
    expect([before, almost]).to.deep.equal([[], []]);
    expect(listed(`email_address=${NEW}&status=all`)).to.have.length(1);
  });

  it('shows the past of a changed subscriber in lists, for five minutes at most', () => {
    ({ time, simulator } = simulatedKit(() => 1 - Number.EPSILON));
    ask('POST /v4/subscribers/200/unsubscribe');
    const before = listed(`email_address=${ALICE}`);
    time.now += 300_000;

    expect(before).to.have.length(1);
    expect(listed(`email_address=${ALICE}`)).to.deep.equal([]);
    expect(listed(`email_address=${ALICE}&status=cancelled`)).to.have.length(1);
  });

  it('lists active subscribers unless asked for others, several addresses at once', () => {
    expect(listed('')).to.have.length(2);
    expect(listed('status=all')).to.have.length(4);
    expect(listed(`status=all&email_address=${ALICE},LEFT@example.com,nobody@example.com`)).to.have.length(2);
    expect(listed('status=all&created_after=2023-03-01T12:00:00Z&created_before=2023-03-03')).to.have.length(1);
  });

  it('pages by cursor, forwards and back', () => {
    const idsAt = (query: string) => {
      const { body } = ask(`GET /v4/subscribers?status=all&per_page=2${query}`);
      const { subscribers, pagination } = body as {
        readonly subscribers: readonly { readonly id: number }[];
        readonly pagination: Readonly<Record<string, string>>;
      };
      return { ids: subscribers.map(({ id }) => id), pagination };
    };
    const first = idsAt('');
    const second = idsAt(`&after=${first.pagination['end_cursor'] ?? ''}`);
    const back = idsAt(`&before=${second.pagination['end_cursor'] ?? ''}`);

    expect([first.ids, second.ids, back.ids]).to.deep.equal([
      [203, 202],
      [201, 200],
      [202, 201],
    ]);
    expect(first.pagination).to.include({ has_previous_page: false, has_next_page: true, per_page: 2 });
    expect(second.pagination).to.include({ has_previous_page: true, has_next_page: false });
  });

  it('adds with 201, and with 200 whoever is there already; removes by address in a body', () => {
    const where = 'POST /v4/tags/207/subscribers';
    const statuses = [statusOf(where, { email_address: ALICE }), statusOf(`${where}/200`), statusOf(where, { email_address: NEW })];
    const removed = statusOf('DELETE /v4/tags/207/subscribers', { email_address: ALICE });

    expect(statuses).to.deep.equal([201, 200, 404]);
    expect(removed).to.equal(204);
    expect(statusOf(`${where}/200`)).to.equal(201);
    expect(statusOf('POST /v4/tags/999/subscribers', { email_address: ALICE })).to.equal(404);
  });

  it('keeps the referrer of a form, and lists its members after a while', () => {
    const added = ask('POST /v4/forms/311/subscribers', { email_address: ALICE, referrer: 'https://example.com' });
    const before = ask('GET /v4/forms/311/subscribers').body;
    time.now += 30_000;

    expect(subscriberIn(added)).to.include({ referrer: 'https://example.com', added_at: '2026-11-21T09:00:00Z' });
    expect(before).to.have.deep.property('subscribers', []);
    expect(ask('GET /v4/forms/311/subscribers').body).to.have.property('subscribers').with.length(1);
  });

  it('refuses an inactive sequence, its sentence in a list inside the list', () => {
    expect(ask('POST /v4/sequences/325/subscribers', { email_address: ALICE })).to.deep.include({
      status: 422,
      body: { errors: [['Sequence is inactive']] },
    });
  });

  it('creates a tag with 201, and answers 200 with the one that has the name', () => {
    expect(statusOf('POST /v4/tags', { name: 'Fresh' })).to.equal(201);
    expect(statusOf('POST /v4/tags', { name: 'Fresh' })).to.equal(200);
    expect(statusOf('POST /v4/tags', { name: ' ' })).to.equal(422);
  });

  it('has no way off a form or a sequence, as Kit has none', () => {
    expect(statusOf('DELETE /v4/forms/311/subscribers/200')).to.equal(404);
    expect(statusOf('DELETE /v4/sequences/324/subscribers/200')).to.equal(404);
  });

  it('answers each scenario as Kit does', () => {
    const answerIn = (scenario: string, ...asked: Parameters<typeof kitRequest>): readonly unknown[] => {
      simulator.reset();
      enter(simulator, scenario);
      const { status, body } = ask(...asked);
      return [status, (body as { readonly errors?: unknown }).errors];
    };

    expect(answerIn('credential_revoked', 'GET /v4/account')).to.deep.equal([401, ['The access token is invalid']]);
    expect(answerIn('token_expired', 'GET /v4/account')).to.deep.equal([401, ['The access token expired']]);
    expect(answerIn('subscriber_limit', 'POST /v4/subscribers', { email_address: NEW })).to.deep.equal([
      403,
      ['This request would exceed your subscriber limit'],
    ]);
    expect(answerIn('bulk_queue_full', 'POST /v4/bulk/subscribers', { subscribers: [] }, tokenHeaders)[0]).to.equal(413);
    expect(answerIn('sequences_inactive', 'POST /v4/sequences/324/subscribers/200')[0]).to.equal(422);
    expect(answerIn('no_subscribers', 'GET /v4/subscribers/200')[0]).to.equal(404);
  });

  it('speaks of failures in Kit’s one shape, where it is known', () => {
    expect(simulator.failure(404)).to.deep.include({ status: 404, body: { errors: ['Not Found'] } });
    expect(simulator.failure(503)).to.deep.include({ status: 503, body: 'Internal Server Error' });
    expect(simulator.answer({ ...kitRequest('POST /v4/tags'), malformed: true }).status).to.equal(400);
    expect(simulator.answer(kitRequest('GET /v4/nothing', undefined, keyHeaders)).status).to.equal(404);
  });
});
