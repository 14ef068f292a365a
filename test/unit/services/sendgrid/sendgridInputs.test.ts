import { expect } from 'chai';
import type { ZodType } from 'zod';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { checked } from '../../../../src/services/inputs.ts';
import { contactUpsert, emails, id, suppressionQuery } from '../../../../src/services/sendgrid/sendgridInputs.ts';
import { mailInput } from '../../../../src/services/sendgrid/sendgridMail.ts';
import { mail } from './simulatedSendgrid.ts';

const SECRET = 'ada.lovelace@example.com';
const person = { email: 'ada@example.com' };
const people = (count: number) => Array.from({ length: count }, () => person);

const accepts = (schema: ZodType, value: unknown): boolean => schema.safeParse(value).success;

describe('input to SendGrid', () => {
  it('takes ids that stay where they are put', () => {
    for (const text of ['5f2c8a10-0001', 'abc_DEF', '7']) expect(accepts(id, text)).to.equal(true);
    for (const text of ['', '..', 'a/b', 'a,b', 'a b', 'a?b', 'x'.repeat(101), 7]) expect(accepts(id, text)).to.equal(false);
  });

  it('asks of a contact for one identifier of four, and for known fields', () => {
    for (const name of ['email', 'phone_number_id', 'external_id', 'anonymous_id']) {
      expect(accepts(contactUpsert, { [name]: SECRET }), name).to.equal(true);
    }
    const unknown = [
      { email: SECRET, name: 'x' },
      { email: SECRET, custom_fields: { 'a b': 'x' } },
    ];
    for (const contact of [{}, { first_name: 'Ada' }, { email: 'ada' }, ...unknown]) {
      expect(accepts(contactUpsert, contact)).to.equal(false);
    }
  });

  it('takes up to 100 addresses of a search', () => {
    expect(
      accepts(
        emails,
        Array.from({ length: 100 }, () => SECRET),
      ),
    ).to.equal(true);
    expect(
      accepts(
        emails,
        Array.from({ length: 101 }, () => SECRET),
      ),
    ).to.equal(false);
    expect(accepts(emails, [])).to.equal(false);
  });

  it('takes up to 500 suppressions of a page', () => {
    expect(accepts(suppressionQuery, { limit: '500', offset: '0' })).to.equal(true);
    expect(accepts(suppressionQuery, { limit: '501' })).to.equal(false);
  });

  it('says where a value is at fault, and never repeats it', () => {
    const fault = (): unknown => checked(contactUpsert, { email: `${SECRET} x`, [SECRET]: 1 }, 'contact');

    expect(fault)
      .to.throw(InvalidRequestError)
      .with.property('message')
      .that.equals('contact.email must be an email address; contact has a field that is not known here');
    expect(fault).to.throw(InvalidRequestError).with.nested.property('faults[0].at', 'contact.email');
  });
});

describe('mail for SendGrid', () => {
  it('needs somebody to go to, somebody to come from, a subject and a content, or a template', () => {
    const { subject: _subject, ...withoutSubject } = mail;
    const { content: _content, ...withoutContent } = mail;

    expect(accepts(mailInput, mail)).to.equal(true);
    expect(accepts(mailInput, withoutSubject)).to.equal(false);
    expect(accepts(mailInput, withoutContent)).to.equal(false);
    expect(accepts(mailInput, { ...withoutSubject, personalizations: [{ to: [person], subject: 'x' }] })).to.equal(true);
    expect(accepts(mailInput, { personalizations: [{ to: [person] }], from: person, template_id: 'd-1' })).to.equal(true);
    expect(accepts(mailInput, { ...mail, personalizations: [{ to: [] }] })).to.equal(false);
    expect(accepts(mailInput, { ...mail, personalizations: [] })).to.equal(false);
    expect(accepts(mailInput, { ...mail, from: undefined })).to.equal(false);
  });

  it('has 1,000 recipients and 1,000 personalizations at most, and 10 categories', () => {
    const to = (...counts: readonly number[]) => ({ ...mail, personalizations: counts.map((count) => ({ to: people(count) })) });
    const categories = (count: number) => ({ ...mail, categories: Array.from({ length: count }, (_, index) => String(index)) });

    expect(accepts(mailInput, to(1_000))).to.equal(true);
    expect(accepts(mailInput, to(999, 2))).to.equal(false);
    expect(accepts(mailInput, { ...mail, personalizations: [{ to: people(500), cc: people(500), bcc: people(1) }] })).to.equal(false);
    expect(accepts(mailInput, categories(10))).to.equal(true);
    expect(accepts(mailInput, categories(11))).to.equal(false);
    expect(accepts(mailInput, { ...mail, categories: ['a', 'a'] })).to.equal(false);
  });

  it('has no headers in its headers, no unknown fields, and no more marks than there is room for', () => {
    for (const more of [
      { headers: { 'X-A': 'a\r\nBcc: b@example.com' } },
      { headers: { 'X A': 'a' } },
      { unknown: 1 },
      { custom_args: { a: 'x'.repeat(9_800) } },
      { reply_to: person, reply_to_list: [person] },
      { attachments: [{ content: 'not base64!', filename: 'a' }] },
    ]) {
      expect(accepts(mailInput, { ...mail, ...more }), Object.keys(more).join(' ')).to.equal(false);
    }
    expect(accepts(mailInput, { ...mail, attachments: [{ content: 'aGk=', filename: 'a.txt', type: 'text/plain' }] })).to.equal(true);
  });
});
