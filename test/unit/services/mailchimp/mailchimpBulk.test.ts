import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { UpstreamContractBrokenError } from '../../../../src/errors/upstreamErrors.ts';
import { mailchimp } from '../../../../src/services/mailchimp/mailchimp.ts';
import type { MailchimpClient } from '../../../../src/services/mailchimp/mailchimpClient.ts';
import type { NewMember } from '../../../../src/services/mailchimp/mailchimpInputs.ts';
import { subscriberHash } from '../../../../src/services/mailchimp/mailchimpEndpoints.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { httpHouse, json, scriptedWire, type HttpHouse, type ScriptedWire } from '../../../support/httpHouse.ts';

const LIST = '16ed227135';
const row = (email: string): NewMember => ({ email_address: email, status: 'subscribed' });
const done = (email: string) => ({ id: subscriberHash(email), email_address: email });
const generic = (email: string, error: string) => ({
  email_address: email,
  error,
  error_code: 'ERROR_GENERIC',
  field: '',
  field_message: '',
});

let house: HttpHouse;
let wire: ScriptedWire;

const clientOver = (answer: unknown): MailchimpClient => {
  wire = scriptedWire(json(200, answer));
  house = httpHouse(wire.transport, { classify: mailchimp.classify });
  return mailchimp.mount(house.http).client;
};

describe('bulk writes of Mailchimp', () => {
  afterEach(() => {
    house.close();
  });

  it('tell what became of each row, in the order of the rows, out of a 200 that hides failures', async () => {
    const client = clientOver({
      new_members: [done('new@example.com')],
      updated_members: [done('Known@Example.com')],
      errors: [generic('fake@example.com', 'fake@example.com looks fake or invalid')],
      error_count: 1,
    });

    const result = await client.upsertMembers(LIST, { members: ['known@example.com', 'fake@example.com', 'New@example.com'].map(row) });

    expect(result).to.deep.equal({
      rows: [
        { email_address: 'known@example.com', outcome: 'updated', id: subscriberHash('known@example.com') },
        { email_address: 'fake@example.com', outcome: 'failed', reason: 'email_looks_fake' },
        { email_address: 'New@example.com', outcome: 'created', id: subscriberHash('new@example.com') },
      ],
      created: 1,
      updated: 1,
      failed: 1,
    });
  });

  it('send an address once, and tell its later rows so', async () => {
    const client = clientOver({ new_members: [done('ada@example.com')], updated_members: [], errors: [] });

    const { rows, failed } = await client.upsertMembers(LIST, { members: ['ada@example.com', 'ADA@example.com'].map(row) });

    expect(JSON.parse(wire.sent[0]?.body ?? '')).to.have.deep.property('members', [row('ada@example.com')]);
    expect(rows.map(({ outcome }) => outcome)).to.deep.equal(['created', 'failed']);
    expect(rows[1]).to.include({ reason: 'repeats_an_earlier_row' });
    expect(failed).to.equal(1);
  });

  it('call a row unknown that the answer does not mention', async () => {
    const client = clientOver({ new_members: [], updated_members: [], errors: [] });

    const result = await client.upsertMembers(LIST, { members: [row('ada@example.com')] });

    expect(result).to.deep.equal({ rows: [{ email_address: 'ada@example.com', outcome: 'unknown' }], created: 0, updated: 0, failed: 1 });
  });

  it('break the contract where the lists of outcomes are missing', async () => {
    const client = clientOver({ total_created: 1 });

    const error = await errorOf(client.upsertMembers(LIST, { members: [row('ada@example.com')] }), UpstreamContractBrokenError);

    expect(error.fields).to.deep.equal(['new_members', 'updated_members', 'errors']);
  });

  it('refuse no members and more than 500 before sending', async () => {
    const client = clientOver({});
    const tooMany = Array.from({ length: 501 }, (_, index) => row(`p${String(index)}@example.com`));

    await errorOf(client.upsertMembers(LIST, { members: [] }), InvalidRequestError);
    await errorOf(client.upsertMembers(LIST, { members: tooMany }), InvalidRequestError);

    expect(wire.sent).to.deep.equal([]);
  });
});

describe('batches of Mailchimp', () => {
  const at = { list_id: LIST, email_address: 'Ada@example.com' };
  const path = `/lists/${LIST}/members/${subscriberHash('ada@example.com')}`;

  afterEach(() => {
    house.close();
  });

  it('hold each operation at the path of a single call, its body as a text', async () => {
    const client = clientOver({ id: '1', status: 'pending' });

    await client.startBatch({
      operations: [
        { operation: 'upsert_member', ...at, member: { status_if_new: 'pending' } },
        { operation: 'update_member', ...at, operation_id: 'crm-7', member: { vip: true } },
        { operation: 'archive_member', ...at },
        { operation: 'tag_member', ...at, change: { tags: [{ name: 'A', status: 'active' }] } },
      ],
    });

    expect(JSON.parse(wire.sent[0]?.body ?? '')).to.deep.equal({
      operations: [
        { method: 'PUT', path, operation_id: '0', body: '{"email_address":"Ada@example.com","status_if_new":"pending"}' },
        { method: 'PATCH', path, operation_id: 'crm-7', body: '{"vip":true}' },
        { method: 'DELETE', path, operation_id: '2' },
        { method: 'POST', path: `${path}/tags`, operation_id: '3', body: '{"tags":[{"name":"A","status":"active"}]}' },
      ],
    });
  });

  it('refuse an operation that is none, an address that is none, and an id that comes twice', async () => {
    const archive = { operation: 'archive_member', ...at } as const;
    const client = clientOver({});
    const refused = async (...operations: readonly object[]): Promise<string> =>
      (await errorOf(client.startBatch({ operations: operations as never }), InvalidRequestError)).message;

    await refused();
    await refused({ ...archive, email_address: 'ada' });
    await refused({ ...archive, operation: 'delete_list' });
    expect(await refused({ ...archive, list_id: '../account' })).to.include('body.operations.0.list_id');
    expect(await refused(archive, { ...archive, operation_id: '0' })).to.include('twice');
    expect(wire.sent).to.deep.equal([]);
  });

  for (const [status, errored, outcome] of [
    ['pending', 0, 'running'],
    ['started', 2, 'running'],
    ['finalizing', 0, 'running'],
    ['finished', 0, 'succeeded'],
    ['finished', 1, 'partly_failed'],
    ['finished', 2, 'failed'],
  ] as const) {
    it(`are ${outcome} while ${status} with ${String(errored)} of 2 failed`, async () => {
      const client = clientOver({ id: '1', status, total_operations: 2, finished_operations: 2, errored_operations: errored });

      expect(await client.getBatch('1')).to.include({ outcome });
    });
  }
});
