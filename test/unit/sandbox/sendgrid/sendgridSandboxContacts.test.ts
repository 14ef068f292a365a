import { expect } from 'chai';
import { fieldOf, simulatedSendgrid, type SimulatedSendgrid } from '../../services/sendgrid/simulatedSendgrid.ts';

const CONTACTS = '/v3/marketing/contacts';
const JANE = 'jane_doe@example.com';

type Row = Readonly<Record<string, unknown>>;

describe('simulated contacts of SendGrid', () => {
  let simulated: SimulatedSendgrid;

  beforeEach(() => {
    simulated = simulatedSendgrid();
  });

  const upsert = (contacts: readonly Row[], listIds?: readonly string[]) =>
    simulated.ask(`PUT ${CONTACTS}`, { contacts, list_ids: listIds });
  const search = (...emails: readonly string[]) => simulated.ask(`POST ${CONTACTS}/search/emails`, { emails });
  const found = (email: string): Row => {
    const rows = fieldOf(search(email), 'result') as Readonly<Record<string, { readonly contact: Row }>>;
    const row = rows[email];
    if (row === undefined) throw new Error(`${email} was not found`);
    return row.contact;
  };
  const jobAfter = (job: unknown, ms: number): Row => {
    simulated.pass(ms);
    return simulated.ask(`GET ${CONTACTS}/imports/${String(job)}`).body as Row;
  };

  it('are written by a job that is done two seconds later', () => {
    const accepted = upsert([{ email: 'New@Example.com', first_name: 'Nia' }]);

    const early = jobAfter(fieldOf(accepted, 'job_id'), 1_999);
    const unknownYet = search('new@example.com').status;
    const done = jobAfter(fieldOf(accepted, 'job_id'), 1);

    expect([accepted.status, unknownYet]).to.deep.equal([202, 404]);
    expect(early).to.include({ status: 'pending' });
    expect(done).to.include({ status: 'completed', job_type: 'upsert_contacts' });
    expect(done).to.have.deep.property('results', { requested_count: 1, created_count: 1, updated_count: 0, errored_count: 0 });
    expect(found('new@example.com')).to.include({ email: 'new@example.com', first_name: 'Nia' });
  });

  it('are updated by a row with all identifiers that they have, and by no other', () => {
    const email = 'known@example.com';
    const jobs = [upsert([{ email, city: 'Oslo' }]), upsert([{ email, external_id: 'crm-7', city: 'Bergen' }])];

    const [without, withAll] = jobs.map((job) => jobAfter(fieldOf(job, 'job_id'), 2_000));

    expect(without).to.include({ status: 'failed' }).and.have.nested.property('results.errors_url');
    expect(withAll).to.include({ status: 'completed' }).and.have.nested.property('results.updated_count', 1);
    expect(found(email)).to.include({ city: 'Bergen', first_name: 'Kim' });
  });

  it('go in beside rows that do not: the job ends as errored', () => {
    const job = jobAfter(fieldOf(upsert([{ email: 'good@example.com' }, { email: 'bad' }]), 'job_id'), 2_000);

    expect(job).to.include({ status: 'errored' }).and.have.nested.property('results.errored_count', 1);
    expect(found('good@example.com')).to.include({ email: 'good@example.com' });
  });

  it('are refused at once where the request itself is at fault', () => {
    expect(upsert([]).status).to.equal(400);
    expect(upsert([{ first_name: 'Ada' }]).status).to.equal(400);
    expect(upsert([{ email: 'a@example.com' }], ['no-such-list']).status).to.equal(400);
    expect(upsert(Array.from({ length: 30_001 }, () => ({ email: 'a@example.com' }))).status).to.equal(400);
    expect(upsert([{ email: 'a@example.com', city: 'x'.repeat(6_000_000) }]).status).to.equal(413);
  });

  it('never appear while jobs fail or stay where they are', () => {
    simulated.enter('imports_stuck');
    const stuck = jobAfter(fieldOf(upsert([{ email: 'a@example.com' }]), 'job_id'), 60_000);
    simulated.enter('imports_failed');
    const failed = jobAfter(fieldOf(upsert([{ email: 'a@example.com' }]), 'job_id'), 2_000);

    expect([stuck['status'], failed['status']]).to.deep.equal(['pending', 'failed']);
    expect(search('a@example.com').status).to.equal(404);
  });

  it('are known by what an update added, and by nothing once they are deleted', () => {
    const [email, external_id] = ['new@example.com', 'crm-9'];
    upsert([{ email }]);
    upsert([{ email, external_id }]);
    simulated.pass(2_000);
    const added = jobAfter(fieldOf(upsert([{ external_id, city: 'Oslo' }]), 'job_id'), 2_000);
    const { id } = found(email);
    simulated.ask(`DELETE ${CONTACTS}?ids=${String(id)}`);
    simulated.pass(2_000);
    const again = jobAfter(fieldOf(upsert([{ external_id }]), 'job_id'), 2_000);

    expect(added).to.include({ status: 'failed' });
    expect(again).to.have.nested.property('results.created_count', 1);
  });

  it('are written 30,000 at a time', () => {
    const rows = Array.from({ length: 30_000 }, (_, index) => ({ email: `${String(index)}@example.com` }));

    const written = [upsert(rows), upsert(rows)].map((answer) => jobAfter(fieldOf(answer, 'job_id'), 2_000));

    expect(written[0]).to.have.nested.property('results.created_count', 30_000);
    expect(written[1]).to.have.nested.property('results.updated_count', 30_000);
  }).timeout(20_000);

  it('are found by address, and by nobody is a 404', () => {
    const some = search('JANE_DOE@example.com', 'x@example.com');

    expect(some.status).to.equal(200);
    expect(fieldOf(some, 'result')).to.have.nested.property('x@example\\.com.error', 'contact not found');
    expect(fieldOf(some, 'result')).to.have.nested.property('jane_doe@example\\.com.contact.first_name', 'Jane');
    expect(search('x@example.com').status).to.equal(404);
    expect(search().status).to.equal(400);
  });

  it('are read by id, taken off a list, and deleted by jobs', () => {
    const { id, list_ids: listIds } = found(JANE) as { readonly id: string; readonly list_ids: readonly string[] };

    const off = simulated.ask(`DELETE /v3/marketing/lists/${String(listIds[0])}/contacts?contact_ids=${id}`);
    simulated.pass(2_000);
    const left = simulated.ask(`GET ${CONTACTS}/${id}`);
    const deletion = jobAfter(fieldOf(simulated.ask(`DELETE ${CONTACTS}?ids=${id},unknown`), 'job_id'), 2_000);

    expect(off.status).to.equal(202);
    expect(fieldOf(left, 'list_ids')).to.deep.equal([]);
    expect(deletion).to.have.deep.property('results', { requested_count: 2, deleted_count: 1, errored_count: 0 });
    expect(simulated.ask(`GET ${CONTACTS}/${id}`).status).to.equal(404);
    expect(fieldOf(simulated.ask(`POST ${CONTACTS}/batch`, { ids: [id] }), 'result')).to.deep.equal([]);
  });

  it('are never deleted all at once by mistake', () => {
    expect(simulated.ask(`DELETE ${CONTACTS}`).status).to.equal(400);
    expect(simulated.ask('DELETE /v3/marketing/lists/no-such-list/contacts?contact_ids=a').status).to.equal(404);
  });
});
