import { expect } from 'chai';
import { LIST, simulatedMailchimp, STRICT_LIST, told, type SimulatedMailchimp } from '../../services/mailchimp/simulatedMailchimp.ts';

const members = `/lists/${LIST}/members`;
const UNKNOWN_HASH = '00000000000000000000000000000000';

describe('members of the simulated Mailchimp', () => {
  let mailchimp: SimulatedMailchimp;

  beforeEach(() => {
    mailchimp = simulatedMailchimp();
  });

  const messageOf = (body: unknown): unknown =>
    (body as { readonly errors?: readonly { readonly message: string }[] }).errors?.[0]?.message;

  it('are found by hash, address and contact id', () => {
    const byAddress = mailchimp.ask(`GET ${members}/Ada@example.com`).body as { readonly id: string; readonly contact_id: string };

    expect(mailchimp.ask(`GET ${members}/${byAddress.id}`).body).to.deep.equal(byAddress);
    expect(mailchimp.ask(`GET ${members}/${byAddress.contact_id}`).body).to.deep.equal(byAddress);
    expect(told(mailchimp.ask(`GET ${members}/${UNKNOWN_HASH}`))).to.deep.equal([404, 'Resource Not Found']);
    expect(told(mailchimp.ask('GET /lists/0000000000/members/ada@example.com'))).to.deep.equal([404, 'Resource Not Found']);
  });

  it('are created once, with 200 and not 201', () => {
    const member = { email_address: 'new@example.com', status: 'pending', merge_fields: { FNAME: 'New' }, tags: ['Lead'], vip: true };
    const created = mailchimp.ask(`POST ${members}`, member);

    expect(created.status).to.equal(200);
    expect(created.body).to.include({ status: 'pending', full_name: 'New', tags_count: 1, vip: true, list_id: LIST });
    expect(told(mailchimp.ask(`POST ${members}`, member))).to.deep.equal([400, 'Member Exists']);
  });

  it('need an address and a status, each of a known kind', () => {
    const create = (body: unknown) => mailchimp.ask(`POST ${members}`, body).body;

    expect(messageOf(create({}))).to.equal('Required fields were not provided: email_address, status');
    expect(messageOf(create({ email_address: 'x@example.com', status: 'maybe' }))).to.match(/^Value must be one of subscribed/u);
    expect(create({ email_address: 'x', status: 'subscribed' })).to.include({ detail: 'Please provide a valid email address.' });
  });

  it('are upserted as often as asked with one result; a new one needs status_if_new', () => {
    const where = `PUT ${members}/new@example.com`;
    const body = { email_address: 'new@example.com', status_if_new: 'subscribed', merge_fields: { FNAME: 'Nia' } };
    const first = mailchimp.ask(where, body);
    const second = mailchimp.ask(where, body);
    const kept = mailchimp.ask(where, { email_address: 'new@example.com', status: 'unsubscribed' });

    expect(second.body).to.deep.equal(first.body);
    expect(first.body).to.include({ status: 'subscribed', full_name: 'Nia' });
    expect(kept.body).to.include({ status: 'unsubscribed', full_name: 'Nia' });
    expect(messageOf(mailchimp.ask(`PUT ${members}/other@example.com`, {}).body)).to.equal(
      'Required fields were not provided: email_address, status_if_new',
    );
  });

  it('come back from a compliance state only by consent', () => {
    const change = (status: string) => mailchimp.ask(`PATCH ${members}/left@example.com`, { status });

    expect(told(change('subscribed'))).to.deep.equal([400, 'Member In Compliance State']);
    expect(change('pending').status).to.equal(200);
    expect(change('subscribed').status).to.equal(200);
  });

  it('are refused by words of their own: forgotten, fake, or signed up too often', () => {
    const detailOf = (email: string): unknown => {
      const { status, body } = mailchimp.ask(`POST ${members}`, { email_address: email, status: 'subscribed' });
      return [status, (body as { readonly detail: string }).detail];
    };

    expect(detailOf('erased@example.com')).to.satisfy(
      ([status, detail]: [number, string]) => status === 400 && detail.includes('permanently deleted'),
    );
    expect(detailOf('fake@example.com')).to.satisfy(
      ([status, detail]: [number, string]) => status === 400 && detail.includes('looks fake or invalid'),
    );
    expect(detailOf('busy@example.com')).to.satisfy(
      ([status, detail]: [number, string]) => status === 400 && detail.includes('signed up to a lot of lists'),
    );
  });

  it('need the merge fields of their list, unless told to go without', () => {
    const member = { email_address: 'new@example.com', status: 'subscribed' };
    const without = mailchimp.ask(`POST /lists/${STRICT_LIST}/members`, member);
    const skipped = mailchimp.ask(`POST /lists/${STRICT_LIST}/members?skip_merge_validation=true`, member);

    expect(without.body).to.have.deep.property('errors', [{ field: 'COMPANY', message: 'Please enter a value' }]);
    expect(skipped.status).to.equal(200);
    expect(mailchimp.ask(`PATCH /lists/${STRICT_LIST}/members/ada@example.com`, { vip: true }).status).to.equal(200);
  });

  it('are archived with 204, then with 405; a stranger with 404; and may come back', () => {
    const archive = (email: string) => mailchimp.ask(`DELETE ${members}/${email}`).status;

    expect([archive('ada@example.com'), archive('ada@example.com'), archive('nobody@example.com')]).to.deep.equal([204, 405, 404]);
    expect(mailchimp.ask(`GET ${members}/ada@example.com`).body).to.include({ status: 'archived' });
    expect(mailchimp.ask(`POST ${members}`, { email_address: 'ada@example.com', status: 'subscribed' }).body).to.include({
      status: 'subscribed',
    });
  });

  it('get and lose tags, the others staying', () => {
    const tag = (name: string, status: string) => mailchimp.ask(`POST ${members}/ada@example.com/tags`, { tags: [{ name, status }] });
    const first = tag('VIP', 'active');
    tag('VIP', 'active');
    tag('Customer', 'inactive');

    const { tags } = mailchimp.ask(`GET ${members}/ada@example.com`).body as { readonly tags: readonly { readonly name: string }[] };
    expect(first).to.deep.equal({ status: 204 });
    expect(tags.map(({ name }) => name)).to.deep.equal(['VIP']);
    expect(tag('VIP', 'on').status).to.equal(400);
    expect(mailchimp.ask(`POST ${members}/ada@example.com/tags`, {}).status).to.equal(400);
  });

  it('are listed by page, status and last change, with the fields asked for', () => {
    const only = 'fields=total_items,members.email_address';

    expect(mailchimp.ask(`GET ${members}?${only}&count=1&offset=1`).body).to.deep.equal({
      members: [{ email_address: 'ben@example.com' }],
      total_items: 3,
    });
    expect(mailchimp.ask(`GET ${members}?${only}&status=archived`).body).to.deep.equal({
      members: [{ email_address: 'old@example.com' }],
      total_items: 1,
    });
    mailchimp.ask(`PATCH ${members}/ben@example.com`, { vip: true });
    expect(mailchimp.ask(`GET ${members}?${only}&since_last_changed=2026-11-01T00:00:00Z`).body).to.include({ total_items: 1 });
    expect(mailchimp.ask(`GET ${members}`).body).to.have.nested.property('members[0]._links');
  });

  it('are counted by their list, of which ten come unless more are asked for', () => {
    const { lists } = mailchimp.ask('GET /lists?count=1').body as { readonly lists: readonly { readonly stats: unknown }[] };

    expect(lists.map(({ stats }) => stats)).to.deep.equal([{ member_count: 2, unsubscribe_count: 1, cleaned_count: 0 }]);
    expect(mailchimp.ask('GET /lists?fields=lists.name,total_items').body).to.deep.equal({
      lists: [{ name: 'Example newsletter' }, { name: 'Example customers' }],
      total_items: 2,
    });
  });
});
