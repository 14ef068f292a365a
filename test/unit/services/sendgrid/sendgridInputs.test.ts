import { expect } from 'chai';
import type { ZodType } from 'zod';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import {
  checked,
  contactUpsertSchema,
  emailsSchema,
  idSchema,
  suppressionQuerySchema,
} from '../../../../src/services/sendgrid/sendgridInputs.ts';
import { mailSchema } from '../../../../src/services/sendgrid/sendgridMailInput.ts';
import { mail } from './simulatedSendgrid.ts';

const SECRET = 'ada.lovelace@example.com';
const person = { email: 'ada@example.com' };
const people = (count: number) => Array.from({ length: count }, () => person);

const accepts = (schema: ZodType, value: unknown): boolean => schema.safeParse(value).success;

describe('input to SendGrid', () => {
  it('takes ids that stay where they are put', () => {
    for (const id of ['5f2c8a10-0001', 'abc_DEF', '7']) expect(accepts(idSchema, id)).to.equal(true);
    for (const id of ['', '..', 'a/b', 'a,b', 'a b', 'a?b', 'x'.repeat(101), 7]) expect(accepts(idSchema, id)).to.equal(false);
  });

  it('asks of a contact for one identifier of four, and for known fields', () => {
    for (const name of ['email', 'phone_number_id', 'external_id', 'anonymous_id']) {
      expect(accepts(contactUpsertSchema, { [name]: SECRET }), name).to.equal(true);
    }
    const unknown = [
      { email: SECRET, name: 'x' },
      { email: SECRET, custom_fields: { 'a b': 'x' } },
    ];
    for (const contact of [{}, { first_name: 'Ada' }, { email: 'ada' }, ...unknown]) {
      expect(accepts(contactUpsertSchema, contact)).to.equal(false);
    }
  });

  it('takes up to 100 addresses of a search', () => {
    expect(
      accepts(
        emailsSchema,
        Array.from({ length: 100 }, () => SECRET),
      ),
    ).to.equal(true);
    expect(
      accepts(
        emailsSchema,
        Array.from({ length: 101 }, () => SECRET),
      ),
    ).to.equal(false);
    expect(accepts(emailsSchema, [])).to.equal(false);
  });

  it('takes up to 500 suppressions of a page', () => {
    expect(accepts(suppressionQuerySchema, { limit: '500', offset: '0' })).to.equal(true);
    expect(accepts(suppressionQuerySchema, { limit: '501' })).to.equal(false);
  });

  it('says where a value is at fault, and never repeats it', () => {
    const fault = (): unknown => checked(contactUpsertSchema, { email: `${SECRET} x`, [SECRET]: 1 }, 'contact');

    expect(fault).to.throw(InvalidRequestError).with.property('message').that.equals('contact cannot be sent to SendGrid');
    expect(fault).to.throw(InvalidRequestError).with.nested.property('faults[0].at', 'contact.email');
  });
});

describe('mail for SendGrid', () => {
  it('needs somebody to go to, somebody to come from, a subject and a content, or a template', () => {
    const { subject: _subject, ...withoutSubject } = mail;
    const { content: _content, ...withoutContent } = mail;

    expect(accepts(mailSchema, mail)).to.equal(true);
    expect(accepts(mailSchema, withoutSubject)).to.equal(false);
    expect(accepts(mailSchema, withoutContent)).to.equal(false);
    expect(accepts(mailSchema, { ...withoutSubject, personalizations: [{ to: [person], subject: 'x' }] })).to.equal(true);
    expect(accepts(mailSchema, { personalizations: [{ to: [person] }], from: person, template_id: 'd-1' })).to.equal(true);
    expect(accepts(mailSchema, { ...mail, personalizations: [{ to: [] }] })).to.equal(false);
    expect(accepts(mailSchema, { ...mail, personalizations: [] })).to.equal(false);
    expect(accepts(mailSchema, { ...mail, from: undefined })).to.equal(false);
  });

  it('has 1,000 recipients and 1,000 personalizations at most, and 10 categories', () => {
    const to = (...counts: readonly number[]) => ({ ...mail, personalizations: counts.map((count) => ({ to: people(count) })) });
    const categories = (count: number) => ({ ...mail, categories: Array.from({ length: count }, (_, index) => String(index)) });

    expect(accepts(mailSchema, to(1_000))).to.equal(true);
    expect(accepts(mailSchema, to(999, 2))).to.equal(false);
    expect(accepts(mailSchema, { ...mail, personalizations: [{ to: people(500), cc: people(500), bcc: people(1) }] })).to.equal(false);
    expect(accepts(mailSchema, categories(10))).to.equal(true);
    expect(accepts(mailSchema, categories(11))).to.equal(false);
    expect(accepts(mailSchema, { ...mail, categories: ['a', 'a'] })).to.equal(false);
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
      expect(accepts(mailSchema, { ...mail, ...more }), Object.keys(more).join(' ')).to.equal(false);
    }
    expect(accepts(mailSchema, { ...mail, attachments: [{ content: 'aGk=', filename: 'a.txt', type: 'text/plain' }] })).to.equal(true);
  });
});
