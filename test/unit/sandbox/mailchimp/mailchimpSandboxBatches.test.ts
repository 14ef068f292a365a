import { expect } from 'chai';
import { LIST, simulatedMailchimp, told, type SimulatedMailchimp } from '../../services/mailchimp/simulatedMailchimp.ts';

const row = (email: string, more: object = {}) => ({ email_address: email, status: 'subscribed', ...more });

interface BulkBody {
  readonly new_members: readonly { readonly email_address: string; readonly tags: readonly { readonly name: string }[] }[];
  readonly updated_members: readonly { readonly email_address: string; readonly tags: readonly { readonly name: string }[] }[];
  readonly errors: readonly Readonly<Record<string, string>>[];
}

describe('bulk writes at the simulated Mailchimp', () => {
  let mailchimp: SimulatedMailchimp;

  beforeEach(() => {
    mailchimp = simulatedMailchimp();
  });

  const send = (members: readonly unknown[], more: object = {}, query = ''): BulkBody => {
    const answer = mailchimp.ask(`POST /lists/${LIST}${query}`, { members, ...more });
    expect(answer.status).to.equal(200);
    return answer.body as BulkBody;
  };

  it('answer 200 with the failures inside, and keep the rows that went well', () => {
    const rows = [row('new@example.com'), row('ada@example.com'), row('left@example.com'), row('fake@example.com'), {}];

    const body = send(rows, { update_existing: true });

    expect(body).to.include({ total_created: 1, total_updated: 1, error_count: 3 });
    expect(body.errors.map(({ email_address: email, error_code: code }) => [email, code])).to.deep.equal([
      ['left@example.com', 'ERROR_GENERIC'],
      ['fake@example.com', 'ERROR_GENERIC'],
      ['', 'ERROR_GENERIC'],
    ]);
    expect(mailchimp.ask(`GET /lists/${LIST}/members/new@example.com`).status).to.equal(200);
  });

  it('refuse members who are there, unless told to update them', () => {
    const { errors } = send([row('ada@example.com')]);

    expect(errors.map(({ error_code: code }) => code)).to.deep.equal(['ERROR_CONTACT_EXISTS']);
  });

  it('refuse both rows of an address that comes twice, unless told not to look', () => {
    const twice = [row('new@example.com'), row('NEW@example.com')];

    expect(send(twice, { update_existing: true })).to.include({ error_count: 2, total_created: 0 });
    expect(send(twice, { update_existing: true }, '?skip_duplicate_check=true')).to.include({
      error_count: 0,
      total_created: 1,
      total_updated: 1,
    });
  });

  it('add tags, or replace them where they are to be synchronised', () => {
    const tagsAfter = (more: object): readonly string[] => {
      const { updated_members: updated } = send([row('ada@example.com', { tags: ['New'] })], { update_existing: true, ...more });
      return updated[0]?.tags.map(({ name }) => name) ?? [];
    };

    expect(tagsAfter({})).to.deep.equal(['Customer', 'New']);
    expect(tagsAfter({ sync_tags: true })).to.deep.equal(['New']);
  });

  it('take 500 rows and no more, and need a list of them', () => {
    const rows = Array.from({ length: 501 }, (_, index) => row(`p${String(index)}@example.com`));

    expect(send(rows.slice(1))).to.include({ total_created: 500 });
    expect(told(mailchimp.ask(`POST /lists/${LIST}`, { members: rows }))).to.deep.equal([400, 'Invalid Resource']);
    expect(told(mailchimp.ask(`POST /lists/${LIST}`, {}))).to.deep.equal([400, 'Invalid Resource']);
  });
});

describe('batches at the simulated Mailchimp', () => {
  let mailchimp: SimulatedMailchimp;

  beforeEach(() => {
    mailchimp = simulatedMailchimp();
  });

  const operations = [
    { method: 'PATCH', path: `/lists/${LIST}/members/ada@example.com`, body: '{"vip":true}' },
    {
      method: 'PUT',
      path: `lists/${LIST}/members/n@example.com`,
      params: { skip_merge_validation: true },
      body: JSON.stringify({ email_address: 'n@example.com', status_if_new: 'subscribed' }),
    },
    { method: 'DELETE', path: `/lists/${LIST}/members/nobody@example.com` },
    { method: 'POST', path: `/lists/${LIST}/members`, body: '{' },
  ];

  const start = (): string => (mailchimp.ask('POST /batches', { operations }).body as { readonly id: string }).id;

  it('pass their stages in some seconds, and are finished whatever came of them', () => {
    const id = start();
    const stages: unknown[] = [];
    for (let second = 0; second <= 4; second += 1) {
      stages.push((mailchimp.ask(`GET /batches/${id}`).body as { readonly status: string }).status);
      mailchimp.pass(1_000);
    }

    const ended = mailchimp.ask(`GET /batches/${id}`).body;

    expect(stages).to.deep.equal(['pending', 'preprocessing', 'started', 'finalizing', 'finished']);
    expect(ended).to.include({ status: 'finished', total_operations: 4, finished_operations: 4, errored_operations: 2 });
    expect(ended).to.include({ submitted_at: '2026-11-21T09:00:00+00:00', completed_at: '2026-11-21T09:00:04+00:00' });
    expect(ended).to.have.property('response_body_url').that.includes('signature=');
  });

  it('do their work once, when they have started', () => {
    start();
    const before = mailchimp.ask(`GET /lists/${LIST}/members/ada@example.com`).body;
    mailchimp.pass(2_000);
    const after = mailchimp.ask(`GET /lists/${LIST}/members/ada@example.com`).body;
    mailchimp.ask(`PATCH /lists/${LIST}/members/ada@example.com`, { vip: false });
    mailchimp.pass(10_000);

    expect(before).to.include({ vip: false });
    expect(after).to.include({ vip: true });
    expect(mailchimp.ask(`GET /lists/${LIST}/members/ada@example.com`).body).to.include({ vip: false });
    expect(mailchimp.ask(`GET /lists/${LIST}/members/n@example.com`).status).to.equal(200);
  });

  it('hold 1 to 1,000 operations, each with its body as a text', () => {
    const [operation] = operations;
    const send = (body: unknown) => told(mailchimp.ask('POST /batches', body));

    expect(send({})).to.deep.equal([400, 'Invalid Resource']);
    expect(send({ operations: [] })).to.deep.equal([400, 'Invalid Resource']);
    expect(send({ operations: [{ ...operation, body: {} }] })).to.deep.equal([400, 'Invalid Resource']);
    expect(send({ operations: Array.from({ length: 1_001 }, () => operation) })).to.deep.equal([400, 'Invalid Resource']);
    expect(mailchimp.ask('POST /batches', { operations: Array.from({ length: 1_000 }, () => operation) }).status).to.equal(200);
  });

  it('are at most 500 at a time', () => {
    for (let count = 0; count < 500; count += 1) start();
    const refused = mailchimp.ask('POST /batches', { operations });
    mailchimp.pass(4_000);

    expect(told(refused)).to.deep.equal([429, 'Too Many Requests']);
    expect(mailchimp.ask('POST /batches', { operations }).status).to.equal(200);
  });

  it('are unknown under other ids', () => {
    expect(told(mailchimp.ask('GET /batches/none'))).to.deep.equal([404, 'Resource Not Found']);
  });
});
