import { expect } from 'chai';
import { pageOfRecord, type Operation } from '../../../src/contract/operation.ts';
import { recordsOf } from '../../../src/pipeline/recordOf.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import { traced } from '../../../src/services/sendgrid/sendgridMail.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';

/** What is asked of a service as a whole: lists, and what there is one of. */
const ofService: Readonly<Record<keyof typeof serviceRegistry, readonly string[]>> = {
  hubspot: ['get_account', 'list_companies', 'list_contacts', 'list_deals'],
  lemlist: ['get_team', 'get_team_credits', 'list_activities', 'list_campaigns'],
  explorium: ['get_credits'],
  kit: ['get_account', 'list_forms', 'list_sequences', 'list_subscribers', 'list_tags'],
  mailchimp: ['list_lists', 'ping'],
  sendgrid: ['get_scopes', 'list_blocks', 'list_bounces', 'list_invalid_emails', 'list_lists', 'list_spam_reports', 'list_unsubscribes'],
};
const operationOf = (service: keyof typeof serviceRegistry, name: string): Operation<unknown> => {
  const { operations }: { readonly operations: readonly Operation<unknown>[] } = serviceRegistry[service];
  return operations.find((each) => each.name === name) as Operation<unknown>;
};

describe('the records that a request is about', () => {
  for (const service of Object.keys(ofService) as (keyof typeof ofService)[]) {
    it(`are none where ${service} is asked for a list, or for what there is one of`, () => {
      const { operations }: { readonly operations: readonly Operation<unknown>[] } = serviceRegistry[service];
      const found = operations.filter(({ isOfService }) => isOfService === true);

      expect(found.map(({ name }) => name).toSorted()).to.deep.equal(ofService[service]);
      for (const operation of found) {
        expect(recordsOf(operation, { path: upstreamPath`/all`, query: { offset: 100 } }), operation.name).to.deep.equal([]);
      }
    });
  }

  it('are one for all pages of what belongs to a record', () => {
    const page = { ...operationOf('mailchimp', 'list_members'), ...pageOfRecord };
    const names = [0, 100].map((offset) => recordsOf(page, { path: upstreamPath`/lists/${'7'}/members`, query: { offset } }));

    expect(names).to.deep.equal([['/lists/7/members'], ['/lists/7/members']]);
  });

  it('are one for each search, by what is searched for', () => {
    const search = operationOf('hubspot', 'search_contacts');
    const names = ['a', 'b', 'a'].flatMap((query) => recordsOf(search, { path: upstreamPath`/search`, body: { query } }));

    expect([new Set(names).size, names[0] === names[2]]).to.deep.equal([2, true]);
  });

  it('are known by the beginning and the length of a long text: no attachment is read whole for it', () => {
    const upload = operationOf('sendgrid', 'send_mail');
    const nameOf = (content: string) => recordsOf(upload, { path: upstreamPath`/mail`, body: { attachments: [{ content }] } })[0];
    const long = 'A'.repeat(1_000_000);

    expect(nameOf(long))
      .to.have.length.at.most(200)
      .and.equal(nameOf(`${long.slice(0, -1)}B`))
      .and.not.equal(nameOf(`${long}B`));
  });

  it('are one for a mail, whatever request it comes with', () => {
    const mail = {
      personalizations: [{ to: [{ email: 'ada@example.com' }] }],
      from: { email: 'us@example.com' },
      subject: 'Hi',
      template_id: 'd-1',
    };
    const nameOf = (subject: string, requestId: string) =>
      recordsOf(operationOf('sendgrid', 'send_mail'), { path: upstreamPath`/mail`, body: traced({ ...mail, subject }, requestId) })[0];

    expect(nameOf('Hi', 'one')).to.equal(nameOf('Hi', 'two')).and.not.equal(nameOf('Ho', 'one'));
  });
});
