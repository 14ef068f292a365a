import { expect } from 'chai';
import type { OperationRequest } from '../../../../src/contract/operation.ts';
import { repeatIsSafe } from '../../../../src/contract/repeatIsSafe.ts';
import { sendgrid } from '../../../../src/services/sendgrid/sendgrid.ts';
import { upstreamPath } from '../../../../src/pipeline/upstreamPath.ts';
import { upsertContact } from '../../../../src/services/sendgrid/sendgridContacts.ts';
import { writtenContact, writtenSuppression } from '../../../../src/services/sendgrid/sendgridEndpoints.ts';
import { sendMail } from '../../../../src/services/sendgrid/sendgridMail.ts';

const contactsPath = upstreamPath`/v3/marketing/contacts`;
const globalSuppressionsPath = upstreamPath`/v3/asm/suppressions/global`;

const upsertOf = (...contacts: readonly unknown[]): OperationRequest => ({ path: contactsPath, body: { contacts } });

describe('operations of SendGrid', () => {
  it('have names and limits of their own', () => {
    const names = sendgrid.operations.map(({ name }) => name);

    expect(new Set(names).size).to.equal(names.length);
    expect(sendgrid.operations.map(({ quota }) => quota)).to.deep.equal(names);
    expect(sendgrid.operations).to.include(sendgrid.health.operation);
  });

  it('are repeated unless a repeat could do it twice, as mail and lists would', () => {
    const never = sendgrid.operations.filter(({ idempotency }) => idempotency === 'never').map(({ name }) => name);

    expect(never).to.deep.equal(['send_mail', 'create_list']);
  });

  it('may wait in the queue where they write one person’s data or a mail', () => {
    const queueable = sendgrid.operations.filter(({ queue }) => queue !== undefined).map(({ name }) => name);

    expect(queueable).to.have.members([
      'send_mail',
      'upsert_contact',
      'delete_contacts',
      'remove_from_list',
      'add_global_suppressions',
      'remove_global_suppression',
      'add_group_suppressions',
    ]);
  });

  it('leave a mail whose outcome is unknown to a person, and repeat an upsert', () => {
    const [mail] = sendMail.operations;

    expect(mail && repeatIsSafe(mail, { path: upstreamPath`/v3/mail/send`, body: {} })).to.equal(false);
    expect(repeatIsSafe(upsertContact.operation, upsertOf({ email: 'ada@example.com' }))).to.equal(true);
  });

  it('cache nothing about people', () => {
    const cached = sendgrid.operations.filter(({ cacheForMs }) => cacheForMs !== undefined).map(({ name }) => name);

    expect(cached).to.deep.equal(['list_lists']);
  });
});

describe('order of SendGrid’s writes', () => {
  it('is kept for a contact by its first identifier, whatever the case', () => {
    expect(writtenContact(upsertOf({ email: 'Ada@Example.com', external_id: '7' }))).to.equal('email/ada@example.com');
    expect(writtenContact(upsertOf({ external_id: 'CRM-7' }))).to.equal('external_id/crm-7');
    expect(writtenContact({ path: contactsPath, query: { ids: ['a-1'] } })).to.equal('id/a-1');
    expect(writtenContact({ path: contactsPath, query: { contact_ids: ['a-1'] } })).to.equal('id/a-1');
  });

  it('is kept for an address, whether it stands in the path or in the body', () => {
    const path = upstreamPath`/v3/asm/suppressions/global/${'Ada+x@example.com'}`;

    expect(writtenSuppression({ path })).to.equal('suppression/ada+x@example.com');
    expect(writtenSuppression({ path: globalSuppressionsPath, body: { recipient_emails: ['ada+x@example.com'] } })).to.equal(
      'suppression/ada+x@example.com',
    );
  });

  it('is no matter for writes of several people, or of none', () => {
    expect(writtenContact(upsertOf({ email: 'a@example.com' }, { email: 'b@example.com' }))).to.equal(undefined);
    for (const body of [undefined, null, [], { contacts: {} }, { contacts: [7] }, { contacts: [{}] }]) {
      expect(writtenContact({ path: contactsPath, body })).to.equal(undefined);
      expect(writtenSuppression({ path: globalSuppressionsPath, body })).to.equal(undefined);
    }
    expect(writtenContact({ path: contactsPath, query: { ids: ['a', 'b'] } })).to.equal(undefined);
  });
});
