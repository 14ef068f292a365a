import { createHash } from 'node:crypto';
import mailchimp from '@mailchimp/mailchimp_marketing';
import { expect } from 'chai';
import { mailchimp as service } from '../../../src/services/mailchimp/mailchimp.ts';
import { mailchimpSimulator } from '../../../sandbox/mailchimp/mailchimpSandbox.ts';
import { failureOf, startOfficialSandbox, type OfficialSandbox } from './officialSandbox.ts';

const LIST = '16ed227135';
const hashOf = (email: string): string => createHash('md5').update(email.toLowerCase()).digest('hex');
const itsOwnAddress = mailchimp.basePath;

/** A client that is one for the whole process: it is pointed at the sandbox, and back. */
describe('@mailchimp/mailchimp_marketing on the sandbox', () => {
  let sandbox: OfficialSandbox;

  before(async () => {
    sandbox = await startOfficialSandbox(mailchimpSimulator);
  });

  beforeEach(() => {
    mailchimp.setConfig({ apiKey: service.sandboxSecret });
    mailchimp.basePath = `${sandbox.url}/3.0`;
  });

  afterEach(() => sandbox.reset());

  after(async () => {
    mailchimp.basePath = itsOwnAddress;
    await sandbox.close();
  });

  it('lets in a key and a token', async () => {
    const byKey = await mailchimp.ping.get();
    mailchimp.setConfig({ accessToken: 'an-oauth-token' });
    const byToken = await mailchimp.ping.get();

    expect([byKey, byToken]).to.deep.equal(Array(2).fill({ health_status: "Everything's Chimpy!" }));
  });

  it('reads lists and their members, as many as it asks for', async () => {
    const lists = await mailchimp.lists.getAllLists({ count: 1 });
    const list = await mailchimp.lists.getList(LIST);
    const members = await mailchimp.lists.getListMembersInfo(LIST, { count: 2, status: 'subscribed' });

    expect(lists).to.have.property('lists').with.length(1);
    expect(lists).to.have.property('total_items', 2);
    expect(list).to.include({ id: LIST, name: 'Example newsletter' });
    expect(members).to.have.property('members').with.length(2);
  });

  it('writes a member twice by its hash, and there is one', async () => {
    const hash = hashOf('Cy@example.com');
    const body = { email_address: 'Cy@example.com', status_if_new: 'subscribed', merge_fields: { FNAME: 'Cy' } };

    await mailchimp.lists.setListMember(LIST, hash, body);
    await mailchimp.lists.setListMember(LIST, hash, body);

    const member = await mailchimp.lists.getListMember(LIST, hash);
    expect(member).to.include({ id: hash, status: 'subscribed' });
    expect(member).to.have.nested.property('merge_fields.FNAME', 'Cy');
  });

  it('creates, changes, tags and archives a member', async () => {
    const hash = hashOf('dee@example.com');

    await mailchimp.lists.addListMember(LIST, { email_address: 'dee@example.com', status: 'subscribed' });
    const changed = await mailchimp.lists.updateListMember(LIST, hash, { merge_fields: { FNAME: 'Dee' } });
    const tagged = await mailchimp.lists.updateListMemberTags(LIST, hash, { tags: [{ name: 'New', status: 'active' }] });
    const { tags } = await mailchimp.lists.getListMemberTags(LIST, hash);
    const archived = await mailchimp.lists.deleteListMember(LIST, hash);

    expect(changed).to.have.property('full_name', 'Dee');
    expect(tags).to.have.nested.property('[0].name', 'New');
    expect([tagged, archived]).to.deep.equal([null, null]);
    expect(await mailchimp.lists.getListMember(LIST, hash)).to.have.property('status', 'archived');
  });

  it('finds members by what is written of them, and one by the address itself', async () => {
    const some = await mailchimp.searchMembers.search('ada', { listId: LIST });
    const one = await mailchimp.searchMembers.search('ada@example.com');

    expect(some).to.have.nested.property('full_search.members').with.length(1);
    expect(some).to.have.nested.property('exact_matches.total_items', 0);
    expect(one).to.have.nested.property('exact_matches.members[0].email_address', 'ada@example.com');
  });

  it('writes a batch whose failures hide in a 200', async () => {
    const answer = await mailchimp.lists.batchListMembers(LIST, {
      members: ['e1@example.com', 'ada@example.com'].map((email) => ({ email_address: email, status: 'subscribed' })),
      update_existing: false,
    });

    expect(answer).to.include({ total_created: 1, error_count: 1 });
    expect(answer).to.have.nested.property('errors[0].error_code', 'ERROR_CONTACT_EXISTS');
  });

  it('starts a batch that is done later', async () => {
    const { id } = await mailchimp.batches.start({ operations: [{ method: 'GET', path: '/lists' }] });

    const status = await mailchimp.batches.status(String(id));

    expect(status).to.include({ id, total_operations: 1 });
    expect(status['status']).to.be.oneOf(['pending', 'preprocessing', 'started', 'finalizing', 'finished']);
  });

  describe('refuses with a problem document, which the client leaves as it is', () => {
    for (const [status, title, call] of [
      [404, 'Resource Not Found', () => mailchimp.lists.getListMember(LIST, hashOf('nobody@example.com'))],
      [400, 'Member Exists', () => mailchimp.lists.addListMember(LIST, { email_address: 'ada@example.com', status: 'subscribed' })],
      [400, 'Invalid Resource', () => mailchimp.lists.addListMember(LIST, { email_address: 'no address', status: 'subscribed' })],
    ] as const) {
      it(`${String(status)} ${title}`, async () => {
        const failure = await failureOf(call());

        expect(failure.status).to.equal(status);
        expect(failure.response?.type).to.equal('application/problem+json');
        expect(failure.response?.body).to.include({ status, title }).and.have.all.keys('type', 'title', 'status', 'detail', 'instance');
      });
    }

    it('401 where the key is none', async () => {
      mailchimp.setConfig({ apiKey: 'no-key' });

      const failure = await failureOf(mailchimp.ping.get());

      expect(failure.status).to.equal(401);
      expect(failure.response?.body).to.include({ title: 'API Key Invalid' });
    });

    it('429 the eleventh connection at a time, and without a header that says how long', async () => {
      await sandbox.impose({ fault: 'slow', ms: 300 });

      const answers = await Promise.allSettled(Array.from({ length: 12 }, () => mailchimp.ping.get()));

      const refused = answers.flatMap((answer) =>
        answer.status === 'rejected' ? [answer.reason as Awaited<ReturnType<typeof failureOf>>] : [],
      );
      expect(refused.map(({ status }) => status)).to.deep.equal([429, 429]);
      expect(refused[0]?.response?.body).to.include({ title: 'Too Many Requests' });
      expect(refused[0]?.response?.headers).to.not.have.property('retry-after');
    });

    it('403 without a word at a very high volume', async () => {
      await sandbox.impose({ fault: 'scenario', scenario: 'high_volume' });

      const failure = await failureOf(mailchimp.ping.get());

      expect(failure.status).to.equal(403);
      expect(failure.response?.body).to.deep.equal({});
    });
  });
});
