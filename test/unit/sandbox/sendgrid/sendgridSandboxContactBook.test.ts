import { expect } from 'chai';
import { identifiersOf, SendgridContactBook } from '../../../../sandbox/sendgrid/sendgridSandboxContactBook.ts';
import type { SimulatedContact } from '../../../../sandbox/sendgrid/sendgridSandboxSeeds.ts';

const contact = (id: string, fields: SimulatedContact['fields']): SimulatedContact => ({
  id,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  fields,
  listIds: new Set(),
});

describe('simulated contact book of SendGrid', () => {
  it('knows a contact by its id and by each of its identifiers', () => {
    const ada = contact('1', { email: 'ada@example.com', external_id: 'crm-1', first_name: 'Ada' });
    const book = new SendgridContactBook([ada]);

    expect(book.get('1')).to.equal(ada);
    expect(book.matching({ email: 'ada@example.com' })).to.deep.equal([ada]);
    expect(book.matching({ external_id: 'crm-1' })).to.deep.equal([ada]);
    expect(book.matching({ first_name: 'Ada' })).to.deep.equal([]);
  });

  it('tells one contact that fits twice from two that fit', () => {
    const [ada, bob] = [contact('1', { email: 'ada@example.com', external_id: 'crm-1' }), contact('2', { external_id: 'crm-2' })];
    const book = new SendgridContactBook([ada, bob]);

    expect(book.matching({ email: 'ada@example.com', external_id: 'crm-1' })).to.deep.equal([ada]);
    expect(book.matching({ email: 'ada@example.com', external_id: 'crm-2' })).to.deep.equal([ada, bob]);
  });

  it('does not take the value of one identifier for another', () => {
    const book = new SendgridContactBook([contact('1', { external_id: '7' })]);

    expect(book.matching({ anonymous_id: '7' })).to.deep.equal([]);
  });

  it('forgets all identifiers of a contact with it', () => {
    const book = new SendgridContactBook([contact('1', { email: 'ada@example.com', phone_number_id: '+1' })]);

    const [first, second] = [book.delete('1'), book.delete('1')];

    expect([first, second]).to.deep.equal([true, false]);
    expect(book.matching({ email: 'ada@example.com', phone_number_id: '+1' })).to.deep.equal([]);
    expect(book.all).to.deep.equal([]);
  });

  it('counts no empty text as an identifier', () => {
    expect(identifiersOf({ email: '', external_id: 'crm-1', city: 'Oslo' })).to.deep.equal(['external_id']);
  });
});
