import { expect } from 'chai';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { checked } from '../../../../src/services/inputs.ts';
import {
  bulkSubscribers,
  email,
  formMember,
  id,
  member,
  subscriberChanges,
  subscriberInput,
  subscriberQuery,
} from '../../../../src/services/kit/kitInputs.ts';

const email_address = 'ada@example.com';
const fieldsOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`answer_${String(index)}`, 'yes']));

describe('inputs of Kit', () => {
  const tooLong = [`${'a'.repeat(65)}@example.com`, `a@${'b'.repeat(260)}`];
  for (const address of ['', 'ada', 'a b@example.com', 'a,b@example.com', 'a@b,c', 'a\n@example.com', ...tooLong]) {
    it(`refuse ${JSON.stringify(address.slice(0, 20))} (${String(address.length)} characters) as an address`, () => {
      expect(email.safeParse(address).success).to.equal(false);
    });
  }

  for (const text of ['0', '01', '-1', '1.5', '1e3', '', ' 1', '12345678901234567']) {
    it(`refuse "${text}" as an id`, () => {
      expect(id.safeParse(text).success).to.equal(false);
    });
  }

  it('refuse what they do not know, and take null for a name', () => {
    expect(subscriberInput.safeParse({ email_address, emial: 'x' }).success).to.equal(false);
    expect(subscriberInput.safeParse({ email_address, state: 'gone' }).success).to.equal(false);
    expect(subscriberInput.safeParse({ email_address, first_name: null, state: 'active' }).success).to.equal(true);
  });

  it('take 140 custom fields, Kit’s limit, and no more', () => {
    expect(subscriberInput.safeParse({ email_address, fields: fieldsOf(140) }).success).to.equal(true);
    expect(subscriberInput.safeParse({ email_address, fields: fieldsOf(141) }).success).to.equal(false);
    expect(subscriberInput.safeParse({ email_address, fields: { 'no key': 'x' } }).success).to.equal(false);
  });

  it('refuse an id that Kit could only be told rounded', () => {
    const ids = ['9007199254740991', '9007199254740993'];

    expect(ids.map((text) => id.safeParse(text).success)).to.deep.equal([true, false]);
  });

  it('refuse a change of nothing', () => {
    expect(subscriberChanges.safeParse({}).success).to.equal(false);
    expect(subscriberChanges.safeParse({ first_name: null }).success).to.equal(true);
  });

  it('want one person: an address or a number, not both', () => {
    expect(member.safeParse({}).success).to.equal(false);
    expect(member.safeParse({ email_address, subscriber_id: 1 }).success).to.equal(false);
    expect(member.safeParse({ subscriber_id: 1 }).success).to.equal(true);
  });

  it('take a referrer with a form only, and only a URL', () => {
    expect(member.safeParse({ email_address, referrer: 'https://example.com' }).success).to.equal(false);
    expect(formMember.safeParse({ email_address, referrer: 'https://example.com' }).success).to.equal(true);
    expect(formMember.safeParse({ email_address, referrer: 'example' }).success).to.equal(false);
  });

  it('take up to 100 rows at once', () => {
    const rows = (count: number) => Array.from({ length: count }, () => ({ email_address }));

    expect([0, 1, 100, 101].map((count) => bulkSubscribers.safeParse(rows(count)).success)).to.deep.equal([false, true, true, false]);
  });

  it('take pages of up to 1,000, any known state, and dates', () => {
    expect(subscriberQuery.parse({ per_page: '1000', status: 'all', created_after: '2026-01-01' })).to.deep.equal({
      per_page: 1000,
      status: 'all',
      created_after: '2026-01-01',
    });
    for (const query of [{ per_page: '1001' }, { per_page: '0' }, { status: 'gone' }, { created_after: 'yesterday' }, { email_address }]) {
      expect(subscriberQuery.safeParse(query).success, JSON.stringify(query)).to.equal(false);
    }
  });

  it('say where a fault is and which rule it breaks, never the value', () => {
    const check = (): unknown => checked(subscriberInput, { email_address: 'secret value' }, 'subscriber');

    expect(check).to.throw(InvalidRequestError, 'subscriber.email_address must be an email address without a comma');
    try {
      check();
    } catch (error) {
      const { faults, message } = error as InvalidRequestError;
      expect(faults).to.deep.equal([{ at: 'subscriber.email_address', message: 'must be an email address without a comma' }]);
      expect(message).to.not.include('secret');
    }
  });
});
