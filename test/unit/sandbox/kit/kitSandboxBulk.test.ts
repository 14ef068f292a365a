import { expect } from 'chai';
import type { SandboxAnswer, SimulatorInstance } from '../../../../sandbox/simulation/simulator.ts';
import { enter } from '../../../support/simulatedWire.ts';
import { keyHeaders, kitRequest, simulatedKit, tokenHeaders } from '../../services/kit/kitHouse.ts';

const addresses = (count: number) => Array.from({ length: count }, (_, index) => ({ email_address: `row${String(index)}@example.com` }));

type BulkAnswer = SandboxAnswer & { readonly body?: BulkBody };

interface BulkBody {
  readonly subscribers?: readonly { readonly email_address: string }[];
  readonly failures?: readonly Readonly<Record<string, unknown>>[];
}

describe('bulk of the simulated Kit', () => {
  let time: { now: number };
  let simulator: SimulatorInstance;

  beforeEach(() => {
    ({ time, simulator } = simulatedKit(() => 0));
  });

  const ask = (what: string, body: unknown, headers: Readonly<Record<string, string>> = tokenHeaders): BulkAnswer =>
    simulator.answer(kitRequest(`POST /v4/bulk/${what}`, body, headers)) as BulkAnswer;

  it('is for tokens only', () => {
    expect(ask('subscribers', { subscribers: addresses(1) }, keyHeaders).status).to.equal(401);
    expect(ask('subscribers', { subscribers: addresses(1) }).status).to.equal(200);
  });

  it('answers up to 100 rows, in another order than they came', () => {
    const rows = addresses(100);

    const { status, body } = ask('subscribers', { subscribers: rows, callback_url: null });

    const answered = body?.subscribers?.map(({ email_address }) => email_address) ?? [];
    expect(status).to.equal(200);
    expect(answered).to.have.members(rows.map(({ email_address }) => email_address));
    expect(answered).to.not.deep.equal(rows.map(({ email_address }) => email_address));
  });

  it('puts more than 100 rows off', () => {
    const { status, body } = ask('subscribers', { subscribers: addresses(101), callback_url: null });
    const upsert = kitRequest('POST /v4/subscribers', { email_address: 'row100@example.com' });
    time.now += 5_000;

    expect([status, body]).to.deep.equal([202, {}]);
    expect(simulator.answer(upsert).status).to.equal(200);
  });

  it('keeps the good rows beside the bad, and repeats the bad', () => {
    const rows = [{ first_name: 'Ada', email_address: null }, ...addresses(1)];

    const { body } = ask('subscribers', { subscribers: rows });

    expect(body?.subscribers).to.have.length(1);
    expect(body?.failures).to.deep.equal([
      { subscriber: { first_name: 'Ada', email_address: null, state: 'active', created_at: null }, errors: ['Email address is invalid'] },
    ]);
  });

  it('takes no new subscriber above the plan’s limit, but known ones', () => {
    enter(simulator, 'subscriber_limit');

    const { body } = ask('subscribers', { subscribers: [...addresses(1), { email_address: 'ada@example.com' }] });

    expect(body?.subscribers?.map(({ email_address }) => email_address)).to.deep.equal(['ada@example.com']);
    expect(body?.failures?.[0]?.['errors']).to.deep.equal(['This request would exceed your subscriber limit']);
  });

  it('leaves out of a failure what does not exist', () => {
    const taggings = [
      { tag_id: 207, subscriber_id: 200 },
      { tag_id: 207, subscriber_id: 999 },
      { tag_id: 999, subscriber_id: 200 },
    ];

    const { body } = ask('tags/subscribers', { taggings });

    expect(body?.subscribers).to.have.length(1);
    expect(body?.failures).to.have.deep.members([
      { tagging: { tag_id: 207, subscriber_id: null }, errors: ['Subscriber does not exist'] },
      { tagging: { tag_id: null, subscriber_id: 200 }, errors: ['Tag does not exist'] },
    ]);
  });

  it('adds to forms as it adds to tags', () => {
    const { body } = ask('forms/subscribers', { additions: [{ form_id: 311, subscriber_id: 200 }] });

    expect(body?.subscribers?.[0]).to.include({ id: 200, added_at: '2026-11-21T09:00:00Z' });
    expect(simulator.answer(kitRequest('POST /v4/forms/311/subscribers/200')).status).to.equal(200);
  });

  it('refuses a body without rows, and any body while its queue is full', () => {
    const missing = ask('subscribers', {}).status;
    enter(simulator, 'bulk_queue_full');

    expect([missing, ask('subscribers', { subscribers: addresses(1) }).status]).to.deep.equal([422, 413]);
  });
});
