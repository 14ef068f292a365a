import { expect } from 'chai';
import { GatewayError } from '../../../../src/errors/gatewayError.ts';
import { UpstreamRejectedError } from '../../../../src/errors/upstreamErrors.ts';
import { targetFrom } from '../../../../src/pipeline/requestBuilder.ts';
import { mailchimp as descriptor } from '../../../../src/services/mailchimp/mailchimp.ts';
import type { MailchimpClient } from '../../../../src/services/mailchimp/mailchimpClient.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { httpHouse, type HttpHouse } from '../../../support/httpHouse.ts';
import { simulatedWire } from '../../../support/simulatedWire.ts';
import { LIST, simulatedMailchimp, type SimulatedMailchimp } from './simulatedMailchimp.ts';

describe('the client of Mailchimp and its simulator', () => {
  let house: HttpHouse;
  let simulated: SimulatedMailchimp;
  let client: MailchimpClient;

  beforeEach(() => {
    simulated = simulatedMailchimp();
    house = httpHouse(simulatedWire(simulated.simulator), {
      classify: descriptor.classify,
      target: targetFrom(descriptor.baseUrl, descriptor.authenticate(descriptor.sandboxSecret)),
      policy: { retry: { maxAttempts: 1 } },
    });
    client = descriptor.mount(house.http).client;
  });

  afterEach(() => {
    house.close();
  });

  it('agree on the life of a member', async () => {
    const email = 'New+tag@example.com';
    const created = await client.upsertMember(LIST, email, { status_if_new: 'subscribed', merge_fields: { FNAME: 'Nia' } });
    await client.tagMember(LIST, email, { tags: [{ name: 'Lead', status: 'active' }] });
    await client.updateMember(LIST, email, { vip: true });
    const found = await client.getMember(LIST, email.toLowerCase());
    const first = await client.archiveMember(LIST, email);
    const second = await client.archiveMember(LIST, email);

    expect(created).to.include({ email_address: email, status: 'subscribed' });
    expect(found).to.include({ vip: true, full_name: 'Nia' }).and.not.have.property('_links');
    expect(found.tags?.map(({ name }) => name)).to.deep.equal(['Lead']);
    expect([first, second]).to.deep.equal([{ archived: true }, { archived: true, already: true }]);
  });

  it('agree on a page of members without the description of the API', async () => {
    const page = await client.listMembers(LIST, { count: 2 });

    expect(page.members.map(({ email_address: email }) => email)).to.deep.equal(['ada@example.com', 'ben@example.com']);
    expect(page).to.include({ total_items: 3, list_id: LIST });
  });

  it('agree on a bulk write in which every kind of row occurs', async () => {
    const addresses = ['new@example.com', 'ada@example.com', 'left@example.com', 'erased@example.com', 'NEW@example.com'];

    const { rows } = await client.upsertMembers(LIST, {
      members: addresses.map((email) => ({ email_address: email, status: 'subscribed' })),
    });

    expect(rows.map((row) => ('reason' in row ? row.reason : row.outcome))).to.deep.equal([
      'created',
      'updated',
      'member_in_compliance_state',
      'email_permanently_deleted',
      'repeats_an_earlier_row',
    ]);
  });

  it('agree on a batch, and that finished is not succeeded', async () => {
    const at = { list_id: LIST, email_address: 'ada@example.com' };
    const { id } = await client.startBatch({
      operations: [
        { operation: 'update_member', ...at, member: { vip: true } },
        { operation: 'update_member', ...at, email_address: 'nobody@example.com', member: { vip: true } },
      ],
    });
    const early = await client.getBatch(id);
    simulated.pass(5_000);

    expect(early.outcome).to.equal('running');
    expect(await client.getBatch(id)).to.include({ status: 'finished', outcome: 'partly_failed', errored_operations: 1 });
    expect(await client.getMember(LIST, 'ada@example.com')).to.include({ vip: true });
  });

  for (const [scenario, code] of [
    ['high_volume', 'upstream_rate_limited'],
    ['connections_taken', 'upstream_rate_limited'],
    ['edge_pages', 'upstream_unavailable'],
    ['key_revoked', 'upstream_unauthorized'],
    ['wrong_datacenter', 'upstream_unauthorized'],
  ] as const) {
    it(`agree that ${scenario} means ${code}`, async () => {
      simulated.enter(scenario);

      const error = await errorOf(client.getMember(LIST, 'ada@example.com'), GatewayError);

      expect(error.code).to.equal(code);
    });
  }

  it('agree on who may not be written to, and why', async () => {
    const reasonOf = async (email: string) =>
      (await errorOf(client.upsertMember(LIST, email, { status: 'subscribed' }), UpstreamRejectedError)).reason;

    expect(await reasonOf('left@example.com')).to.equal('member_in_compliance_state');
    expect(await reasonOf('erased@example.com')).to.equal('email_permanently_deleted');
    expect(await reasonOf('fake@example.com')).to.equal('email_looks_fake');
    expect(await reasonOf('busy@example.com')).to.equal('email_signed_up_too_often');
    simulated.enter('writes_disabled');
    expect(await reasonOf('ada@example.com')).to.equal('disabled_for_compliance');
  });
});
